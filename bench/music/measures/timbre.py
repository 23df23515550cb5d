"""What a clip sounds like, in classical features: enough to tell styles apart, and how bright it is."""

import itertools
from collections.abc import Iterable
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from bench.music.measures.sound import FRAME_HZ, RATE_HZ, Float, Sound, power_db

from everjam.audio import SAMPLE_RATE_HZ, BeatEvent

BAR_BINS = 16
MODULATION_HZ = (0.4, 1.0, 2.0, 4.0, 8.0, 16.0)
_BANDS = 4
Vector = npt.NDArray[np.float64]


def measure(sound: Sound) -> dict[str, Any]:
    """The feature vector, its groups' lengths and the mean centroid in Hz."""
    groups = {
        "mfcc": _mfcc(sound.mel),
        "halves": np.concatenate([_envelope(part) for part in sound.split]),
        "contrast": _contrast(sound.magnitude),
        "chroma": _chroma(sound),
        "shape": _shape(sound),
        "dynamics": _dynamics(sound.magnitude),
        "pattern": _pattern(sound.mel, sound.heard.beats),
        "tempogram": _tempogram(sound),
        "modulation": _modulation(sound.mel),
        "stereo": _stereo(sound.heard.audio),
        "percussion": _percussion(*sound.split),
    }
    return {
        "features": [round(float(value), 4) for group in groups.values() for value in group],
        "groups": {name: len(group) for name, group in groups.items()},
    }


def centroid_hz(magnitude: Float) -> float:
    """Mean spectral centroid of the frames, weighted by their power: quiet frames count little."""
    power = magnitude**2
    hz = np.linspace(0, RATE_HZ / 2, magnitude.shape[0])
    frame = power.sum(axis=0)
    centroid = (hz[:, None] * magnitude).sum(axis=0) / np.maximum(magnitude.sum(axis=0), 1e-9)
    return float((centroid * frame).sum() / max(frame.sum(), 1e-12))


def _moments(rows: Float) -> Vector:
    """Mean, spread, and the tenth and ninetieth percentile of each row, one after the other."""
    return np.concatenate([rows.mean(axis=1), rows.std(axis=1), *np.percentile(rows, (10, 90), axis=1)])


def _mfcc(mel: Float) -> Vector:
    # The level is left out: the first coefficient only moves.
    cepstrum = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=70), n_mfcc=20)
    delta = librosa.feature.delta(cepstrum)
    return np.concatenate([_moments(cepstrum[1:]), cepstrum[:1].std(axis=1), delta.std(axis=1)])


def _envelope(magnitude: Float) -> Vector:
    """The mean spectrum of the harmonic or percussive part, as a dozen cepstral coefficients."""
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE_HZ, n_mels=64, fmin=30, fmax=11_000)
    mean = librosa.power_to_db(mel.mean(axis=1, keepdims=True), top_db=80)
    envelope: Vector = librosa.feature.mfcc(S=mean, n_mfcc=13)[1:, 0]
    return envelope


def _contrast(magnitude: Float) -> Vector:
    contrast = librosa.feature.spectral_contrast(S=magnitude, sr=RATE_HZ)
    return np.concatenate([contrast.mean(axis=1), contrast.std(axis=1)])


def _chroma(sound: Sound) -> Vector:
    """Pitch classes from the strongest up, which makes keys alike, and how much they move."""
    chroma = librosa.feature.chroma_stft(S=sound.split[0] ** 2, sr=RATE_HZ, tuning=0.0)
    mean = chroma.mean(axis=1)
    first = int(np.argmax(mean))
    profile = np.roll(mean, -first) / max(mean.sum(), 1e-9)
    change = np.abs(np.diff(chroma, axis=1)).mean()
    normal = chroma / np.maximum(chroma.sum(axis=0), 1e-9)
    entropy = -(normal * np.log(normal + 1e-9)).sum(axis=0)
    return np.concatenate([12 * profile, [4 * change, entropy.mean(), entropy.std()]])


def _shape(sound: Sound) -> Vector:
    magnitude = sound.magnitude + 1e-9
    centroid = librosa.feature.spectral_centroid(S=magnitude, sr=RATE_HZ)[0]
    width = librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE_HZ)[0]
    rolloff = librosa.feature.spectral_rolloff(S=magnitude, sr=RATE_HZ, roll_percent=0.85)[0]
    flatness = librosa.feature.spectral_flatness(S=magnitude)[0]
    rows = np.stack([np.log2(centroid + 20), np.log2(width + 20), np.log2(rolloff + 20), np.log10(flatness + 1e-6)])
    crossings = librosa.feature.zero_crossing_rate(sound.mono, hop_length=512)[0]
    return np.concatenate([_moments(rows.astype(np.float32)), [10 * crossings.mean(), 10 * crossings.std()]])


def _dynamics(magnitude: Float) -> Vector:
    level = librosa.power_to_db((magnitude**2).mean(axis=0), top_db=70)
    level = level - level.max()
    return np.concatenate([[level.mean(), level.std()], np.percentile(level, (5, 25, 50, 75))])


def _flux(mel: Float) -> Float:
    """Onset strength in four bands, float32 ``(4, t)``."""
    db = librosa.power_to_db(mel, top_db=80)
    rise = np.maximum(np.diff(db, axis=1, prepend=db[:, :1]), 0)
    flux: Float = np.stack([band.mean(axis=0) for band in np.array_split(rise, _BANDS)])
    return flux


def _pattern(mel: Float, beats: Iterable[BeatEvent]) -> Vector:
    """Onset strength over the bar in four bands, folded by the beat."""
    flux = _flux(mel)
    lines = [beat.frame / SAMPLE_RATE_HZ * FRAME_HZ for beat in beats if beat.beat == 0]
    sums, counts = np.zeros((_BANDS, BAR_BINS)), np.zeros(BAR_BINS)
    for begin, end in itertools.pairwise(lines):
        frames = np.arange(int(np.ceil(begin)), min(int(end), flux.shape[1]))
        bins = np.minimum(((frames - begin) / (end - begin) * BAR_BINS).astype(int), BAR_BINS - 1)
        np.add.at(counts, bins, 1)
        for band in range(_BANDS):
            np.add.at(sums[band], bins, flux[band, frames])
    pattern = sums / np.maximum(counts, 1)
    return np.concatenate([(pattern / max(pattern.mean(), 1e-9)).ravel(), np.log(pattern.mean(axis=1) + 0.05)])


def _tempogram(sound: Sound) -> Vector:
    """Autocorrelation of the onset strength at simple fractions of the beat, and the tempo."""
    beats = sound.heard.beats
    bpm = float(np.median([beat.bpm for beat in beats])) if beats else 120.0
    strength = sound.onset_strength - sound.onset_strength.mean()
    size = 2 ** int(np.ceil(np.log2(2 * len(strength))))
    whole = np.fft.irfft(np.abs(np.fft.rfft(strength, size)) ** 2)[: len(strength)]
    whole = whole / max(whole[0], 1e-9)
    lags = np.array([1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 8]) * 60 / bpm * FRAME_HZ
    found = [float(whole[max(1, round(lag) - 1) : round(lag) + 2].max(initial=0.0)) for lag in lags]
    onsets = librosa.onset.onset_detect(onset_envelope=sound.onset_strength, sr=RATE_HZ)
    return np.array([*found, 2 * np.log2(bpm / 100), len(onsets) / max(len(sound.mono) / RATE_HZ, 1e-3) / 2])


def _modulation(mel: Float) -> Vector:
    """How much eight groups of mel bands move at which speed."""
    db = np.stack([band.mean(axis=0) for band in np.array_split(librosa.power_to_db(mel, top_db=70), 8)])
    power = np.abs(np.fft.rfft((db - db.mean(axis=1, keepdims=True)) * np.hanning(db.shape[1]), axis=1)) ** 2
    hz = np.fft.rfftfreq(db.shape[1], 1 / FRAME_HZ)
    parts = [power[:, (hz >= low) & (hz < high)].sum(axis=1) for low, high in itertools.pairwise(MODULATION_HZ)]
    moves: Vector = np.log10(np.stack(parts, axis=1).ravel() / db.shape[1] + 1e-3)
    return moves


def _stereo(audio: Float) -> Vector:
    """Sides against middle, in the whole and above 3 kHz (first difference), in tens of decibels."""
    middle, side = audio.sum(axis=1), audio[:, 0] - audio[:, 1]
    whole = power_db((side**2).mean()) - power_db((middle**2).mean())
    high = power_db((np.diff(side) ** 2).mean()) - power_db((np.diff(middle) ** 2).mean())
    return np.array([max(whole, -60) / 10, max(high, -60) / 10])


def _percussion(harmonic: Float, percussive: Float) -> Vector:
    """Percussive against harmonic power in five ranges of frequency, in tens of decibels."""
    edges = (0, 14, 47, 140, 465, harmonic.shape[0])
    pairs = [(percussive[a:b], harmonic[a:b]) for a, b in itertools.pairwise(edges)]
    return np.array([(power_db((p**2).mean()) - power_db((h**2).mean())) / 10 for p, h in pairs])
