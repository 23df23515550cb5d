"""Texts that nobody has written into the lexicon are understood too."""

import importlib
import sys
from pathlib import Path

import pytest


def test_most_unseen_prompts_find_a_right_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3]), *sys.path])
    shares = importlib.import_module("bench.understanding").shares()
    assert shares[3] >= 0.6
    assert shares[1] >= 0.45
