"""What lies well on each instrument: slurs, slides, scoops, falls, tremolo, spread chords, and patches of techniques.

This is what players think of, not what the patches can do: an articulation that a patch does not know is played
plainly. How much of it is heard is up to the style (``melody.legato``, ``melody.portamento`` and so on).
"""

from dataclasses import dataclass, replace
from typing import Final

from everjam.engines.band.score import Articulation


@dataclass(frozen=True, slots=True)
class Idiom:
    """How an instrument is played by those who can.

    Attributes:
        slurs: Notes can be bound to the one before without being struck, tongued or bowed anew.
        slides: Widest interval in semitones that it slides over, 0 where it cannot slide.
        portamento: How often it slides where it slurs, in any style, 0 to 1.
        scoops: Notes can be reached from below.
        falls: Notes can be dropped at their end.
        clips: Short notes are played staccato.
        holds: How long notes are kept alive: tremolo, roll, or plain where they sound by themselves.
        holding: How often they are, in any style, 0 to 1.
        spread_ms: Least time that a held chord takes from its lowest to its highest note.
    """

    slurs: bool = False
    slides: int = 0
    portamento: float = 0.0
    scoops: bool = False
    falls: bool = False
    clips: bool = False
    holds: Articulation = "plain"
    holding: float = 0.0
    spread_ms: float = 0.0


PLAIN: Final = Idiom()
"""Struck once, and left alone."""
_BREATH: Final = Idiom(slurs=True)
_WIND: Final = Idiom(slurs=True, clips=True)
_BENT_WIND: Final = Idiom(slurs=True, slides=2, portamento=0.2, scoops=True, falls=True, clips=True)
_REED: Final = Idiom(slurs=True, slides=2, scoops=True, falls=True, clips=True)
_BRASS: Final = Idiom(slurs=True, slides=1, scoops=True, falls=True, clips=True)
_BOWED: Final = Idiom(slurs=True, slides=7, portamento=0.05, scoops=True, clips=True, holds="tremolo")
_VOICE: Final = Idiom(slurs=True, slides=7, portamento=0.1, scoops=True, falls=True, clips=True)
_LEAD: Final = Idiom(slurs=True, slides=24)
_FRETTED: Final = Idiom(slurs=True, slides=5, scoops=True, falls=True)
_GUITAR: Final = replace(_FRETTED, holds="tremolo")
_PICKED: Final = replace(_FRETTED, slides=3, holds="tremolo", holding=0.35)
_TREMOLO: Final = replace(_PICKED, holding=0.6)
_BENT_STRING: Final = Idiom(slurs=True, slides=7, portamento=0.35, scoops=True, falls=True)
_MALLETS: Final = Idiom(holds="roll", holding=0.3)
_HAMMERED: Final = Idiom(holds="tremolo", holding=0.2)
_BASS: Final = Idiom(slurs=True, slides=7, scoops=True, falls=True)
_SYNTH_BASS: Final = Idiom(slurs=True, slides=24)


def _all(idiom: Idiom, names: str) -> dict[str, Idiom]:
    return dict.fromkeys(names.split(), idiom)


IDIOMS: Final[dict[str, Idiom]] = {
    **_all(_WIND, "flute piccolo recorder ocarina oboe bassoon bass_clarinet"),
    **_all(_BENT_WIND, "bansuri ney shakuhachi pan_flute"),
    **_all(replace(_BENT_WIND, falls=False), "duduk shehnai"),
    **_all(_REED, "clarinet alto_sax tenor_sax soprano_sax harmonica"),
    "tin_whistle": replace(_REED, slides=0),
    **_all(_BRASS, "trumpet trumpet_muted"),
    "brass_section": replace(_BRASS, slides=0),
    **_all(_WIND, "french_horn tuba"),
    "trombone": replace(_BRASS, slides=6, portamento=0.1),
    **_all(_BOWED, "violin viola cello contrabass fiddle"),
    "strings": Idiom(slurs=True, slides=5, portamento=0.02, clips=True, holds="tremolo"),
    "erhu": replace(_BOWED, portamento=0.5),
    **_all(_BREATH, "hurdy_gurdy melodica bagpipes organ mellotron_strings mellotron_flute synth_strings vocoder"),
    "accordion": _WIND,
    **_all(_VOICE, "voice_solo voice_female voice_male voice_scat"),
    "voice_chop": replace(_VOICE, clips=False),
    **_all(_BREATH, "choir_oo choir_mm"),
    **_all(_WIND, "choir_ah choir_low"),
    **_all(_LEAD, "lead_saw lead_square lead_soft lead_chip lead_moog lead_trance lead_hard lead_sync lead_wavetable"),
    **_all(_LEAD, "seq_acid supersaw stab_hoover"),
    **_all(replace(_LEAD, clips=True), "brass_synth brass_fm"),
    "theremin": replace(_LEAD, portamento=1.0),
    "guitar_distorted": replace(_FRETTED, scoops=False, falls=False),
    "guitar_twang": _FRETTED,
    "guitar_wah": replace(_FRETTED, falls=False),
    **_all(_GUITAR, "guitar_nylon guitar_steel guitar_clean guitar_chorus banjo ukulele lute"),
    "guitar_flamenco": replace(_GUITAR, holding=0.1),
    "guitar_lead": replace(_FRETTED, portamento=0.2),
    "guitar_slide": replace(_BENT_STRING, scoops=False),
    "steel_pedal": _BENT_STRING,
    "sitar": replace(_BENT_STRING, holds="tremolo"),
    "shamisen": replace(_BENT_STRING, holds="tremolo", holding=0.1),
    "koto": replace(_BENT_STRING, holds="tremolo", holding=0.15, spread_ms=50.0),
    "guzheng": replace(_BENT_STRING, holds="tremolo", holding=0.3, spread_ms=70.0),
    **_all(_PICKED, "oud tar bouzouki charango"),
    **_all(_TREMOLO, "mandolin pipa"),
    "balalaika": replace(_TREMOLO, slurs=False),
    **_all(_MALLETS, "marimba xylophone balafon"),
    "steel_drum": replace(_MALLETS, holding=0.6),
    "glockenspiel": replace(_MALLETS, holding=0.0),
    **_all(_HAMMERED, "santur cimbalom dulcimer"),
    "timpani": Idiom(holds="roll", holding=0.7),
    "harp": Idiom(holds="tremolo", spread_ms=90.0),
    **_all(Idiom(spread_ms=90.0), "lyre kora"),
    "zither": replace(_PICKED, holding=0.1, falls=False, spread_ms=70.0),
    **_all(_BASS, "bass_finger bass_pick bass_slap"),
    "bass_upright": replace(_BASS, slides=5),
    "bass_fretless": replace(_BASS, portamento=0.3),
    **_all(_SYNTH_BASS, "bass_808 bass_acid bass_chip bass_fm bass_hoover bass_moog bass_reese bass_saw bass_sub"),
    **_all(_SYNTH_BASS, "bass_wobble bass_log bass_growl bass_organ bass_donk"),
}  # fmt: skip

_STAND_INS: Final[dict[tuple[str, Articulation], str]] = {
    ("guitar_distorted", "muted"): "guitar_distorted_muted",
    ("guitar_clean", "muted"): "guitar_muted",
    ("guitar_chorus", "muted"): "guitar_muted",
    ("guitar_steel", "muted"): "guitar_muted",
    ("strings", "muted"): "strings_staccato",
    ("strings", "staccato"): "strings_staccato",
}


def idiom_of(patch: str) -> Idiom:
    """How the instrument of a patch is played; one that nobody described is struck."""
    return IDIOMS.get(patch, PLAIN)


def patch_for(patch: str, articulation: Articulation) -> str:
    """The patch that plays an articulation of an instrument: its own, or one that is made of nothing else."""
    return _STAND_INS.get((patch, articulation), patch)
