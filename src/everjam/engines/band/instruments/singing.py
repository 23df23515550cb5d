"""A singer: a glottal source through a vocal tract that moves, with consonants before the vowel.

Formants of American English vowels: Hillenbrand, Getty, Clark and Wheeler (1995), table V, men and women. Bandwidths
after Klatt (1980). The cluster of the third to fifth formants ("singer's formant") and the first formant that follows
a high pitch: Sundberg, The Science of the Singing Voice (1987).
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    control_times,
    f32,
    frames_of,
    release,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.cloud import hiss
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.waves import harmonics_for, tables_of
from everjam.engines.band.instruments.dsp.wavetable import phase, scan, walk
from everjam.engines.band.instruments.voicing import Stroke

Vowel = Literal["ee", "ay", "eh", "ah", "aw", "oh", "oo", "uh"]
Onset = Literal["", "h", "m", "n", "l", "d", "b"]
Float64Array = npt.NDArray[np.float64]

MEN_HZ: Final[dict[Vowel, tuple[float, ...]]] = {
    "ee": (342.0, 2322.0, 3000.0, 3657.0),
    "ay": (476.0, 2089.0, 2691.0, 3649.0),
    "eh": (580.0, 1799.0, 2605.0, 3677.0),
    "ah": (768.0, 1333.0, 2522.0, 3687.0),
    "aw": (652.0, 997.0, 2538.0, 3486.0),
    "oh": (497.0, 910.0, 2459.0, 3384.0),
    "oo": (378.0, 997.0, 2343.0, 3357.0),
    "uh": (623.0, 1200.0, 2550.0, 3557.0),
}
WOMEN_HZ: Final[dict[Vowel, tuple[float, ...]]] = {
    "ee": (437.0, 2761.0, 3372.0, 4352.0),
    "ay": (536.0, 2530.0, 3047.0, 4319.0),
    "eh": (731.0, 2058.0, 2979.0, 4294.0),
    "ah": (936.0, 1551.0, 2815.0, 4299.0),
    "aw": (781.0, 1136.0, 2824.0, 3923.0),
    "oh": (555.0, 1035.0, 2828.0, 3927.0),
    "oo": (459.0, 1105.0, 2735.0, 4115.0),
    "uh": (753.0, 1426.0, 2933.0, 4092.0),
}
_WIDTHS_HZ: Final = np.array([75.0, 95.0, 130.0, 190.0, 260.0])


@dataclass(frozen=True, slots=True)
class Consonant:
    """What comes before a vowel.

    Attributes:
        formants_hz: Of the closed or half-closed tract.
        zero_hz: Antiresonance of the nose; 0 = none.
        level: Of the voice while it is closed, against the vowel.
        closed_seconds: How long.
        locus_hz: Where the second formant comes from.
        opening_seconds: How long it is on its way.
        burst_hz: Band of the noise at the release; (0, 0) = none.
        burst_level: Of that noise.
        puff: Of breath.
    """

    formants_hz: tuple[float, float, float] = (300.0, 1200.0, 2500.0)
    zero_hz: float = 0.0
    level: float = 1.0
    closed_seconds: float = 0.0
    locus_hz: float = 0.0
    opening_seconds: float = 0.0
    burst_hz: tuple[float, float] = (0.0, 0.0)
    burst_level: float = 0.0
    puff: float = 0.0


CONSONANTS: Final[dict[Onset, Consonant]] = {
    "": Consonant(puff=0.15),
    "h": Consonant(puff=1.0),
    "m": Consonant((250.0, 1050.0, 2200.0), 850.0, 0.5, 0.05, 900.0, 0.035),
    "n": Consonant((260.0, 1500.0, 2500.0), 1650.0, 0.45, 0.045, 1750.0, 0.035),
    "l": Consonant((360.0, 1150.0, 2700.0), 0.0, 0.6, 0.04, 1150.0, 0.03),
    "d": Consonant((200.0, 1800.0, 2700.0), 0.0, 0.12, 0.022, 1800.0, 0.045, (2800.0, 6000.0), 0.22, 0.25),
    "b": Consonant((200.0, 800.0, 2300.0), 0.0, 0.12, 0.022, 800.0, 0.04, (350.0, 1500.0), 0.25, 0.15),
}


@dataclass(frozen=True, slots=True)
class Singer:
    """Somebody who sings.

    Attributes:
        woman: 0 = a man's tract, 1 = a woman's; negative = whichever sings at that pitch.
        words: Onset and vowels of each take.
        ring: Strength of the singer's formant.
        breath: Level of breath while singing.
        attack_seconds: Rise.
        release_seconds: Fall by 60 dB.
        vibrato_cents: Depth.
        vibrato_hz: Rate.
        vibrato_after_seconds: When it sets in.
        scoop_cents: How far below the pitch a note begins.
        scoop_seconds: Time constant of the way up.
        longest_seconds: Of a syllable.
        vowel_seconds: How long the way from the first vowel to the last takes; 0 = the whole note.
    """

    woman: float
    words: tuple[tuple[Onset, tuple[Vowel, ...]], ...]
    ring: float = 0.3
    breath: float = 0.02
    attack_seconds: float = 0.05
    release_seconds: float = 0.16
    vibrato_cents: float = 32.0
    vibrato_hz: float = 5.5
    vibrato_after_seconds: float = 0.35
    scoop_cents: float = 60.0
    scoop_seconds: float = 0.032
    longest_seconds: float = 12.0
    vowel_seconds: float = 0.0


def vowel_formants(vowel: Vowel, woman: float) -> Float64Array:
    """Five formants in Hz of a vowel between a man's (0) and a woman's (1) tract."""
    men, women = np.array(MEN_HZ[vowel]), np.array(WOMEN_HZ[vowel])
    between = men * (women / men) ** woman
    return np.append(between, 4500.0 * (5200.0 / 4500.0) ** woman)


def tract(hz: Float64Array, formants_hz: Float64Array, zero_hz: npt.NDArray[np.floating]) -> Float64Array:
    """Magnitudes of a vocal tract.

    Args:
        hz: Shape ``(moments, harmonics)``.
        formants_hz: Shape ``(moments, 5)``.
        zero_hz: Antiresonance of each moment, 0 = none: shape ``(moments,)``.
    """
    out = np.ones(hz.shape, np.complex128)
    for number, width in enumerate(_WIDTHS_HZ):
        centre = formants_hz[:, number, None]
        out *= centre**2 / (centre**2 - hz**2 + 1j * hz * width * (1.0 + centre / 6000.0))
    zero = np.where(zero_hz > 0.0, zero_hz, 1e6)[:, None]
    out *= (zero**2 - hz**2 + 1j * hz * 120.0) / zero**2
    return np.asarray(np.abs(out), np.float64)


def sing(singer: Singer, stroke: Stroke) -> Float32Array:
    """A syllable.

    Returns:
        ``(frames,)``.
    """
    held = min(stroke.held_seconds, 0.12 if stroke.articulation == "staccato" else singer.longest_seconds)
    frames = frames_of(held + singer.release_seconds)
    onset, vowels = singer.words[stroke.variant % len(singer.words)]
    legato = stroke.articulation == "legato"
    consonant = CONSONANTS["" if legato else onset]
    woman = singer.woman if singer.woman >= 0.0 else float(np.clip(np.log2(stroke.hz / 165.0) / 1.2, 0.0, 1.0))
    curve = _pitch(singer, stroke, frames, held)
    moments, formants, zero, level = _mouth(singer, consonant, vowels, woman, held)
    at = control_times(frames)
    pitch = np.interp(moments, at, curve)
    rows = _rows(singer, stroke, pitch, formants, zero) * level[:, None]
    tables = tables_of(rows * np.exp(1j * _settled_phases(rows.shape[1], stroke.hz, formants[-1])) * -0.5j)
    along = np.minimum(np.interp(at, moments, np.arange(moments.size)), moments.size - 1.001)
    out = scan(phase(curve, frames), tables, walk(tables, upsample(f32(along.astype(np.float32)), frames)))
    shimmer = 1.0 + 0.05 * wander(stroke.rng, frames, 9.0)
    out *= upsample(f32(shimmer.astype(np.float32)), frames)
    out += _breath(singer, stroke, frames, consonant, formants[-1])
    rise = 0.035 if legato else singer.attack_seconds * stroke.hard(1.4, 0.8)
    if consonant.closed_seconds:
        rise = 0.02
    out *= attack(frames, min(rise, 0.02 + 0.4 * held)) * release(frames, held, singer.release_seconds)
    if consonant.burst_level:
        low, high = consonant.burst_hz
        pop = burst(stroke.rng, 0.03, 0.005, bandpass(low, high * stroke.bright(0.75, 1.3)))
        peak = float(np.abs(out).max())
        start = frames_of(consonant.closed_seconds) - 96
        add_at_start(out[max(0, start) :], pop * np.float32(peak * consonant.burst_level * stroke.hard(0.6, 1.3)))
    return out


def _pitch(singer: Singer, stroke: Stroke, frames: int, held: float) -> Float32Array:
    """Control curve of the frequency."""
    at = control_times(frames)
    rng = stroke.rng
    legato = stroke.articulation == "legato"
    after = 0.12 if legato else singer.vibrato_after_seconds
    onset = np.clip((at - after) / 0.4, 0.0, 1.0)
    rate = singer.vibrato_hz * float(rng.uniform(0.95, 1.05))
    cents = singer.vibrato_cents * onset * np.sin(TAU * rate * (at - after) + 0.25 * wander(rng, frames, 1.5))
    cents += 3.0 * wander(rng, frames, 6.0) + 2.5 * wander(rng, frames, 30.0)
    if stroke.glide:
        # A voice leaves a pitch and arrives gently.
        share = np.clip(at / min(0.13, 0.5 * held), 0.0, 1.0)
        cents += 100.0 * stroke.glide * (0.5 + 0.5 * np.cos(np.pi * share))
    elif stroke.articulation == "scoop":
        cents -= 300.0 * np.exp(-at / 0.085)
    elif not legato:
        cents -= singer.scoop_cents * np.exp(-at / singer.scoop_seconds)
    if stroke.articulation == "fall":
        cents -= 500.0 * np.clip((at - 0.6 * held) / (0.4 * held + singer.release_seconds), 0.0, 1.0) ** 1.5
    return f32((stroke.hz * 2.0 ** (cents / 1200.0)).astype(np.float32))


def _mouth(
    singer: Singer, consonant: Consonant, vowels: tuple[Vowel, ...], woman: float, held: float
) -> tuple[Float64Array, Float64Array, Float64Array, Float64Array]:
    """Moments of a syllable, and at each the five formants, the nose's zero and the level."""
    targets = np.array([vowel_formants(vowel, woman) for vowel in vowels])
    squeeze = min(1.0, held / 0.25)
    closed, opening = consonant.closed_seconds * squeeze, max(0.004, consonant.opening_seconds * squeeze)
    start = closed + opening
    whole = max(start + 0.06, held if not singer.vowel_seconds else min(held, start + singer.vowel_seconds))
    moments, shapes, zeros, levels = [], [], [], []
    if closed:
        shut = np.append(np.array(consonant.formants_hz) * 1.12**woman, targets[0][3:])
        opened = targets[0].copy()
        locus = consonant.locus_hz * 1.15**woman
        for share in (0.0, 1.0):
            moments.append(closed * share)
            shapes.append(shut)
            zeros.append(consonant.zero_hz * 1.1**woman)
            levels.append(consonant.level)
        for share in np.linspace(0.12, 0.9, 6):
            moments.append(closed + opening * share)
            way = 1.0 - np.exp(-3.0 * share)
            begin = shut.copy()
            begin[1] = locus
            shapes.append(begin * (opened / begin) ** way)
            zeros.append(0.0)
            levels.append(consonant.level + (1.0 - consonant.level) * min(1.0, 1.6 * share))
    path = np.linspace(0.0, 1.0, 13)
    smooth = np.interp(path * path * (3.0 - 2.0 * path), np.linspace(0.0, 1.0, len(vowels)), np.arange(len(vowels)))
    for share, place in zip(path, smooth, strict=True):
        low = min(int(place), len(vowels) - 1)
        high = min(low + 1, len(vowels) - 1)
        moments.append(start + (whole - start) * share)
        shapes.append(targets[low] * (targets[high] / targets[low]) ** (place - low))
        zeros.append(0.0)
        levels.append(1.0)
    return np.array(moments), np.array(shapes), np.array(zeros), np.array(levels)


def _rows(
    singer: Singer, stroke: Stroke, pitch: Float64Array, formants: Float64Array, zero: Float64Array
) -> Float64Array:
    """Harmonic amplitudes at each moment, vowels equally loud."""
    count = harmonics_for(stroke.hz, float(pitch.max()), 160)
    hz = pitch[:, None] * np.arange(1, count + 1)
    tuned = formants.copy()
    # Above its first formant a voice opens the mouth until the formant is at the pitch.
    tuned[:, 0] = np.maximum(tuned[:, 0], 1.03 * pitch)
    tuned[:, 1] = np.maximum(tuned[:, 1], 1.25 * tuned[:, 0])
    edge = stroke.bright(1800.0, 8000.0) * stroke.hard(0.4, 1.25)
    source = 1.0 / np.arange(1, count + 1) / np.sqrt(1.0 + (hz / edge) ** 2)
    ringing = 1.0 + 2.4 * singer.ring * stroke.hard(0.3, 1.5) * np.exp(-(((hz - 2950.0) / 420.0) ** 2))
    # Loud voices close their folds fast: more treble than the plain source has.
    ringing = ringing * np.sqrt(1.0 + (hz / 2600.0) ** 2 / (1.0 + (hz / 8000.0) ** 2))
    rows = source * tract(hz, tuned, zero) * ringing
    out: Float64Array = rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    return out


def _settled_phases(count: int, hz: float, formants_hz: Float64Array) -> Float64Array:
    """Phases of a tract at rest; phases that moved with the mouth would bend the pitch."""
    at = hz * np.arange(1, count + 1)
    turns = [
        np.angle(centre**2 / (centre**2 - at**2 + 1j * at * width))
        for centre, width in zip(formants_hz, _WIDTHS_HZ, strict=True)
    ]
    return np.asarray(np.sum(turns, axis=0), np.float64)


def _breath(
    singer: Singer, stroke: Stroke, frames: int, consonant: Consonant, formants_hz: Float64Array
) -> Float32Array:
    """Breath through the open mouth: a puff before the vowel, a veil over it."""

    def response(hz: Float32Array) -> Float32Array:
        shape = np.zeros(hz.shape)
        for centre, width in zip(formants_hz, _WIDTHS_HZ, strict=True):
            shape += (800.0 / centre) ** 0.7 / (1.0 + ((hz - centre) / (1.5 * width)) ** 2)
        high = stroke.bright(5000.0, 9500.0)
        return f32((shape + 0.06) * (hz / (hz + 700.0)) / (1.0 + (hz / high) ** 4))

    at = control_times(frames)
    start = consonant.closed_seconds
    puff = consonant.puff * np.exp(-np.maximum(at - start, 0.0) / 0.03) * (at >= start)
    level = 0.5 * (0.3 * puff + singer.breath * stroke.hard(1.5, 0.9))
    level *= 1.0 + 0.2 * wander(stroke.rng, frames, 8.0)
    return f32(hiss(stroke.rng, frames, response, width=0.0)[0] * upsample(f32(level.astype(np.float32)), frames))
