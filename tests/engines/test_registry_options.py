"""Options reach the engines that take them, and are checked before anything is started."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from everjam.engines import registry
from everjam.errors import UsageError


@dataclass
class Given:
    cards_dir: Path | None = None
    soundfont: Path | str | None = None
    port: int = 1


def test_only_what_is_set_and_wanted_is_passed_on(tmp_path: Path) -> None:
    assert registry.options("band", Given(tmp_path)) == {"cards_dir": tmp_path}
    assert registry.options("band", Given()) == {}
    assert registry.options("band", Given(soundfont="auto")) == {"soundfont": "auto"}
    assert registry.options("tone", Given(tmp_path)) == {}


def test_wrong_options_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        registry.check("band", cards_dir=tmp_path / "nowhere")
    card = 'name = "X"\nkind = "mood"\nabout = "x"\n[instruments]\nmelody = { spoons = 1 }\n'
    (tmp_path / "x.toml").write_text(card, encoding="utf-8")
    with pytest.raises(UsageError, match="spoons"):
        registry.check("band", cards_dir=tmp_path)
    with pytest.raises(UsageError, match=r"x\.toml is not a SoundFont"):
        registry.check("band", soundfont=tmp_path / "x.toml")
    registry.check("tone")
