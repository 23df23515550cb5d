"""How much is going on: onsets and layers in a score, onsets and brightness in sound."""

import librosa
from bench.music.clips import Heard, bar_seconds
from bench.music.measures.sound import RATE_HZ, Sound
from bench.music.measures.timbre import centroid_hz


def measure_score(heard: Heard) -> dict[str, float]:
    """Onsets a second (a part's notes that begin together count once), moments with onsets, notes, layers a bar."""
    seconds = sum(bar_seconds(bar) for bar in heard.bars)
    onsets = sum(len({(note.part, round(note.start_beats * 8)) for note in bar.notes}) for bar in heard.bars)
    moments = sum(len({round(note.start_beats * 8) for note in bar.notes}) for bar in heard.bars)
    layers = sum(
        len({(note.part, note.patch) for note in bar.notes if note.part != "drums"})
        + ("drums" in {note.part for note in bar.notes})
        for bar in heard.bars
    )
    parts = sum(len({note.part for note in bar.notes}) for bar in heard.bars)
    return {
        "onsets": onsets / seconds,
        "moments": moments / seconds,
        "notes": sum(len(bar.notes) for bar in heard.bars) / seconds,
        "layers": layers / len(heard.bars),
        "parts": parts / len(heard.bars),
        "bar_ms": sum(heard.block_ms) / len(heard.block_ms),
        "block_ms": sum(heard.block_ms) / seconds * 2,
    }


def measure_sound(sound: Sound) -> dict[str, float]:
    """Onsets a second as heard and as played, and the mean spectral centroid in Hz."""
    seconds = len(sound.mono) / RATE_HZ
    heard = librosa.onset.onset_detect(onset_envelope=sound.onset_strength, sr=RATE_HZ)
    played = {round(note.start_frame / 1_440) for note in sound.heard.notes}
    return {
        "heard": len(heard) / seconds,
        "played": len(played) / seconds,
        "centroid": centroid_hz(sound.magnitude),
    }
