"""Drums, cymbals and small percussion: single keys of the kits (bank 128), and drums among the programs.

The SoundFont has one recording a key, however hard it is struck, so one velocity is measured.
"""

from typing import Final

from .source import Source

_VELOCITY: Final = 100
_CYMBAL_PARTIALS: Final = 64
_ROOM_KIT, _POWER_KIT, _JAZZ_KIT, _BRUSH_KIT, _ORCHESTRA_KIT = 8, 16, 32, 40, 48


def _hit(key: int, patch: str = "", program: int = 0, partials: int = 24, bank: int = 128) -> Source:
    return Source(
        "drum",
        program,
        key,
        key,
        bank=bank,
        patch=patch,
        partials=partials,
        velocities=(_VELOCITY,),
        held_seconds=2.6,
    )


DRUMS: Final[dict[str, Source]] = {
    "kick_acoustic": _hit(36),
    "kick_rock": _hit(36, program=_POWER_KIT),
    "kick_jazz": _hit(36, program=_JAZZ_KIT),
    "kick_march": _hit(35, program=_ORCHESTRA_KIT),
    "snare_acoustic": _hit(38),
    "snare_rock": _hit(38, program=_POWER_KIT),
    "snare_jazz": _hit(38, program=_JAZZ_KIT),
    "snare_march": _hit(38, program=_ORCHESTRA_KIT),
    "snare_brush": _hit(38, program=_BRUSH_KIT),
    "brush_slap": _hit(39, "-", _BRUSH_KIT),
    "brush_swirl": _hit(40, "-", _BRUSH_KIT),
    "cross_stick": _hit(37),
    "tom_acoustic": _hit(47),
    "tom_rock": _hit(47, program=_POWER_KIT),
    "hat_closed_acoustic": _hit(42, partials=_CYMBAL_PARTIALS),
    "hat_pedal": _hit(44, "-", partials=_CYMBAL_PARTIALS),
    "hat_open_acoustic": _hit(46, partials=_CYMBAL_PARTIALS),
    "ride": _hit(51, partials=_CYMBAL_PARTIALS),
    "ride_bell": _hit(53, partials=_CYMBAL_PARTIALS),
    "crash": _hit(49, partials=_CYMBAL_PARTIALS),
    "china": _hit(52, partials=_CYMBAL_PARTIALS),
    "splash": _hit(55, partials=_CYMBAL_PARTIALS),
    "cymbals_orchestra": _hit(59, "-", _ORCHESTRA_KIT, _CYMBAL_PARTIALS),
    "tambourine": _hit(54, partials=40),
    "cowbell": _hit(56),
    "bongo": _hit(60),
    "bongo_low": _hit(61, "-"),
    "conga_mute": _hit(62, "conga_slap"),
    "conga": _hit(63),
    "conga_low": _hit(64),
    "timbale": _hit(65),
    "agogo": _hit(67),
    "agogo_low": _hit(68),
    "cabasa": _hit(69),
    "maracas": _hit(70),
    "guiro_short": _hit(73, "guiro"),
    "guiro_long": _hit(74, "-"),
    "claves": _hit(75),
    "woodblock": _hit(76),
    "triangle_mute": _hit(80, "-"),
    "triangle": _hit(81),
    "shaker": _hit(82, "-"),
    "sleigh_bells": _hit(83, partials=40),
    "castanets": _hit(85),
    "surdo_mute": _hit(86, "-"),
    "surdo": _hit(87),
    "taiko": _hit(43, program=116, bank=0),
}
