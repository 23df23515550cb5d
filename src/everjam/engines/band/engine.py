"""The band as an engine: state in, state out (``everjam.engines.base``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from everjam.audio import QUANTUM_FRAMES, BeatEvent, Block, NoteEvent
from everjam.engines.band import timeline
from everjam.engines.band.cards import deck_with
from everjam.engines.band.composer import Composer
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform
from everjam.engines.band.mixer import LATENCY_FRAMES, STEMS, Mixer, MixerState, Mutes, Voice, duck, voices
from everjam.engines.band.score import PARTS
from everjam.engines.band.timeline import Composing, Laid, Placed, Timeline
from everjam.engines.base import EngineInfo, check_frames
from everjam.errors import EngineError, UsageError
from everjam.steering import Controls, Steering, WeightedPrompt

RELEASE_FRAMES: Final = 4_800
"""100 ms: how long what sounds at a reset takes to fade."""
_CHOKE_FRAMES: Final = 960
_CHOKES: Final = (("hat_closed", "hat_open"), ("hat_chip", "hat_open"))
"""Prefixes of the patches that cut off others."""

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
    options=("cards_dir",),
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
        composer: Composing | None = None,
        patches: Mapping[str, Patch] = PATCHES,
        waveforms: WaveformCache | None = None,
    ) -> None:
        self._composer: Composing = Composer(deck_with(cards_dir)) if composer is None else composer
        self._patches = patches
        self._waveforms = WaveformCache() if waveforms is None else waveforms
        self._mixer = Mixer(self._fetch, stems=stems)

    @staticmethod
    def check_options(cards_dir: str | Path | None = None) -> None:
        """Reads the cards of a folder.

        Raises:
            UsageError: The folder cannot be read, or a card in it is wrong or names an instrument that nobody has.
        """
        deck = deck_with(cards_dir)
        strange = sorted(deck.patches() - PATCHES.keys())
        if strange:
            raise UsageError(
                f"The cards in {cards_dir} name the patch {strange[0]!r}, which does not exist.",
                remedy="`everjam cards check DIR` lists the nearest names.",
            )

    def warm(self) -> None:
        """Makes the tables of effects and instruments and plays one throw-away block."""
        self._mixer.warm()
        for patch in {patch.family: patch for patch in self._patches.values()}.values():
            self._fetch(Tone(patch.name, min(max(60, patch.low), patch.high), 100, 4, 5, 0))
        # Words that nobody knows bring in all that reading texts needs.
        self.render(self.start(0), Steering((WeightedPrompt("quizzical borogoves"),)), QUANTUM_FRAMES)

    def gm_program(self, instrument: str) -> int | None:
        """Nearest General MIDI program of an instrument; the drum key of what the drummer plays."""
        patch = self._patches.get(instrument)
        return patch.gm_program if patch else None

    def start(self, seed: int) -> BandState:
        """A fresh state: silence, frame 0, no musical memory."""
        return BandState(0, seed, timeline.start(self._composer.start(), seed, 0), self._mixer.start())

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
        until = state.mixer.frame + frames + duck.AHEAD_FRAMES
        laid, line = self._lay(state.timeline, steering, until)
        brightness = steering.controls.brightness
        added = [self._voice(placed, voices.brightness_step(brightness)) for placed in laid.notes]
        self._prefetch(added)
        mixer = replace(
            state.mixer,
            voices=_choke((*state.mixer.voices, *added), added),
            kicks=(*state.mixer.kicks, *_kicks(laid.notes)),
            controls=replace(state.mixer.controls, cues=(*state.mixer.controls.cues, *laid.cues)),
        )
        mixed, mixer = self._mixer.render(mixer, _mutes(steering.controls), _or_half(brightness), frames)
        audio = np.ascontiguousarray(mixed.audio.T)
        if not np.isfinite(audio.sum()):
            raise EngineError(f"the band's sound is not finite at frame {state.frame}")

        end = state.frame + frames
        notes = (
            *state.notes,
            *(replace(p.event, start_frame=p.event.start_frame + LATENCY_FRAMES) for p in laid.notes),
        )
        beats = (*state.beats, *(replace(b, frame=b.frame + LATENCY_FRAMES) for b in laid.beats))
        block = Block(
            audio,
            state.frame,
            tuple(b for b in beats if b.frame < end),
            tuple(sorted((n for n in notes if n.start_frame < end), key=lambda n: n.start_frame)),
            {}
            if mixed.stems is None
            else {k: np.ascontiguousarray(s.T) for k, s in zip(STEMS, mixed.stems, strict=True)},
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
        note, event = placed.note, placed.event
        patch = self._patches.get(note.patch)
        if patch is None:
            raise EngineError(f"the band has no patch named {note.patch!r}")
        velocity, trim = voices.velocity_step(note.velocity, fine=patch.family in _HIT)
        left, right = voices.pan_gains(note.pan, trim * 10 ** (patch.gain_db / 20))
        tone = Tone(
            note.patch,
            min(max(note.pitch, 0), 127),
            voices.duration_step(event.duration_frames, sustained=patch.sustained),
            velocity,
            brightness,
            (placed.take if patch.family in _TAKES else note.pitch) % patch.variants,
            note.articulation,
            note.glide,
        )
        return Voice(PARTS.index(note.part), tone, event.start_frame, left, right)

    def _prefetch(self, added: Sequence[Voice]) -> None:
        try:
            self._waveforms.prefetch(voice.tone for voice in added)
        except Exception as error:
            raise EngineError(f"the band's patches failed: {error!r}") from error

    def _fetch(self, tone: Tone) -> Waveform:
        try:
            return self._waveforms.get(tone)
        except Exception as error:
            raise EngineError(f"the band's patch {tone.patch!r} failed on {tone}: {error!r}") from error


def _or_half(brightness: float | None) -> float:
    return 0.5 if brightness is None else min(max(brightness, 0.0), 1.0)


def _mutes(config: Controls) -> Mutes:
    """Which parts are silent, in the order of ``PARTS``."""
    rest = config.only_bass_and_drums
    return config.mute_drums, config.mute_bass, rest, rest, rest, rest


def _kicks(notes: Sequence[Placed]) -> tuple[int, ...]:
    return tuple(p.event.start_frame for p in notes if p.note.part == "drums" and p.note.patch.startswith("kick"))


def _choke(sounding: Sequence[Voice], added: Sequence[Voice]) -> tuple[Voice, ...]:
    """Lets go of open hats where closed ones begin."""
    for closed, opened in _CHOKES:
        for cut in (v.start_frame for v in added if v.tone.patch.startswith(closed)):
            sounding = [
                v.faded(cut, _CHOKE_FRAMES) if v.tone.patch.startswith(opened) and v.start_frame < cut else v
                for v in sounding
            ]
    return tuple(sounding)
