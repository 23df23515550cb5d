"""The acoustic instruments of the world: all there, told apart, and played as they are played."""

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


def note(name: str, key: int, duration_ms: int = 800, **changes: int) -> Waveform:
    fields = {"velocity": 6, "brightness": 5, "variant": 0} | changes
    return PATCHES[name].render(Tone(name, key, duration_ms, **fields))


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
