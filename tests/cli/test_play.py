"""``everjam play``: what is typed is what is heard, on a device that keeps what it is given."""

import io
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from everjam.cli.play import NoSpeaker, converse, open_speaker
from everjam.cli.player import BLOCK_FRAMES, FADE_FRAMES, Player
from everjam.engines.tone import ToneEngine
from everjam.errors import UsageError
from everjam.promptline import parse_line
from everjam.steering import MusicConfig, Steering, WeightedPrompt

Everjam = Callable[..., Any]
PROMPTS = (WeightedPrompt("piano"),)


class Tape:
    """An output that keeps everything, and may do something after each write."""

    def __init__(self, after_write: Callable[[int], None] | None = None) -> None:
        self.blocks: list[np.ndarray] = []
        self.calls: list[str] = []
        self._after_write = after_write

    def start(self) -> None:
        self.calls.append("start")

    def write(self, audio: np.ndarray) -> None:
        assert audio.dtype == np.float32
        assert audio.flags.c_contiguous
        self.blocks.append(audio.copy())
        if self._after_write is not None:
            self._after_write(len(self.blocks))

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")

    @property
    def audio(self) -> np.ndarray:
        return np.concatenate(self.blocks)


class Watched(ToneEngine):
    """Keeps what it was steered by."""

    def __init__(self) -> None:
        self.steered: list[Steering] = []
        self.seeds: list[int] = []

    def start(self, seed: int) -> Any:
        self.seeds.append(seed)
        return super().start(seed)

    def reset(self, state: Any, seed: int) -> Any:
        self.seeds.append(-seed)
        return super().reset(state, seed)

    def render(self, state: Any, steering: Steering, frames: int) -> Any:
        self.steered.append(steering)
        return super().render(state, steering, frames)


def played(script: dict[int, list[str]], config: MusicConfig | None = None, **options: Any) -> tuple[Watched, Tape]:
    """Plays; lines are typed after the block of their number has been written."""
    engine = Watched()

    def type_lines(count: int) -> None:
        for index, line in enumerate(script.get(count, [])):
            command = parse_line(line)
            assert command is not None
            player.submit(command, fresh_seed=100 * count + index)

    tape = Tape(type_lines)
    player = Player(engine, tape, PROMPTS, config or MusicConfig(), seed=5, **options)
    player.run()
    assert tape.calls == ["start", "stop", "close"]
    return engine, tape


def largest_step(audio: np.ndarray) -> float:
    return float(np.max(np.abs(np.diff(audio, axis=0))))


def test_it_plays_until_q_and_ends_softly() -> None:
    engine, tape = played({5: ["q"]})
    assert [len(block) for block in tape.blocks] == [BLOCK_FRAMES] * 5 + [FADE_FRAMES]
    assert engine.seeds == [5]
    audio = tape.audio
    assert np.max(np.abs(audio)) > 0.2
    assert np.max(np.abs(audio[:20])) < 1e-3
    assert np.max(np.abs(audio[-20:])) < 1e-3
    assert largest_step(audio) < 0.02


def test_typed_lines_count_from_the_next_block() -> None:
    engine, _ = played({2: ["Drums:0.5, Harp", "bpm=140", "scale=C major"], 4: ["scale=AUTO"], 6: ["q"]})
    assert [steering.controls.bpm for steering in engine.steered] == [None] * 2 + [140] * 5
    assert [steering.controls.scale is None for steering in engine.steered] == [True] * 2 + [False] * 2 + [True] * 3
    assert engine.steered[1].prompts == PROMPTS
    assert engine.steered[2].prompts == (WeightedPrompt("Drums", 0.5), WeightedPrompt("Harp"))


def test_pause_holds_and_play_goes_on_from_there() -> None:
    engine, tape = played({3: ["pause"], 4: ["play"], 7: ["q"]})
    assert [len(block) for block in tape.blocks] == [BLOCK_FRAMES] * 3 + [FADE_FRAMES] + [BLOCK_FRAMES] * 3 + [
        FADE_FRAMES
    ]
    assert engine.seeds == [5]
    assert largest_step(tape.audio) < 0.02


def test_stop_forgets_and_play_begins_anew() -> None:
    engine, tape = played({3: ["stop"], 4: ["play"], 6: ["q"]})
    assert engine.seeds == [5, 300]
    assert largest_step(tape.audio) < 0.02


def test_a_seed_set_by_hand_wins() -> None:
    engine, _ = played({2: ["seed=42", "reset"], 4: ["stop"], 5: ["play", "q"]})
    assert engine.seeds == [5, -42]
    engine, _ = played({2: ["reset"], 3: ["stop"], 4: ["play"], 5: ["q"]}, MusicConfig(seed=9))
    assert engine.seeds == [5, -9, 9]


def test_reset_after_stop_counts_for_the_next_start() -> None:
    engine, _ = played({2: ["stop"], 3: ["reset", "play"], 5: ["q"]})
    assert engine.seeds == [5, 300]


def test_nothing_is_rendered_while_paused() -> None:
    engine, tape = played({1: ["pause"], 2: ["bpm=90", "q"]})
    assert len(engine.steered) == len(tape.blocks) == 2


def test_it_stops_by_itself_after_the_limit() -> None:
    _, tape = played({}, limit_frames=10 * BLOCK_FRAMES)
    assert 9 * BLOCK_FRAMES < len(tape.audio) <= 10 * BLOCK_FRAMES
    assert np.max(np.abs(tape.audio[-20:])) < 1e-3


def test_the_device_is_closed_when_the_engine_fails() -> None:
    class Broken(ToneEngine):
        def render(self, state: Any, steering: Steering, frames: int) -> Any:
            raise ZeroDivisionError

    tape = Tape()
    player = Player(Broken(), tape, PROMPTS, MusicConfig(), seed=1)
    with pytest.raises(ZeroDivisionError):
        player.run()
    assert tape.calls == ["start", "stop", "close"]
    with pytest.raises(ZeroDivisionError):
        converse(Player(Broken(), Tape(), PROMPTS, MusicConfig(), seed=1), [], interactive=False, fresh_seed=lambda: 1)


def test_a_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    engine = Watched()
    tape = Tape()
    player = Player(engine, tape, PROMPTS, MusicConfig(), seed=5)
    lines = ["\n", "densty=1\n", "bpm=140\n", "Harp:2\n", "q\n", "never read\n"]
    assert converse(player, lines, interactive=True, fresh_seed=lambda: 1) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "seed 5"
    assert said[1].startswith("text:weight")
    assert said[2] == "everjam: There is no setting 'densty'. Did you mean density?"
    assert said[3:] == ["piano:1  bpm=140  seed=5", "Harp:2  bpm=140  seed=5"]


def test_the_end_of_the_input_does_not_end_the_music() -> None:
    player = Player(Watched(), Tape(), PROMPTS, MusicConfig(), seed=5, limit_frames=20 * BLOCK_FRAMES)
    assert converse(player, [], interactive=False, fresh_seed=lambda: 1) == 0


def test_ctrl_c_fades_out(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    player = Player(ToneEngine(), tape, PROMPTS, MusicConfig(), seed=5)
    waits = iter([KeyboardInterrupt()])
    wait = threading.Event.wait

    def interrupted(self: Any, timeout: float | None = None) -> bool:
        if timeout == 0.2:
            raise next(waits)
        return bool(wait(self, timeout))

    monkeypatch.setattr("threading.Event.wait", interrupted)
    assert converse(player, [], interactive=False, fresh_seed=lambda: 1) == 130
    assert tape.calls == ["start", "stop", "close"]


class FakeSoundDevice:
    class PortAudioError(Exception):
        pass

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.options: dict[str, Any] = {}
        self.tape = Tape()

    def OutputStream(self, **options: Any) -> Tape:  # noqa: N802
        if self.error is not None:
            raise self.error
        self.options = options
        return self.tape


def test_the_speaker_is_opened_at_48_khz_stereo() -> None:
    device = FakeSoundDevice()
    assert open_speaker(device) is device.tape
    assert (device.options["samplerate"], device.options["channels"], device.options["dtype"]) == (48_000, 2, "float32")


def test_without_a_device_there_is_one_line() -> None:
    with pytest.raises(NoSpeaker, match=r"There is no audio output: none.*everjam doctor"):
        open_speaker(FakeSoundDevice(FakeSoundDevice.PortAudioError("none")))


def test_without_the_extra_there_is_a_remedy(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    ended = everjam("play", "piano", "--engine", "tone")
    assert ended.code == 2
    assert ended.err == "everjam: Playing needs the speaker extra. Install it: pip install 'everjam[speaker]'.\n"
    with pytest.raises(UsageError, match="speaker extra"):
        open_speaker()


def test_the_whole_command(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    monkeypatch.setattr("everjam.cli.play.open_speaker", lambda: tape)
    monkeypatch.setattr("sys.stdin", io.StringIO("bpm=90\n"))
    ended = everjam("play", "piano:2, rain", "--engine", "tone", "--for", "1.5", "--seed", "3", "--scale", "Am")
    assert ended.code == 0
    assert len(tape.audio) == pytest.approx(72_000, abs=BLOCK_FRAMES)
