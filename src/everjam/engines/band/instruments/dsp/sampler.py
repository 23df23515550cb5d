"""Early digital samplers: a low rate without a filter behind it, few bits, companded or not."""

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import f32

_MU = 255.0


def sampled(signal: Float32Array, rate_hz: float, bits: int, *, companded: bool = True) -> Float32Array:
    """``signal`` as an early sampler plays it: every value held until the next, images and all.

    Args:
        signal: Shape ``(..., frames)``, peak about 1; what is above 1 clips.
        rate_hz: Rate of the sampler, at most 48 kHz.
        bits: Of each sample, its sign included.
        companded: Steps that grow with the level (mu-law, as in the drum machines of the early eighties); otherwise
            all steps are equal.

    Returns:
        float32, the same shape.
    """
    frames = signal.shape[-1]
    held = np.arange(frames, dtype=np.float64) * (rate_hz / SAMPLE_RATE_HZ)
    # The small offset keeps whole ratios from falling to the sample before.
    index = np.minimum((np.floor(held + 1e-9) * (SAMPLE_RATE_HZ / rate_hz)).astype(np.int64), frames - 1)
    taken = np.clip(signal, -1.0, 1.0)[..., index]
    steps = np.float32(2 ** (bits - 1) - 1)
    if not companded:
        return f32(np.round(taken * steps) / steps)
    size = np.log1p(np.float32(_MU) * np.abs(taken)) * np.float32(1.0 / np.log1p(_MU))
    level = np.round(size * steps) / steps
    return f32(np.copysign(np.expm1(level * np.float32(np.log1p(_MU))) * np.float32(1.0 / _MU), taken))
