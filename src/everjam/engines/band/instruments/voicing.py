"""What all instruments share around their own sound: controls of a note, finishing touches, the making of a Patch."""

import math
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter
from everjam.engines.band.instruments.contract import Family, Patch, Renewal, Tone, Waveform
from everjam.engines.band.instruments.dsp.base import f32, frames_of, midi_to_hz
from everjam.engines.band.instruments.levels import GAINS_DB, RELEASES_MS
from everjam.engines.band.score import Articulation

DEFAULT_RELEASE_MS: Final = 150
_DC_BLOCK_HZ: Final = 10.0
_LEVEL_BLOCK: Final = 1024
_NOMINAL_CREST: Final = 3.0
_SILENT: Final = 10.0 ** (-76.0 / 20.0)
_FADE_FRAMES: Final = 384
_RISE: Final = np.arange(24, dtype=np.float32) / np.float32(24.0)
_RENEWS: Final[dict[Family, Renewal]] = {
    "bass": "all", "winds": "all", "brass": "all", "bowed": "all", "plucked": "string", "keys": "string",
    "mallets": "string",
}  # fmt: skip
HEARD_SECONDS: Final = 0.9
"""The longest that the mixer lets a note ring on after its end (``levels.RELEASES_MS``)."""
_VELOCITY_EXPONENT: Final = 1.66
"""30 dB from velocity 1 to 8."""
_FORCE_TILT_DB: Final = 5.0
"""Treble against bass that full force adds over none, beyond what the voice does."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """Controls of one note.

    Attributes:
        hz: Fundamental.
        semitones: For drums: tuning against the drum's own pitch; 0 for pitched patches.
        held_seconds: Time until the note is let go.
        force: How hard, 1/8 to 1.
        brightness: 0 to 1; 0.5 is neutral.
        variant: Which take.
        rng: Noise of this take: the same for every force, brightness and length.
        articulation: How it is played.
        glide: Semitones from the pitch to where it comes from.
        heard_seconds: How long after its end the mixer lets it be heard; infinite where it does not let go of it.
    """

    hz: float
    semitones: float
    held_seconds: float
    force: float
    brightness: float
    variant: int
    rng: np.random.Generator
    articulation: Articulation = "plain"
    glide: int = 0
    heard_seconds: float = math.inf

    @property
    def tuning(self) -> float:
        """Frequency ratio of ``semitones``."""
        return float(2.0 ** (self.semitones / 12.0))

    def bright(self, low: float, high: float) -> float:
        """Geometric interpolation by brightness: ``low`` at 0, ``high`` at 1."""
        return float(low * (high / low) ** self.brightness)

    def hard(self, soft: float, loud: float) -> float:
        """Geometric interpolation by force: ``soft`` at 0, ``loud`` at 1."""
        return float(soft * (loud / soft) ** self.force)

    def frames(self, release_seconds: float) -> int:
        """Length of a note that rings on for so long after it is let go, as far as the mixer lets that be heard."""
        return frames_of(self.held_seconds + min(release_seconds, self.heard_seconds, HEARD_SECONDS))


Voice = Callable[[Stroke], Float32Array]
"""Controls to a raw signal, ``(frames,)`` or ``(2, frames)``, of any level."""


def seed_of(tone: Tone) -> int:
    """Seed of a take: the same for every velocity, brightness and length of a patch's pitch."""
    return zlib.crc32(f"{tone.patch}/{tone.pitch}/{tone.variant}".encode())


def make_patch(
    name: str,
    title: str,
    family: Family,
    voice: Voice,
    *,
    gm: int,
    low: int = 21,
    high: int = 108,
    sustained: bool = True,
    variants: int = 2,
    tilt_db: float = 10.0,
    pivot_hz: float = 0.0,
    drum: bool = False,
    articulations: Collection[Articulation] = (),
    glides: bool = False,
    placed: bool = False,
    renews: Renewal | None = None,
) -> Patch:
    """A Patch around a voice.

    Args:
        name: As notes name it.
        title: For people.
        family: Its file.
        voice: The sound itself.
        gm: Nearest General MIDI program or drum key.
        low: Lowest sensible key.
        high: Highest sensible key.
        sustained: Whether the note's length matters.
        variants: Takes that exist.
        tilt_db: Treble against bass that brightness 10 adds and brightness 0 takes away, beyond what the voice does.
        pivot_hz: Where the tilt turns; 0 = two and a half times the fundamental.
        drum: Whether ``gm`` is a drum key: then pitch tunes the drum against that key, and keys outside
            ``gm`` - 12 to ``gm`` + 12 mean its own pitch.
        articulations: What the voice knows besides playing plainly.
        glides: Whether the voice slides from ``Stroke.glide``.
        placed: Whether the voice itself says how loud left is against right; otherwise they are equally loud.
        renews: What its new notes end of older ones; None: as its family does.
    """

    def render(tone: Tone) -> Waveform:
        is_let_go = sustained and tone.articulation != "fall"
        semitones = float(tone.pitch - gm) if drum and abs(tone.pitch - gm) <= 12 else 0.0
        stroke = Stroke(
            hz=midi_to_hz(tone.pitch),
            semitones=semitones,
            held_seconds=max(0.03, tone.duration_ms / 1000.0),
            force=tone.velocity / 8.0,
            brightness=tone.brightness / 10.0,
            variant=tone.variant,
            rng=np.random.default_rng(seed_of(tone)),
            articulation=tone.articulation,
            glide=tone.glide,
            heard_seconds=RELEASES_MS.get(name, math.inf) / 1000.0 if is_let_go else math.inf,
        )
        pivot = pivot_hz or float(np.clip(2.5 * stroke.hz, 250.0, 5000.0))
        tilt = tilt_db * (2.0 * stroke.brightness - 1.0) + _FORCE_TILT_DB * (stroke.force - 0.75)
        signal = voice(stroke)
        if is_let_go:
            signal = signal[..., : stroke.frames(HEARD_SECONDS)]
        return finish(signal, stroke, tilt_db=tilt, pivot_hz=pivot, placed=placed)

    return Patch(
        name=name,
        title=title,
        family=family,
        render=render,
        gm_program=gm,
        low=gm - 12 if drum else low,
        high=gm + 12 if drum else high,
        sustained=sustained,
        variants=variants,
        gain_db=GAINS_DB.get(name, 0.0),
        release_ms=RELEASES_MS.get(name, DEFAULT_RELEASE_MS),
        articulations=frozenset(articulations),
        glides=glides,
        renews=_RENEWS.get(family, "") if renews is None else renews,
    )


def finish(signal: Float32Array, stroke: Stroke, *, tilt_db: float, pivot_hz: float, placed: bool = False) -> Waveform:
    """Raw signal to waveform: tilt, no DC, balance, even level, loudness of the velocity, clean ends.

    Args:
        signal: ``(frames,)`` or ``(channels, frames)``.
        stroke: The note.
        tilt_db: Treble against bass.
        pivot_hz: Where the tilt turns.
        placed: Whether left against right stays as it is.

    Returns:
        float32 ``(channels, frames)``, read-only, first sample near 0, last sample 0.
    """
    planar = f32(np.atleast_2d(signal))
    out, _ = filtering.run(_tilt_and_dc_block(tilt_db, pivot_hz), planar)
    peaks, energies = _blocks(out)
    out, heard = _trimmed(out, peaks.max(axis=0))
    energies, peaks = energies[:, :heard], peaks[:, :heard].max(axis=1)
    power = energies.sum(axis=1)
    gains = np.ones(len(out))
    if len(out) == 2 and not placed and power.min() > 0.0:
        # Detuned voices beat: by chance one side would be louder in this take.
        gains = np.sqrt(power.mean() / power)
    peak = float((gains * peaks).max())
    if peak > 0.0:
        loudest = float((gains * gains @ energies).max()) / len(out) / min(_LEVEL_BLOCK, out.shape[1])
        gains *= stroke.force**_VELOCITY_EXPONENT / np.sqrt(peak * _NOMINAL_CREST * np.sqrt(loudest))
    out = out * f32(gains)[:, None]
    rise = min(24, out.shape[1])
    out[:, :rise] *= _RISE[:rise]
    fall = _FALL if out.shape[1] >= _FADE_FRAMES else _fall(out.shape[1])
    out[:, -fall.size :] *= fall
    out.setflags(write=False)
    return out


def _tilt_and_dc_block(tilt_db: float, pivot_hz: float) -> Filter:
    """A first-order tilt (bilinear transform) in series with a DC blocker."""
    spread = 10.0 ** (tilt_db / 40.0)
    warped = np.tan(np.pi * pivot_hz / SAMPLE_RATE_HZ)
    zero, pole = warped / spread, warped * spread
    tilt_b = np.array([zero + 1.0, zero - 1.0]) * (pole / zero / (pole + 1.0))
    tilt_a = np.array([1.0, (pole - 1.0) / (pole + 1.0)])
    radius = 1.0 - 2.0 * np.pi * _DC_BLOCK_HZ / SAMPLE_RATE_HZ
    return filtering.of(np.convolve(tilt_b, [1.0, -1.0]), np.convolve(tilt_a, [1.0, -radius]))


def _blocks(planar: Float32Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Peak and energy of every level block, the last one may be short: both ``(channels, blocks)``."""
    channels, frames = planar.shape
    full = frames // _LEVEL_BLOCK
    count = full + (frames % _LEVEL_BLOCK > 0)
    peaks, energies = np.empty((channels, count)), np.empty((channels, count))
    for number, line in enumerate(planar):
        pieces = line[: full * _LEVEL_BLOCK].reshape(full, _LEVEL_BLOCK)
        np.maximum(pieces.max(axis=1), -pieces.min(axis=1), out=peaks[number, :full])
        energies[number, :full] = np.einsum("bf,bf->b", pieces, pieces)
        rest = line[full * _LEVEL_BLOCK :]
        if rest.size:
            peaks[number, full] = max(rest.max(), -rest.min())
            energies[number, full] = np.einsum("f,f->", rest, rest)
    return peaks, energies


def _trimmed(planar: Float32Array, peaks: npt.NDArray[np.float64]) -> tuple[Float32Array, int]:
    """Without the silence at the end, in whole level blocks, and how many blocks that leaves."""
    loud = np.flatnonzero(peaks > peaks.max() * _SILENT)
    heard = int(loud[-1]) + 1 if loud.size else 1
    frames = heard * _LEVEL_BLOCK
    return planar[:, : min(planar.shape[1], frames)], heard


def _fall(frames: int) -> Float32Array:
    """Half a cosine from 1 to 0."""
    return f32(0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, frames), dtype=np.float32))


_FALL: Final = _fall(_FADE_FRAMES)
