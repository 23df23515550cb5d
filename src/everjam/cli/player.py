"""Plays an engine to an output in small blocks, obeying commands between them."""

import queue
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.base import Engine
from everjam.promptline import Command, Quit, SetField, SetPrompts, SetTransport
from everjam.steering import MusicConfig, Steering, WeightedPrompt

BLOCK_FRAMES: Final = 5 * QUANTUM_FRAMES
"""0.2 s: what is typed is heard after that and the device's own buffer."""
FADE_FRAMES: Final = 2 * QUANTUM_FRAMES


class Output(Protocol):
    """An audio device as ``sounddevice.OutputStream`` is one; ``write`` waits for room."""

    def start(self) -> object:
        """Begins to play."""
        ...

    def write(self, audio: Float32Array) -> object:
        """Takes float32 ``(frames, 2)``, waiting until there is room for it."""
        ...

    def stop(self) -> object:
        """Plays out what was written, then ends."""
        ...

    def close(self) -> object:
        """Frees the device."""
        ...


class Player:
    """One jam on one output. ``run`` is called on one thread, ``submit`` from any other.

    Args:
        engine: Warm.
        output: Not yet started; closed at the end.
        prompts: To begin with.
        config: To begin with; its seed is not looked at.
        seed: Of the first start.
        limit_frames: Ends by itself after so many frames of music.
    """

    def __init__(
        self,
        engine: Engine,
        output: Output,
        prompts: tuple[WeightedPrompt, ...],
        config: MusicConfig,
        *,
        seed: int,
        limit_frames: int | None = None,
    ) -> None:
        self.seed = seed
        self._engine = engine
        self._output = output
        self._prompts = prompts
        self._config = config
        self._limit_frames = limit_frames
        self._commands: queue.SimpleQueue[tuple[Command, int]] = queue.SimpleQueue()
        self._state: Any = None
        self._playing = True
        self._audible = False
        self._fresh_seed: int | None = seed
        self._quitting = False
        self._played_frames = 0

    def submit(self, command: Command, *, fresh_seed: int) -> None:
        """Takes a command; it counts from the next block.

        Args:
            command: What to do.
            fresh_seed: For a command that starts the music anew, unless a seed was set by hand.
        """
        match command:
            case SetPrompts(prompts):
                self._prompts = prompts
            case SetField(spec, value):
                self._config = replace(self._config, **{spec.name: value})
            case SetTransport("stop" | "reset"):
                self.seed = fresh_seed if self._config.seed is None else self._config.seed
                self._commands.put((command, self.seed))
            case _:
                self._commands.put((command, self.seed))

    def describe(self) -> str:
        """What plays from the next block on, in a line."""
        prompts = ", ".join(f"{prompt.text}:{prompt.weight:g}" for prompt in self._prompts)
        fields = " ".join(
            f"{spec.name}={getattr(value, 'name', value)}"
            for spec, value in self._config.items()
            if spec.name != "seed"
        )
        return "  ".join(part for part in (prompts, fields, f"seed={self.seed}") if part)

    def run(self) -> None:
        """Plays until ``Quit`` or the limit; ends with a fade."""
        self._output.start()
        try:
            while not self._quitting or self._audible:
                self._obey(wait=not self._playing and not self._audible)
                if self._playing or self._audible:
                    self._output.write(self._next_audio())
        finally:
            self._output.stop()
            self._output.close()

    def _obey(self, *, wait: bool) -> None:
        """Takes all commands that are there; waits for one where there is nothing else to do."""
        while True:
            try:
                command, seed = self._commands.get(block=wait)
            except queue.Empty:
                return
            self._apply(command, seed)
            wait = False

    def _apply(self, command: Command, seed: int) -> None:
        match command:
            case SetTransport("play"):
                self._playing = not self._quitting
            case SetTransport("pause"):
                self._playing = False
            case SetTransport("stop"):
                self._playing = False
                self._fresh_seed = seed
            case SetTransport("reset"):
                if self._fresh_seed is not None:
                    self._fresh_seed = seed
                else:
                    self._state = self._engine.reset(self._state, seed)
            case Quit():
                self._playing = False
                self._quitting = True

    def _next_audio(self) -> Float32Array:
        """The next piece to be heard: a block, or, where the music has been stopped, its fade-out."""
        if self._fresh_seed is not None and not self._audible:
            self._state = self._engine.start(self._fresh_seed)
            self._fresh_seed = None
        frames = BLOCK_FRAMES
        if self._limit_frames is not None and self._limit_frames - self._played_frames <= BLOCK_FRAMES:
            self._playing, self._quitting = False, True
            frames = FADE_FRAMES
        if not self._playing:
            frames = FADE_FRAMES
        block, self._state = self._engine.render(self._state, Steering(self._prompts, self._config.controls()), frames)
        self._played_frames += frames
        audio = block.audio
        if not self._audible:
            audio = audio.copy()
            audio[:FADE_FRAMES] *= _ramp()[:, None]
        if not self._playing:
            audio = audio * _ramp()[::-1, None]
        self._audible = self._playing
        return np.ascontiguousarray(audio)


def _ramp() -> Float32Array:
    """Half a cosine, 0 to 1, over ``FADE_FRAMES``."""
    ramp: Float32Array = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE_FRAMES) + 0.5) / FADE_FRAMES)).astype(np.float32)
    return ramp
