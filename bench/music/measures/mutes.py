"""How loud drums, bass and the rest are: by the engine's own stems, and by ear alone."""

import numpy as np
from bench.music.measures.sound import RATE_HZ, Sound, power_db
from scipy.signal import butter, sosfilt

BASS_HZ = 150.0
_SKIP_FRAMES = 48_000
"""What rang on before a mute was asked for is not its fault; clips begin muted, so a second is plenty."""


def measure(sound: Sound) -> dict[str, float]:
    """Decibels of each stem and of the bass register, and of the percussive and low parts as heard."""
    stems = {name: float((stem[_SKIP_FRAMES:] ** 2).mean()) for name, stem in sound.heard.stems.items()}
    rest = sum(power for name, power in stems.items() if name not in {"drums", "bass", "effects"})
    whole = sound.heard.audio[_SKIP_FRAMES:].mean(axis=1)
    low = butter(4, BASS_HZ, "low", fs=48_000, output="sos")
    harmonic, percussive = sound.split
    quiet = RATE_HZ // 512
    del harmonic
    result = {f"stem_{name}": power_db(power) for name, power in stems.items()}
    bass = sound.heard.stems.get("bass")
    if bass is not None:
        result["stem_bass_low"] = power_db((sosfilt(low, bass[_SKIP_FRAMES:].mean(axis=1)) ** 2).mean())
    return {
        **result,
        "stem_rest": power_db(rest),
        "whole": power_db((whole**2).mean()),
        "low": power_db((sosfilt(low, whole) ** 2).mean()),
        "percussive": power_db((percussive[:, quiet:] ** 2).mean()),
        "attacks": power_db(np.maximum(np.diff(percussive[:, quiet:], axis=1), 0).mean() ** 2),
    }
