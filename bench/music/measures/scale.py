"""The scale that is heard, as one of twelve pairs of a major key and its relative minor."""

import warnings
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from bench.music.measures.sound import Sound
from bench.music.measures.tools import es

from everjam.engines.band.instruments import PATCHES

PROFILES = ("krumhansl", "bgate", "edma", "temperley")
UNPITCHED = frozenset({"drums", "percussion", "texture"})
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_WINDOW_FRAMES, _OVERLAP_FRAMES, _RATE_HZ = 43_844, 7_680, 22_050
_FLOOR = 0.3


def measure(sound: Sound) -> dict[str, Any]:
    """What key finders hear, what a note transcriber hears, and what was really played.

    Returns:
        ``votes``: pair (0 to 11, the major tonic) by key profile; ``heard``: weight of each pitch class as transcribed
        (absent without the transcriber); ``played``: seconds of each pitch class in the notes.
    """
    votes = {}
    for profile in PROFILES:
        key, scale, _ = es.KeyExtractor(profileType=profile)(sound.mono_44k)
        votes[profile] = (_tonic(key) + (3 if scale == "minor" else 0)) % 12
    played = np.zeros(12)
    for note in sound.heard.notes:
        if PATCHES[note.instrument].family not in UNPITCHED and note.part not in {"drums", "texture"}:
            played[note.pitch % 12] += note.duration_frames / 48_000
    result: dict[str, Any] = {"votes": votes, "played": [round(float(x), 2) for x in played]}
    heard = transcribed(sound.mono)
    if heard is not None:
        result["heard"] = [round(float(x), 3) for x in heard]
    return result


def transcribed(mono: npt.NDArray[np.float32]) -> npt.NDArray[np.float64] | None:
    """Weight of each pitch class as Basic Pitch's network hears notes, float64 ``(12,)``; None if it is not installed.

    Only the network is used, by onnxruntime: windows of two seconds, their margins dropped.
    """
    network = _network()
    if network is None:
        return None
    margin = _OVERLAP_FRAMES // 2
    padded = np.concatenate((np.zeros(margin, np.float32), mono))
    weights = np.zeros(88)
    for at in range(0, len(padded), _WINDOW_FRAMES - _OVERLAP_FRAMES):
        window = padded[at : at + _WINDOW_FRAMES]
        window = np.pad(window, (0, _WINDOW_FRAMES - len(window)))
        outputs = network.run(None, {network.get_inputs()[0].name: window[None, :, None].astype(np.float32)})
        notes = next(output[0] for output in reversed(outputs) if output.shape[-1] == 88)
        inner = notes[15:-15]
        weights += np.where(inner > _FLOOR, inner, 0.0).sum(axis=0)
    classes = np.zeros(12)
    for key, weight in enumerate(weights):
        classes[(key + 21) % 12] += weight
    return classes


@cache
def _network() -> Any:
    package = util.find_spec("basic_pitch")
    if package is None or not package.submodule_search_locations or util.find_spec("onnxruntime") is None:
        return None
    import onnxruntime  # noqa: PLC0415 - it may be absent

    file = Path(package.submodule_search_locations[0], "saved_models", "icassp_2022", "nmp.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _tonic(name: str) -> int:
    sharps = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}
    return _TONICS.index(sharps.get(name, name))
