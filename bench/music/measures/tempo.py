"""The tempo that is heard: a pulse near the tempo that was asked for, and two trackers that know nothing of it."""

import numpy as np
from bench.music.measures.sound import FRAME_HZ, Float, Sound
from bench.music.measures.tools import es

SEARCH = (0.8, 1.25)
"""Where the pulse is looked for, as shares of what is asked."""
DECOY = 1.12
"""The same clip is also held against a tempo that nobody asked for: how often does the judge let that pass?"""
SIMPLE, COMPOUND = (1.0, 2.0, 4.0), (1.0, 3.0, 6.0)
"""Pulses a beat."""


def measure(sound: Sound) -> dict[str, float]:
    """Tempos in beats a minute, by what counts as a beat in the metre."""
    beats = sound.heard.beats
    asked = float(sound.heard.clip.asked.get("bpm", beats[len(beats) // 2].bpm if beats else 120.0))
    tracked, _, confidence, _, _ = es.RhythmExtractor2013(method="multifeature")(sound.mono_44k)
    compound = bool(beats) and beats[0].pulse_quarters == 1.5
    pulses = COMPOUND if compound else SIMPLE
    return {
        "asked": asked,
        "own": float(np.median([beat.bpm for beat in beats])) if beats else asked,
        "compound": float(compound),
        "pulse": pulse_bpm(sound.onset_strength, asked, pulses),
        "decoy": pulse_bpm(sound.onset_strength, asked * DECOY, pulses),
        "rhythm": float(tracked),
        "confidence": float(confidence),
        "percival": float(es.PercivalBpmEstimator()(sound.mono_44k)),
    }


def pulse_bpm(strength: Float, near_bpm: float, pulses: tuple[float, ...] = SIMPLE) -> float:
    """The tempo near another at which onsets line up best on beats and their parts.

    Args:
        strength: Onset strength, float32 ``(t,)`` at ``FRAME_HZ``.
        near_bpm: Middle of the search.
        pulses: A beat.
    """
    centred = strength - strength.mean()
    window = np.hanning(len(centred)) ** 0.5
    times = np.arange(len(centred)) / FRAME_HZ
    steps = np.geomspace(near_bpm * SEARCH[0], near_bpm * SEARCH[1], 450)
    salience = np.zeros(len(steps))
    for pulse in pulses:
        waves = np.exp(-2j * np.pi * np.outer(steps * pulse / 60, times))
        salience += np.abs(waves @ (centred * window))
    return float(steps[int(np.argmax(salience))])
