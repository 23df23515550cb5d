"""What kind of record each card is held to, read from this repository's cards and tables, whatever band is measured."""

import runpy
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BAND = Path(__file__).resolve().parents[2] / "src" / "everjam" / "engines" / "band"
FROM_OCTAVE, TO_OCTAVE = 1, 9
"""The deviation is taken over the octaves of 63 Hz to 8 kHz."""
_DEFAULT = {"pop": 1.0}
_GLUE = 0.5
Vector = npt.NDArray[np.float64]


@cache
def records() -> dict[str, Any]:
    """The tables of ``mixer/records.py``."""
    return runpy.run_path(str(BAND / "mixer" / "records.py"))


@cache
def _mixes() -> dict[str, dict[str, Any]]:
    """Card's own name to its table ``[mix]``."""
    cards = [tomllib.loads(path.read_text("utf-8")) for path in sorted((BAND / "cards").glob("*.toml"))]
    return {card["name"].lower(): card.get("mix", {}) for card in cards}


def shares(prompt: str) -> Mapping[str, float]:
    """Kinds of records that a prompt's card names, adding up to 1; those of the prior where it names none."""
    wanted = _mixes().get(prompt.lower(), {}).get("spectrum") or _mixes()["the house band"].get("spectrum") or _DEFAULT
    likeliest = {kind: max(float(weight), 0.0) for kind, weight in wanted.items()}
    total = sum(likeliest.values())
    return {kind: weight / total for kind, weight in likeliest.items()} if total else _DEFAULT


def crest_db(prompt: str) -> float:
    """True peak to loudness that the glue of a prompt's card asks for."""
    glue = float(_mixes().get(prompt.lower(), {}).get("glue", _mixes()["the house band"].get("glue", _GLUE)))
    loose, tight = records()["PEAK_TO_LOUDNESS_DB"]
    return float(loose + (tight - loose) * glue)


def kind(prompt: str) -> str:
    """The likeliest of its kinds."""
    odds = shares(prompt)
    return max(odds, key=lambda name: odds[name])


def target_db(prompt: str) -> Vector:
    """Octave bands that a prompt is held to, dB."""
    table = records()["SPECTRA_DB"]
    target: Vector = sum((share * np.array(table[name]) for name, share in shares(prompt).items()), np.zeros(10))
    return target


def deviations_db(prompt: str, octaves_db: list[float]) -> Vector:
    """Of each octave from its target, the mean over 63 Hz to 8 kHz taken away, float64 ``(10,)``."""
    difference = np.maximum(octaves_db, max(octaves_db) - 60.0) - target_db(prompt)
    centred: Vector = difference - difference[FROM_OCTAVE:TO_OCTAVE].mean()
    return centred


def rms_db(deviations: Vector) -> float:
    """Root mean square over 63 Hz to 8 kHz."""
    return float(np.sqrt(np.square(deviations[FROM_OCTAVE:TO_OCTAVE]).mean()))


def off_balance_lu(prompt: str, balance_lu: Mapping[str, float]) -> dict[str, float]:
    """How far each part that sounds is from its target; the parts that sound share the mix as their targets do."""
    table = records()["BALANCE_LU"]
    wanted = {
        part: sum(share * table[name][part] for name, share in shares(prompt).items())
        for part in table["pop"]
        if part in balance_lu
    }
    whole = 10 * np.log10(sum(10 ** (level / 10) for level in wanted.values())) if wanted else 0.0
    return {part: balance_lu[part] - (level - whole) for part, level in wanted.items()}
