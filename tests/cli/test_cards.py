"""``everjam cards``: what is listed, shown and found wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from everjam.cli.main import main

CARD = """
name = "Kitchen Waltz"
kind = "genre"
about = "Pots, pans and an accordion."
aliases = ["cookery waltz"]
[tempo]
bpm = [150, 160]
meters = { "3/4" = 1 }
[instruments]
melody = { accordion = 1 }
[bass.figures]
"R--- 5--- 5---" = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kitchen_waltz.toml").write_text(CARD, encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["cards", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_cards_are_listed_with_those_of_a_folder(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, err = run(capsys, "ls", "--cards", str(folder))
    assert code == 0
    assert "bossa_nova" in out
    assert "kitchen_waltz" in out
    assert "cards show CARD" in err
    assert "bossa_nova" not in run(capsys, "ls", "--kind", "mood")[1]
    assert run(capsys, "ls", "--kind", "soup")[0] == 2


def test_a_card_is_shown_with_a_score(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = run(capsys, "show", "kitchen waltz", "--cards", str(folder), "--bars", "2")
    assert code == 0
    assert "150-160" in out
    assert "3/4" in out
    assert out.count("\nbar ") == 2
    assert "melody accordion" in out


def test_a_card_can_be_copied_as_a_start(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(capsys, "show", "kitchen_waltz", "--toml", "--cards", str(folder))[1] == CARD
    assert "[melody.rhythms]" in run(capsys, "show", "bossa_nova", "--toml")[1]


def test_a_wrong_name_gets_the_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "show", "bosa nova")
    assert code == 2
    assert "bossa_nova" in err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text, "1 of 1 cards are right"),
        (lambda text: text.replace("accordion = 1", "akkordion = 1"), "accordion"),
        (lambda text: text.replace('"3/4"', '"3/x"'), "tempo.meters"),
        (lambda text: text.replace('"cookery waltz"', '"bossa"'), "bossa_nova"),
        (lambda text: text.replace("R--- 5---", "R--- Z---"), "bass.figures"),
        (lambda text: text + "[drums.grids.a]\nspoon = 'x...'\n", "spoon"),
        (lambda text: text.replace("name =", "nome ="), "nome"),
    ],
)
def test_every_mistake_is_told_with_its_place(
    capsys: pytest.CaptureFixture[str], folder: Path, change: Callable[[str], str], told: str
) -> None:
    (folder / "kitchen_waltz.toml").write_text(change(CARD), encoding="utf-8")
    code, _, err = run(capsys, "check", str(folder))
    assert told in err
    assert code == (0 if "1 of 1" in err else 1)


def test_a_folder_without_cards_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "check", str(tmp_path))[0] == 2


def test_a_take_is_played_from_a_card_of_ones_own(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    words = ["render", "kitchen waltz", "-d", "2", "-o", str(tmp_path / "a.wav"), "--seed", "1", "-q"]
    assert main([*words, "--cards", str(folder)]) == 0
    own = (tmp_path / "a.wav").read_bytes()
    assert main(words) == 0
    assert (tmp_path / "a.wav").read_bytes() != own
    assert main([*words, "--cards", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_the_card_of_the_tutorial_is_right(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
    text = page.partition("<!-- card:begin -->\n```toml\n")[2].partition("```\n<!-- card:end -->")[0]
    (tmp_path / "porch_waltz.toml").write_text(text, encoding="utf-8")
    assert run(capsys, "check", str(tmp_path))[0] == 0
    code, out, _ = run(capsys, "show", "porch waltz", "--cards", str(tmp_path), "--bars", "16")
    assert code == 0
    assert "melody fiddle" in out or "melody harmonica" in out
    assert "3/4" in out
