"""The band as an engine: state in, state out (``everjam.engines.base``)."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, BeatEvent, Block, Float32Array, NoteEvent
from everjam.engines.band import timeline
from everjam.engines.band.cards import deck_with
from everjam.engines.band.composer import Composer
from everjam.engines.band.giving_way import give_way
from everjam.engines.band.instruments import PATCHES, measured
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Patch, Recording, Tone
from everjam.engines.band.mixer import LATENCY_FRAMES, STEMS, Mixer, MixerState, Mutes, Voice, duck, voices
from everjam.engines.band.score import PARTS, Bar
from everjam.engines.band.timeline import Composing, Laid, Placed, Timeline
from everjam.engines.base import EngineInfo, Meaning, Suggestion, check_frames
from everjam.errors import EngineError, UsageError
from everjam.steering import Controls, Steering, WeightedPrompt

_SHORTEST_FRAMES: Final = 1_200
"""25 ms: notes are let go of no sooner."""
RELEASE_FRAMES: Final = 4_800
"""100 ms: how long what sounds at a reset takes to fade."""
_PATIENCE: Final = 0.5
_LEAST_PATIENCE_SECONDS: Final = 0.1
"""How long a hurried block waits for notes that are not ready: a share of its own length, but at least so long."""
_FORESEEN: Final = 64
"""Bars of all sessions that need not be anticipated again."""
_TONES: Final = 4_096
"""Tones that are known by heart: a dictionary finds the same object much sooner than an equal one."""
_AHEAD_FRAMES: Final = 8 * SAMPLE_RATE_HZ
"""How far ahead of the music likely notes are made ready."""
_start_frame: Final = attrgetter("start_frame")

_HIT: Final = frozenset({"drums", "percussion"})
"""Families whose velocities are told apart finely: they are cheap, and ghost notes live there."""
_TAKES: Final = _HIT | {"plucked", "keys", "mallets"}
"""Families that sound like a machine when a note repeats exactly; the others keep one take a pitch."""

INFO: Final = EngineInfo(
    name="band",
    title="The house band: composed and synthesised on the spot, exact in tempo, key and seed",
    models=("models/everjam-band",),
    licence="Apache-2.0; what it plays is yours, without conditions.",
    obeys={
        "temperature": "exact",
        "top_k": "exact",
        "seed": "exact",
        "guidance": "exact",
        "bpm": "exact",
        "density": "approximate",
        "brightness": "approximate",
        "scale": "exact",
        "mute_bass": "exact",
        "mute_drums": "exact",
        "only_bass_and_drums": "exact",
        "music_generation_mode": "approximate",
    },
    stems=STEMS,
    options=("cards_dir", "soundfont"),
)


@dataclass(frozen=True, slots=True, eq=False)
class BandState:
    """All that the band remembers. Nothing in it is ever changed.

    Attributes:
        frame: Frame in the jam of the next sample to be heard.
        seed: Fixes all musical choices.
        timeline: How far the score has been laid out.
        mixer: What sounds.
        notes: Laid out but not yet reported, in the jam's frames.
        beats: Laid out but not yet reported, in the jam's frames.
    """

    frame: int
    seed: int
    timeline: Timeline
    mixer: MixerState
    notes: tuple[NoteEvent, ...] = ()
    beats: tuple[BeatEvent, ...] = ()


class BandEngine:
    """Implements ``everjam.engines.base.Engine``.

    The mixer's clock and the jam's differ: what goes into the mixer at its frame ``f`` is heard at frame
    ``f + LATENCY_FRAMES`` of the jam, because the limiter looks ahead. Events are reported where they are heard.

    Args:
        stems: Whether blocks carry stems.
        cards_dir: Folder of more cards, which win over the band's own of the same name.
        soundfont: File that recorded instruments are played from, or ``auto``; None: all are synthesised.
        composer: Who writes the bars.
        patches: What notes may name.
        waveforms: Gives the waveform of a tone; the sessions of a process share one.
    """

    info = INFO

    def __init__(
        self,
        *,
        stems: bool = False,
        cards_dir: str | Path | None = None,
        soundfont: str | Path | None = None,
        composer: Composing | None = None,
        patches: Mapping[str, Patch] = PATCHES,
        waveforms: WaveformCache | None = None,
    ) -> None:
        _hold_blas_to_one_thread()
        self._composer: Composing = Composer(deck_with(cards_dir)) if composer is None else composer
        self._patches = patches if soundfont is None else _recorded(soundfont, patches)
        self._waveforms = WaveformCache(patches=self._patches) if waveforms is None else waveforms
        self._ready: Mapping[Tone, Recording] = {}
        self._is_hurried = False
        self._is_helped = False
        self._foreseen: deque[tuple[int, Bar | None, Steering]] = deque(maxlen=_FORESEEN)
        self._mixer = Mixer(self._recording, stems=stems)
        self._tone: Callable[..., Tone] = lru_cache(_TONES)(lambda *fields: self._waveforms.canonical(Tone(*fields)))

    @staticmethod
    def check_options(cards_dir: str | Path | None = None, soundfont: str | Path | None = None) -> None:
        """Reads the cards of a folder and the tables of a SoundFont.

        Raises:
            UsageError: The folder cannot be read, or a card in it is wrong or names an instrument that nobody has; or
                the SoundFont cannot be read or is broken.
        """
        if soundfont is not None:
            _recorded(soundfont, PATCHES)
        deck = deck_with(cards_dir)
        strange = sorted(deck.patches() - PATCHES.keys())
        if strange:
            raise UsageError(
                f"The cards in {cards_dir} name the patch {strange[0]!r}, which does not exist.",
                remedy="`everjam cards check DIR` lists the nearest names.",
            )

    @staticmethod
    def suggestions(cards_dir: str | Path | None = None, soundfont: str | Path | None = None) -> Iterator[Suggestion]:
        """The names of all cards, by kind and name."""
        del soundfont
        cards = deck_with(cards_dir).cards.values()
        for card in sorted(cards, key=lambda card: (card.kind, card.name)):
            if card.kind != "prior":
                yield Suggestion(card.name, card.kind)

    def warm(self) -> None:
        """Makes the tables of effects and instruments and plays one throw-away block."""
        self._mixer.warm()
        measured.warm()
        for patch in {patch.family: patch for patch in self._patches.values()}.values():
            self._waveforms.get(Tone(patch.name, min(max(60, patch.low), patch.high), 100, 4, 5, 0))
        if self._is_helped:
            # A copy of this process, and so before there are threads in it.
            self._waveforms.get_help()
        # Words that nobody knows bring in all that reading texts needs.
        self.render(self.start(0), Steering((WeightedPrompt("quizzical borogoves"),)), QUANTUM_FRAMES)

    def gm_program(self, instrument: str) -> int | None:
        """Nearest General MIDI program of an instrument; the drum key of what the drummer plays."""
        patch = self._patches.get(instrument)
        return patch.gm_program if patch else None

    def start(self, seed: int) -> BandState:
        """A fresh state: silence, frame 0, no musical memory."""
        return BandState(0, seed, timeline.start(self._composer.start(), seed, 0), self._mixer.start())

    def seek(self, seed: int, bar: int, steering: Steering) -> BandState:
        """A fresh state whose music begins with any bar of the piece.

        Raises:
            EngineError: The composer failed.
        """
        try:
            memory = self._composer.seek(steering, seed, bar)
        except Exception as error:
            raise EngineError(f"the band's composer failed: {error!r}") from error
        return BandState(0, seed, timeline.start(memory, seed, 0), self._mixer.start())

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        """What the band takes each prompt for: its cards, and what led to them."""
        return self._composer.explain(steering)

    def reset(self, state: BandState, seed: int) -> BandState:
        """A new piece from the next frame on; what sounds rings out, the room and the faders stay as they are."""
        frame = state.mixer.frame
        fading = tuple(v.faded(frame, RELEASE_FRAMES) for v in state.mixer.voices if v.start_frame < frame)
        mixer = replace(
            state.mixer,
            voices=fading,
            kicks=tuple(kick for kick in state.mixer.kicks if kick < frame),
            controls=replace(state.mixer.controls, cues=()),
        )
        heard = frame + LATENCY_FRAMES
        return BandState(
            state.frame,
            seed,
            timeline.start(self._composer.start(), seed, frame),
            mixer,
            tuple(note for note in state.notes if note.start_frame < heard),
            tuple(beat for beat in state.beats if beat.frame < heard),
        )

    def finish(self, state: BandState, frames: int) -> BandState:
        """A state whose piece ends with a cadence, or as its style ends pieces, within ``frames``."""
        ends = state.mixer.frame + frames - LATENCY_FRAMES
        return replace(state, timeline=replace(state.timeline, ends=ends, concluded=0))

    def render(self, state: BandState, steering: Steering, frames: int) -> tuple[Block, BandState]:
        """The next ``frames`` of music, and the state after them.

        Raises:
            ValueError: ``frames`` is not a positive multiple of the quantum.
            EngineError: A bar names a patch that does not exist, or an instrument or the composer failed.
        """
        check_frames(frames, QUANTUM_FRAMES)
        # Before the first block nobody hears anything that could run out.
        is_hurried = self._is_hurried and state.frame > 0
        deadline = self._waveforms.clock() + max(_LEAST_PATIENCE_SECONDS, _PATIENCE * frames / SAMPLE_RATE_HZ)
        until = state.mixer.frame + frames + duck.AHEAD_FRAMES
        laid, line = self._lay(state.timeline, steering, until)
        brightness = steering.controls.brightness
        step = voices.brightness_step(brightness)
        added = [self._voice(placed, step) for placed in laid.notes]
        sounding = give_way((*state.mixer.voices, *added), added, self._patches)
        self._ready = self._gather(sounding, state.mixer.frame + frames, deadline if is_hurried else None)
        mixer = replace(
            state.mixer,
            voices=sounding,
            kicks=(*state.mixer.kicks, *_kicks(laid.notes)),
            controls=replace(state.mixer.controls, cues=(*state.mixer.controls.cues, *laid.cues)),
        )
        mixed, mixer = self._mixer.render(mixer, _mutes(steering.controls), _or_half(brightness), frames)
        self._ready = {}
        audio = _interleaved(mixed.audio)
        if not np.isfinite(np.vdot(audio, audio)):
            raise EngineError(f"the band's sound is not finite at frame {state.frame}")

        end = state.frame + frames
        notes = [*state.notes, *map(_as_heard, laid.notes)]
        beats = (*state.beats, *(replace(b, frame=b.frame + LATENCY_FRAMES) for b in laid.beats))
        block = Block(
            audio,
            state.frame,
            tuple(b for b in beats if b.frame < end),
            tuple(sorted((n for n in notes if n.start_frame < end), key=_start_frame)),
            {} if mixed.stems is None else {k: _interleaved(stem) for k, stem in zip(STEMS, mixed.stems, strict=True)},
            mixed.late,
        )
        later_notes = tuple(n for n in notes if n.start_frame >= end)
        later_beats = tuple(b for b in beats if b.frame >= end)
        return block, BandState(end, state.seed, line, mixer, later_notes, later_beats)

    def _lay(self, line: Timeline, steering: Steering, until: int) -> tuple[Laid, Timeline]:
        try:
            return timeline.lay(line, self._composer, steering, until)
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(f"the band's composer failed: {error!r}") from error

    def _voice(self, placed: Placed, brightness: int) -> Voice:
        note, start, duration = placed.note, placed.start_frame, placed.duration_frames
        patch = self._patches.get(note.patch)
        if patch is None:
            raise EngineError(f"the band has no patch named {note.patch!r}")
        velocity, trim = voices.velocity_step(note.velocity, fine=patch.family in _HIT)
        left, right = voices.pan_gains(note.pan, trim * 10 ** (patch.gain_db / 20))
        tone = self._tone(
            note.patch,
            min(max(note.pitch, 0), 127),
            voices.duration_step(duration, sustained=patch.lasts(note.articulation)),
            velocity,
            brightness,
            (placed.take if patch.family in _TAKES else note.pitch) % patch.variants,
            note.articulation,
            note.glide,
        )
        part = PARTS.index(note.part)
        if not patch.sustained or note.articulation == "fall":
            return Voice(part, tone, start, left, right)
        ends = start + max(duration, _SHORTEST_FRAMES)
        fades = patch.release_ms * SAMPLE_RATE_HZ // 1000
        return Voice(part, tone, start, left, right, ends, fades, -1, start + tone.duration_ms * SAMPLE_RATE_HZ // 1000)

    def with_stems(self) -> "BandEngine":
        """A band that plays the same with stems, out of the same cards and waveforms."""
        other = BandEngine(stems=True, composer=self._composer, patches=self._patches, waveforms=self._waveforms)
        other._is_hurried = self._is_hurried
        return other

    def get_help(self) -> None:
        """Has ``warm`` start a second process that makes notes, where the system allows it."""
        self._is_helped = True

    def hurry(self) -> None:
        """From now on no block is late because of a note: what is not ready in time comes in with the next block."""
        self._is_hurried = True

    def anticipate(self, state: BandState, steering: Steering) -> Iterator[None]:
        """Makes ready what will be played if the listener does nothing, the nearest first, a note a step.

        Raises:
            EngineError: As ``render``.
        """
        brightness = voices.brightness_step(steering.controls.brightness)
        line = state.timeline
        now = (state.seed, line.bar, steering)
        if now in self._foreseen:
            return
        self._foreseen.append(now)
        for beats in range(1, _AHEAD_FRAMES // SAMPLE_RATE_HZ + 1):
            laid, line = self._lay(line, steering, state.mixer.frame + beats * SAMPLE_RATE_HZ)
            yield
            for placed in laid.notes:
                tone = self._voice(placed, brightness).tone
                if tone not in self._waveforms:
                    self._gather_one(tone)
                    yield

    def _gather(self, sounding: Sequence[Voice], end: int, deadline: float | None) -> Mapping[Tone, Recording]:
        """Recordings of what sounds before ``end``, the loudest of those that begin first made first."""
        ready = self._waveforms.ready({voice.tone for voice in sounding if voice.start_frame < end})
        if ready is not None:
            return ready
        needed = sorted(
            (voice for voice in sounding if voice.start_frame < end),
            key=lambda voice: (
                voice.start_frame // SAMPLE_RATE_HZ,
                -max(voice.left, voice.right) * voice.tone.velocity,
            ),
        )
        try:
            return self._waveforms.gather((voice.tone for voice in needed), deadline)
        except Exception as error:
            raise EngineError(f"the band's patches failed: {error!r}") from error

    def _recording(self, tone: Tone) -> Recording | None:
        return self._ready.get(tone)

    def _gather_one(self, tone: Tone) -> None:
        try:
            self._waveforms.get(tone)
        except Exception as error:
            raise EngineError(f"the band's patch {tone.patch!r} failed on {tone}: {error!r}") from error


def _recorded(soundfont: str | Path, patches: Mapping[str, Patch]) -> Mapping[str, Patch]:
    """Patches of a SoundFont: they alone need ``scipy.signal``, which takes half a second and 40 MB."""
    from everjam.engines.band.instruments import sampled  # noqa: PLC0415

    return sampled.patches_of(soundfont, patches)


@cache
def _hold_blas_to_one_thread() -> None:
    """For good, once a process: matrix products shared out among threads differ in the last bit, and take longer."""
    threadpool_limits(limits=1, user_api="blas")


def _interleaved(planar: Float32Array) -> Float32Array:
    """float32 ``(2, frames)`` to ``(frames, 2)``, side by side: six times as fast as copying the transpose."""
    return np.stack(tuple(planar), axis=1)


def _as_heard(placed: Placed) -> NoteEvent:
    """A note of the mixer's time in the jam's."""
    note, start = placed.note, placed.start_frame + LATENCY_FRAMES
    return NoteEvent(note.part, note.patch, note.pitch, note.velocity, start, placed.duration_frames)


def _or_half(brightness: float | None) -> float:
    return 0.5 if brightness is None else min(max(brightness, 0.0), 1.0)


def _mutes(config: Controls) -> Mutes:
    """Which parts are silent, in the order of ``PARTS``."""
    rest = config.only_bass_and_drums
    return config.mute_drums, config.mute_bass, rest, rest, rest, rest


def _kicks(notes: Sequence[Placed]) -> tuple[int, ...]:
    return tuple(p.start_frame for p in notes if p.note.part == "drums" and p.note.patch.startswith("kick"))
