"""A clip as the measures want it: mono at their rates, spectra, made once."""

from functools import cached_property
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import soxr
from bench.music.clips import Heard

from everjam.audio import SAMPLE_RATE_HZ

Float = npt.NDArray[np.float32]
RATE_HZ = 22_050
HOP_FRAMES = 512
FFT_FRAMES = 2_048
FRAME_HZ = RATE_HZ / HOP_FRAMES
"""Rate of spectra and onset strengths."""


class Sound:
    """A rendered clip; everything derived is made when it is first asked for.

    Args:
        heard: With audio.
    """

    def __init__(self, heard: Heard) -> None:
        self.heard = heard

    @cached_property
    def mono(self) -> Float:
        """float32 ``(frames,)`` at 22,050 Hz."""
        return to_mono(self.heard.audio, RATE_HZ)

    @cached_property
    def mono_44k(self) -> Float:
        """float32 ``(frames,)`` at 44,100 Hz."""
        return to_mono(self.heard.audio, 44_100)

    @cached_property
    def magnitude(self) -> Float:
        """Magnitudes of the short-time spectrum, float32 ``(1 + FFT_FRAMES // 2, t)``."""
        return spectrum(self.mono)

    @cached_property
    def split(self) -> tuple[Float, Float]:
        """Harmonic and percussive magnitudes (median filtering), each as ``magnitude``."""
        harmonic, percussive = librosa.decompose.hpss(self.magnitude, kernel_size=(17, 17), margin=1.0)
        return harmonic, percussive

    @cached_property
    def mel(self) -> Float:
        """Power in 64 mel bands, float32 ``(64, t)``."""
        bands: Float = librosa.feature.melspectrogram(S=self.magnitude**2, sr=RATE_HZ, n_mels=64, fmin=30, fmax=11_000)
        return bands

    @cached_property
    def onset_strength(self) -> Float:
        """Spectral flux over the mel bands, float32 ``(t,)``."""
        strength: Float = librosa.onset.onset_strength(S=librosa.power_to_db(self.mel, top_db=80), sr=RATE_HZ)
        return strength


def to_mono(audio: Float, rate_hz: int) -> Float:
    """The middle of stereo at another rate, float32 ``(frames,)``."""
    mono: Float = soxr.resample(audio.mean(axis=1), SAMPLE_RATE_HZ, rate_hz, quality="HQ")
    return mono


def spectrum(mono: Float) -> Float:
    """Magnitudes of the short-time spectrum, float32 ``(1 + FFT_FRAMES // 2, t)``."""
    magnitude: Float = np.abs(librosa.stft(mono, n_fft=FFT_FRAMES, hop_length=HOP_FRAMES))
    return magnitude


def power_db(power: Any) -> float:
    """Decibels of a mean power; -120 for silence."""
    return float(10 * np.log10(max(float(power), 1e-12)))
