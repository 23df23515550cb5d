"""Who plays what: when several instruments are asked for, each gets a role of its own, the weightiest one first."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from everjam.engines.band.cards import Card

BESIDE: Final = {"melody": "counter", "counter": "melody", "chords": "second", "second": "chords", "arp": "riff"}
"""Role that the next instrument takes where the one that it wants is taken."""

ASKED_FOR: Final = 3.0
"""Least presence of an instrument in the first role that it was given."""
_COMPERS: Final = frozenset({"chords", "second"})
"""Roles that read the same kind of figures."""


def cast(cards: Sequence[tuple[Card, float]]) -> list[tuple[Card, float]]:
    """Gives roles to instruments.

    By falling weight each instrument takes the first of its claims that is free, else a role beside one of them; then
    what nobody else wanted goes to those who claim it. An instrument alone keeps all that it claims.

    Args:
        cards: Cards and weights.

    Returns:
        The same cards in the same order, instruments with the claims that they were given and their tables under the
        names of those roles.
    """
    players = [card for card, weight in cards if weight > 0 and card.kind == "instrument" and card.claims]
    if len(players) < 2:
        return list(cards)
    # Of equal weights the less versatile one chooses first.
    ranked = sorted(
        ((card, weight) for card, weight in cards if card in players),
        key=lambda item: (-item[1], len(item[0].claims), item[0].id),
    )
    given: dict[str, str] = {}
    roles: dict[str, list[tuple[str, str]]] = {}
    for card, _ in ranked:
        wanted = [(claim, claim) for claim in card.claims]
        wanted += [(claim, BESIDE[claim]) for claim in card.claims if claim in BESIDE]
        wanted += [(claim, "riff") for claim in card.claims if claim in {"melody", "counter"}]
        claim, role = next(((claim, role) for claim, role in wanted if role not in given), wanted[-1])
        given.setdefault(role, card.id)
        roles[card.id] = [(claim, role)]
    for card, _ in ranked:
        for claim in card.claims:
            if claim not in given:
                given[claim] = card.id
                roles[card.id].append((claim, claim))
    return [(_recast(card, tuple(roles[card.id])) if card in players else card, weight) for card, weight in cards]


@lru_cache(maxsize=1024)
def _recast(card: Card, roles: tuple[tuple[str, str], ...]) -> Card:
    """The card with other claims; in a role that it was not written for its tables go by the role's name."""
    tables, numbers = dict(card.tables), dict(card.numbers)
    kept = {role for _, role in roles}
    for claim in card.claims:
        if claim not in kept:
            # Another instrument has the role: this one does not press itself into it.
            tables.pop(f"instruments.{claim}", None)
            numbers.pop(f"layers.{claim}", None)
    own = roles[0][1]
    numbers[f"layers.{own}"] = max(ASKED_FOR, numbers.get(f"layers.{own}", ASKED_FOR))
    for claim, role in roles:
        if claim == role:
            continue
        if f"instruments.{claim}" in card.tables:
            tables[f"instruments.{role}"] = card.tables[f"instruments.{claim}"]
        if f"layers.{claim}" in card.numbers:
            said = card.numbers[f"layers.{claim}"]
            numbers[f"layers.{role}"] = max(ASKED_FOR, said) if role == own else said
        for name in ("figures", "voicings"):
            table = card.tables.get(f"{claim}.{name}")
            if table and {claim, role} <= _COMPERS:
                tables[f"{role}.{name}"] = table
        for name in ("center", "length"):
            if {claim, role} <= _COMPERS and f"{claim}.{name}" in card.numbers:
                numbers[f"{role}.{name}"] = card.numbers[f"{claim}.{name}"]
    return replace(card, claims=tuple(role for _, role in roles), tables=tables, numbers=numbers)
