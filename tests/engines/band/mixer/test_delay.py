"""The echo: in time whatever the blocks, darker and rounder with every repeat, never beyond bounds."""

from collections.abc import Sequence

import numpy as np
import pytest

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer import delay, resample

Q = QUANTUM_FRAMES


def run(x: Float32Array, times: list[int], feedback: float, split: Sequence[int]) -> Float32Array:
    state, pieces, at = delay.start(), [], 0
    for n in split:
        out, state = delay.process(
            state, x[at * Q : (at + n) * Q], times[at : at + n], np.full(n, feedback) + 0.001 * np.arange(at, at + n)
        )
        assert out is not None
        pieces.append(out)
        at += n
    return np.concatenate(pieces, axis=1)


@pytest.mark.parametrize("times", [(delay.SHORTEST, 14_400), (14_400, 3_000), (6_000, 6_001)])
def test_blocks_do_not_matter_for_any_time(times: tuple[int, int]) -> None:
    x = (0.2 * np.random.default_rng(5).standard_normal(60 * Q)).astype(np.float32)
    moving = [times[q % 27 > 12] for q in range(60)]
    whole, *others = (run(x, moving, 0.6, split) for split in ([60], [1] * 60, [13, 13, 13, 13, 8]))
    for other in others:
        assert np.abs(whole - other).max() < 1e-6


def test_repeats_get_darker_and_loud_ones_rounder() -> None:
    x = np.zeros(60 * Q, np.float32)
    x[: 2 * Q] = 0.1 * np.random.default_rng(5).standard_normal(2 * Q)
    time = 6_000

    def repeat(signal: Float32Array, k: int) -> Float32Array:
        out = run(signal, [time] * 60, 0.7, [60])
        return out[k % 2, (k + 1) * time : (k + 1) * time + 2_400]

    def bright(piece: Float32Array) -> float:
        power = np.abs(np.fft.rfft(piece)) ** 2
        return float((power * np.arange(power.size)).sum() / power.sum())

    assert bright(repeat(x, 3)) < 0.8 * bright(repeat(x, 0))
    soft = np.std(repeat(x, 2)) / np.std(repeat(x, 0))
    loud = np.std(repeat(10 * x, 2)) / np.std(repeat(10 * x, 0))
    assert 0.2 < soft < 0.49
    assert loud < 0.75 * soft


def test_full_scale_squares_stay_bounded() -> None:
    x = np.sign(np.sin(2 * np.pi * 55 * np.arange(300 * Q) / 48_000)).astype(np.float32) * 4
    out = run(x, [3_000] * 300, 0.5, [100] * 3)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 10


def test_filters_between_the_rates_do_not_depend_on_blocks() -> None:
    x = np.random.default_rng(6).standard_normal((2, 20 * Q)).astype(np.float32)
    for change, taps, step in ((resample.halve, resample.TAPS, Q), (resample.double, resample.PHASE_TAPS, Q // 2)):
        piece = x[:, : 20 * step]
        whole, kept = change(piece, np.zeros((2, taps - 1), np.float32))
        history, parts = np.zeros((2, taps - 1), np.float32), []
        for at in range(0, piece.shape[1], step):
            part, history = change(piece[:, at : at + step], history)
            parts.append(part)
        assert np.array_equal(np.concatenate(parts, axis=1), whole)
        assert np.array_equal(history, kept)
