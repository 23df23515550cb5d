"""What lies around the band: arpeggios, noises, risers, impacts."""

from typing import Final

from everjam.engines.band import figures, theory
from everjam.engines.band.players.scene import Draft, Scene

_TANPURA: Final = ((-5, 0.02), (0, 0.12), (0, 0.2), (-12, 0.05))
"""The drone's four strings, one a beat: semitones from the tonic (Pa, Sa, Sa, low Sa), and what each needs."""


NOISE: Final = 0.7
"""How loud a place is, however loudly the band plays in it."""
NEAR_NOISE: Final = 1.5
"""Nats within which a second noise is heard too."""
STRUCK: Final = frozenset({"impact", "boom"})
"""Noises that fall once, where a section begins."""
CARRIERS: Final = ("noise", "drums", "pad", "chords")
"""Layers of which one has to be heard for a transition to be heard."""
_PLACES: Final = frozenset({"rain", "waves", "birds", "crowd", "fire", "night", "wind_noise"})


def play(scene: Scene) -> list[Draft]:
    """One bar of texture.

    Returns:
        Drafts of the layers ``arp`` and ``noise``.
    """
    return _arp(scene) + _noise(scene)


def _arp(scene: Scene) -> list[Draft]:
    patch = scene.patch("arp") if scene.plays("arp") else ""
    figure = scene.pick("chords.arps", *scene.scope("arp"))
    if not patch or not figure:
        return []
    center = round(scene.style.number("chords.arp_center"))
    noise = scene.dice.rng.at("arp", scene.bar)
    drafts = []
    written = figures.read_figure(figure, scene.meter, scene.place.bar)
    for index, (start, length, cell) in enumerate(written):
        span = scene.span_at(start)
        rungs = theory.ladder(span.chord.pitch_classes[:4], center - 7, center + 24)
        pitch = rungs[min(int(cell) - 1, len(rungs) - 1)]
        drafts.append(
            Draft(
                layer="arp",
                part="texture",
                patch=patch,
                pitch=pitch,
                start=start,
                length=max(length, 0.25),
                velocity=0.5 + 0.16 * (1 - figures.metric_weight(start, scene.meter)) + 0.06 * noise.uniform(index),
                need=scene.need(start),
                pan=0.55 * (1 if index % 2 else -1),
                gate=0.95,
            )
        )
    if not scene.is_busy:
        return drafts
    taken = {draft.start for draft in drafts}
    for step, start in enumerate(scene.meter.cells):
        if start in taken or not drafts:
            continue
        rungs = theory.ladder(scene.span_at(start).chord.pitch_classes[:4], center - 7, center + 24)
        where = noise.uniform(64 + step)
        drafts.append(
            Draft(
                layer="arp", part="texture", patch=patch, pitch=rungs[int(where * min(6, len(rungs)))], start=start,
                length=0.25, velocity=0.36, need=scene.rare_need(noise.uniform(128 + step)),
                pan=-0.4 if step % 2 else 0.4,
            )
        )  # fmt: skip
    return drafts


def _noise(scene: Scene) -> list[Draft]:
    drafts: list[Draft] = []
    patch = scene.patch("noise") if scene.plays("noise") else ""
    tonic = theory.nearest(scene.key.tonic, 38 if patch == "drone_dark" else 62)
    if patch == "tanpura":
        drafts += _tanpura(scene)
    elif patch in STRUCK:
        if scene.place.is_first or scene.arrives:
            drafts.append(_long("noise", patch, theory.nearest(scene.key.tonic, 38), 2.0, NOISE))
    elif patch:
        # Two bars at a time, so that the seams do not march with the bars.
        every = 2 if scene.bar_beats * 2 * 60 / scene.bpm < 9 else 1
        if scene.bar % every == 0:
            drafts.append(_long("noise", patch, tonic, scene.bar_beats * every, NOISE))
            if other := _other_noise(scene, patch):
                drafts.append(_long("noise", other, tonic, scene.bar_beats * every, 0.7 * NOISE))
    return drafts + _transitions(scene)


def _transitions(scene: Scene) -> list[Draft]:
    """Risers, impacts and what falls away: in a piece that is built on drops even where no noise lies under it."""
    builds = any(name == "drop" for name, _ in scene.place.cycle)
    layer = next((one for one in CARRIERS if scene.plays(one)), "noise") if builds else "noise"
    tonic, low = theory.nearest(scene.key.tonic, 62), theory.nearest(scene.key.tonic, 38)
    drafts = []
    if scene.announcement == "riser":
        drafts.append(_long(layer, "riser", tonic, scene.bar_beats, 0.6))
    if scene.place.name == "drop" and scene.place.is_first:
        drafts.append(_long(layer, "impact", low, 2.0, 0.8))
    if builds and scene.place.name == "break" and scene.place.is_first and scene.place.sections_before > 0:
        drafts.append(_long(layer, "boom", low, 2.0, 0.7))
        drafts.append(_long(layer, "downlifter", tonic, scene.bar_beats, 0.5))
    return drafts


def _other_noise(scene: Scene, patch: str) -> str:
    """A second noise where two places are asked for: rain at the campfire."""
    table = scene.style.table("instruments.noise")
    logits = dict(zip(table.candidates, table.logits, strict=True))
    near = [
        (logit, name)
        for name, logit in logits.items()
        if name != patch and name in _PLACES and logit > logits[patch] - NEAR_NOISE
    ]
    return max(near)[1] if near and patch in _PLACES else ""


def _tanpura(scene: Scene) -> list[Draft]:
    tonic = theory.nearest(scene.key.tonic, 52)
    drafts = []
    for beat in range(int(scene.bar_beats)):
        interval, need = _TANPURA[beat % len(_TANPURA)]
        draft = _long("noise", "tanpura", tonic + interval, scene.bar_beats - beat + 0.5, 0.5)
        draft.start, draft.need = float(beat), need
        drafts.append(draft)
    return drafts


def _long(layer: str, patch: str, pitch: int, length: float, velocity: float) -> Draft:
    return Draft(
        layer=layer,
        part="texture",
        patch=patch,
        pitch=pitch,
        start=0.0,
        length=length,
        velocity=velocity,
        need=0.02,
    )
