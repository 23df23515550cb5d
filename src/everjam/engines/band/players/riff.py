"""Ostinatos: figures on the degrees of the scale that go round while the harmony moves, or stays."""

from everjam.engines.band import figures, theory
from everjam.engines.band.players.idiom import patch_for
from everjam.engines.band.players.scene import Draft, Scene

ACCENT = 0.2
"""Force that an accent adds."""
WIDEST_GLIDE = 24
MUTED_BEATS = 0.5
"""Longer pedal notes are not palm-muted."""
_BELOW = "abcd"
_PEDAL = "1abcd"


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
    follows, mutes = style.number("riff.follows") >= 0.5, style.number("riff.mutes") >= 0.5
    gate, center = style.number("riff.length"), style.number("riff.center")
    pan = style.number("riff.pan")
    drafts = []
    events = figures.read_figure(figure, scene.meter, scene.place.bar)
    for start, length, written in events:
        cell, marks = written[-1], written[:-1]
        pitch = _pitch(scene, cell, start, center, follows=follows)
        weight = figures.metric_weight(start, scene.meter)
        is_muted = mutes and not marks and cell in _PEDAL and length <= MUTED_BEATS
        glide = 0
        if "~" in marks and start == 0:
            glide = _before(scene, figure, center, follows=follows) - pitch
        drafts.append(
            Draft(
                layer="riff",
                part="texture",
                patch=patch_for(patch, "muted") if is_muted else patch,
                pitch=pitch,
                start=start,
                length=length,
                velocity=0.72 - 0.14 * weight + (ACCENT if ">" in marks else 0.0),
                need=scene.need(start),
                gate=gate,
                pan=pan,
                articulation="muted" if is_muted else "plain",
                join="slide" if "~" in marks else "",
                glide=max(-WIDEST_GLIDE, min(WIDEST_GLIDE, glide)),
            )
        )
    return drafts


def _pitch(scene: Scene, cell: str, start: float, center: float, *, follows: bool) -> int:
    span = scene.span_at(start)
    degree = -1 - _BELOW.index(cell) if cell in _BELOW else int(cell) - 1
    if follows:
        return _on(span.chord.root, span.scale, center, degree)
    scale = tuple(sorted(scene.key.melody))
    pitch = _on(scene.key.tonic, scale, center, degree)
    if len(scale) == 7 and pitch % 12 not in span.scale:
        # The chord's own chromatic note wins over the scale's.
        pitch = theory.snap(pitch, span.scale)
    return pitch


def _before(scene: Scene, figure: str, center: float, *, follows: bool) -> int:
    """The last note of the figure's bar before this one, over the chord that sounds now."""
    cell = figures.read_figure(figure, scene.meter, scene.place.bar - 1)[-1][2][-1]
    return _pitch(scene, cell, 0.0, center, follows=follows)


def _on(tonic: int, scale: tuple[int, ...], center: float, degree: int) -> int:
    """The degree of a scale counted from the tonic nearest to ``center``."""
    base = theory.nearest(tonic, center)
    rungs = sorted((tone - tonic) % 12 for tone in scale)
    if 0 not in rungs:
        rungs = [0, *rungs]
    octave, step = divmod(degree, len(rungs))
    return base + 12 * octave + rungs[step]
