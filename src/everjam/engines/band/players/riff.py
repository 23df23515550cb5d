"""Ostinatos: figures on the degrees of the scale that go round while the harmony moves, or stays."""

from everjam.engines.band import figures, theory
from everjam.engines.band.players.scene import Draft, Scene

_BELOW = "abcd"


def play(scene: Scene) -> list[Draft]:
    """One bar of the ostinato.

    Returns:
        Drafts of the layer ``riff``.
    """
    patch = scene.patch("riff") if scene.plays("riff") else ""
    figure = scene.pick("riff.figures", *scene.scope("riff")) if patch else ""
    if not figure:
        return []
    style = scene.style
    follows = style.number("riff.follows") >= 0.5
    gate, center = style.number("riff.length"), style.number("riff.center")
    pan = style.number("riff.pan")
    drafts = []
    for start, length, cell in figures.read_figure(figure, scene.meter, scene.place.bar):
        span = scene.span_at(start)
        degree = -1 - _BELOW.index(cell) if cell in _BELOW else int(cell) - 1
        if follows:
            pitch = _on(span.chord.root, span.scale, center, degree)
        else:
            scale = tuple(sorted(scene.key.melody))
            pitch = _on(scene.key.tonic, scale, center, degree)
            if len(scale) == 7 and pitch % 12 not in span.scale:
                # The chord's own chromatic note wins over the scale's.
                pitch = theory.snap(pitch, span.scale)
        weight = figures.metric_weight(start, scene.meter)
        drafts.append(
            Draft(
                layer="riff",
                part="texture",
                patch=patch,
                pitch=pitch,
                start=start,
                length=length,
                velocity=0.72 - 0.14 * weight,
                need=scene.need(start),
                gate=gate,
                pan=pan,
            )
        )
    return drafts


def _on(tonic: int, scale: tuple[int, ...], center: float, degree: int) -> int:
    """The degree of a scale counted from the tonic nearest to ``center``."""
    base = theory.nearest(tonic, center)
    rungs = sorted((tone - tonic) % 12 for tone in scale)
    if 0 not in rungs:
        rungs = [0, *rungs]
    octave, step = divmod(degree, len(rungs))
    return base + 12 * octave + rungs[step]
