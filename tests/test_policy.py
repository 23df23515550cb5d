"""What is refused, and above all what is not."""

import json
from pathlib import Path

import pytest

from everjam.errors import UsageError
from everjam.policy import load_policy


@pytest.mark.parametrize(
    "text",
    [
        "Death Metal",
        "murder ballad",
        "killer bass, gunshot snare",
        "blood-soaked doom metal",
        "children's choir",
        "sexy saxophone",
        "teen pop",
        "kill the lights, dark techno",
        "rapping over boom bap",
        "gospel rap",
        "rapeseed fields at dawn",
        "spicy salsa",
        "in the style of a sea shanty",
        "in the style of Taylor Swift",
        "music for a war film",
        "funeral march",
        "chinking glasses",
        "women of the desert, oud",
        "erotic lounge in A minor",
        "C minor, naked emotion",
    ],
)
def test_music_passes(text: str) -> None:
    assert load_policy().refusal(text) is None


@pytest.mark.parametrize(
    "text", ["kill all the people", "Lynch the immigrants", "sieg heil march", "child porn music", "sex with a minor"]
)
def test_hatred_and_abuse_do_not(text: str) -> None:
    reason = load_policy().refusal(text)
    assert reason is not None
    assert reason.endswith(".")


def test_artists_are_refused_only_where_the_operator_wants_it() -> None:
    policy = load_policy(refuse_artists=True)
    for text in (
        "in the style of Taylor Swift",
        "a ballad that sounds like Frank Sinatra",
        "as sung by Ella Fitzgerald",
    ):
        assert policy.refusal(text)
        assert load_policy().refusal(text) is None
    for text in ("in the style of bossa nova", "sounds like rain", "in the style of a sea shanty"):
        assert policy.refusal(text) is None


def test_the_users_own_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("[[rule]]\npattern = '\\bpolka\\b'\nreason = 'No polka here.'\n")
    policy = load_policy(file)
    assert policy.refusal("A Polka, please") == "No polka here."
    assert policy.refusal("kill all the people")


@pytest.mark.parametrize("text", ["[[rule]]\npattern = '('\nreason = 'x'", "[[rule]]\npatern = 'x'", "not toml ="])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"policy\.toml"):
        load_policy(file)
    with pytest.raises(UsageError, match="missing"):
        load_policy(tmp_path / "missing.toml")


def test_every_prompt_of_the_page_passes() -> None:
    policy = load_policy()
    prompts = ["Bossa Nova", "Chillwave", "Drum and Bass", "Punchy Kick", "Dubstep", "Thrash", "Witch house"]
    assert [policy.refusal(text) for text in prompts] == [None] * len(prompts), json.dumps(prompts)
