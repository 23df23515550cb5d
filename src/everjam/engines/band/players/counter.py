"""The second instrument: doubles the lead, holds guide tones under it, and answers where it rests."""

from dataclasses import replace
from typing import Final

from everjam.engines.band import figures, theory
from everjam.engines.band.players.line import Line, Register, place_on, rungs_of
from everjam.engines.band.players.scene import Draft, Scene

_LOWER: Final = 0.85
_DOUBLED: Final = {"thirds": -2, "sixths": -5}
"""Scale steps below the lead."""


def play(scene: Scene, lead: Line | None, line: list[Draft], answer: list[Draft], *, is_solo: bool) -> list[Draft]:
    """One bar of the counter layer.

    Args:
        scene: The bar.
        lead: What the lead's line is made of, None where it rests.
        line: The lead's notes, without their ornaments.
        answer: What the second instrument would say where the lead rests.
        is_solo: Whether the lead improvises; nobody can double that.
    """
    patch = scene.patch("melody" if scene.voice_leads else "counter") if scene.plays("counter") else ""
    if not patch:
        return []
    if lead is None or not line:
        return [
            replace(draft, layer="counter", part="melody", patch=patch, velocity=draft.velocity * _LOWER, pan=-0.25)
            for draft in answer
        ]
    kind = scene.pick("melody.doubling", *scene.scope("doubling"), scene.place.bar // 8)
    if is_solo or (kind == "unison" and patch == lead.patch):
        kind = "guide"
    if kind in {"unison", "octave", "thirds", "sixths"}:
        return [_doubled(scene, lead, draft, kind, patch) for draft in line]
    drafts = [] if kind == "none" else _guides(scene, patch)
    return _answered(scene, lead, line, drafts, patch)


def _doubled(scene: Scene, lead: Line, draft: Draft, kind: str, patch: str) -> Draft:
    if kind == "unison":
        pitch = draft.pitch
    elif kind == "octave":
        pitch = draft.pitch - 12
    else:
        # Thirds and sixths are counted on the scale of the chord, and end on its tones.
        span = scene.span_at(draft.start)
        wide = Register(lead.register.center, lead.register.low - 12, lead.register.high)
        rungs = rungs_of(scene, span, "mode", wide)
        pitch = rungs[max(0, place_on(rungs, draft.pitch) + _DOUBLED[kind])]
        if figures.metric_weight(draft.start, scene.meter) <= 0.15 or draft.length >= 1:
            landed = theory.snap(pitch, span.chord.pitch_classes[:3])
            pitch = landed if landed != draft.pitch else pitch
    return replace(
        draft,
        layer="counter",
        part="melody",
        patch=patch,
        pitch=pitch,
        velocity=draft.velocity * 0.9,
        pan=-0.3,
        need=draft.need + 0.04,
        tied=False,
    )


def _guides(scene: Scene, patch: str) -> list[Draft]:
    """Thirds and sevenths, held under the lead."""
    center = scene.style.number("melody.center") - 7
    drafts = []
    for span in scene.spans:
        tones = span.chord.pitch_classes
        if len(scene.key.melody) < 7:
            tones = tuple(tone for tone in tones if tone in scene.key.melody) or (scene.key.tonic,)
        guides = tones[1:2] if scene.place.phrase_bar % 2 == 0 or len(tones) < 4 else tones[3:4]
        drafts.append(
            Draft(
                layer="counter",
                part="melody",
                patch=patch,
                pitch=theory.nearest((guides or tones[:1])[0], center),
                start=span.start_beats,
                length=span.length_beats,
                velocity=0.5,
                need=0.08 + 0.2 * (span.start_beats > 0),
                pan=-0.25,
                gate=0.95,
            )
        )
    return drafts


def _answered(scene: Scene, lead: Line, line: list[Draft], drafts: list[Draft], patch: str) -> list[Draft]:
    """Takes up the lead's first notes where its phrase leaves a gap at the end of a bar."""
    end = max(draft.start + min(draft.length, 1.0) for draft in line)
    room = scene.bar_beats - end
    noise = scene.dice.rng.at("answer", scene.place.sections_before, scene.place.bar)
    if room < 1.0 or not scene.dice.happens(scene.style.number("melody.answers"), noise):
        return drafts
    begin = scene.bar_beats - (2.0 if room >= 2 else 1.0)
    rungs = rungs_of(scene, scene.spans[-1], lead.kind, lead.register)
    said = [draft for draft in line if draft.start < scene.bar_beats - begin]
    shift = -2 if noise.uniform(1) < 0.6 else 2
    answered = [draft for draft in drafts if draft.start < begin]
    answered = [replace(draft, length=min(draft.length, begin - draft.start)) for draft in answered]
    for draft in said:
        at = max(0, min(len(rungs) - 1, place_on(rungs, draft.pitch) + shift))
        answered.append(
            replace(
                draft,
                layer="counter",
                part="melody",
                patch=patch,
                pitch=rungs[at],
                start=round(begin + draft.start, 6),
                length=min(draft.length, scene.bar_beats - begin - draft.start),
                velocity=draft.velocity * _LOWER,
                need=draft.need + 0.06,
                pan=-0.3,
                tied=False,
            )
        )
    return answered
