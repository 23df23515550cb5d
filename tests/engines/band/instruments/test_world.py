"""The acoustic instruments of the world: all there, told apart, and played as they are played."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone, Waveform

AGREED = tuple(
    """
banjo mandolin ukulele balalaika bouzouki charango lute lyre zither dulcimer santur cimbalom shamisen pipa guzheng oud
tar kora guitar_flamenco guitar_slide guitar_lead guitar_twang guitar_wah steel_pedal
clavichord piano_honkytonk piano_felt wurlitzer mellotron_strings mellotron_flute harmonium organ_pipe organ_rock
melodica steel_drum mbira xylophone gamelan tubular_bells timpani balafon
viola fiddle contrabass erhu strings_tremolo hurdy_gurdy
oboe bassoon bass_clarinet piccolo pan_flute shakuhachi recorder tin_whistle bagpipes duduk didgeridoo tenor_sax
soprano_sax bansuri ney shehnai
trombone tuba french_horn trumpet_muted
""".split()  # noqa: SIM905
)
FAMILIES = ("plucked", "keys", "mallets", "bowed", "winds", "brass")
TOLD_APART_DB = 3.0

_SIZE, _HOP, _BANDS, _FRAMES, _WINDOW_DB = 2048, 960, 48, 40, 55.0


def _bands() -> npt.NDArray[np.float64]:
    """Triangles from 93 Hz to 15.7 kHz, even in mel: ``(bands, bins)``."""
    mels = np.linspace(140.2, 3555.0, _BANDS + 2)
    edges: npt.NDArray[np.float64] = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(_SIZE, 1.0 / SAMPLE_RATE_HZ)
    rise = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    out: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rise, fall))
    out[np.arange(_BANDS), np.rint(edges[1:-1] / hz[1]).astype(int)] += 0.05
    return out


_MEL = _bands()


def log_mel_db(wave: Waveform) -> npt.NDArray[np.float64]:
    """The first 0.8 s in decibels below its loudest place, at most 55: ``(frames, bands)``."""
    padded = np.zeros((wave.shape[0], _SIZE + _HOP * _FRAMES))
    length = min(padded.shape[1], wave.shape[1])
    padded[:, :length] = wave[:, :length]
    views = np.lib.stride_tricks.sliding_window_view(padded, _SIZE, axis=1)[:, : _HOP * _FRAMES : _HOP]
    power = (np.abs(np.fft.rfft(views * np.hanning(_SIZE))) ** 2).sum(axis=0) @ _MEL.T
    level_db = 10.0 * np.log10(power / power.max() + 1e-12)
    return np.asarray(np.maximum(level_db, -_WINDOW_DB))


def distance_db(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Root mean square of the differences, loudness aside."""
    apart = one - other
    return float(np.sqrt(np.mean((apart - apart.mean()) ** 2)))


def median_detuning_cents(wave: Waveform, hz: float) -> float:
    """Of the fundamental from ``hz``: its frequency from moment to moment, the louder the heavier."""
    base = wave.astype(np.float64).sum(axis=0) * np.exp(-2j * np.pi * hz * np.arange(wave.shape[1]) / SAMPLE_RATE_HZ)
    window = np.blackman(int(8 * SAMPLE_RATE_HZ / hz) | 1)
    spectrum = np.fft.fft(base, base.size + window.size) * np.fft.fft(window, base.size + window.size)
    moments = np.fft.ifft(spectrum)[window.size : base.size : 48]
    turn = np.angle(moments[1:] * moments[:-1].conj())
    weight = np.abs(moments[1:])
    order = np.argsort(turn)
    total = np.cumsum(weight[order])
    median_hz = turn[order][np.searchsorted(total, 0.5 * total[-1])] * SAMPLE_RATE_HZ / 48 / (2.0 * np.pi)
    return float(1200.0 * np.log2(1.0 + median_hz / hz))


def hz_of(key: int) -> float:
    return float(440.0 * 2.0 ** ((key - 69) / 12.0))


def note(name: str, key: int, duration_ms: int = 800, **changes: Any) -> Waveform:
    return PATCHES[name].render(replace(Tone(name, key, duration_ms, velocity=6, brightness=5, variant=0), **changes))


def levels_at(wave: Waveform, *freqs_hz: float) -> list[float]:
    """Amplitudes of single frequencies over the whole note."""
    mono = wave.sum(axis=0) * np.hanning(wave.shape[1])
    at = np.arange(mono.size) / SAMPLE_RATE_HZ
    return [float(np.abs(mono @ np.exp(-2j * np.pi * hz * at))) / mono.size for hz in freqs_hz]


def test_every_agreed_patch_exists() -> None:
    assert not [name for name in AGREED if name not in PATCHES]


@pytest.mark.parametrize("family", FAMILIES)
def test_instruments_of_a_family_are_told_apart(family: str) -> None:
    heard: dict[tuple[str, int], npt.NDArray[np.float64]] = {}

    def listen(name: str, key: int) -> npt.NDArray[np.float64]:
        if (name, key) not in heard:
            heard[name, key] = log_mel_db(note(name, key))
        return heard[name, key]

    members = [patch for patch in PATCHES.values() if patch.family == family]
    alike = {}
    for index, one in enumerate(members):
        for other in members[:index]:
            low, high = max(one.low, other.low), min(one.high, other.high)
            if {one.name, other.name} & set(AGREED) and low <= high:
                key = min(high, max(low, 60))
                apart_db = distance_db(listen(one.name, key), listen(other.name, key))
                if apart_db <= TOLD_APART_DB:
                    alike[one.name, other.name] = round(apart_db, 2)
    assert not alike


# The pitch of a bell's strike is heard, but none of its modes has it.
@pytest.mark.parametrize("name", [name for name in AGREED if name != "tubular_bells"])
def test_fundamentals_are_in_tune(name: str) -> None:
    patch = PATCHES[name]
    for key in (patch.low, (patch.low + patch.high) // 2, patch.high):
        takes = [note(name, key, 1200, variant=variant) for variant in range(2)]
        assert abs(np.mean([median_detuning_cents(take, hz_of(key)) for take in takes])) < 5.0, key


def strokes(wave: Waveform, start_seconds: float) -> int:
    """How often a plectrum or hammer is heard after a time: sudden rises of the treble."""
    mono = np.diff(wave.sum(axis=0), n=2)[int(start_seconds * SAMPLE_RATE_HZ) :]
    level = np.abs(mono[: mono.size // 480 * 480]).reshape(-1, 480).max(axis=1)
    sudden = level[1:] > 1.5 * level[:-1]
    return int((sudden[1:] & ~sudden[:-1]).sum())


@pytest.mark.parametrize(
    ("name", "rate_hz"), [("mandolin", 13.0), ("balalaika", 11.0), ("pipa", 15.0), ("santur", 12.0)]
)
def test_long_notes_are_picked_again_and_short_ones_are_not(name: str, rate_hz: float) -> None:
    assert strokes(note(name, 69, 250), 0.08) <= 1
    again = strokes(note(name, 69, 2600), 1.0)
    assert 0.7 * 1.6 * rate_hz < again < 1.5 * 1.6 * rate_hz


@pytest.mark.parametrize(("name", "from_below"), [("guitar_slide", True), ("erhu", True), ("tin_whistle", False)])
def test_notes_slide_in(name: str, from_below: bool) -> None:
    wave, hz = note(name, 69, 600), hz_of(69)
    size = SAMPLE_RATE_HZ // 25
    starts = [wave[:, at : at + size] for at in (480, 9600)]
    early, late = ([levels_at(piece, hz * 2.0 ** (step / 1200.0)) for step in (-80.0, 80.0)] for piece in starts)
    balance = [below[0] / above[0] for below, above in (early, late)]
    assert (balance[0] > 1.2 * balance[1]) is from_below
    assert (balance[0] < 0.95 * balance[1]) is not from_below


@pytest.mark.parametrize("name", ["bagpipes", "hurdy_gurdy"])
def test_drones_keep_to_the_octaves_of_the_note(name: str) -> None:
    hz = hz_of(69)
    tune, drone, fifth, third = levels_at(note(name, 69, 1500), hz, hz / 2.0, hz * 2.0 / 3.0, hz * 0.8)
    assert drone > 0.05 * tune
    assert max(fifth, third) < 0.02 * max(tune, drone)


def test_bronze_bars_beat_as_a_pair() -> None:
    wave = note("gamelan", 60)[0]
    level = np.abs(wave[4800 : 4800 + 480 * 200]).reshape(-1, 480).max(axis=1)
    level = level / np.convolve(np.pad(level, 12, mode="edge"), np.ones(25) / 25.0, mode="valid")
    power = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(level.size), 2000)) ** 2
    assert 5.5 < float(np.argmax(power[40:]) + 40) * 100.0 / 2000 < 7.5


def test_the_mouth_moves_along_a_didgeridoo() -> None:
    wave = note("didgeridoo", 38, 3000)[0][:144_000].reshape(-1, 4800)
    power = np.abs(np.fft.rfft(wave * np.hanning(4800))) ** 2
    hz = np.fft.rfftfreq(4800, 1.0 / SAMPLE_RATE_HZ)
    power[:, hz < 400.0] = 0.0
    centroid_hz = (power * hz).sum(axis=1)[2:] / power.sum(axis=1)[2:]
    assert np.percentile(centroid_hz, 90) > 1.4 * np.percentile(centroid_hz, 10)


@pytest.mark.parametrize(("plain", "rattling"), [("kalimba", "mbira"), ("harp", "kora"), ("marimba", "balafon")])
def test_gourds_and_bridges_rattle(plain: str, rattling: str) -> None:
    def treble(name: str) -> float:
        wave = note(name, 60)
        power = (np.abs(np.fft.rfft(wave)) ** 2).sum(axis=0)
        return float(power[int(2500 * wave.shape[1] / SAMPLE_RATE_HZ) :].sum() / power.sum())

    assert treble(rattling) > 2.0 * treble(plain)


def test_a_pedal_steel_swells_where_a_plucked_guitar_begins_at_once() -> None:
    def share_at_start(name: str) -> float:
        wave = np.abs(note(name, 60))
        return float(wave[:, :960].max() / wave.max())

    assert share_at_start("steel_pedal") < 0.5 < share_at_start("guitar_steel")
