"""One place turns errors into close codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam import errors
from everjam.errors import EverjamError, InvalidMessage, PeerError, ServerBusy, clip_reason, close_frame


def test_what_is_not_the_peers_business_is_not_told() -> None:
    for error in (ValueError("secret"), errors.EngineError("secret"), KeyError("secret")):
        assert close_frame(error) == (1011, "Internal error encountered.")


def test_the_peer_is_told_what_and_where_and_what_to_do() -> None:
    code, reason = close_frame(InvalidMessage("expected a number", field="a.b", remedy="Send 1."))
    assert (code, reason) == (1007, "a.b: expected a number. Send 1.")
    assert close_frame(ServerBusy("full"))[0] == 1011


@given(st.text())
def test_reasons_fit_a_close_frame(text: str) -> None:
    clipped = clip_reason(text)
    assert len(clipped.encode()) <= 123
    clipped.encode().decode()


def _tree(kind: type[EverjamError]) -> list[type[EverjamError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _tree(child))]


@pytest.mark.parametrize("kind", [kind for kind in _tree(EverjamError) if kind.__module__ == "everjam.errors"])
def test_the_drawn_tree_is_the_real_one(kind: type[EverjamError]) -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in f"{line} "]
    assert len(lines) == 1
    if issubclass(kind, PeerError | ServerBusy) and kind is not PeerError:
        assert str(kind.close_code) in lines[0]
