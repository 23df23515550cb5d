"""How a piece ends: a cadence, a last chord that rings, and silence."""

from dataclasses import replace
from typing import Final

from everjam.engines.band import harmony, theory
from everjam.engines.band.harmony import Span
from everjam.engines.band.players.scene import Draft, Scene

FADE: Final = "fade"
"""The ending without an ending: the band plays on while the sound is faded."""
BARS: Final = {"cadence": 2, "hit": 2, "ritard": 2, "tag": 3}
"""Bars of each ending, the last chord's included."""
_SLOWER: Final = {0: 0.94, 1: 0.8}
"""Tempo of the bars of a ritard."""
_LAST_LAYERS: Final = frozenset({"drums", "bass", "chords", "second", "pad", "melody", "voice"})
_RING_BARS: Final = 1.5
_HIT_BEATS: Final = 0.5


def cadence(scene: Scene) -> tuple[Span, ...]:
    """The chords of the bar before the last: towards the tonic, or the chords that are there over a drone."""
    if len({span.chord.root for span in scene.spans} | {scene.next_chord.root}) == 1:
        return scene.spans
    minor = scene.key.mode in theory.MINOR_MODES
    romans = ("iv" if minor else "IV", harmony.dominant(scene.key.mode))
    if len(scene.meter.groups) < 2:
        romans = romans[1:]
    return harmony.spans_of(romans, scene.key, scene.meter, minor=minor, strict=scene.strict)


def tonic(scene: Scene) -> tuple[Span, ...]:
    """The last chord, in the colour that the style ends its chords with."""
    minor = scene.key.mode in theory.MINOR_MODES
    home = next((span for span in scene.spans if span.chord.root == scene.key.tonic), None)
    if home is not None:
        return (Span(0.0, scene.meter.length_beats, home.chord, home.scale),)
    return harmony.spans_of(("i" if minor else "I",), scene.key, scene.meter, minor=minor, strict=scene.strict)


def last_notes(scene: Scene, drafts: list[Draft], kind: str) -> list[Draft]:
    """The last bar: everybody lands on the first beat and lets it ring, or stops dead on a hit."""
    length = _HIT_BEATS if kind == "hit" else scene.meter.length_beats * _RING_BARS
    landed = []
    for draft in drafts:
        if draft.layer not in _LAST_LAYERS or draft.start > 0:
            continue
        if draft.layer == "drums":
            landed.append(draft)
        else:
            landed.append(replace(draft, length=length, gate=1.0, tied=False, need=0.0))
    if any(draft.layer == "melody" for draft in drafts) and not any(draft.layer == "melody" for draft in landed):
        model = next(draft for draft in drafts if draft.layer == "melody")
        landed.append(replace(model, start=0.0, length=length, gate=1.0, tied=False, need=0.0))
    tones = scene.spans[0].chord.pitch_classes[:3]
    for draft in landed:
        if draft.layer == "melody":
            draft.pitch = theory.snap(draft.pitch, (tones[0],) if abs(_step_to(draft.pitch, tones[0])) <= 4 else tones)
    return landed


def slowdown(kind: str, step: int) -> float:
    """Tempo of a bar of the ending as a share of the tempo before."""
    return _SLOWER.get(step, 0.8) if kind == "ritard" else 1.0


def _step_to(pitch: int, pitch_class: int) -> int:
    return (pitch_class - pitch + 6) % 12 - 6
