"""What the band knows: one TOML file a genre, instrument or mood. Reads and checks them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import msgspec
import rtoml

from everjam.engines.band import figures, theory
from everjam.engines.band.cards.schema import CardFile
from everjam.engines.band.kit import DRUM_VOICES
from everjam.engines.band.score import COMMON_TIME, ROOMS, SPECTRA, Meter
from everjam.errors import UsageError

_GRID_TABLES: Final = ("grids", "perc", "fills")
_FIGURE_CELLS: Final = {
    "bass.figures": "Rr2345678acgn.-" + figures.MARKS,
    "chords.figures": "Xxomb123456.-",
    "second.figures": "Xxomb123456.-",
    "chords.arps": "12345678.-",
    "riff.figures": "123456789abcd.-" + figures.MARKS,
    "melody.rhythms": "Xxo.-",
    "voice.figures": "Xxo.-",
}
_DRUM_CELLS: Final = "Xxog123456789.-"
_PHRASE_CELLS: Final = "abcd'^_- "
_LEARNT: Final = resources.files(__package__).joinpath("learnt")
_VOICINGS: Final = frozenset({"close", "open", "drop2", "shell", "power", "triad", "wide"})
_CHOICES: Final = {
    "harmony.modes": frozenset(theory.MODES),
    "harmony.tonics": frozenset(theory.SHARP_NAMES) | frozenset(theory.FLAT_NAMES),
    "chords.voicings": _VOICINGS,
    "second.voicings": _VOICINGS,
    "melody.scales": frozenset({"mode", "pentatonic", "blues", "chord"}),
    "melody.ornaments": frozenset({"none", "grace", "mordent", "turn", "trill", "roll", "slide", "tremolo"}),
    "melody.doubling": frozenset({"guide", "none", "unison", "octave", "thirds", "sixths"}),
    "form.announcements": frozenset({"none", "fill", "riser", "stop"}),
    "form.endings": frozenset({"cadence", "hit", "ritard", "tag", "fade"}),
    "mix.room": frozenset(ROOMS),
    "mix.spectrum": frozenset(SPECTRA),
}
# How loudly each kind of card speaks: in the roles that it claims, and elsewhere.
_STRENGTH: Final = {"genre": (1.0, 1.0), "instrument": (2.5, 0.15), "mood": (1.5, 0.6), "prior": (1.0, 1.0)}
BESIDE_GENRE: Final = 0.2
"""What an instrument's opinion outside its roles counts beside a genre, as a share of what it counts otherwise."""


class InvalidCard(UsageError):
    """A card that cannot be read.

    Attributes:
        file: Name of the file.
        key: Path of the offending key, "" for the whole file.
    """

    def __init__(self, file: str, key: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}", remedy=remedy)
        self.file = file
        self.key = key


@dataclass(frozen=True, slots=True)
class Grid:
    """A drum pattern.

    Attributes:
        meter: That it is written in.
        figures: Drum of ``kit.DRUM_VOICES`` to figure, tagged with the metre.
    """

    meter: Meter
    figures: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A card as the style mixes it: tables and numbers by dotted name.

    Attributes:
        id: Name of its file without the ending.
        name: For people.
        kind: prior, genre, instrument or mood.
        about: One line for people.
        aliases: Lower case.
        tables: E.g. ``bass.figures`` to candidates and weights.
        numbers: E.g. ``feel.swing``.
        grids: Drum grids by their candidate name in ``drums.grids``, ``drums.perc`` and ``drums.fills``.
        claims: Roles that it takes.
        removes: Layers that rest where it has a negative weight.
        sources: Where its facts come from.
    """

    id: str
    name: str
    kind: str
    about: str
    aliases: tuple[str, ...]
    tables: dict[str, dict[str, float]]
    numbers: dict[str, float]
    grids: dict[str, Grid]
    claims: tuple[str, ...]
    removes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @lru_cache(maxsize=65536)  # noqa: B019 - cards are few and live as long as the process
    def strength(self, decision: str, *, beside_genre: bool = False) -> float:
        """How loudly it speaks about a table or number; an instrument leaves the rest to the genre beside it."""
        claimed, elsewhere = _STRENGTH[self.kind]
        if beside_genre and self.kind == "instrument":
            elsewhere *= BESIDE_GENRE
        group, _, role = decision.partition(".")
        if group in {"instruments", "layers", "mix"}:
            subject = role.rpartition(".")[2]
        else:
            subject = "arp" if role.startswith("arp") else "perc" if decision == "drums.perc" else group
        return claimed if subject in self.claims or decision in self.claims else elsewhere


@dataclass(frozen=True, slots=True, eq=False)
class Deck:
    """All cards that a band has.

    Attributes:
        cards: By id, without the prior.
        prior: The band's own taste.
        grids: Every drum grid by its candidate name.
    """

    cards: dict[str, Card]
    prior: Card
    grids: dict[str, Grid]

    def patches(self) -> set[str]:
        """Every patch that some card names."""
        named: set[str] = set()
        for card in (*self.cards.values(), self.prior):
            for name, table in card.tables.items():
                if name.startswith("instruments."):
                    named.update(table)
        return named


def read_card(file: str, text: str) -> Card:
    """Reads one card.

    Args:
        file: Name of the file, for errors; its stem is the card's id.
        text: TOML.

    Raises:
        InvalidCard: With the file, the key and what to do.
    """
    try:
        data = rtoml.loads(text)
    except rtoml.TomlParsingError as error:
        raise InvalidCard(file, "", f"this is not TOML: {error}", "Mend the line that is named.") from error
    try:
        card = msgspec.convert(data, CardFile)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
        raise InvalidCard(
            file,
            path.rstrip("`"),
            problem,
            "The cards beside everjam/engines/band/cards/schema.py show what each key holds.",
        ) from error
    return _flatten(file, card)


def _flatten(file: str, card: CardFile) -> Card:
    identity = file.removesuffix(".toml")
    tables: dict[str, dict[str, float]] = {}
    numbers: dict[str, float] = {}
    for group in (
        "tempo",
        "feel",
        "layers",
        "drums",
        "instruments",
        "harmony",
        "bass",
        "chords",
        "second",
        "riff",
        "melody",
        "voice",
        "form",
        "mix",
    ):
        _collect(group, getattr(card, group), tables, numbers)
    if card.kind != "prior" and card.harmony.charts and not card.harmony.contrast:
        # A style without contrasting chords, such as a raga over its drone, keeps its own rather than the prior's.
        tables["harmony.contrast"] = dict(tables["harmony.charts"])
    if card.tempo.bpm is not None:
        low, high = card.tempo.bpm
        if not 20 <= low <= high <= 300:
            raise InvalidCard(file, "tempo.bpm", f"[{low:g}, {high:g}] is not a range", "Write [low, high], 20 to 300.")
        numbers["tempo.low"], numbers["tempo.high"] = low, high
    _expand(file, tables)
    meter = _own_meter(file, tables)
    _tag(file, tables, meter)
    grids: dict[str, Grid] = {}
    for kind in _GRID_TABLES:
        for name, written in getattr(card.drums, kind).items():
            grid, weight = _grid(file, f"drums.{kind}.{name}", written, meter)
            candidate = f"{grid.meter}|{identity}/{kind}/{name}"
            grids[candidate] = grid
            tables.setdefault(f"drums.{kind}", {})[candidate] = weight
    _check(file, tables)
    return Card(
        id=identity,
        name=card.name,
        kind=card.kind,
        about=card.about,
        aliases=tuple(alias.lower() for alias in card.aliases),
        tables=tables,
        numbers=numbers,
        grids=grids,
        claims=card.claims,
        removes=card.removes,
        sources=card.sources,
    )


def _collect(path: str, section: Any, tables: dict[str, dict[str, float]], numbers: dict[str, float]) -> None:
    for name in section.__struct_fields__:
        value = getattr(section, name)
        where = f"{path}.{name}"
        if isinstance(value, int | float):
            numbers[where] = float(value)
        elif isinstance(value, msgspec.Struct):
            _collect(where, value, tables, numbers)
        elif where == "form.energy":
            numbers.update({f"{where}.{key}": level for key, level in value.items()})
        elif isinstance(value, dict) and value and name not in _GRID_TABLES:
            tables[where] = dict(value)


def _expand(file: str, tables: dict[str, dict[str, float]]) -> None:
    """Puts learnt tables in the place of the references to them; what the card itself says stays as it is."""
    for where, table in tables.items():
        references = [candidate for candidate in table if candidate.startswith("@")]
        for reference in references:
            weight = table.pop(reference)
            learnt = learnt_table(reference[1:], where)
            if learnt is None:
                raise InvalidCard(
                    file,
                    f"{where}.{reference!r}",
                    "there is no such learnt table",
                    f"Learnt from: {', '.join(learnt_names())}; not every one has every table.",
                )
            for candidate, share in learnt.items():
                table.setdefault(candidate, weight * share)


def learnt_names() -> list[str]:
    """Names of the learnt tables, sorted."""
    return sorted(entry.name.removesuffix(".toml") for entry in _LEARNT.iterdir() if entry.name.endswith(".toml"))


def learnt_table(name: str, where: str) -> dict[str, float] | None:
    """A table that was learnt from real music, None if there is none of that name."""
    group, _, key = where.partition(".")
    table: dict[str, float] | None = _learnt(name).get(group, {}).get(key)
    return table


@lru_cache(maxsize=32)
def _learnt(name: str) -> dict[str, Any]:
    if name not in learnt_names():
        return {}
    return rtoml.loads((_LEARNT / f"{name}.toml").read_text(encoding="utf-8"))


def _own_meter(file: str, tables: dict[str, dict[str, float]]) -> Meter:
    """The metre that a card's figures are written in."""
    meters = tables.get("tempo.meters", {})
    for text in meters:
        try:
            Meter.parse(text)
        except ValueError as error:
            raise InvalidCard(file, f"tempo.meters.{text!r}", str(error), "Write it as in a score.") from error
    return Meter.parse(max(meters, key=meters.__getitem__)) if meters else COMMON_TIME


def _tag(file: str, tables: dict[str, dict[str, float]], meter: Meter) -> None:
    """Writes the metre before the figures of a card that is not in 4/4 and checks all figures."""
    for where, allowed in _FIGURE_CELLS.items():
        tagged = {}
        for figure, weight in tables.get(where, {}).items():
            key = f"{where}.{figure!r}"
            if figure == "kick":
                tagged[figure] = weight
                continue
            tagged[_figure(file, key, figure, meter, allowed)] = weight
        if tagged:
            tables[where] = tagged


def _grid(file: str, key: str, written: dict[str, str | float], meter: Meter) -> tuple[Grid, float]:
    """Reads a drum grid; gives it with its weight."""
    figures: dict[str, str] = {}
    weight, own = 1.0, meter
    for name, value in written.items():
        if name == "meter" and isinstance(value, str):
            try:
                own = Meter.parse(value)
            except ValueError as error:
                raise InvalidCard(file, f"{key}.meter", str(error), "Write it as in a score.") from error
        elif name == "weight" and not isinstance(value, str):
            if not 0 < value <= 100:
                raise InvalidCard(file, f"{key}.weight", f"{value:g} is out of range", "Write a number up to 100.")
            weight = float(value)
        elif name not in DRUM_VOICES or not isinstance(value, str):
            raise InvalidCard(file, f"{key}.{name}", "no such drum", f"Choose from {', '.join(sorted(DRUM_VOICES))}.")
    for name, value in written.items():
        if name in DRUM_VOICES and value:
            figures[name] = _figure(file, f"{key}.{name}", str(value), own, _DRUM_CELLS)
    return Grid(own, figures), weight


def _figure(file: str, key: str, figure: str, meter: Meter, allowed: str) -> str:
    """Checks a figure; gives it with its metre before it, if that is not 4/4."""
    try:
        native = figures.native_meter(figure) if "|" in figure else meter
    except ValueError as error:
        raise InvalidCard(file, key, str(error), 'Write the metre as in "6/8|x--x-x".') from error
    marked = figures.marked_cells_of(figure)
    stray = sorted(set("".join(marked)) - set(allowed))
    if figure.rstrip().endswith(tuple(figures.MARKS)) or any(cell[:-1] and cell[-1] in ".-" for cell in marked):
        raise InvalidCard(file, key, "a mark without a note", "Write it right before its note, as in ~8.")
    if stray:
        raise InvalidCard(file, key, f"{''.join(stray)!r} is no cell of this figure", f"Use {allowed}.")
    bar = figures.cells_a_bar(len(marked), native)
    if marked and len(marked) % bar and bar % len(marked):
        remedy = f"A bar of {native} has {len(native.cells)} cells; write that many, or a multiple."
        raise InvalidCard(file, key, f"{len(marked)} cells", remedy)
    cells = "".join(marked)
    return cells if native == COMMON_TIME else f"{native}|{cells}"


def _check(file: str, tables: dict[str, dict[str, float]]) -> None:
    for where, table in tables.items():
        for candidate in table:
            key = f"{where}.{candidate!r}"
            if where in _CHOICES and candidate not in _CHOICES[where]:
                raise InvalidCard(file, key, "unknown", f"Choose from {', '.join(sorted(_CHOICES[where]))}.")
            if where == "melody.phrases":
                stray = set(candidate) - set(_PHRASE_CELLS)
                if stray or len(candidate.split()) not in {4, 8}:
                    raise InvalidCard(file, key, "not a phrase", 'Write 4 or 8 bars such as "a a\' b -".')
            elif where in {"harmony.charts", "harmony.contrast", "harmony.turnarounds"}:
                try:
                    theory.parse_chart(candidate)
                except ValueError as error:
                    raise InvalidCard(file, key, str(error), 'Write bars such as "ii9 V13 | Imaj9".') from error
            elif where == "form.cycles" and not all(
                part.rstrip("0123456789").isalpha() and part[-1].isdigit() for part in candidate.split()
            ):
                raise InvalidCard(file, key, "not a form", 'Write sections with their bars, such as "A8 B8".')


def _files(folders: Iterable[Path]) -> list[Path | Traversable]:
    """Card files, sorted by name; of one name the last one counts."""
    files: list[Path | Traversable] = [
        entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(".toml")
    ]
    for folder in folders:
        files.extend(folder.glob("*.toml"))
    return sorted(files, key=lambda entry: entry.name)


def source_of(card: str, folders: Iterable[Path] = ()) -> str:
    """The text of a card's file.

    Raises:
        KeyError: There is no such card.
    """
    found = {entry.name: entry for entry in _files(folders)}
    return found[f"{card}.toml"].read_text(encoding="utf-8")


def read_deck(folders: Iterable[Path] = ()) -> Deck:
    """Reads the band's own cards and those in more folders, which win where ids are the same.

    Raises:
        InvalidCard: A card cannot be read.
    """
    cards = {}
    for entry in _files(folders):
        card = read_card(entry.name, entry.read_text(encoding="utf-8"))
        cards[card.id] = card
    prior = cards.pop("prior")
    grids = {name: grid for card in (*cards.values(), prior) for name, grid in card.grids.items()}
    return Deck(cards=cards, prior=prior, grids=grids)


@lru_cache(maxsize=1)
def default_deck() -> Deck:
    """The band's own cards, read once a process."""
    return read_deck()


@lru_cache(maxsize=4)
def deck_with(folder: str | Path | None) -> Deck:
    """The band's own cards and those of a folder, read once a process.

    Raises:
        UsageError: There is no such folder.
        InvalidCard: A card cannot be read.
    """
    if folder is None:
        return default_deck()
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"There is no folder {path}.", remedy="Give the folder that holds your .toml cards.")
    return read_deck((path,))
