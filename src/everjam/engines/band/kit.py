"""The drums and percussion that grids can name: their General MIDI keys, their places in the stereo image."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DrumVoice:
    """One drum.

    Attributes:
        pitch: General MIDI drum key, or the key that tunes the patch where it is tuned.
        pan: -1 (left) to 1 (right).
        touch: How hard it is played beside kick and snare.
        length_beats: Written length.
        is_role: Whether a card's ``instruments`` choose its patch; the others have a patch of their own name.
    """

    pitch: int
    pan: float = 0.0
    touch: float = 1.0
    length_beats: float = 0.25
    is_role: bool = False


DRUM_VOICES: Final[dict[str, DrumVoice]] = {
    "kick": DrumVoice(36, is_role=True),
    "snare": DrumVoice(38, is_role=True),
    "clap": DrumVoice(39),
    "rim": DrumVoice(37, -0.1),
    "cross_stick": DrumVoice(37, -0.1),
    "hat": DrumVoice(42, 0.22, 0.86, is_role=True),
    "open": DrumVoice(46, 0.22, 0.86, 0.5, is_role=True),
    "hat_pedal": DrumVoice(44, 0.22, 0.86),
    "ride": DrumVoice(51, -0.3, 0.86, 1.0),
    "ride_bell": DrumVoice(53, -0.3, 0.86, 1.0),
    "crash": DrumVoice(49, -0.35, 1.0, 3.0),
    "splash": DrumVoice(55, 0.3, 0.9, 1.0),
    "tom": DrumVoice(47, 0.15, is_role=True),
    "snap": DrumVoice(39, 0.2, 0.85),
    "stomp": DrumVoice(35),
    "shaker": DrumVoice(70, -0.45, 0.8),
    "caxixi": DrumVoice(70, 0.4, 0.8),
    "maracas": DrumVoice(70, 0.45, 0.8),
    "shekere": DrumVoice(82, -0.4, 0.85),
    "tambourine": DrumVoice(54, 0.5, 0.82),
    "pandeiro": DrumVoice(54, 0.25, 0.85),
    "cabasa": DrumVoice(69, 0.45, 0.8),
    "guiro": DrumVoice(73, 0.5, 0.8, 0.5),
    "triangle": DrumVoice(81, 0.55, 0.75),
    "finger_cymbals": DrumVoice(80, 0.5, 0.75, 1.0),
    "sleigh_bells": DrumVoice(83, 0.4, 0.75),
    "cowbell": DrumVoice(56, 0.35, 0.85),
    "cowbell_808": DrumVoice(56, 0.3, 0.85),
    "agogo": DrumVoice(67, 0.4, 0.85),
    "agogo_low": DrumVoice(68, 0.4, 0.85),
    "claves": DrumVoice(75, 0.3, 0.85),
    "woodblock": DrumVoice(76, -0.5, 0.85),
    "castanets": DrumVoice(85, -0.4, 0.85),
    "conga": DrumVoice(63, -0.3),
    "conga_low": DrumVoice(64, -0.3, length_beats=0.5),
    "conga_slap": DrumVoice(62, -0.3),
    "bongo": DrumVoice(60, 0.4),
    "timbale": DrumVoice(65, 0.3),
    "surdo": DrumVoice(41, length_beats=1.0),
    "bombo": DrumVoice(41, length_beats=1.0),
    "tambora": DrumVoice(43, -0.15, length_beats=0.5),
    "cajon": DrumVoice(36, length_beats=0.5),
    "cajon_slap": DrumVoice(38),
    "djembe": DrumVoice(60, -0.2),
    "djembe_bass": DrumVoice(48, -0.2, length_beats=0.5),
    "djembe_slap": DrumVoice(62, -0.2),
    "talking_drum": DrumVoice(64, 0.3, length_beats=0.5),
    "darbuka": DrumVoice(50, 0.15, length_beats=0.5),
    "darbuka_tek": DrumVoice(62, 0.15),
    "frame_drum": DrumVoice(48, -0.15, length_beats=0.5),
    "tabla": DrumVoice(62, 0.15, length_beats=0.5),
    "bayan": DrumVoice(64, -0.15, length_beats=0.5),
    "dhol": DrumVoice(60, 0.2),
    "dhol_bass": DrumVoice(45, -0.1, length_beats=0.5),
    "taiko": DrumVoice(43, length_beats=1.0),
    "gong": DrumVoice(52, -0.1, 1.0, 4.0),
    "china": DrumVoice(52, 0.4, 0.9, 2.0),
    "scratch": DrumVoice(29, -0.25, 0.9, 0.5),
}
"""Every drum by the name that it has in a grid."""
