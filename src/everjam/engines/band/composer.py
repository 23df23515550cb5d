"""The composer: (memory, steering, seed) to the next bar. Pure: the same arguments give the same bar anywhere."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import ending, form, harmony
from everjam.engines.band.cards import Deck, default_deck
from everjam.engines.band.form import Place
from everjam.engines.band.mixture import style_for
from everjam.engines.band.performance import perform
from everjam.engines.band.players import bass, chords, drums, melody, riff, texture, voice
from everjam.engines.band.players.scene import NOTHING_YET, Draft, Last, Scene
from everjam.engines.band.prompts import explain, ingredients
from everjam.engines.band.sampling import Dice, Rng
from everjam.engines.band.score import Bar, ChordSpan, Meter
from everjam.engines.band.style import Style, StyleKey, move_towards
from everjam.engines.band.theory import Key
from everjam.engines.base import Meaning
from everjam.steering import Controls, MusicGenerationMode, Steering, WeightedPrompt

LAYERS: Final = (
    "drums", "perc", "bass", "chords", "second", "pad", "arp", "riff", "noise", "melody", "counter", "voice",
)  # fmt: skip
NEVER: Final = -4.5
"""A layer whose presence is below this does not exist, at any density."""
IN_FRONT: Final = 9.0
"""A layer with more presence than this does not rest in the sections where it usually does: it was asked for."""
LONGEST_MORPH_BARS: Final = 8
APPROACH_BARS: Final = 32
"""How many bars are composed before one that is sought: the voices are then nearly always where they would be."""
BIG_CHANGE: Final = 0.35
"""Share of the cards that has to change for the band to announce it."""
SWELL: Final = 0.12
"""How much more has to go on in the next section for this one to announce it."""

_MODES: Final = {
    MusicGenerationMode.DIVERSITY: "diversity",
    MusicGenerationMode.VOCALIZATION: "vocalization",
}
_KICK: Final = 36


@dataclass(frozen=True, slots=True)
class Memory:
    """What the composer remembers between bars; small, immutable, picklable.

    Attributes:
        bar: Number of the next bar.
        shares: Styles that sound now and their shares.
        target: Style that the morph goes to.
        morph_bars: Length of the morph.
        morph_left: Bars of it that are left.
        place: Where in the form the last bar was, None at the start.
        lead: Card that the form was drawn for.
        key: Of the movement, None at the start.
        heard: Key of the last bar, None at the start.
        last: What was played in it.
        announced: Whether the last bar announced something.
        ending: How the piece ends, once that is decided.
    """

    bar: int = 0
    shares: tuple[tuple[StyleKey, float], ...] = ()
    target: StyleKey | None = None
    morph_bars: int = 1
    morph_left: int = 0
    place: Place | None = None
    lead: str = ""
    key: Key | None = None
    heard: Key | None = None
    last: Last = NOTHING_YET
    announced: bool = False
    ending: str = ""


class Composer:
    """Composes bars, one after the other, for ever.

    Args:
        deck: The cards; the band's own by default.
    """

    __slots__ = ("_deck",)

    def __init__(self, deck: Deck | None = None) -> None:
        self._deck = deck or default_deck()

    def start(self) -> Memory:
        """The memory before the first bar."""
        return Memory()

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        """What each prompt is taken for."""
        return explain(steering.prompts, self._deck)

    def seek(self, steering: Steering, seed: int, bar: int) -> Memory:
        """The memory before any bar of a piece that has been steered like this from its start.

        All that is drawn is the same, because draws are addressed by bar and section. What follows from the bars before
        (voicings, where a line goes on) is worked out from so many of them that little of it differs.

        Args:
            steering: What the listener asks for.
            seed: Signed 32-bit integer.
            bar: Number of the bar.
        """
        memory, begin = self.start(), max(0, bar - APPROACH_BARS)
        if begin > 0:
            controls = steering.controls
            wanted = _style_key(self._deck, steering.prompts, controls.guidance, _mode(controls))
            memory = _steer(replace(memory, bar=begin), wanted)
            dice = _dice(seed, controls.temperature, controls.top_k)
            place = form.place_at(begin - 1, style_for(self._deck, memory.shares), dice)
            memory = replace(memory, place=place, lead=_lead(memory))
        for _ in range(begin, bar):
            _, memory = self.compose(memory, steering, seed)
        return memory

    def compose(self, memory: Memory, steering: Steering, seed: int) -> tuple[Bar, Memory]:
        """The next bar and the memory after it, kept for a while: who looks ahead asks for each bar several times.

        Args:
            memory: From ``start`` or the last call; it is not changed.
            steering: What the listener asks for; mutes and brightness are not the composer's business.
            seed: Signed 32-bit integer.
        """
        return composed(self._deck, memory, steering, seed)

    def ending_bars(self, memory: Memory, steering: Steering, seed: int) -> int:
        """How many bars ``conclude`` would take from here on, the last chord's included; 0 where the style fades."""
        scene, _ = _set(self._deck, memory, steering, seed)
        return ending.BARS.get(_draw_ending(scene), 0)

    def conclude(self, memory: Memory, steering: Steering, seed: int, step: int) -> tuple[Bar, Memory]:
        """A bar of the ending, and the memory after it.

        Args:
            memory: From the last call.
            steering: What the listener asks for.
            seed: Signed 32-bit integer.
            step: Number of the bar in the ending; beyond ``ending_bars`` there is silence.
        """
        scene, after = _set(self._deck, memory, steering, seed)
        kind = memory.ending or _draw_ending(scene)
        bars = ending.BARS.get(kind, 1)
        if step >= bars:
            return _written(scene, []), replace(after, ending=kind)
        final = step == bars - 1
        spans = ending.tonic(scene) if final else ending.cadence(scene)
        home = ending.tonic(scene)[0].chord
        scene = replace(scene, spans=spans, next_chord=home, announcement="" if final else "fill", arrives=final)
        drafts, last = _play(scene, self._deck)
        if final:
            drafts = ending.last_notes(scene, drafts, kind)
        bar = replace(_written(scene, drafts), section="ending", tempo_scale=ending.slowdown(kind, step))
        return bar, replace(after, last=last, ending=kind)


@lru_cache(maxsize=128)
def composed(deck: Deck, memory: Memory, steering: Steering, seed: int) -> tuple[Bar, Memory]:
    """``Composer.compose``, remembered for the bars that some twenty sessions look ahead to: 13 kB each."""
    scene, memory = _set(deck, memory, steering, seed)
    drafts, last = _play(scene, deck)
    return _written(scene, drafts), replace(memory, last=last)


def _set(deck: Deck, memory: Memory, steering: Steering, seed: int) -> tuple[Scene, Memory]:
    """The scene of the next bar, and the memory after it but for what will be played."""
    controls = steering.controls
    before = memory.target
    memory = _steer(memory, _style_key(deck, steering.prompts, controls.guidance, _mode(controls)))
    style = style_for(deck, memory.shares)
    dice = _dice(seed, controls.temperature, controls.top_k)
    place, lead = _move(memory, style, dice)
    stays = memory.place is not None and memory.place.movement == place.movement and memory.lead == lead
    scene, key = _scene(memory, style, dice, place, controls, stays=stays)
    scene = replace(scene, announcement=_announcement(scene, _difference(before, memory.target)))
    after = replace(
        memory,
        bar=memory.bar + 1,
        place=place,
        lead=lead,
        key=key,
        heard=scene.key,
        announced=bool(scene.announcement),
    )
    return scene, after


def _written(scene: Scene, drafts: list[Draft]) -> Bar:
    return Bar(
        index=scene.bar,
        meter=scene.meter,
        bpm=scene.bpm,
        section=scene.place.name,
        key=scene.key.name,
        chords=tuple(ChordSpan(span.start_beats, span.chord.symbol, span.chord.pitch_classes) for span in scene.spans),
        notes=perform(scene, drafts),
        production=scene.style.production(),
    )


def _draw_ending(scene: Scene) -> str:
    return scene.pick("form.endings", "ending")


def _difference(before: StyleKey | None, after: StyleKey | None) -> float:
    """How far one mixture of cards is from another, 0 to 1 (total variation)."""
    if before is None or after is None or before == after:
        return 0.0
    old, new = dict(before.ingredients), dict(after.ingredients)
    return 0.5 * sum(abs(new.get(card, 0.0) - old.get(card, 0.0)) for card in old.keys() | new.keys())


def _announcement(scene: Scene, difference: float) -> str:
    """How the bar announces a bigger section, or a big change that the listener asked for."""
    place, style = scene.place, scene.style
    swells = place.is_last and place.bars >= 4 and form.swell(place, style) >= SWELL
    if not swells and difference < BIG_CHANGE:
        return ""
    leaps = place.name in {"build", "break"} and place.next_name in {"drop", "chorus"}
    if swells and leaps and style.number("drums.crash") > 0.3:
        return "riser"
    kind = scene.pick("form.announcements", "announce", scene.bar)
    return "" if kind == "none" else kind


def _mode(controls: Controls) -> str:
    return _MODES.get(controls.music_generation_mode, "quality")


@lru_cache(maxsize=256)
def _style_key(deck: Deck, prompts: tuple[WeightedPrompt, ...], guidance: float, mode: str) -> StyleKey:
    return StyleKey(ingredients(prompts, deck), round(guidance, 3), mode)


def _steer(memory: Memory, wanted: StyleKey) -> Memory:
    """Begins a morph where the listener asks for something else, or goes on with the one under way."""
    if not memory.shares:
        return replace(memory, shares=((wanted, 1.0),), target=wanted)
    if wanted != memory.target:
        length = max(1, round(LONGEST_MORPH_BARS - (LONGEST_MORPH_BARS - 1) * wanted.guidance / 6))
        memory = replace(memory, target=wanted, morph_bars=length, morph_left=length)
    if memory.morph_left == 0:
        return memory
    # Each step takes a share of what is left that makes the whole way 1 - (left / length) ** 2: quick, then gentle.
    left = memory.morph_left
    amount = 1 - ((left - 1) / left) ** 2
    return replace(memory, shares=move_towards(memory.shares, wanted, amount), morph_left=left - 1)


@lru_cache(maxsize=64)
def _dice(seed: int, temperature: float, top_k: int) -> Dice:
    """The same object for the same arguments, so that what is drawn with it can be remembered."""
    return Dice(Rng.seeded(seed), temperature, top_k)


def _lead(memory: Memory) -> str:
    """The card that counts most in what is asked for."""
    if memory.target is None or not memory.target.ingredients:
        return ""
    return max(memory.target.ingredients, key=lambda item: (item[1], item[0]))[0]


def _move(memory: Memory, style: Style, dice: Dice) -> tuple[Place, str]:
    lead = _lead(memory)
    if memory.place is None:
        return form.first_place(style, dice), lead
    place = form.next_place(memory.place, style, dice)
    if lead == memory.lead:
        return place, lead
    if place.phrase_bar == 0:
        return form.new_form(place, style, dice), lead
    return place, memory.lead


def _meter(style: Style, dice: Dice, place: Place) -> Meter:
    return Meter.parse(style.table("tempo.meters").draw(dice, "meter", place.movement))


def _bpm(style: Style, dice: Dice, controls: Controls) -> float:
    if controls.bpm is not None:
        return float(controls.bpm)
    low, high = style.number("tempo.low"), style.number("tempo.high")
    where = dice.uniform("tempo")
    bpm = low * (max(high, low) / low) ** where * style.number("tempo.scale")
    return float(round(min(200.0, max(50.0, bpm))))


def _scene(
    memory: Memory, style: Style, dice: Dice, place: Place, controls: Controls, *, stays: bool
) -> tuple[Scene, Key]:
    """The bar as all players see it, and the key of the movement."""
    pair = None if controls.scale is None else controls.scale.major_tonic
    meter = _meter(style, dice, place)
    key = memory.key
    if key is None or not stays or (pair is not None and (key.pair, key.diatonic) != (pair, True)):
        key = harmony.choose_key(style, dice, place.movement, pair)
    movement_key = key
    if pair is None:
        key = harmony.lifted(key, style, dice, place)
    strict = pair is not None
    wild = controls.music_generation_mode is MusicGenerationMode.DIVERSITY
    arriving = memory.heard is not None and memory.heard.pair != key.pair
    spans = harmony.bar_chords(style, dice, place, key, meter, strict=strict, arriving=arriving, wild=wild)
    energy = form.energy(place, style)
    after = form.next_place(place, style, dice)
    following = harmony.bar_chords(style, dice, after, key, meter, strict=strict, arriving=False, wild=wild)
    scene = Scene(
        style=style,
        dice=dice,
        place=place,
        bar=memory.bar,
        bpm=_bpm(style, dice, controls),
        meter=meter,
        key=key,
        spans=spans,
        next_chord=following[0].chord,
        strict=strict,
        wild=wild,
        voice_leads=controls.music_generation_mode is MusicGenerationMode.VOCALIZATION,
        energy=energy,
        last=memory.last,
        own_density=style.number("feel.density"),
        density=_density(style, energy, controls),
        needs=_layer_needs(style, dice, place.movement, place.name, form.resting(place)),
        arrives=memory.announced,
    )
    return scene, movement_key


def _play(scene: Scene, deck: Deck) -> tuple[list[Draft], Last]:
    """Everybody plays everything; density decides afterwards who is heard."""
    beats = drums.play(scene, deck.grids)
    kicks = frozenset(draft.start for draft in beats if draft.pitch == _KICK and draft.need < 0.55)
    low = bass.play(scene, kicks)
    middle, last = chords.play(scene)
    last = replace(last, root=scene.spans[-1].chord.root)
    if low:
        last = replace(last, bass=max(low, key=lambda draft: draft.start).pitch)
    line, last = melody.play(scene.with_last(last))
    return beats + low + middle + line + riff.play(scene) + voice.play(scene) + texture.play(scene), last


@lru_cache(maxsize=64)
def _layer_needs(style: Style, dice: Dice, movement: int, section: str, absent: frozenset[str]) -> Mapping[str, float]:
    """Density at which each layer joins; layers that never do are missing."""
    own = style.number("feel.density")
    needs = {}
    for layer in LAYERS:
        presence = style.number(f"layers.{layer}") + form.lift(section, layer)
        if presence < NEVER or (layer in absent and presence < IN_FRONT):
            continue
        uniform = dice.rng.at("layer", layer, movement, section).uniform()
        luck = 0.5 * dice.temperature * math.log(uniform / (1 - uniform))
        luck = max(-0.5 - abs(presence) / 3, min(0.5 + abs(presence) / 3, luck))
        rarity = 1 / (1 + math.exp((presence + luck) / 1.4))
        needs[layer] = 2 * rarity * own if rarity < 0.5 else own + 2 * (rarity - 0.5) * (0.95 - own)
    if needs:
        # Somebody always plays.
        needs[min(needs, key=lambda layer: (needs[layer], layer))] = 0.0
    return needs


def _density(style: Style, energy: float, controls: Controls) -> float:
    """Where the line is drawn between what is heard and what is not."""
    if controls.density is not None:
        return 0.02 + 0.83 * controls.density + 0.15 * energy
    lift = energy - 0.6
    return min(1.0, max(0.05, style.number("feel.density") + (0.3 if lift > 0 else 0.5) * lift))
