"""Drums: kicks in tune, machines told apart, strokes that differ, articulations that are what they say."""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from bench.sound import logmel

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone, Waveform
from everjam.engines.band.instruments.dsp.sampler import sampled
from everjam.engines.band.score import Articulation

Float64Array = npt.NDArray[np.float64]

RECORDED = Path(__file__).parents[3] / "mix" / "instruments.npz"
KICK_HZ = {"kick_808": 49.0, "kick_909": 49.0, "kick_punchy": 51.913, "kick_606": 58.27, "kick_cr78": 65.406,
 "kick_driven": 43.654, "kick_hard": 49.0, "kick_hardstyle": 43.654}  # fmt: skip
MACHINES = {
    "kicks": "kick_808 kick_909 kick_punchy kick_606 kick_cr78 kick_linn kick_driven kick_hard kick_hardstyle "
    "kick_rumble kick_lofi kick_chip",
    "snares": "snare_808 snare_909 snare_606 snare_cr78 snare_trap snare_linn snare_gated snare_punchy snare_lofi "
    "snare_chip clap",
    "hats": "hat_closed hat_closed_909 hat_closed_606 hat_closed_cr78 hat_closed_linn hat_trap hat_lofi hat_chip",
    "open hats": "hat_open hat_open_909 hat_open_606 hat_open_linn hat_open_acoustic",
    "toms": "tom_808 tom_909 tom_electronic tom_linn",
}
STEREO = ("clap", "snare_gated", "snare_punchy", "snare_acoustic", "crash", "china")


def stroke(name: str, *, semitones: int = 0, velocity: int = 6, variant: int = 0, brightness: int = 5) -> Waveform:
    """A hit."""
    patch = PATCHES[name]
    return patch.render(Tone(name, patch.gm_program + semitones, 0, velocity, brightness, variant))


def mono(wave: Waveform) -> Float64Array:
    return np.asarray(wave.mean(axis=0), np.float64)


def pitch_hz(wave: Float64Array, start_seconds: float, end_seconds: float) -> float:
    """From the turns of the phase of the band below 120 Hz, between two moments."""
    spectrum = np.fft.fft(wave, 2 * wave.size)
    hz = np.fft.fftfreq(2 * wave.size, 1.0 / SAMPLE_RATE_HZ)
    turning = np.fft.ifft(spectrum * ((hz > 20.0) & (hz < 120.0)))[: wave.size]
    first, last = int(start_seconds * SAMPLE_RATE_HZ), int(end_seconds * SAMPLE_RATE_HZ)
    phase = np.unwrap(np.angle(turning[first:last]))
    return float(np.polyfit(np.arange(phase.size), phase, 1)[0] * SAMPLE_RATE_HZ / (2.0 * np.pi))


def band_db(wave: Float64Array, edges_hz: Float64Array, seconds: float) -> Float64Array:
    """Level of bands in steps of 10 ms, at most 45 dB below the loudest."""
    frames = int(seconds * SAMPLE_RATE_HZ)
    padded = np.zeros(frames + 2048)
    padded[512 : 512 + min(frames, wave.size)] = wave[:frames]
    views = np.lib.stride_tricks.sliding_window_view(padded, 1024)[::480]
    power = np.abs(np.fft.rfft(views * np.hanning(1024))) ** 2
    hz = np.fft.rfftfreq(1024, 1.0 / SAMPLE_RATE_HZ)
    bands = np.stack(
        [power[:, (hz >= low) & (hz < high)].sum(axis=1) for low, high in itertools.pairwise(edges_hz)], axis=1
    )
    level: Float64Array = 10.0 * np.log10(bands / bands.max() + 1e-12)
    return np.maximum(level, -45.0)


EDGES_HZ = np.array([0.0, 80.0, 160.0, 300.0, 500.0, 800.0, 1300.0, 2000.0, 3200.0, 5000.0, 7000.0, 9500.0, 13e3, 2e4])


def distance_db(one: Waveform, other: Waveform, seconds: float = 0.35) -> float:
    """Root mean square over bands and time of what is left when the levels are made equal."""
    apart = band_db(mono(one), EDGES_HZ, seconds) - band_db(mono(other), EDGES_HZ, seconds)
    return float(np.sqrt(np.mean((apart - apart.mean()) ** 2)))


@pytest.mark.parametrize("name", KICK_HZ)
@pytest.mark.parametrize("semitones", [-3, 0, 4])
def test_a_kick_settles_on_its_key(name: str, semitones: int) -> None:
    wave = mono(stroke(name, semitones=semitones, velocity=8))
    hz = KICK_HZ[name] * 2.0 ** (semitones / 12.0)
    assert abs(1200.0 * np.log2(pitch_hz(wave, 0.13, 0.24) / hz)) < 60.0


@pytest.mark.parametrize("name", ["kick_808", "kick_909", "kick_punchy", "kick_driven"])
def test_a_kick_is_big_below_and_clean_above(name: str) -> None:
    wave = mono(stroke(name, velocity=8))
    power = np.abs(np.fft.rfft(wave)) ** 2
    hz = np.fft.rfftfreq(wave.size, 1.0 / SAMPLE_RATE_HZ)
    assert power[(hz > 35.0) & (hz < 150.0)].sum() > 0.8 * power.sum()
    tail = wave[int(0.12 * SAMPLE_RATE_HZ) : int(0.25 * SAMPLE_RATE_HZ)]
    power = np.abs(np.fft.rfft(tail * np.hanning(tail.size))) ** 2
    hz = np.fft.rfftfreq(tail.size, 1.0 / SAMPLE_RATE_HZ)
    assert power[hz > 6000.0].sum() < 1e-7 * power.sum()


@pytest.mark.parametrize("name", ["kick_hard", "kick_hardstyle"])
def test_a_driven_kick_has_harmonics_and_nothing_between_them(name: str) -> None:
    """What folds back from above the Nyquist frequency falls between the harmonics."""
    wave = mono(stroke(name, velocity=8, brightness=10))
    tail = wave[int(0.17 * SAMPLE_RATE_HZ) : int(0.27 * SAMPLE_RATE_HZ)]
    power = np.abs(np.fft.rfft(tail * np.blackman(tail.size), 1 << 16)) ** 2
    hz = np.fft.rfftfreq(1 << 16, 1.0 / SAMPLE_RATE_HZ)
    base = pitch_hz(wave, 0.17, 0.27)
    off = np.abs(hz / base - np.rint(hz / base)) > 0.42
    high = (hz > 3000.0) & (hz < 9000.0)
    assert power[high & off].mean() < 10.0 ** (-60.0 / 10.0) * power.max()


@pytest.mark.parametrize("kind", MACHINES)
def test_machines_are_told_apart(kind: str) -> None:
    names = MACHINES[kind].split()
    waves = {name: stroke(name) for name in names}
    seconds = 0.12 if kind == "hats" else 0.35
    apart = {pair: distance_db(waves[pair[0]], waves[pair[1]], seconds) for pair in itertools.combinations(names, 2)}
    assert not {pair: round(one, 1) for pair, one in apart.items() if one < 2.0}


@pytest.mark.parametrize("name", [patch.name for patch in PATCHES.values() if patch.family in {"drums", "percussion"}])
def test_takes_differ_a_little_and_force_changes_the_sound(name: str) -> None:
    patch = PATCHES[name]
    assert patch.variants >= 2
    takes = [stroke(name, variant=variant) for variant in range(patch.variants)]
    for one, other in itertools.combinations(takes, 2):
        length = min(one.shape[1], other.shape[1])
        assert np.abs(one[:, :length] - other[:, :length]).max() > 0.01 * np.abs(one).max()
    assert distance_db(stroke(name, velocity=2), stroke(name, velocity=8)) > 0.3


ALTERNATING = {"tabla", "talking_drum", "guiro", "castanets", "scratch"}
"""Other strokes by turns."""


@pytest.mark.parametrize(
    "name",
    [
        patch.name
        for patch in PATCHES.values()
        if patch.family in {"drums", "percussion"} and patch.name not in ALTERNATING
    ],
)
def test_takes_are_one_instrument(name: str) -> None:
    takes = [mono(stroke(name, variant=variant)) for variant in range(PATCHES[name].variants)]
    edges = np.geomspace(40.0, 16_000.0, 28)
    levels = []
    for take in takes:
        power = np.abs(np.fft.rfft(take, 1 << 17)) ** 2
        hz = np.fft.rfftfreq(1 << 17, 1.0 / SAMPLE_RATE_HZ)
        bands = np.array([power[(hz >= a) & (hz < b)].mean() for a, b in itertools.pairwise(edges)])
        levels.append(10.0 * np.log10(np.maximum(bands, bands.max() * 10.0**-4.5)))
    for one, other in itertools.combinations(levels, 2):
        assert np.sqrt(np.mean((one - other) ** 2)) < 8.0


@pytest.mark.parametrize(
    "name", ["kick_acoustic", "kick_rock", "snare_acoustic", "snare_jazz", "snare_909", "tom_rock", "timbale"]
)
def test_a_hard_stroke_has_more_treble_for_its_level(name: str) -> None:
    def treble(velocity: int) -> float:
        power = np.abs(np.fft.rfft(mono(stroke(name, velocity=velocity)), 1 << 17)) ** 2
        hz = np.fft.rfftfreq(1 << 17, 1.0 / SAMPLE_RATE_HZ)
        return float(10.0 * np.log10(power[hz > 3000.0].sum() / power.sum()))

    assert treble(2) + 1.0 < treble(5) < treble(8) - 0.5


@pytest.mark.parametrize(("name", "low_hz", "high_hz"), [("bayan", 40.0, 190.0), ("talking_drum", 80.0, 360.0)])
@pytest.mark.parametrize("glide", [-7, 7])
def test_skins_glide_from_where_the_note_says(name: str, low_hz: float, high_hz: float, glide: int) -> None:
    tone = Tone(name, PATCHES[name].gm_program, 0, 6, 5, 0, "plain", glide)
    wave = mono(PATCHES[name].render(tone))
    hz = np.fft.rfftfreq(1 << 17, 1.0 / SAMPLE_RATE_HZ)
    inside = (hz > low_hz) & (hz < high_hz)
    early, late = (
        hz[inside][np.argmax(np.abs(np.fft.rfft(piece * np.hanning(piece.size), 1 << 17))[inside])]
        for piece in (wave[:2400], wave[int(0.35 * SAMPLE_RATE_HZ) : int(0.6 * SAMPLE_RATE_HZ)])
    )
    assert 1200.0 * np.log2(early / late) * np.sign(glide) > 150.0


@pytest.mark.parametrize("name", STEREO)
def test_wide_drums_keep_their_level_in_mono(name: str) -> None:
    wave = stroke(name)
    assert wave.shape[0] == 2
    loss_db = 10.0 * np.log10(np.mean(wave.mean(axis=0) ** 2) / np.mean(wave**2))
    assert -2.5 < loss_db < -0.01


def test_a_gated_snare_stays_up_and_then_stops() -> None:
    wave = mono(stroke("snare_gated"))

    def level_db(start: float, end: float) -> float:
        piece = wave[int(start * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)]
        return float(10.0 * np.log10(np.mean(piece**2) + 1e-12))

    assert level_db(0.2, 0.26) > level_db(0.0, 0.06) - 18.0
    assert level_db(0.285, 0.3) < level_db(0.2, 0.26) - 12.0


def test_rumble_swells_behind_the_kick_and_leaves_the_next_beat_free() -> None:
    wave = mono(stroke("kick_rumble"))
    assert wave.size < 0.46 * SAMPLE_RATE_HZ
    plain = mono(stroke("kick_909"))[: wave.size]
    late = slice(int(0.22 * SAMPLE_RATE_HZ), int(0.33 * SAMPLE_RATE_HZ))
    assert np.mean(wave[late] ** 2) > 2.0 * np.mean(plain[late] ** 2)


def test_an_early_sampler_holds_few_levels_and_keeps_small_ones_when_it_compands() -> None:
    ramp = np.linspace(-1.0, 1.0, 48_000, dtype=np.float32)
    assert len(np.unique(sampled(ramp, 48_000.0, 6, companded=False))) == 63
    held = sampled(ramp, 12_000.0, 16, companded=False)
    assert len(np.unique(held)) <= 12_000
    quiet = np.sin(np.linspace(0.0, 200.0, 48_000)).astype(np.float32) * np.float32(0.004)
    even, companded = (sampled(quiet, 48_000.0, 8, companded=flag) for flag in (False, True))
    assert np.mean((companded - quiet) ** 2) < 0.1 * np.mean((even - quiet) ** 2)
    assert np.abs(sampled(3.0 * ramp, 48_000.0, 8)).max() <= 1.0


ROLLS = [patch.name for patch in PATCHES.values() if patch.family in {"drums", "percussion"} and "roll" in
         patch.articulations]  # fmt: skip
MUTES = [patch.name for patch in PATCHES.values() if patch.family in {"drums", "percussion"} and "muted" in
         patch.articulations]  # fmt: skip


def articulated(name: str, articulation: Articulation, held_ms: int = 900) -> Float64Array:
    """A hit played in a certain way."""
    tone = Tone(name, PATCHES[name].gm_program, held_ms, 6, 5, 0, articulation)
    return mono(PATCHES[name].render(tone))


SWELLING = ("crash", "ride")


@pytest.mark.parametrize("name", SWELLING)
def test_a_rolled_cymbal_grows(name: str) -> None:
    wave = articulated(name, "roll", 1600)
    early, late = (wave[int(a * SAMPLE_RATE_HZ) : int((a + 0.3) * SAMPLE_RATE_HZ)] for a in (0.1, 1.2))
    assert np.mean(late**2) > 4.0 * np.mean(early**2)


@pytest.mark.parametrize("name", [name for name in ROLLS if name not in SWELLING])
def test_a_roll_holds_the_drum_as_long_as_the_note(name: str) -> None:
    wave = articulated(name, "roll")
    piece = wave[int(0.1 * SAMPLE_RATE_HZ) : int(0.85 * SAMPLE_RATE_HZ)]
    levels = [float(np.mean(part**2)) for part in np.array_split(piece, 4)]
    assert min(levels) > 0.2 * max(levels)
    assert wave.size < (0.9 + 2.0) * SAMPLE_RATE_HZ
    after = wave[int(1.05 * SAMPLE_RATE_HZ) :]
    assert not after.size or np.abs(after).max() < 0.8 * np.abs(wave).max()


@pytest.mark.parametrize("name", MUTES)
def test_a_muted_stroke_is_shorter(name: str) -> None:
    def late_share(wave: Float64Array) -> float:
        return float((wave[int(0.1 * SAMPLE_RATE_HZ) :] ** 2).sum() / (wave**2).sum())

    assert late_share(articulated(name, "muted")) < 0.6 * late_share(articulated(name, "plain"))


def test_brushes_tap_slap_and_stir() -> None:
    tap, stir = (articulated("snare_brush", how, 700) for how in ("plain", "legato"))
    assert np.argmax(np.abs(tap)) < 0.03 * SAMPLE_RATE_HZ
    early, later = (float(np.mean(stir[int(a * SAMPLE_RATE_HZ) : int(b * SAMPLE_RATE_HZ)] ** 2)) for a, b in
                    ((0.0, 0.03), (0.05, 0.2)))  # fmt: skip
    assert later > 0.3 * early


def test_drums_are_near_their_recordings() -> None:
    """Forces that were not measured, as ``tests/mix/test_instruments.py`` has them, to closer bounds."""
    apart: dict[str, list[float]] = {}
    with np.load(RECORDED) as found:
        for label, codes in zip(found["labels"].tolist(), found["levels"], strict=True):
            _, name, key, velocity = label.split("/")
            if PATCHES[name].family in {"drums", "percussion"}:
                wave = PATCHES[name].render(Tone(name, int(key), 0, int(velocity), 5, 0))
                apart.setdefault(name, []).append(logmel.distance_db(logmel.log_mel(wave, every=2), codes * -0.5))
    means = {name: float(np.mean(figures)) for name, figures in apart.items()}
    assert len(means) > 30
    assert max(means.values()) < 5.5, means
    assert np.median(list(means.values())) < 3.0
