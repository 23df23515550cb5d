"""Engines come in by entry points."""

import pytest

from everjam.engines import registry
from everjam.errors import UnknownModel, UsageError


def test_ours_come_in_by_the_same_door() -> None:
    assert {"band", "tone"} <= set(registry.names())
    assert registry.info("tone").name == "tone"
    assert [info.name for info in registry.infos()] == sorted(info.name for info in registry.infos())


@pytest.mark.parametrize("model", ["models/lyria-realtime-exp", "lyria-realtime", "lyria-realtime-002"])
def test_lyria_models_get_the_default_engine(model: str) -> None:
    assert registry.engine_for_model(model, "tone") == "tone"


def test_engines_answer_to_their_own_names() -> None:
    assert registry.engine_for_model("models/everjam-tone", "band") == "tone"
    with pytest.raises(UnknownModel) as caught:
        registry.engine_for_model("models/" + "x" * 500, "band")
    assert "models/lyria-realtime-exp" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_unknown_engines_and_options_are_named() -> None:
    with pytest.raises(UsageError, match="no engine 'kazoo'"):
        registry.load("kazoo")
    with pytest.raises(UsageError, match="strings"):
        registry.load("tone", strings=True)


@pytest.mark.parametrize("error", [ImportError("no such library"), RuntimeError("no GPU"), AttributeError("no class")])
def test_a_broken_engine_is_tried_once_and_hurts_no_other(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name = "broken"
        loads = 0

        def load(self) -> None:
            Broken.loads += 1
            raise error

    everything = {**registry._entry_points(), "broken": Broken()}
    monkeypatch.setattr(registry, "_entry_points", lambda: everything)
    for _ in range(2):
        assert "tone" in [info.name for info in registry.infos()]
        assert registry.engine_for_model("models/everjam-tone", "band") == "tone"
    assert Broken.loads == 1
    with pytest.raises(UsageError, match="broken"):
        registry.info("broken")
