"""What ``everjam explain`` tells."""

import json
from pathlib import Path
from typing import Any


def test_a_table_with_reasons(everjam: Any) -> None:
    ended = everjam("explain", "slow funk")
    assert ended.code == 0
    assert ended.err == ""
    head, *rows = ended.out.splitlines()
    assert head.split() == ["prompt", "card", "weight", "why"]
    assert len(rows) == 2
    assert any("Funk" in row and "'funk' names it" in row for row in rows)


def test_several_prompts_show_their_mix(everjam: Any) -> None:
    ended = everjam("explain", "funk:2, drums:-1")
    assert "funk x 2" in ended.out
    assert ended.out.splitlines()[-1] == "together: Funk +67%, Drums -33%"


def test_json_is_for_programs(everjam: Any) -> None:
    ended = everjam("explain", "funk at 96 bpm, ドラム:-1", "--json")
    meant = json.loads(ended.out)
    assert [prompt["text"] for prompt in meant["prompts"]] == ["funk at 96 bpm", "ドラム"]
    cards = {card["card"]: card for card in meant["prompts"][0]["cards"]}
    assert set(cards) == {"funk", "bpm:96"}
    assert cards["bpm:96"]["name"] == "96 bpm"
    assert sum(abs(part["weight"]) for part in meant["mix"]) == 1
    assert next(part for part in meant["mix"] if part["card"] == "drums")["weight"] < 0


def test_cards_of_ones_own_are_known(everjam: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "zorblax.toml").write_text(
        'name = "Zorblax"\nkind = "genre"\nabout = "Tin drums of another planet."\naliases = ["zorb"]\n', "utf-8"
    )
    ended = everjam("explain", "zorb", "--cards", str(folder))
    assert "Zorblax" in ended.out
    assert "Zorblax" not in everjam("explain", "zorb").out


def test_nothing_to_explain_is_called_wrongly(everjam: Any) -> None:
    ended = everjam("explain", " ")
    assert ended.code == 2
    assert ended.err.startswith("everjam: ")
