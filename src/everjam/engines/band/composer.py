"""The composer: (memory, steering, seed) to the next bar. Pure: the same arguments give the same bar anywhere."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import form, harmony
from everjam.engines.band.cards import Deck, default_deck
from everjam.engines.band.form import Place
from everjam.engines.band.players import bass, chords, drums, melody, riff, texture, voice
from everjam.engines.band.players.scene import NEED_GRAIN, NOTHING_YET, Draft, Last, Scene
from everjam.engines.band.prompts import ingredients
from everjam.engines.band.sampling import Dice, Rng
from everjam.engines.band.score import Bar, ChordSpan, Meter, Note
from everjam.engines.band.style import Style, StyleKey, move_towards, style_for
from everjam.engines.band.theory import Key
from everjam.steering import Controls, MusicGenerationMode, Steering, WeightedPrompt

LAYERS: Final = (
    "drums", "perc", "bass", "chords", "second", "pad", "arp", "riff", "noise", "melody", "counter", "voice",
)  # fmt: skip
NEVER: Final = -4.5
"""A layer whose presence is below this does not exist, at any density."""
LONGEST_MORPH_BARS: Final = 8

_MODES: Final = {
    MusicGenerationMode.DIVERSITY: "diversity",
    MusicGenerationMode.VOCALIZATION: "vocalization",
}
_MONOPHONIC: Final = frozenset({"bass", "melody", "counter"})
_KICK: Final = 36
_KNEE: Final = 0.78
"""Velocities above it are bent, so that accents stand out however hard a style plays."""
_LATE: Final = ("drums", "bass", "chords", "melody")


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
        key: Of the last bar, None at the start.
        last: What was played in it.
    """

    bar: int = 0
    shares: tuple[tuple[StyleKey, float], ...] = ()
    target: StyleKey | None = None
    morph_bars: int = 1
    morph_left: int = 0
    place: Place | None = None
    lead: str = ""
    key: Key | None = None
    last: Last = NOTHING_YET


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

    def compose(self, memory: Memory, steering: Steering, seed: int) -> tuple[Bar, Memory]:
        """The next bar and the memory after it.

        Args:
            memory: From ``start`` or the last call; it is not changed.
            steering: What the listener asks for; mutes and brightness are not the composer's business.
            seed: Signed 32-bit integer.
        """
        controls = steering.controls
        memory = _steer(memory, _style_key(self._deck, steering.prompts, controls.guidance, _mode(controls)))
        style = style_for(self._deck, memory.shares)
        dice = Dice(Rng.seeded(seed), controls.temperature, controls.top_k)
        place, lead = _move(memory, style, dice)
        stays = memory.place is not None and memory.place.movement == place.movement and memory.lead == lead
        scene = _scene(memory, style, dice, place, controls, stays=stays)
        drafts, last = _play(scene, self._deck)
        notes = _finish(scene, drafts)
        bar = Bar(
            index=memory.bar,
            meter=scene.meter,
            bpm=scene.bpm,
            section=place.name,
            key=scene.key.name,
            chords=tuple(
                ChordSpan(span.start_beats, span.chord.symbol, span.chord.pitch_classes) for span in scene.spans
            ),
            notes=notes,
            production=style.production(),
        )
        return bar, replace(memory, bar=memory.bar + 1, place=place, lead=lead, key=scene.key, last=last)


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


def _scene(memory: Memory, style: Style, dice: Dice, place: Place, controls: Controls, *, stays: bool) -> Scene:
    pair = None if controls.scale is None else controls.scale.major_tonic
    meter = _meter(style, dice, place)
    key = memory.key
    if key is None or not stays or (pair is not None and (key.pair, key.diatonic) != (pair, True)):
        key = harmony.choose_key(style, dice, place.movement, pair)
    strict = pair is not None
    wild = controls.music_generation_mode is MusicGenerationMode.DIVERSITY
    arriving = memory.key is not None and memory.key.pair != key.pair
    spans = harmony.bar_chords(style, dice, place, key, meter, strict=strict, arriving=arriving, wild=wild)
    energy = form.energy(place, style)
    after = form.next_place(place, style, dice)
    following = harmony.bar_chords(style, dice, after, key, meter, strict=strict, arriving=False, wild=wild)
    return Scene(
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
        needs=_layer_needs(style, dice, place),
    )


def _play(scene: Scene, deck: Deck) -> tuple[list[Draft], Last]:
    """Everybody plays everything; density decides afterwards who is heard."""
    beats = drums.play(scene, deck.grids)
    kicks = frozenset(draft.start for draft in beats if draft.pitch == _KICK and draft.need < 0.55)
    low = bass.play(scene, kicks)
    middle, last = chords.play(scene)
    if low:
        last = replace(last, bass=max(low, key=lambda draft: draft.start).pitch)
    line, last = melody.play(scene.with_last(last))
    return beats + low + middle + line + riff.play(scene) + voice.play(scene) + texture.play(scene), last


def _layer_needs(style: Style, dice: Dice, place: Place) -> dict[str, float]:
    """Density at which each layer joins; layers that never do are missing."""
    absent = form.WITHOUT.get(place.name, frozenset()) if place.sections_before else frozenset()
    own = style.number("feel.density")
    needs = {}
    for layer in LAYERS:
        presence = style.number(f"layers.{layer}") + form.lift(place.name, layer)
        if presence < NEVER or layer in absent:
            continue
        uniform = dice.rng.at("layer", layer, place.movement, place.name).uniform()
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


def _finish(scene: Scene, drafts: Sequence[Draft]) -> tuple[Note, ...]:
    density = scene.density
    kept: list[Draft] = []
    dropped: dict[tuple[str, float], float] = {}
    taste = scene.dice.rng.at("taste", scene.bar)
    for draft in drafts:
        if not scene.plays(draft.layer):
            continue
        # Notes that are written alike join one after the other, not all at once.
        grain = 0.0
        if 0.05 < draft.need < density + NEED_GRAIN and draft.need > density - NEED_GRAIN:
            grain = NEED_GRAIN * (taste.uniform(zlib.crc32(draft.patch.encode(), int(draft.start * 96))) - 0.5)
        if draft.need + grain <= density:
            kept.append(draft)
        elif draft.tied:
            dropped[draft.layer, draft.start] = draft.length
    kept.sort(key=lambda draft: (draft.start, draft.layer, draft.pitch, draft.patch))
    _tie(scene, kept, dropped)
    notes = _touched(scene, kept)
    notes.sort(key=lambda note: (note.start_beats, note.part, note.patch, note.pitch))
    return tuple(notes)


def _tie(scene: Scene, kept: list[Draft], dropped: dict[tuple[str, float], float]) -> None:
    """Held notes take over the time of the notes after them that do not join; lines are kept to one voice."""
    following: dict[str, float] = {}
    for draft in reversed(kept):
        if draft.tied:
            span = scene.span_at(draft.start)
            limit = span.start_beats + span.length_beats
            end = draft.start + draft.length
            while end < limit - 1e-6 and (longer := dropped.get((draft.layer, end))) is not None:
                end += longer
            draft.length = max(draft.length, min(end, limit) - draft.start)
        monophonic = draft.layer in _MONOPHONIC or (draft.layer == "voice" and scene.voice_leads)
        if monophonic and draft.layer in following and following[draft.layer] > draft.start:
            draft.length = min(draft.length, following[draft.layer] - draft.start)
        following[draft.layer] = draft.start


def _swing(style: Style, meter: Meter) -> dict[int, float]:
    """Sixteenth of the bar to its place in the style's swing, in beats."""
    amount = 0.0 if meter.is_compound else style.number("feel.swing")
    fine = style.number("feel.swing_sixteenths")
    coarse = amount * (1 - fine) / 3
    places = {}
    for sixteenth in range(round(meter.length_beats * 4)):
        beat, inside = divmod(sixteenth * 0.25, 1.0)
        moved = inside * (1 + coarse) if inside <= 0.5 else 0.5 * (1 + coarse) + (inside - 0.5) * (1 - coarse)
        places[sixteenth] = beat + moved + (amount * fine / 12 if sixteenth % 2 else 0.0)
    return places


def _touched(scene: Scene, drafts: Sequence[Draft]) -> list[Note]:
    """Written notes as somebody plays them: swing, lateness, looseness, dynamics. Off the grid, triplets stay put."""
    style = scene.style
    swing = _swing(style, scene.meter)
    late = {part: scene.beats(style.number(f"feel.{part}_late_ms")) for part in _LATE}
    loose = scene.beats(style.number("feel.loose_ms"))
    contrast = 0.55 + 0.9 * style.number("feel.dynamics")
    force = style.number("feel.loudness") / 0.7 * (0.82 + 0.26 * scene.energy)
    width = style.number("mix.width")
    earliest, latest = (0.0 if scene.bar == 0 else -0.06), scene.bar_beats - 0.01
    touch = scene.dice.rng.at("touch", scene.bar)
    notes = []
    for draft in drafts:
        index = zlib.crc32(draft.patch.encode(), draft.pitch * 4096 + int(draft.start * 96))
        kick = draft.pitch == _KICK and draft.layer == "drums"
        spread = touch.uniform(index) - 0.5
        start = swing.get(int(draft.start * 4), draft.start) if (draft.start * 4) % 1 == 0 else draft.start
        start += draft.offset + (0.0 if kick else late.get(draft.part, 0.0)) + 2 * spread * loose * (0.3 if kick else 1)
        velocity = (0.7 + (draft.velocity - 0.7) * contrast) * force + 0.05 * spread
        if velocity > _KNEE:
            velocity = 1 - (1 - _KNEE) * math.exp((_KNEE - velocity) / (1 - _KNEE))
        notes.append(
            Note(
                part=draft.part,
                patch=draft.patch,
                pitch=draft.pitch,
                start_beats=round(max(earliest, min(latest, start)), 5),
                duration_beats=round(max(0.05, draft.length * draft.gate), 5),
                velocity=round(max(0.06, min(1.0, velocity)), 4),
                pan=round(max(-1.0, min(1.0, draft.pan * width)), 3),
            )
        )
    return notes
