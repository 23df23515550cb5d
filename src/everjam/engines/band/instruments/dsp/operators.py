"""Frequency modulation, sampled twice as fast where its sidebands ask for it, and overload without folding."""

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import CONTROL_FRAMES, TAU, f32
from everjam.engines.band.instruments.dsp.wavetable import glide_of

_TURN: Final = 4294967296.0


def radians(
    hz: float | Float32Array, frames: int, rate_hz: int = SAMPLE_RATE_HZ, start_cycles: float = 0.0
) -> Float32Array:
    """Running phase, exact for any length, -pi to pi.

    Args:
        hz: Constant, or a control curve (``dsp.base.control_times``) at ``SAMPLE_RATE_HZ``.
        frames: Length at ``rate_hz``.
        rate_hz: A multiple of ``SAMPLE_RATE_HZ``.
        start_cycles: Phase at frame 0.
    """
    start = np.uint32(int(start_cycles % 1.0 * _TURN))
    if isinstance(hz, float | int):
        whole = np.arange(frames, dtype=np.uint32)
        whole *= np.uint32(round(hz / rate_hz * _TURN))
        whole += start
    else:
        whole = glide_of(hz, CONTROL_FRAMES * (rate_hz // SAMPLE_RATE_HZ), rate_hz, start)[:frames]
    return f32(whole.view(np.int32).astype(np.float32) * np.float32(TAU / _TURN))


def halved(fast: Float32Array) -> Float32Array:
    """A signal at twice the rate, ``(..., 2 * frames)``, down to ``SAMPLE_RATE_HZ``; nothing folds."""
    frames = fast.shape[-1] // 2
    # Even, and twice a fast length: an odd fast length and one more may be anything, ten times as slow.
    half = 2 * scipy.fft.next_fast_len(frames // 2 + 129, real=True)
    spectrum = scipy.fft.rfft(fast, 2 * half)[..., : half // 2 + 1]
    out: Float32Array = scipy.fft.irfft(spectrum, half)[..., :frames]
    return out * np.float32(0.5)


def overloaded(signal: Float32Array, drive: float, bias: float = 0.0, *, speed: int = 2) -> Float32Array:
    """Soft clipping at a higher rate: ``tanh(drive * signal + bias)`` without its DC.

    Args:
        signal: Shape ``(..., frames)``, peak about 1.
        drive: 1 is warm, 4 is hard.
        bias: Even harmonics.
        speed: How many times as fast; 4 for hard drive of high notes.
    """
    frames = signal.shape[-1]
    size = 2 * scipy.fft.next_fast_len((frames + 512) // 2 + 1, real=True)
    fast = scipy.fft.irfft(scipy.fft.rfft(signal, size), speed * size)
    fast *= np.float32(speed * drive)
    fast += np.float32(bias)
    np.tanh(fast, out=fast)
    fast -= np.float32(np.tanh(bias))
    spectrum = scipy.fft.rfft(fast)[..., : size // 2 + 1]
    out: Float32Array = scipy.fft.irfft(spectrum, size)[..., :frames]
    return out * np.float32(1.0 / speed)


def modulated(render: Callable[[int, int], Float32Array], frames: int, reach_hz: float) -> Float32Array:
    """What ``render(frames, rate_hz)`` makes, at twice the rate where its spectrum reaches beyond 20 kHz."""
    if reach_hz < 20_000.0:
        return render(frames, SAMPLE_RATE_HZ)
    return halved(render(2 * frames, 2 * SAMPLE_RATE_HZ))
