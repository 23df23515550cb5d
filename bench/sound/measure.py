"""What a produced clip measures as: level, peaks, stereo, spectrum, balance of the stems, clicks, seams, silence."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyloudnorm
from bench.music.clips import Heard
from bench.music.measures.level import clicks, seam
from bench.music.measures.sound import Float, Sound, power_db
from scipy.signal import butter, resample_poly, sosfilt, welch

from everjam.audio import SAMPLE_RATE_HZ

OCTAVES_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0)
"""Centres of the bands of the long-term spectrum."""
SHORT_SECONDS = 3.0
"""Window of short-term loudness (EBU Tech 3341)."""
SKIP_SECONDS = 8.0
"""Of the spectrum and the balance: what follows the music slowly has arrived by then."""
CHANGE_SECONDS = 10.0
"""When the prompt of a clip of two changes: a border of blocks, after what follows the music slowly has arrived."""
WINDOW_SECONDS = 7.0
"""Of integrated loudness before and after a change: about a phrase."""
_HOP_SECONDS = 0.1
_MONO_BELOW_HZ = 120.0
_SILENCE_DB = -60.0
_STRUCK_SECONDS = (0.03, 0.18)
"""From a note's start: where something must be heard of it."""
_STROKE_SECONDS, _STROKE_DB = (0.001, 0.015), 4.0
Vector = npt.NDArray[np.float64]


def measure(sound: Sound) -> dict[str, Any]:
    """All figures of a clip of one prompt; with stems, their balance too."""
    heard = sound.heard
    audio = heard.audio.astype(np.float64)
    lufs = integrated(audio)
    dbtp = true_peak_db(heard.audio)
    settled = audio[round(min(SKIP_SECONDS, len(audio) / SAMPLE_RATE_HZ / 2) * SAMPLE_RATE_HZ) :]
    return {
        "lufs": lufs,
        "first_lufs": _plain_loudness(audio[: round(SHORT_SECONDS * SAMPLE_RATE_HZ)]),
        "surge_db": surge_db(audio, lufs),
        "dbtp": dbtp,
        "plr_db": dbtp - lufs,
        "dc_db": 2 * power_db(float(np.abs(audio.mean(axis=0)).max())),
        **jumps(sound, CHANGE_SECONDS),
        **stereo(audio),
        "octaves_db": octaves_db(settled),
        "clicks": float(sum(not is_stroke(heard.audio, at) for at in clicks(sound))),
        "seam": seam(heard.audio),
        "silent_notes": float(silent_notes(heard)),
        "balance_lu": balance(heard),
        "block_ms": float(np.median(heard.block_ms[2:])) if len(heard.block_ms) > 2 else 0.0,
    }


def measure_change(sound: Sound) -> dict[str, Any]:
    """Around the moment of a clip's second ask: how the loudness jumps, and whether there is a seam.

    Returns:
        ``jump_lu`` and ``short_jump_lu`` from ``jumps``; ``seam``; ``dbtp``.
    """
    at = sound.heard.clip.asks[1].from_seconds
    return {
        **jumps(sound, at),
        "seam": seam(sound.heard.audio, [round(at * SAMPLE_RATE_HZ)]),
        "dbtp": true_peak_db(sound.heard.audio),
    }


def jumps(sound: Sound, at_seconds: float) -> dict[str, float]:
    """How much louder it is after the first bar line from a moment on than before the moment.

    A prompt that changes is heard from the next bar on, so time before that bar says nothing. Music that goes on
    unchanged has windows of 3 s that differ by up to 2 LU: a fill, a rest, a phrase that ends. Windows of 7 s hold
    about a phrase each, and BS.1770's gates leave its rests out. They still vary, so the same is measured where nothing
    changes, and the two are to be compared.

    Returns:
        ``jump_lu``: integrated loudness of the 7 s after, less that of the 7 s before; ``short_jump_lu``: the same of
        windows of 3 s; NaN where the clip is too short.
    """
    audio = sound.heard.audio.astype(np.float64)
    bars = [beat.frame for beat in sound.heard.beats if beat.beat == 0 and beat.frame >= at_seconds * SAMPLE_RATE_HZ]
    end, begin = round(at_seconds * SAMPLE_RATE_HZ), bars[0] if bars else len(audio)
    out = {}
    for name, seconds in (("jump_lu", WINDOW_SECONDS), ("short_jump_lu", SHORT_SECONDS)):
        length = round(seconds * SAMPLE_RATE_HZ)
        fits = begin + length <= len(audio) and end >= length
        out[name] = (
            integrated(audio[begin : begin + length]) - integrated(audio[end - length : end]) if fits else np.nan
        )
    return out


def integrated(audio: Vector) -> float:
    """Integrated loudness, LUFS (BS.1770, gated); -70 for silence."""
    value = float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(audio))
    return max(value, -70.0) if np.isfinite(value) else -70.0


def _plain_loudness(audio: Vector) -> float:
    """Loudness without gates, LUFS."""
    powers = k_power(audio)
    return -0.691 + power_db(powers.mean()) if powers.size else -70.0


def k_power(audio: Vector) -> Vector:
    """K-weighted power of both channels in steps of 0.1 s."""
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
    weighted = audio.copy()
    for stage in meter._filters.values():  # noqa: SLF001 - the only way to its filters
        for channel in range(2):
            weighted[:, channel] = stage.apply_filter(weighted[:, channel])
    hop = round(_HOP_SECONDS * SAMPLE_RATE_HZ)
    whole = len(weighted) // hop * hop
    steps: Vector = np.square(weighted[:whole]).sum(axis=1).reshape(-1, hop).mean(axis=1)
    return steps


def surge_db(audio: Vector, lufs: float) -> float:
    """Most that the short-term loudness (3 s) rises from one window to the next, LU; rests count as 20 LU down."""
    count = round(SHORT_SECONDS / _HOP_SECONDS)
    powers = k_power(audio)
    if len(powers) < 2 * count:
        return 0.0
    means = np.convolve(powers, np.ones(count) / count, "valid")
    levels = np.maximum(-0.691 + 10 * np.log10(np.maximum(means, 1e-12)), lufs - 20)
    return float((levels[count:] - levels[:-count]).max())


def true_peak_db(audio: Float) -> float:
    """Four times oversampled, dBTP."""
    over = np.abs(resample_poly(audio, 4, 1, axis=0)[4_000:-4_000])
    return float(20 * np.log10(max(float(over.max(initial=0.0)), 1e-9)))


def stereo(audio: Vector) -> dict[str, float]:
    """Correlation of the channels, of all and below 120 Hz, and the level of the sides against the middle in dB."""
    low = sosfilt(butter(4, _MONO_BELOW_HZ, fs=SAMPLE_RATE_HZ, output="sos"), audio, axis=0)
    side = np.square(audio[:, 0] - audio[:, 1]).mean()
    middle = np.square(audio[:, 0] + audio[:, 1]).mean()
    return {
        "corr": _correlation(audio),
        "low_corr": _correlation(low),
        "side_db": max(power_db(side) - power_db(middle), -60.0),
    }


def _correlation(audio: Vector) -> float:
    left, right = audio.T
    scale = np.sqrt(np.square(left).mean() * np.square(right).mean())
    return float((left * right).mean() / scale) if scale > 1e-10 else 1.0


def octaves_db(audio: Vector) -> list[float]:
    """Power in octave bands, both channels added, dB; only differences mean something."""
    hz, density = welch(audio, SAMPLE_RATE_HZ, nperseg=8_192, axis=0)
    power = density.sum(axis=1) * (hz[1] - hz[0])
    edges = [(centre / 2**0.5, centre * 2**0.5) for centre in OCTAVES_HZ]
    return [round(power_db(power[(hz >= low) & (hz < high)].sum()), 2) for low, high in edges]


def is_stroke(audio: Float, at_seconds: float) -> bool:
    """Whether something is struck at a moment, within a note that is rolled or trilled: its treble goes on behind it.

    Of a click nothing is left after a millisecond; a stroke leaves several decibels more treble than there was before.
    """
    steep = np.square(np.diff(audio.mean(axis=1, dtype=np.float64)))
    at = round(at_seconds * SAMPLE_RATE_HZ)
    gap, length = (round(seconds * SAMPLE_RATE_HZ) for seconds in _STROKE_SECONDS)
    before, after = steep[max(at - length, 0) : max(at - gap, 0)], steep[at + gap : at + length]
    if not before.size or not after.size:
        return False
    return power_db(float(after.mean())) - power_db(float(before.mean())) > _STROKE_DB


def silent_notes(heard: Heard) -> int:
    """Notes of full length that start in silence: where the score does not rest, something must be heard."""
    count = 0
    for note in heard.notes:
        first, last = (note.start_frame + round(seconds * SAMPLE_RATE_HZ) for seconds in _STRUCK_SECONDS)
        piece = heard.audio[first:last]
        if note.velocity > 0.2 and note.duration_frames >= last - note.start_frame and len(piece) == last - first:
            count += power_db(float(np.square(piece, dtype=np.float64).mean())) < _SILENCE_DB
    return count


def balance(heard: Heard) -> dict[str, float]:
    """Loudness of each stem where it sounds, against the mix, in LU; stems that hardly sound are left out."""
    skipped = round(min(SKIP_SECONDS, len(heard.audio) / SAMPLE_RATE_HZ / 2) * SAMPLE_RATE_HZ)
    powers = {name: k_power(stem[skipped:].astype(np.float64)) for name, stem in heard.stems.items()}
    whole = k_power(heard.audio[skipped:].astype(np.float64))
    mix = float(whole[whole > 1e-3 * whole.mean()].mean()) if whole.any() else 0.0
    out = {}
    for name, power in powers.items():
        sounding = power[power > 0.03 * power.max(initial=0.0)]
        if mix and sounding.size > 0.05 * power.size and sounding.mean() > 1e-5 * mix:
            out[name] = round(power_db(sounding.mean() / mix), 2)
    return out
