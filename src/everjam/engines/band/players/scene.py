"""What every player sees, and what a player writes: drafts of notes with the density at which they join."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Literal

from everjam.engines.band.figures import metric_weight, native_meter
from everjam.engines.band.form import Place
from everjam.engines.band.harmony import Span
from everjam.engines.band.sampling import Address, Dice
from everjam.engines.band.score import Articulation, Meter, Part
from everjam.engines.band.style import Mixed, Style
from everjam.engines.band.theory import Chord, Key

NEED_GRAIN: Final = 0.1
"""Chance spreads the density at which a note joins over this much."""

VELOCITIES: Final = {"X": 0.95, "x": 0.76, "o": 0.52, "g": 0.26, "m": 0.6}
"""Force of the cells of a figure; digits are played like ``x``."""


FIGURES: Final = frozenset(
    {
        "drums.grids",
        "drums.perc",
        "drums.fills",
        "bass.figures",
        "chords.figures",
        "chords.arps",
        "second.figures",
        "riff.figures",
        "melody.rhythms",
        "voice.figures",
    }
)
"""Tables whose candidates are written in a metre."""
OTHER_METER: Final = -8.0
"""Nats for a figure that is written in another metre than the bar's."""


@lru_cache(maxsize=2048)
def in_meter(mixed: Mixed, meter: Meter) -> Mixed:
    """A table of figures, those that are written in the bar's metre first."""
    own = tuple(native_meter(candidate) == meter for candidate in mixed.candidates)
    if all(own):
        return mixed
    logits = tuple(logit + (0.0 if fits else OTHER_METER) for logit, fits in zip(mixed.logits, own, strict=True))
    return Mixed(mixed.candidates, logits, mixed.identities)


@dataclass(frozen=True, slots=True)
class Last:
    """What the players remember from the bar before.

    Attributes:
        melody: MIDI key of the lead's last note, 0 at the start.
        bass: MIDI key of the bass's last note, 0 at the start.
        root: Pitch class of the last chord's root, -1 at the start.
        voicing: Last voicing of the comping instrument.
        second: Last voicing of the second comping instrument.
        pad: Last voicing of the pad.
    """

    melody: int = 0
    bass: int = 0
    root: int = -1
    voicing: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    pad: tuple[int, ...] = ()


NOTHING_YET: Final = Last()


@dataclass(slots=True)
class Draft:
    """A note on the way into the score.

    Attributes:
        layer: Who takes part (``layers`` of the cards).
        part: Stem.
        patch: Instrument.
        pitch: MIDI key.
        start: On the grid, in beats from the start of the bar.
        length: Written length in beats.
        velocity: 0 to 1, before dynamics.
        need: Density from 0 to 1 at which it joins.
        gate: Share of the length that sounds.
        pan: -1 to 1.
        offset: Beats off the grid that are not chance (strums, flams).
        tied: Takes over the length of the next note of its line where that one does not join.
        articulation: How it is played.
        glide: Semitones from the pitch to where it comes from.
        join: Whether its player binds it to the note before of its line (``slur``), or slides from there (``slide``).
        bound: Lasts until the next note of its line begins.
    """

    layer: str
    part: Part
    patch: str
    pitch: int
    start: float
    length: float
    velocity: float
    need: float
    gate: float = 1.0
    pan: float = 0.0
    offset: float = 0.0
    tied: bool = False
    articulation: Articulation = "plain"
    glide: int = 0
    join: Literal["", "slur", "slide"] = ""
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One bar as all players see it.

    Attributes:
        style: What they obey.
        dice: Their draws.
        place: Where in the form the bar is.
        bar: Number of the bar.
        bpm: Quarter notes a minute.
        meter: Time signature.
        key: Tonic and mode.
        spans: Chords.
        next_chord: First chord of the next bar.
        strict: Keep to the key's seven pitch classes.
        wild: Repeat less (DIVERSITY).
        voice_leads: The voice has the melody (VOCALIZATION).
        energy: 0 to 1.
        last: What was played before.
        own_density: The density that the style's own pattern is written for.
        density: Drafts that need more are not heard; players may leave them out.
        needs: Density at which each layer joins; layers that never do are missing.
        announcement: How this bar announces what comes next: fill, riser, stop, or "".
        arrives: Something that was announced begins with this bar.
        patches: Instruments drawn so far in this bar, by role.
    """

    style: Style
    dice: Dice
    place: Place
    bar: int
    bpm: float
    meter: Meter
    key: Key
    spans: tuple[Span, ...]
    next_chord: Chord
    strict: bool
    wild: bool
    voice_leads: bool
    energy: float
    last: Last
    own_density: float = 0.55
    density: float = 1.0
    needs: Mapping[str, float] = field(default_factory=dict)
    announcement: str = ""
    arrives: bool = False
    patches: dict[str, str] = field(default_factory=dict)

    @property
    def bar_beats(self) -> float:
        """Length in beats."""
        return self.meter.length_beats

    def plays(self, layer: str) -> bool:
        """Whether anything of a layer can be heard in this bar."""
        return self.needs.get(layer, 2.0) <= self.density

    def scope(self, *address: Address) -> tuple[Address, ...]:
        """Address of a decision that a section's name brings back within the movement (each time anew if wild)."""
        if self.wild:
            return (*address, self.place.movement, self.place.name, self.place.sections_before)
        return (*address, self.place.movement, self.place.name)

    def table(self, name: str) -> Mixed:
        """A table of the style; of figures those in the bar's own metre come first."""
        mixed = self.style.table(name)
        return in_meter(mixed, self.meter) if name in FIGURES else mixed

    def pick(self, table: str, *address: Address) -> str:
        """Draws from a table of the style; "" if it is empty."""
        mixed = self.table(table)
        return mixed.draw(self.dice, *address) if mixed.candidates else ""

    def patch(self, role: str) -> str:
        """The instrument of a role: the same for a whole movement, so that a band stays a band."""
        patch = self.patches.get(role)
        if patch is None:
            every = 1 if self.wild else 2
            patch = self.pick(f"instruments.{role}", "patch", role, self.place.movement // every)
            self.patches[role] = patch
        return patch

    def span_at(self, start_beats: float) -> Span:
        """The chord that sounds at a position."""
        for span in reversed(self.spans):
            if span.start_beats <= start_beats + 1e-6:
                return span
        return self.spans[0]

    def beats(self, milliseconds: float) -> float:
        """A time as beats of this bar."""
        return milliseconds / 60_000 * self.bpm

    def need(self, start_beats: float, probability: float = 1.0) -> float:
        """Density at which a note of the style's own pattern joins: strong and sure notes first."""
        weak = 0.78 * metric_weight(start_beats, self.meter) + 0.22 * (1 - probability)
        return 0.03 + max(0.1, self.own_density - 0.07) * weak

    def rare_need(self, rarity: float) -> float:
        """Density at which a note joins that the style's pattern does not have: 0 soon, 1 only at the very top."""
        return self.own_density - 0.02 + max(0.05, 0.95 - self.own_density) * math.pow(rarity, 0.7)

    @property
    def is_busy(self) -> bool:
        """Whether any note beyond the style's own pattern can be heard."""
        return self.density > self.own_density - 0.02 - NEED_GRAIN

    def with_last(self, last: Last) -> "Scene":
        """The same scene after something was played."""
        return replace(self, last=last)
