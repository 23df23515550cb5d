"""A band in miniature: a composer and instruments that cost nothing, for tests of what lies between and around them."""

from collections.abc import Callable

import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform
from everjam.engines.band.score import COMMON_TIME, Bar, ChordSpan, Note, Production
from everjam.steering import Steering

STRUCK = ("kick_mini", "snare_mini", "hat_closed_mini", "hat_open_mini")
HELD = ("bass_mini", "lead_mini", "pad_mini")


def _envelope(frames: int, decay_seconds: float) -> Float32Array:
    k = np.arange(frames)
    fall = np.exp(-k / (decay_seconds * SAMPLE_RATE_HZ)) * np.clip((frames - k) / 480, 0, 1)
    shape: Float32Array = (np.minimum(k / 48, 1) * fall).astype(np.float32)
    return shape


def render_mini(tone: Tone) -> Waveform:
    """A plausible waveform: noise for drums, a few partials for the rest; pads are stereo."""
    rng = np.random.default_rng([tone.pitch, tone.variant])
    frames = 12_000 if tone.patch in STRUCK else tone.duration_ms * 48 + 4_800
    if tone.patch == "kick_mini":
        sweep = 50 + 150 * np.exp(-np.arange(frames) / 900)
        raw = np.sin(2 * np.pi * np.cumsum(sweep) / SAMPLE_RATE_HZ)
    elif tone.patch in STRUCK:
        raw = 0.5 * rng.standard_normal(frames)
    else:
        turns = 440 * 2 ** ((tone.pitch - 69) / 12) * np.arange(frames) / SAMPLE_RATE_HZ
        raw = sum(np.sin(2 * np.pi * h * turns) / (2 * h) for h in range(1, 6)) + np.zeros(frames)
    decay = {"kick_mini": 0.08, "snare_mini": 0.05, "hat_closed_mini": 0.02, "hat_open_mini": 0.2}.get(tone.patch, 0.8)
    raw = raw * _envelope(frames, decay) * (tone.velocity / 8) ** 1.66
    wave = np.stack([raw, -raw] if tone.patch == "pad_mini" else [raw]).astype(np.float32)
    wave.flags.writeable = False
    return wave


PATCHES = {
    name: Patch(name, name, "drums" if name in STRUCK else "synths", render_mini, 0, sustained=name in HELD)
    for name in (*STRUCK, *HELD)
}

Rewrite = Callable[[Bar], Bar]


class MiniComposer:
    """Four bars' worth of invention; ``rewrite`` may change each bar."""

    def __init__(self, rewrite: Rewrite = lambda bar: bar) -> None:
        self.rewrite = rewrite

    def start(self) -> int:
        return 0

    def compose(self, memory: int, steering: Steering, seed: int) -> tuple[Bar, int]:
        rng = np.random.default_rng([seed % 2**32, memory])
        root = int(rng.integers(0, 5))
        notes = [Note("chords", "pad_mini", 60 + root + p, 0.0, 4.0, 0.6) for p in (0, 4, 7)]
        for beat in range(4):
            notes.append(Note("drums", "kick_mini", 36, beat - (0.02 if memory else 0.0), 0.25, 0.9))
            notes.append(Note("bass", "bass_mini", 36 + root, beat + 0.5, 0.45, 0.8))
            notes.append(Note("melody", "lead_mini", 60 + int(rng.integers(0, 12)), beat + 0.25, 0.7, 0.7, -0.3))
            notes.extend(
                Note("drums", "hat_closed_mini", 42, beat + k / 4 + 0.01, 0.1, float(rng.uniform(0.3, 0.7)), 0.4)
                for k in range(4)
            )
            if beat % 2:
                notes.append(Note("drums", "snare_mini", 38, float(beat), 0.25, 0.8))
        notes.sort(key=lambda note: note.start_beats)
        production = Production(
            sidechain=0.7 * (memory % 2),
            reverb_seconds=1.0 + memory % 3,
            delay={"melody": 0.4},
            drive={"bass": 0.4 * (memory % 2)},
            width=1.0 + 0.1 * (memory % 3),
            lofi=0.3 * (memory % 2),
            tilt_db=1.0 - memory % 3,
        )
        chords = (ChordSpan(0.0, "C", (0, 4, 7)), ChordSpan(2.0, "Am", (9, 0, 4)))
        return self.rewrite(
            Bar(memory, COMMON_TIME, 123.0, "A", "C major", chords, tuple(notes), production)
        ), memory + 1


MakeBand = Callable[..., BandEngine]


@pytest.fixture
def make_band() -> MakeBand:
    """``make_band(rewrite=..., stems=...)``: a band in miniature."""

    def make(
        rewrite: Rewrite = lambda bar: bar, *, stems: bool = False, patches: dict[str, Patch] = PATCHES
    ) -> BandEngine:
        return BandEngine(stems=stems, composer=MiniComposer(rewrite), patches=patches)  # type: ignore[arg-type]

    return make
