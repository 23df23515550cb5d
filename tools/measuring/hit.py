"""Drums and cymbals: single keys of the kits (bank 128)."""

from typing import Final

from .source import Source


def _hit(key: int, patch: str = "", program: int = 0) -> Source:
    return Source("drum", program, key, key, bank=128, patch=patch)


DRUMS: Final[dict[str, Source]] = {
    "kick_acoustic": _hit(36),
    "snare_acoustic": _hit(38),
    "hat_closed_acoustic": _hit(42),
    "hat_open_acoustic": _hit(46),
    "ride": _hit(51),
    "crash": _hit(49),
    "tom_acoustic": _hit(45),
}
