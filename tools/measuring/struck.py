"""Instruments that are plucked or struck and ring as they will."""

from typing import Final

from .source import Kind, Source


def _rings(kind: Kind, program: int, low: int, high: int, bank: int = 0) -> Source:
    return Source(kind, program, low, high, bank=bank, most_keys=20)


STRUCK: Final[dict[str, Source]] = {
    "piano": _rings("string", 0, 21, 108),
    "piano_honkytonk": _rings("string", 3, 21, 108),
    "rhodes": _rings("bar", 4, 28, 100),
    "harpsichord": _rings("string", 6, 36, 89),
    "clavinet": _rings("string", 7, 36, 89),
    "celesta": _rings("bar", 8, 60, 108),
    "glockenspiel": _rings("bar", 9, 72, 108),
    "music_box": _rings("bar", 10, 60, 103),
    "vibraphone": _rings("bar", 11, 53, 89),
    "marimba": _rings("bar", 12, 45, 96),
    "xylophone": _rings("bar", 13, 65, 108),
    "tubular_bells": _rings("bar", 14, 60, 77),
    "dulcimer": _rings("string", 15, 48, 90),
    "guitar_nylon": _rings("string", 24, 40, 84),
    "guitar_steel": _rings("string", 25, 40, 84),
    "guitar_jazz": _rings("string", 26, 40, 84),
    "guitar_clean": _rings("string", 27, 40, 84),
    "guitar_muted": _rings("string", 28, 40, 84),
    "bass_upright": _rings("string", 32, 26, 55),
    "bass_finger": _rings("string", 33, 26, 55),
    "bass_pick": _rings("string", 34, 26, 55),
    "bass_fretless": _rings("string", 35, 26, 55),
    "bass_slap": _rings("string", 36, 26, 55),
    "pizzicato": _rings("string", 45, 36, 96),
    "harp": _rings("string", 46, 28, 100),
    "timpani": _rings("bar", 47, 36, 60),
    "sitar": _rings("string", 104, 48, 84),
    "banjo": _rings("string", 105, 48, 86),
    "shamisen": _rings("string", 106, 50, 83),
    "koto": _rings("string", 107, 48, 91),
    "kalimba": _rings("bar", 108, 53, 91),
    "steel_drum": _rings("bar", 114, 52, 89),
    "mandolin": _rings("string", 25, 55, 90, 16),
    "ukulele": _rings("string", 24, 55, 85, 8),
    "hawaiian_guitar": _rings("string", 26, 40, 85, 8),
    "taisho_koto": _rings("string", 107, 48, 90, 8),
}
