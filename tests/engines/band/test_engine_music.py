"""The engine with its own composer and instruments: what listeners are promised, measured."""

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from everjam.audio import QUANTUM_FRAMES, Block, Float32Array
from everjam.engines.band.engine import BandEngine
from everjam.steering import Controls, Scale, Steering, WeightedPrompt

Q = QUANTUM_FRAMES


@pytest.fixture(scope="module")
def band() -> BandEngine:
    engine = BandEngine()
    engine.warm()
    return engine


def steer(*prompts: str, **controls: Any) -> Steering:
    return Steering(tuple(WeightedPrompt(text) for text in prompts), Controls(**controls))


def jam(
    band: BandEngine,
    seconds: float,
    steering: Steering,
    blocks: Sequence[int] = (50,),
    state: Any = None,
    seed: int = 1,
) -> tuple[Float32Array, list[Block], Any]:
    """Renders in blocks of so many quanta, in turn."""
    state = band.start(seed) if state is None else state
    left, turn, out = round(seconds * 25), 0, []
    while left > 0:
        quanta = min(blocks[turn % len(blocks)], left)
        block, state = band.render(state, steering, quanta * Q)
        out.append(block)
        left -= quanta
        turn += 1
    return np.concatenate([block.audio for block in out]), out, state


def bends(audio: Float32Array) -> Float32Array:
    """Second differences: what a click is made of."""
    bend: Float32Array = np.abs(np.diff(audio, n=2, axis=0)).max(axis=1)
    return bend


def power_db(audio: Float32Array) -> float:
    return float(10 * np.log10(np.mean(np.square(audio.astype(np.float64))) + 1e-12))


def centroid_hz(audio: Float32Array) -> float:
    spectrum = np.abs(np.fft.rfft(audio.sum(axis=1)))
    return float((spectrum * np.fft.rfftfreq(audio.shape[0], 1 / 48_000)).sum() / spectrum.sum())


@pytest.mark.parametrize("prompt", ["eurodance", "lush strings"])
def test_block_sizes_do_not_matter(band: BandEngine, prompt: str) -> None:
    steering = steer(prompt)
    whole, blocks, state = jam(band, 20, steering, seed=5)
    notes = [note for block in blocks for note in block.notes]
    for split in ((1,), (7, 37, 1, 50)):
        other, others, _ = jam(band, 20, steering, split, seed=5)
        assert 20 * np.log10(np.abs(whole - other).max() + 1e-12) < -80
        assert [note for block in others for note in block.notes] == notes
        bend, seams = bends(other), bends(other)[Q - 2 :: Q]
        assert np.quantile(seams, 0.95) <= 3 * np.quantile(bend, 0.95)
    assert len(pickle.dumps(state, 5)) < 500_000


@pytest.mark.parametrize(
    ("prompt", "density"),
    [("heavy metal", None), ("harp", 0.1), ("meditation", None), ("chiptune", 0.9), ("shoegaze", None), ("funk", 0.1)],
)
def test_loudness_and_true_peak(band: BandEngine, prompt: str, density: float | None) -> None:
    audio, _, _ = jam(band, 20, steer(prompt, density=density), seed=3)
    assert np.isfinite(audio).all()
    assert pyloudnorm.Meter(48_000).integrated_loudness(audio) == pytest.approx(-14, abs=2)
    over = resample_poly(audio.astype(np.float64), 4, 1, axis=0)[4_000:-4_000]
    assert 20 * np.log10(np.abs(over).max()) <= -1
    assert np.abs(audio.mean(axis=0)).max() < 2e-3
    assert (audio[:, 0] * audio[:, 1]).mean() > 0


def test_music_starts_at_once(band: BandEngine) -> None:
    for prompt in ("eurodance", "harp", "funk"):
        audio, _, _ = jam(band, 0.4, steer(prompt))
        assert np.abs(audio[:100]).max() < 1e-4
        assert np.abs(audio[: round(0.15 * 48_000)]).max() > 1e-3


def test_stems_add_up_and_mutes_are_silent() -> None:
    band = BandEngine(stems=True)
    _, _, state = jam(band, 8, steer("eurodance"))
    for steering, silent in (
        (steer("eurodance", mute_drums=True), {"drums"}),
        (steer("eurodance", mute_bass=True), {"bass"}),
        (steer("eurodance", only_bass_and_drums=True), {"chords", "melody", "texture", "voice"}),
    ):
        _, blocks, _ = jam(band, 4, steering, (5,), state)
        _, plain, _ = jam(band, 4, steer("eurodance"), (5,), state)
        for block in blocks:
            assert np.abs(sum(block.stems.values()) - block.audio).max() < 1e-4
        assert [b.notes for b in blocks] == [b.notes for b in plain], "a mute never changes the score"
        for name in silent:
            muted = np.concatenate([b.stems[name] for b in blocks])[Q:]
            heard = np.concatenate([b.stems[name] for b in plain])
            assert power_db(muted) < max(power_db(heard) - 60, -100)


def test_steering_changes_do_not_click(band: BandEngine) -> None:
    changes = [
        Controls(),
        Controls(brightness=1.0),
        Controls(brightness=0.0, mute_drums=True),
        Controls(bpm=150),
        Controls(density=1.0, bpm=80),
        Controls(scale=Scale.D_MAJOR_B_MINOR, only_bass_and_drums=True),
        Controls(mute_bass=True),
        Controls(),
    ]
    state = band.start(3)
    pieces: list[Float32Array] = []
    marks: list[int] = []
    for k, controls in enumerate(changes):
        prompt = ("house", "lush strings", "chillwave")[k % 3]
        if k == 5:
            state = band.reset(state, 8)
        marks.append(len(pieces) * Q)
        for _ in range(40):
            block, state = band.render(state, Steering((WeightedPrompt(prompt),), controls), Q)
            pieces.append(block.audio)
    bend = bends(np.concatenate(pieces))
    for mark in marks[1:]:
        assert bend[mark - 2 : mark + 2].max() <= 3 * np.quantile(bend, 0.99)


def test_brightness_is_monotone(band: BandEngine) -> None:
    for prompt in ("house", "harp"):
        heard = [centroid_hz(jam(band, 6, steer(prompt, brightness=b))[0]) for b in (0.0, 0.3, 0.6, 1.0)]
        assert heard == sorted(heard)
        assert heard[-1] > 1.5 * heard[0]


def test_tempo_is_exact_and_changes_at_the_next_beat(band: BandEngine) -> None:
    _, first, state = jam(band, 4, steer("house", bpm=120), (1,))
    beats = [beat for block in first for beat in block.beats]
    assert np.diff([beat.frame for beat in beats]).tolist() == [24_000] * (len(beats) - 1)
    _, second, _ = jam(band, 6, steer("house", bpm=100), (1,), state)
    beats = [beat for block in second for beat in block.beats]
    change = next(k for k, beat in enumerate(beats) if beat.bpm == 100)
    assert change <= 3
    assert np.abs(np.diff([beat.frame for beat in beats[change:]]) - 28_800).max() <= 1
    counted = [beat.bar * 4 + beat.beat for beat in beats]
    assert np.diff(counted).tolist() == [1] * (len(beats) - 1)


def test_a_resumed_jam_is_bit_identical(band: BandEngine) -> None:
    steering = steer("neo soul")
    _, _, state = jam(band, 6, steering)
    before = pickle.dumps(state, 5)
    here, _, _ = jam(band, 4, steering, state=state)
    there, _, _ = jam(BandEngine(), 4, steering, state=pickle.loads(before))
    assert np.array_equal(here, there)
    assert pickle.dumps(state, 5) == before
