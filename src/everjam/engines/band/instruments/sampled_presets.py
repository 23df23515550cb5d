"""Which patches stand for a recorded instrument, and where General MIDI fonts have it.

Left out are patches that are no recordings by nature (synthesisers, drum machines, effects), those whose General MIDI
program is only the nearest relative (an erhu is no fiddle, a santur no dulcimer, a felt piano no grand), and those that
have their playing in themselves (power chords, slides, wah, tremolo picking, drones).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from everjam.engines.band.score import Articulation

_GS: Final = 8
"""Bank of the first variations in Roland's extension of General MIDI, which many fonts follow."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A place in a font.

    Attributes:
        bank: 0 for melodic instruments, 128 for drum kits.
        program: 0 to 127.
    """

    bank: int
    program: int


def _melodic(**programs: int) -> dict[str, Preset]:
    return {name: Preset(0, program) for name, program in programs.items()}


MELODIC: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        **_melodic(piano=0, piano_honkytonk=3, rhodes=4, harpsichord=6, clavinet=7),
        **_melodic(organ=16, organ_rock=18, organ_pipe=19, harmonium=20, accordion=21),
        **_melodic(celesta=8, glockenspiel=9, music_box=10, vibraphone=11, marimba=12, xylophone=13, tubular_bells=14),
        **_melodic(dulcimer=15, timpani=47, kalimba=108, steel_drum=114),
        **_melodic(guitar_nylon=24, guitar_steel=25, guitar_clean=27, guitar_muted=28, guitar_lead=29),
        **_melodic(harp=46, sitar=104, banjo=105, shamisen=106, koto=107),
        **_melodic(bass_upright=32, bass_finger=33, bass_pick=34, bass_fretless=35, bass_slap=36),
        **_melodic(violin=40, viola=41, cello=42, contrabass=43, strings_tremolo=44, pizzicato=45, fiddle=110),
        **_melodic(strings=48, strings_staccato=48, choir_ah=52, choir_low=52, choir_oo=53),
        **_melodic(trumpet=56, trombone=57, tuba=58, trumpet_muted=59, french_horn=60, brass_section=61),
        **_melodic(soprano_sax=64, alto_sax=65, tenor_sax=66, oboe=68, bassoon=70, clarinet=71, shehnai=111),
        **_melodic(piccolo=72, flute=73, recorder=74, pan_flute=75, shakuhachi=77, ocarina=79, harmonica=22),
        "ukulele": Preset(_GS, 24),
    }
)
"""Patch to its preset."""

_KITS: Final[Mapping[int, Mapping[str, tuple[int, ...]]]] = {
    0: {
        "kick_acoustic": (36,),
        "snare_acoustic": (38,),
        "hat_closed_acoustic": (42,),
        "hat_open_acoustic": (46,),
        "hat_pedal": (44,),
        "ride": (51,),
        "ride_bell": (53,),
        "crash": (49,),
        "china": (52,),
        "splash": (55,),
        "tom_acoustic": (41, 43, 45, 47, 48, 50),
        "cross_stick": (37,),
        "tambourine": (54,),
        "cowbell": (56,),
        "bongo": (60,),
        "conga_slap": (62,),
        "conga": (63,),
        "conga_low": (64,),
        "timbale": (65,),
        "agogo": (67,),
        "agogo_low": (68,),
        "cabasa": (69,),
        "maracas": (70,),
        "claves": (75,),
        "woodblock": (76,),
        "triangle": (81,),
        "shaker": (82,),
        "sleigh_bells": (83,),
        "castanets": (85,),
        "surdo": (87,),
    },
    16: {"kick_rock": (36,), "snare_rock": (38,), "tom_rock": (41, 43, 45, 47, 48, 50)},
    32: {"kick_jazz": (36,), "snare_jazz": (38,)},
    40: {"snare_brush": (38,)},
}
"""By kit, in Roland's numbers: standard, power, jazz, brushes."""

DRUMS: Final[Mapping[str, tuple[Preset, tuple[int, ...]]]] = MappingProxyType(
    {name: (Preset(128, kit), keys) for kit, drums in _KITS.items() for name, keys in drums.items()}
)
"""Patch to its kit and the keys there; of several the one nearest to the note's sounds."""

_STRINGS: Final = ("strings", "violin", "viola", "cello", "contrabass")
_PLUCKED_GUITARS: Final = ("guitar_nylon", "guitar_steel", "guitar_clean", "guitar_muted", "guitar_lead")
_ELECTRIC_BASSES: Final = ("bass_finger", "bass_pick", "bass_slap")

ARTICULATED: Final[Mapping[tuple[str, Articulation], Preset]] = MappingProxyType(
    {
        ("guitar_clean", "muted"): Preset(0, 28),
        ("trumpet", "muted"): Preset(0, 59),
        **{(name, "tremolo"): Preset(0, 44) for name in _STRINGS},
        **{(name, "harmonic"): Preset(0, 31) for name in _PLUCKED_GUITARS},
        **{(name, "slap"): Preset(0, 36) for name in _ELECTRIC_BASSES},
        **{(name, "pop"): Preset(0, 37) for name in _ELECTRIC_BASSES},
    }
)
"""Ways of playing that General MIDI has programs for."""
