"""The lead: motifs stated, repeated, varied, answered and brought back, with breaths and arrivals; and solos."""

from dataclasses import dataclass, replace
from typing import Final

from everjam.engines.band.figures import Event, read_figure
from everjam.engines.band.players import counter, ornaments, solo
from everjam.engines.band.players import line as lines
from everjam.engines.band.players.line import Line, Register
from everjam.engines.band.players.scene import Draft, Last, Scene
from everjam.engines.band.sampling import Address

THEME_MOVEMENTS: Final = 3
"""Cycles of the form that a theme lives for before the band thinks of another one."""
SAME_RHYTHM: Final = 0.45
"""How often the contrasting section's motif has the rhythm of the theme."""
NEW_RHYTHM: Final = 0.35
"""How often a variation has another rhythm, and not only other notes."""

ARRIVALS: Final = 0.5
"""How often a phrase that ends in a rest arrives on the first beat of it, and does not stop before."""
ARRIVAL: Final = "."
_VOICE: Final = Register(68.0, 57, 79)
"""Where a voice that leads can sing."""
_FAMILIES: Final = {
    "chorus": "B", "B": "B", "drop": "B", "C": "C", "bridge": "C", "solo": "solo",
}  # fmt: skip
"""Whose theme a section plays; all others play the first one."""
_LIFTS: Final = {"B": 1.5, "C": 3.0}
"""Semitones that the contrasting sections lie higher."""
_ARCH: Final = (0.0, 1.5, 2.5, 0.0)
"""Semitones that a phrase rises by, bar by bar, and comes back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a phrase asks of a bar.

    Attributes:
        letter: Motif, "" for a rest.
        shift: Scale steps that a sequence moves it by.
        varied: Number of the variation, 0 for none.
        closes: 0 the phrase goes on, 1 it comes to rest here, 2 the section does.
        bar: Bar within the motif.
    """

    letter: str
    shift: int
    varied: int
    closes: int
    bar: int


def play(scene: Scene) -> tuple[list[Draft], Last]:
    """One bar of melody, and of the voice where it leads.

    Returns:
        Drafts of the layers ``melody`` or ``voice`` and ``counter``, and what was played for the next bar.
    """
    layer = "voice" if scene.voice_leads else "melody"
    is_heard, is_answered = scene.plays(layer), scene.plays("counter")
    patch = scene.patch(layer) if is_heard or is_answered else ""
    plan = _plan(scene)
    # The second instrument hears a lead that is too soft for the listener.
    lead = _lead(scene, plan, layer, patch) if patch and plan.letter else None
    stated = _stated(scene, plan, lead) if lead else []
    drafts = _decorated(scene, lead, stated) if lead and stated and is_heard else []
    last = replace(scene.last, melody=max(stated, key=lambda draft: draft.start).pitch) if stated else scene.last
    answer = _answer(scene, last) if not plan.letter and is_answered else []
    return drafts + counter.play(scene, lead, stated, answer, is_solo=is_solo(scene)), last


def is_solo(scene: Scene) -> bool:
    """Whether the lead improvises."""
    return family(scene.place.name) == "solo"


def family(section: str) -> str:
    """Whose theme a section plays."""
    return _FAMILIES.get(section, "A")


def _plan(scene: Scene) -> Plan:
    place = scene.place
    phrase = scene.pick("melody.phrases", "phrase", *_theme(scene)).split() or ["a"]
    index = place.bar % len(phrase)
    word = phrase[index]
    letter = word.strip("'^_")
    closes = 2 if place.is_last else 1 if place.ends_phrase else 0
    arrives = scene.dice.uniform("arrive", place.sections_before, place.bar // 4) < ARRIVALS
    if letter == "-" and place.phrase_bar == 3 and arrives:
        return Plan(ARRIVAL, 0, 0, closes, 0)
    if not closes and phrase[(index + 1) % len(phrase)] == "-" and place.phrase_bar == 2 and not arrives:
        closes = 2 if place.bar + 2 == place.bars else 1
    rests = scene.style.number("melody.rest") * (0.4 if place.phrase_bar in {0, 2} else 1.0)
    # The first phrase of a section is always stated: a listener has to hear the theme before missing it.
    stated = place.bar >= 4 or place.phrase_bar == 0
    noise = scene.dice.rng.at("rest", place.sections_before, place.bar)
    if letter == "-" or (stated and place.bar and not closes and scene.dice.happens(min(0.9, rests), noise)):
        return Plan("", 0, 0, closes, 0)
    again = place.bar // len(phrase)
    varied = word.count("'") + (1 if again and scene.dice.uniform("vary", scene.bar) < 0.35 else 0)
    if place.bars >= 8 and place.bar >= place.bars // 2 and place.phrase_bar == 2:
        varied += 1
    if letter != "a" or again:
        # A theme that comes back in a later cycle goes on differently.
        varied += place.movement % THEME_MOVEMENTS
    run = 0
    while run < index and phrase[index - run - 1].strip("'^_") == letter:
        run += 1
    return Plan(letter, 2 * word.count("^") - 2 * word.count("_"), varied, closes, run)


def _theme(scene: Scene) -> tuple[Address, ...]:
    """Address of the theme that belongs to this section; each time anew if the band is wild."""
    if scene.wild:
        return (scene.place.movement, scene.place.name, scene.place.sections_before)
    return (scene.place.movement // THEME_MOVEMENTS, family(scene.place.name))


def _kind(scene: Scene) -> str:
    return scene.pick("melody.scales", "melody-scale", scene.place.movement // THEME_MOVEMENTS)


def _lead(scene: Scene, plan: Plan, layer: str, patch: str) -> Line:
    lift = _LIFTS.get(family(scene.place.name), 0.0)
    arch = _ARCH[scene.place.phrase_bar % 4] if plan.letter != "a" else 0.0
    return Line(
        layer=layer,
        patch=patch,
        register=_VOICE if layer == "voice" else Register.of(scene.style, lift),
        kind=_kind(scene),
        motif=("motif", *_theme(scene), plan.letter),
        varied=plan.varied,
        bar=plan.bar,
        lift=1.7 * plan.shift + arch,
        closes=plan.closes,
    )


def _stated(scene: Scene, plan: Plan, lead: Line) -> list[Draft]:
    """The line without what its player adds."""
    if plan.letter == ARRIVAL:
        return lines.write(scene, lead, [(0.0, min(2.0, scene.bar_beats / 2), "x")])
    if is_solo(scene):
        free = replace(lead, kind="mode") if lead.kind == "chord" else lead
        return solo.phrase(scene, free, solo.rhythm(scene, plan.bar))
    events = _rhythm(scene, lead)
    return lines.write(scene, lead, events) if events else []


def _decorated(scene: Scene, lead: Line, stated: list[Draft]) -> list[Draft]:
    drafts = stated if is_solo(scene) else ornaments.decorate(scene, lead, stated)
    drafts = ornaments.pickup(scene, lead, drafts)
    return drafts + ornaments.passing(scene, lead, drafts)


def _rhythm(scene: Scene, lead: Line) -> list[Event]:
    motif = lead.motif
    if not scene.wild and motif[2] in {"B", "C"} and scene.dice.uniform("same-rhythm", *motif) < SAME_RHYTHM:
        motif = (*motif[:2], "A", *motif[3:])
    rhythm = scene.pick("melody.rhythms", *motif, "rhythm")
    if lead.varied and scene.dice.uniform("new-rhythm", *motif, lead.varied) < NEW_RHYTHM:
        rhythm = scene.pick("melody.rhythms", *motif, "rhythm", lead.varied)
    return list(read_figure(rhythm, scene.meter, lead.bar)) if rhythm else []


def _answer(scene: Scene, last: Last) -> list[Draft]:
    """The theme's first motif, varied and lower: what the second instrument says while the lead rests."""
    center = scene.style.number("melody.center") - 5
    lead = _lead(scene, Plan("a", 0, 1, 0, 0), "counter", "")
    lead = replace(lead, register=Register(center, lead.register.low - 5, lead.register.high - 5))
    events = _rhythm(scene, lead)
    return lines.write(replace(scene, last=replace(last, melody=round(center))), lead, events) if events else []
