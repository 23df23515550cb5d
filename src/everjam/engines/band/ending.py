"""How a piece ends: a cadence, a last chord that rings, and silence."""

from dataclasses import replace
from typing import Final

from everjam.engines.band import harmony, theory
from everjam.engines.band.harmony import Span
from everjam.engines.band.players.scene import Draft, Scene

BARS: Final = {"cadence": 2, "hit": 2, "ritard": 2, "tag": 3}
"""Bars of each ending, the last chord's included; ``fade`` has none: the band plays on while the sound is faded."""
_SLOWER: Final = {0: 0.94, 1: 0.8}
"""Tempo of the bars of a ritard."""
CHOKED: Final = frozenset({"crash", "ride"})
"""Cymbals that are grabbed where everybody stops."""
_LAST_LAYERS: Final = ("bass", "chords", "second", "pad", "melody", "voice")
_RING_BARS: Final = 1.5
_HIT_BEATS: Final = 0.5


def cadence(scene: Scene) -> tuple[Span, ...]:
    """The chords of the bar before the last: towards the tonic, or the chords that are there over a drone."""
    if harmony.is_drone(scene.style, scene.key):
        return scene.spans
    minor = scene.key.mode in theory.MINOR_MODES
    romans = harmony.cadence(scene.style, scene.dice, scene.key)[-len(scene.meter.groups) :]
    return harmony.spans_of(romans, scene.key, scene.meter, minor=minor, strict=scene.strict)


def tonic(scene: Scene) -> tuple[Span, ...]:
    """The last chord, in the colour that the style ends its chords with."""
    minor = scene.key.mode in theory.MINOR_MODES
    romans = (harmony.home(scene.style, scene.key),)
    return harmony.spans_of(romans, scene.key, scene.meter, minor=minor, strict=scene.strict)


def last_notes(scene: Scene, drafts: list[Draft], kind: str) -> list[Draft]:
    """The last bar: everybody lands on the first beat and lets it ring, or stops dead on a hit."""
    length = _HIT_BEATS if kind == "hit" else scene.meter.length_beats * _RING_BARS
    landed = [draft for draft in drafts if draft.layer == "drums" and draft.start == 0]
    if kind == "hit":
        # Who stops dead stops the cymbal too.
        landed = [replace(draft, articulation="muted") if draft.patch in CHOKED else draft for draft in landed]
    for layer in _LAST_LAYERS:
        model = min((draft for draft in drafts if draft.layer == layer), key=lambda draft: draft.start, default=None)
        if model is None:
            continue
        for place, pitch in enumerate(_last_pitches(scene, layer, model.pitch)):
            landed.append(
                replace(
                    model,
                    pitch=pitch,
                    start=0.0,
                    length=length,
                    velocity=max(model.velocity, 0.7),
                    gate=1.0,
                    offset=0.02 * place if layer == "chords" else 0.0,
                    tied=False,
                    need=0.0,
                    articulation="plain",
                    glide=0,
                    join="",
                )
            )
    return landed


def _last_pitches(scene: Scene, layer: str, pitch: int) -> tuple[int, ...]:
    """What a layer lands on: the root, the whole chord, or the tonic in the line's own register."""
    chord = scene.spans[0].chord
    if layer == "bass":
        return (theory.nearest(chord.root, min(pitch, 45)),)
    if layer in {"chords", "second", "pad"}:
        last = {"chords": scene.last.voicing, "second": scene.last.second, "pad": scene.last.pad}[layer]
        return harmony.voice(chord, "close", round(scene.style.number("chords.center")), last)
    return (theory.nearest(chord.root, scene.last.melody or pitch),)


def slowdown(kind: str, step: int) -> float:
    """Tempo of a bar of the ending as a share of the tempo before."""
    return _SLOWER.get(step, 0.8) if kind == "ritard" else 1.0
