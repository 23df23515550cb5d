"""``everjam explain``: what the band makes of a text, and why."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from everjam.cli import console
from everjam.cli.options import CardsDir
from everjam.promptline import parse_prompts
from everjam.settings import load_settings
from everjam.steering import WeightedPrompt

if TYPE_CHECKING:
    from everjam.engines.band.cards import Deck


def explain(
    prompts: Annotated[str, typer.Argument(metavar='"PROMPT[:WEIGHT], …"', help="Any text, in any language.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    cards: CardsDir = None,
) -> int:
    """Show which cards the band plays for a text, how much of each, and why.

    Nothing is played. A weight below 0 pushes a card away.
    """
    from everjam.engines.band.cards import deck_with

    deck = deck_with(load_settings({"cards_dir": cards}).cards_dir)
    meant = _meaning(parse_prompts(prompts), deck)
    if as_json:
        print(json.dumps(meant, indent=2, ensure_ascii=False))
    else:
        _print(meant)
    return 0


def _meaning(prompts: "tuple[WeightedPrompt, ...]", deck: "Deck") -> dict[str, Any]:
    from everjam.engines.band import prompts as words

    return {
        "prompts": [
            {
                "text": meaning.text,
                "weight": meaning.weight,
                "cards": [
                    {"card": part.id, "name": part.name, "weight": round(part.weight, 4), "why": part.why}
                    for part in meaning.ingredients
                ],
            }
            for meaning in words.explain(prompts, deck)
        ],
        "mix": [
            {"card": card, "name": words.shown(card, deck), "weight": weight}
            for card, weight in sorted(words.ingredients(prompts, deck), key=lambda item: (-abs(item[1]), item[0]))
        ],
    }


def _print(meant: dict[str, Any]) -> None:
    table = Table("prompt", "card", "weight", "why", box=None, pad_edge=False, header_style="dim")
    for prompt in meant["prompts"]:
        shown = prompt["text"] if prompt["weight"] == 1 else f"{prompt['text']} x {prompt['weight']:g}"
        for card in prompt["cards"]:
            table.add_row(Text(shown, "bold"), Text(card["name"]), _percent(card["weight"]), Text(card["why"]))
            shown = ""
    console.out().print(table)
    if len(meant["prompts"]) > 1:
        mix = ", ".join(f"{part['name']} {part['weight']:+.0%}" for part in meant["mix"])
        console.out().print(Text.assemble(("together: ", "dim"), mix))


def _percent(weight: float) -> Text:
    return Text(f"{weight:+.0%}", "red" if weight < 0 else "green", justify="right")
