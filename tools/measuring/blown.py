"""Instruments that sound as long as they are held."""

from typing import Final

from .source import Source


def _held(program: int, low: int, high: int, patch: str = "", *, below: int = 1) -> Source:
    return Source("held", program, low, high, patch=patch, below=below)


SUSTAINED: Final[dict[str, Source]] = {
    "violin": _held(40, 55, 100),
    "viola": _held(41, 48, 91),
    "cello": _held(42, 36, 76),
    "contrabass": _held(43, 28, 62),
    "strings_tremolo": _held(44, 36, 96),
    "strings": _held(48, 36, 96),
    "fiddle": _held(110, 55, 95),
    "choir_ah": _held(52, 40, 84),
    "choir_oo": _held(53, 40, 84),
    "trumpet": _held(56, 52, 86),
    "trombone": _held(57, 40, 74),
    "tuba": _held(58, 26, 55),
    "trumpet_muted": _held(59, 52, 86),
    "french_horn": _held(60, 38, 77),
    "brass_section": _held(61, 36, 84),
    "soprano_sax": _held(64, 56, 88),
    "alto_sax": _held(65, 49, 81),
    "tenor_sax": _held(66, 44, 76),
    "oboe": _held(68, 58, 91),
    "english_horn": _held(69, 52, 81, "-"),
    "bassoon": _held(70, 34, 72),
    "clarinet": _held(71, 50, 91),
    "piccolo": _held(72, 74, 103),
    "flute": _held(73, 60, 96),
    "recorder": _held(74, 60, 91),
    "pan_flute": _held(75, 55, 91),
    "shakuhachi": _held(77, 55, 86),
    "ocarina": _held(79, 60, 91),
    "church_organ": _held(19, 36, 96, "organ_pipe", below=2),
    "rock_organ": _held(18, 36, 96, "organ_rock", below=2),
    "reed_organ": _held(20, 36, 84, "harmonium"),
    "accordion": _held(21, 48, 89),
    "harmonica": _held(22, 60, 96),
    "bandoneon": _held(23, 48, 90, "-"),
    "bagpipe": _held(109, 52, 84, "-"),
    "shehnai": _held(111, 55, 86),
}
