"""Voices that do not lead: choirs that hold the harmony, chops that dance on it."""

from typing import Final

from everjam.engines.band import figures, theory
from everjam.engines.band.harmony import voice
from everjam.engines.band.players.scene import Draft, Scene

_SYLLABLES: Final = frozenset({"voice_chop", "voice_scat"})
"""Voices that do not hold notes."""
SOLOISTS: Final = frozenset({"voice_solo", "voice_female", "voice_male"})
"""Voices that sing alone."""


def play(scene: Scene) -> list[Draft]:
    """One bar of the voice layer, where the voice does not have the melody.

    Returns:
        Drafts of the layer ``voice``.
    """
    patch = scene.patch("voice") if scene.plays("voice") else ""
    if not patch or scene.voice_leads:
        return []
    if patch in _SYLLABLES:
        return _chops(scene, patch)
    drafts = []
    for span in scene.spans:
        held = voice(span.chord, "triad", 67, (64, 67, 71))
        for place, pitch in enumerate(held[-1:] if patch in SOLOISTS else held):
            drafts.append(
                Draft(
                    layer="voice",
                    part="voice",
                    patch=patch,
                    pitch=pitch,
                    start=span.start_beats,
                    length=span.length_beats,
                    velocity=0.55,
                    need=0.05 + 0.2 * (span.start_beats > 0),
                    pan=0.0 if patch in SOLOISTS else 0.4 * (place - 1),
                )
            )
    return drafts


def _chops(scene: Scene, patch: str) -> list[Draft]:
    scope = scene.scope("chops")
    figure = scene.pick("voice.figures", *scope)
    drafts = []
    for index, (start, length, _) in enumerate(figures.read_figure(figure, scene.meter, scene.place.bar)):
        tones = theory.ladder(scene.span_at(start).chord.pitch_classes[:3], 62, 77)
        pitch = tones[scene.dice.index((0.0,) * len(tones), *scope, index)]
        drafts.append(
            Draft(
                layer="voice", part="voice", patch=patch, pitch=pitch, start=start, length=min(length, 0.5),
                velocity=0.66, need=0.1 + scene.need(start), pan=0.3 if index % 2 else -0.3,
            )
        )  # fmt: skip
    return drafts
