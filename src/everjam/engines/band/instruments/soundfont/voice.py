"""One region of a note as a signal: sample, pitch, volume, filter."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.soundfont import lowpass
from everjam.engines.band.instruments.soundfont.envelopes import (
    amplitudes,
    modulation_envelope,
    movement,
    triangle,
    volume_envelope,
)
from everjam.engines.band.instruments.soundfont.generators import Float64Array, Gen, hertz
from everjam.engines.band.instruments.soundfont.samples import SampleData, Span
from everjam.engines.band.instruments.soundfont.zones import Region

BLOCK_FRAMES: Final = 64
"""Frames between two values of a control, as in FluidSynth."""
_SILENT: Final = 10.0 ** (-84.0 / 20.0)
_HIGHEST_STEP: Final = 64.0
_MOST_CENTIBELS: Final = 1440.0


@dataclass(frozen=True, slots=True, eq=False)
class Playing:
    """How a note is played, for all of its regions.

    Attributes:
        held_seconds: When it is let go.
        most_seconds: When it ends at the latest.
        bend_cents: Offset of the pitch at the borders of the blocks, float64 ``(blocks + 1,)``, or None; the last value
            holds on.
    """

    held_seconds: float
    most_seconds: float
    bend_cents: Float64Array | None = None


def voice(data: SampleData, region: Region, playing: Playing) -> Float32Array:
    """The signal of a region, before panning.

    Returns:
        float32 ``(frames,)``, whole blocks; nothing if the region is silent.
    """
    span = data.span(region)
    nothing = np.zeros(0, np.float32)
    if span is None:
        return nothing
    blocks = max(1, int(playing.most_seconds * SAMPLE_RATE_HZ) // BLOCK_FRAMES)
    times: Float64Array = np.arange(blocks + 1, dtype=np.float64) * (BLOCK_FRAMES / SAMPLE_RATE_HZ)
    gains = _gains(region, times, playing.held_seconds)
    audible = np.flatnonzero(gains > _SILENT * gains.max())
    if not audible.size:
        return nothing
    blocks = min(blocks, int(audible[-1]) + 1)
    times, gains = times[: blocks + 1], gains[: blocks + 1]
    positions = _positions(data, region, span, playing, times[:-1])
    leave = int(playing.held_seconds * SAMPLE_RATE_HZ) if span.until_release else -1
    read = data.at(region.sample, span, positions.reshape(-1), leave)
    signal = np.zeros(-(-read.size // BLOCK_FRAMES) * BLOCK_FRAMES, np.float32)
    signal[: read.size] = read
    blocks = signal.size // BLOCK_FRAMES
    if not blocks:
        return nothing
    signal *= _ramps(gains[: blocks + 1])
    cutoff = _cutoff_hz(region, times[: blocks + 1], playing.held_seconds)
    return lowpass.apply(signal, cutoff, lowpass.resonance(region.values[Gen.FILTER_Q]))


def _gains(region: Region, times: Float64Array, held_seconds: float) -> Float64Array:
    values = region.values
    attenuation = min(max(values[Gen.ATTENUATION], 0.0), _MOST_CENTIBELS)
    gains: Float64Array = amplitudes(volume_envelope(region), times, held_seconds) * 10.0 ** (-attenuation / 200.0)
    depth = min(max(values[Gen.MOD_LFO_TO_VOLUME], -960.0), 960.0)
    if depth:
        gains *= 10.0 ** (depth / 200.0 * _mod_lfo(region, times))
    return gains


def _mod_lfo(region: Region, times: Float64Array) -> Float64Array:
    return triangle(times, region.values[Gen.MOD_LFO_DELAY], region.values[Gen.MOD_LFO_FREQUENCY])


def _moved(region: Region, times: Float64Array, held_seconds: float, lfo: Gen, envelope: Gen) -> Float64Array | float:
    """Cents by which the modulation oscillator and envelope move a generator."""
    by_lfo, by_envelope = region.values[lfo], region.values[envelope]
    moved: Float64Array | float = 0.0
    if by_lfo:
        moved = moved + min(max(by_lfo, -12_000.0), 12_000.0) * _mod_lfo(region, times)
    if by_envelope:
        curve = movement(modulation_envelope(region), times, held_seconds)
        moved = moved + min(max(by_envelope, -12_000.0), 12_000.0) * curve
    return moved


def _positions(data: SampleData, region: Region, span: Span, playing: Playing, times: Float64Array) -> Float64Array:
    """Places in the sample, in frames from its start, float64 ``(blocks, 64)``; the pitch stands still in a block.

    There are fewer blocks than times where the sample ends before.
    """
    values, header = region.values, data.header(region.sample)
    root = values[Gen.ROOT_KEY] if 0 <= values[Gen.ROOT_KEY] <= 127 else int(header["key"])
    root = root if root <= 127 else 60
    cents = (region.key - root) * values[Gen.SCALE_TUNING] + 100.0 * values[Gen.COARSE_TUNE] + values[Gen.FINE_TUNE]
    cents = cents + int(header["correction_cents"])
    moved = _moved(region, times, playing.held_seconds, Gen.MOD_LFO_TO_PITCH, Gen.MOD_ENV_TO_PITCH)
    vibrato = values[Gen.VIB_LFO_TO_PITCH]
    if vibrato:
        oscillator = triangle(times, values[Gen.VIB_LFO_DELAY], values[Gen.VIB_LFO_FREQUENCY])
        moved = moved + min(max(vibrato, -12_000.0), 12_000.0) * oscillator
    if playing.bend_cents is not None:
        bend = playing.bend_cents[: times.size]
        moved = moved + np.pad(bend, (0, times.size - bend.size), mode="edge")
    rate = int(header["rate_hz"]) / SAMPLE_RATE_HZ
    octaves = np.clip((cents + moved) / 1200.0, -20.0, 20.0)
    steps = np.minimum(rate * 2.0 ** np.broadcast_to(octaves, times.shape), _HIGHEST_STEP)
    starts = np.zeros(times.size)
    np.cumsum(steps[:-1] * BLOCK_FRAMES, out=starts[1:])
    if not span.looped:
        within = int(np.searchsorted(starts, span.end - span.start))
        starts, steps = starts[:within], steps[:within]
    places: Float64Array = starts[:, None] + steps[:, None] * np.arange(BLOCK_FRAMES)
    return places


def _ramps(borders: Float64Array) -> Float32Array:
    """Straight lines between values at the borders of blocks, float32 ``(blocks * 64,)``."""
    steps = (np.diff(borders) / BLOCK_FRAMES).astype(np.float32)
    inside = np.arange(1, BLOCK_FRAMES + 1, dtype=np.float32)
    return (borders[:-1, None].astype(np.float32) + steps[:, None] * inside).reshape(-1)


def _cutoff_hz(region: Region, times: Float64Array, held_seconds: float) -> Float64Array:
    cents = region.values[Gen.FILTER_CUTOFF]
    cents = cents + _moved(region, times, held_seconds, Gen.MOD_LFO_TO_FILTER, Gen.MOD_ENV_TO_FILTER)
    return np.broadcast_to(hertz(0.0) * 2.0 ** (np.clip(cents, -12_000.0, 20_000.0) / 1200.0), times.shape)
