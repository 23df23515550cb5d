"""``everjam cards``: the styles, instruments and moods that the band knows, and those that you write yourself."""

import difflib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from everjam.cli import console
from everjam.errors import UsageError
from everjam.settings import load_settings

if TYPE_CHECKING:
    from everjam.engines.band.cards import Card, Deck

cards = typer.Typer(help="List, show and check style cards.", no_args_is_help=True, rich_markup_mode="rich")

Folder = Annotated[
    str | None, typer.Option("--cards", metavar="DIR", help="Folder with style cards of your own, beside the band's.")
]
_SHOWN_TABLES = (
    "tempo.meters",
    "harmony.modes",
    "harmony.charts",
    "instruments.bass",
    "instruments.chords",
    "instruments.second",
    "instruments.pad",
    "instruments.arp",
    "instruments.riff",
    "instruments.melody",
    "instruments.counter",
    "instruments.voice",
    "instruments.noise",
    "form.cycles",
)
_CHECK_BARS = 8


@cards.command("ls")
def list_cards(
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only genre, instrument or mood cards.")
    ] = None,
    folder: Folder = None,
) -> int:
    """List the cards."""
    deck = _deck(folder)
    if kind not in {None, "genre", "instrument", "mood"}:
        raise UsageError(f"There is no kind {kind!r}.", remedy="Choose genre, instrument or mood.")
    table = Table("card", "kind", "tempo", "what it is", box=None, pad_edge=False, header_style="dim")
    for name, card in sorted(deck.cards.items()):
        if kind in {None, card.kind}:
            table.add_row(name, card.kind, _tempo(card), card.about)
    console.out().print(table)
    console.note(f"{len(deck.cards)} cards; `everjam cards show CARD` shows one.")
    return 0


@cards.command()
def show(
    card: Annotated[str, typer.Argument(metavar="CARD", help="Its name, as `everjam cards ls` lists it.")],
    bars: Annotated[int, typer.Option("--bars", metavar="N", min=0, max=64, help="Bars of music to print.")] = 2,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of that music.")] = 1,
    source: Annotated[
        bool, typer.Option("--toml", help="Print the file itself: a start for a card of your own.")
    ] = False,
    folder: Folder = None,
) -> int:
    """Show a card: what it says, and a few bars of it as a score."""
    from everjam.engines.band.cards import source_of
    from everjam.engines.band.composer import Composer
    from everjam.engines.band.scoreprint import print_bar
    from everjam.steering import Steering, WeightedPrompt

    deck = _deck(folder)
    found = _card(deck, card)
    if source:
        typer.echo(source_of(found.id, () if folder is None else (Path(folder),)), nl=False)
        return 0
    console.out().print(Text.assemble((found.name, "bold"), f"  {found.kind}  {_tempo(found)}"))
    console.out().print(Text(found.about))
    for title, words in (("also called", found.aliases), ("plays", found.claims), ("sources", found.sources)):
        if words:
            console.out().print(Text.assemble((f"{title}: ", "dim"), ", ".join(words)))
    for name in _SHOWN_TABLES:
        table = found.tables.get(name)
        if table:
            told = "; ".join(f"{candidate} {weight:g}" for candidate, weight in table.items())
            console.out().print(Text.assemble((f"{name}: ", "dim"), told))
    composer, steering = Composer(deck), Steering((WeightedPrompt(found.name),))
    memory = composer.start()
    for _ in range(bars):
        bar, memory = composer.compose(memory, steering, seed)
        typer.echo(f"\n{print_bar(bar)}")
    return 0


@cards.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Card files, or folders of them.")],
) -> int:
    """Check cards that you wrote: every mistake, with its place and its remedy."""
    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    if not files:
        raise UsageError("There is no card to check.", remedy="Give .toml files, or folders that hold some.")
    wrong = 0
    for file in files:
        problems = _problems(file)
        wrong += bool(problems)
        for problem in problems:
            console.complain(problem)
        if not problems:
            console.out().print(Text.assemble(("ok  ", "green"), str(file)))
    console.note(f"{len(files) - wrong} of {len(files)} cards are right.")
    return 1 if wrong else 0


def _problems(file: Path) -> list[str]:
    from everjam.engines.band.cards import InvalidCard, default_deck, read_card
    from everjam.engines.band.composer import Composer
    from everjam.engines.band.instruments import PATCHES
    from everjam.steering import Steering, WeightedPrompt

    try:
        card = read_card(file.name, file.read_text(encoding="utf-8"))
    except InvalidCard as error:
        return [str(error)]
    except (OSError, UnicodeDecodeError) as error:
        return [f"{file}: it cannot be read ({error}). Write it as UTF-8 text."]
    found = []
    for table, candidates in card.tables.items():
        for patch in candidates if table.startswith("instruments.") else ():
            if patch not in PATCHES:
                near = ", ".join(difflib.get_close_matches(patch, PATCHES, 3, 0.4)) or "`everjam cards show` lists some"
                found.append(f"{file.name}: {table}.{patch}: there is no such patch. Near: {near}.")
    taken = {
        alias: other.id for other in default_deck().cards.values() if other.id != card.id for alias in other.aliases
    }
    found += [
        f"{file.name}: aliases: {alias!r} is a name of the card {taken[alias]!r}. Take it out, or it may win."
        for alias in card.aliases
        if alias in taken
    ]
    if not found:
        deck = default_deck()
        deck = replace(deck, cards={**deck.cards, card.id: card}, grids={**deck.grids, **card.grids})
        composer, steering = Composer(deck), Steering((WeightedPrompt(card.name),))
        memory, notes = composer.start(), 0
        for _ in range(_CHECK_BARS):
            bar, memory = composer.compose(memory, steering, 1)
            notes += len(bar.notes)
        if not notes:
            found.append(f"{file.name}: {_CHECK_BARS} bars of it are silent. Raise some of `layers`.")
    return found


def _deck(folder: str | None) -> "Deck":
    from everjam.engines.band.cards import deck_with

    return deck_with(load_settings({"cards_dir": folder}).cards_dir)


def _card(deck: "Deck", name: str) -> "Card":
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    found = deck.cards.get(wanted)
    if found is None:
        near = difflib.get_close_matches(wanted, deck.cards, 3, 0.5)
        remedy = f"Near: {', '.join(near)}." if near else "`everjam cards ls` lists them."
        raise UsageError(f"There is no card {name!r}.", remedy=remedy)
    return found


def _tempo(card: "Card") -> str:
    low, high = card.numbers.get("tempo.low"), card.numbers.get("tempo.high")
    if low is None or high is None:
        scale = card.numbers.get("tempo.scale", 1.0)
        return f"x{scale:g}" if scale != 1 else ""
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"
