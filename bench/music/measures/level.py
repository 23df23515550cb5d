"""Loudness, peaks, clicks and speed of a clip."""

from collections.abc import Sequence

import numpy as np
import pyloudnorm
from bench.music.clips import BLOCK_FRAMES
from bench.music.measures.sound import Float, Sound, power_db
from bench.music.measures.tools import es
from scipy.signal import resample_poly

from everjam.audio import SAMPLE_RATE_HZ

_NEAR_FRAMES = 1_440
"""30 ms: a jump this near to a note's start is the note."""
_AUDIBLE = 0.002
"""Second difference of a jump that can be heard; the detector also fires in very smooth sound, at a hundredth of it."""


def measure(sound: Sound) -> dict[str, float]:
    """LUFS, dBTP, crest and DC in dB, correlation, clicks, the worst seam between blocks, and how fast it was made."""
    audio = sound.heard.audio
    left, right = audio[:, 0].astype(np.float64), audio[:, 1].astype(np.float64)
    over = np.abs(resample_poly(audio, 4, 1, axis=0)[4_000:-4_000]).max()
    power = float((audio.astype(np.float64) ** 2).mean())
    blocks = sorted(sound.heard.block_ms[2:])
    return {
        "lufs": float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(audio.astype(np.float64))),
        "dbtp": float(20 * np.log10(max(float(over), 1e-9))),
        "crest_db": float(20 * np.log10(max(float(np.abs(audio).max()), 1e-9))) - power_db(power),
        "dc_db": 2 * power_db(abs(float(audio.mean()))),
        "corr": float((left * right).mean() / max(np.sqrt((left**2).mean() * (right**2).mean()), 1e-12)),
        "clicks": float(len(clicks(sound))),
        "seam": seam(audio),
        "block_ms": blocks[len(blocks) // 2] if blocks else 0.0,
    }


def clicks(sound: Sound) -> list[float]:
    """Seconds of discontinuities that no note's start explains."""
    mono = np.ascontiguousarray(sound.heard.audio.mean(axis=1))
    detector = es.DiscontinuityDetector(frameSize=1024, hopSize=512)
    starts = np.array(sorted(note.start_frame for note in sound.heard.notes) or [-(10**9)])
    found = []
    for number, frame in enumerate(es.FrameGenerator(mono, frameSize=1024, hopSize=512, startFromZero=True)):
        places, _ = detector(frame)
        for place in places:
            at = number * 512 + float(place)
            around = mono[max(0, round(at) - 150) : round(at) + 150]
            if np.abs(starts - at).min() > _NEAR_FRAMES and np.abs(np.diff(around, 2)).max(initial=0) > _AUDIBLE:
                found.append(at / SAMPLE_RATE_HZ)
    return found


def seam(audio: Float, places: Sequence[int] | None = None) -> float:
    """Largest second difference at borders of blocks, over the 99.9th percentile of all; 1 or less is no seam.

    Args:
        audio: float32 ``(frames, 2)``.
        places: Frames to look at; all borders of blocks if left out.
    """
    jumps = np.abs(np.diff(audio.mean(axis=1), 2))
    borders = range(BLOCK_FRAMES, len(audio) - 2, BLOCK_FRAMES) if places is None else places
    found = [float(jumps[at - 2 : at + 1].max()) for at in borders]
    return max(found, default=0.0) / max(float(np.quantile(jumps, 0.999)), 1e-9)
