"""Subtractive synthesis: detuned oscillators through a moving low-pass."""

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import control_times, f32, mix_in, stage, upsample
from everjam.engines.band.instruments.dsp.wavetable import Sweep, phase, pulse, scan, stack, walk

SUPERSAW_CENTS = (-17.0, -10.0, -4.5, 0.0, 4.5, 10.0, 17.0)


def falling_cutoff(frames: int, floor_hz: float, peak_hz: float, tau_seconds: float) -> Float32Array:
    """Control curve of a cutoff that falls exponentially, in octaves, from ``peak_hz`` to ``floor_hz``."""
    octaves = np.log2(peak_hz / floor_hz)
    return f32((floor_hz * 2.0 ** (octaves * np.exp(-control_times(frames) / tau_seconds))).astype(np.float32))


def rising_cutoff(frames: int, start_hz: float, end_hz: float, tau_seconds: float) -> Float32Array:
    """Control curve of a cutoff that opens exponentially, in octaves, from ``start_hz`` towards ``end_hz``."""
    octaves = np.log2(end_hz / start_hz)
    return f32((start_hz * 2.0 ** (octaves * (1.0 - np.exp(-control_times(frames) / tau_seconds)))).astype(np.float32))


def pulse_width_sweep(harmonics: int, width: Float32Array, edge_hz: float, hz: float) -> Sweep:
    """A pulse wave whose width moves, through a fixed 12 dB low-pass.

    Args:
        harmonics: How many.
        width: Control curve, 0.06 to 0.5 of a period.
        edge_hz: Cutoff.
        hz: Fundamental.
    """
    widths = np.linspace(0.06, 0.5, 12)
    number = np.arange(1, harmonics + 1)
    tables = np.array([pulse(harmonics, float(one)) for one in widths]) / (1.0 + (number * hz / edge_hz) ** 2)
    position = (np.clip(width, 0.06, 0.5) - 0.06) * ((widths.size - 1) / 0.44)
    return Sweep(stack(tables), f32(position.astype(np.float32)))


def oscillate(sweep: Sweep, hz: float | Float32Array, frames: int, start_cycles: float = 0.0) -> Float32Array:
    """One oscillator through the sweep: float32 ``(frames,)``."""
    along = walk(sweep.tables, upsample(sweep.position, frames))
    return scan(phase(hz, frames, start_cycles), sweep.tables, along)


def unison(
    sweep: Sweep,
    hz: float | Float32Array,
    cents: tuple[float, ...],
    frames: int,
    rng: np.random.Generator,
    *,
    width: float = 0.9,
) -> Float32Array:
    """Detuned oscillators spread over the stereo field.

    Args:
        sweep: Source and filter, shared.
        hz: Frequency, or its control curve.
        cents: Detuning of each; place pairs symmetrically so that the pitch stays.
        frames: Length.
        rng: For the oscillators' phases.
        width: 0 = all in the middle.

    Returns:
        float32 ``(2, frames)``.
    """
    along = walk(sweep.tables, upsample(sweep.position, frames))
    out = np.zeros((2, frames), np.float32)
    for offset, pan in zip(cents, stage(len(cents)), strict=True):
        at = phase(hz * 2.0 ** (offset / 1200.0), frames, float(rng.uniform()))
        one = scan(at, sweep.tables, along)
        mix_in(out, one, width * pan)
    return out
