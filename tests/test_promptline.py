"""What people type is understood as Google's sample script understands it, or refused with a remedy."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.errors import UsageError
from everjam.promptline import (
    Quit,
    SetField,
    SetPrompts,
    SetTransport,
    field_choices,
    find_field,
    parse_field,
    parse_line,
    parse_prompts,
)
from everjam.steering import FIELD_BY_NAME, FIELDS, MusicGenerationMode, Scale, WeightedPrompt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Piano", [("Piano", 1.0)]),
        ("Piano:2", [("Piano", 2.0)]),
        ("Piano:1, Drums:0.5", [("Piano", 1.0), ("Drums", 0.5)]),
        ("  lofi hip hop : 1.5 ,rain:.3,", [("lofi hip hop", 1.5), ("rain", 0.3)]),
        ("brass:-1.5", [("brass", -1.5)]),
        ("Act II: the storm", [("Act II: the storm", 1.0)]),
        ("Act II: the storm:0.7", [("Act II: the storm", 0.7)]),
        ("at 12:30 o'clock", [("at 12:30 o'clock", 1.0)]),
        ("jazz:1_000", [("jazz:1_000", 1.0)]),
        ("jazz:nan", [("jazz:nan", 1.0)]),
        ("jazz:0, funk:1e-1", [("funk", 0.1)]),
        ("東京の夜:2", [("東京の夜", 2.0)]),
    ],
)
def test_prompts(text: str, expected: list[tuple[str, float]]) -> None:
    assert parse_prompts(text) == tuple(WeightedPrompt(*pair) for pair in expected)


@pytest.mark.parametrize("text", ["", " , ,", "jazz:0", ":2", "jazz:1e999"])
def test_lines_without_a_prompt_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_prompts(text)
    assert caught.value.remedy


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters=",:", exclude_categories=("Cs", "Zs", "Cc")), min_size=1),
            st.floats(-5, 5).filter(lambda weight: abs(weight) > 1e-6),
        ).filter(lambda pair: pair[0].strip() == pair[0]),
        min_size=1,
        max_size=8,
    )
)
def test_prompts_survive_being_written(pairs: list[tuple[str, float]]) -> None:
    line = ", ".join(f"{text}:{weight!r}" for text, weight in pairs)
    assert parse_prompts(line) == tuple(WeightedPrompt(*pair) for pair in pairs)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("bpm", "140", 140),
        ("bpm", "140.0", 140),
        ("bpm", "AUTO", None),
        ("density", "0.25", 0.25),
        ("seed", "-2147483648", -(2**31)),
        ("mute_bass", "on", True),
        ("mute_drums", "False", False),
        ("music_generation_mode", "diversity", MusicGenerationMode.DIVERSITY),
        ("music_generation_mode", "3", MusicGenerationMode.VOCALIZATION),
        ("scale", "auto", None),
        ("scale", "C_MAJOR_A_MINOR", Scale.C_MAJOR_A_MINOR),
        ("scale", "d_flat_major_b_flat_minor", Scale.D_FLAT_MAJOR_B_FLAT_MINOR),
        ("scale", "g flat major", Scale.G_FLAT_MAJOR_E_FLAT_MINOR),
        ("scale", "B flat minor", Scale.D_FLAT_MAJOR_B_FLAT_MINOR),
        ("scale", "F# minor", Scale.A_MAJOR_G_FLAT_MINOR),
        ("scale", "Am", Scale.C_MAJOR_A_MINOR),
        ("scale", "CM", Scale.C_MAJOR_A_MINOR),
        ("scale", "Bb", Scale.B_FLAT_MAJOR_G_MINOR),
        ("scale", "Cb major", Scale.B_MAJOR_A_FLAT_MINOR),
        ("scale", "12", Scale.B_MAJOR_A_FLAT_MINOR),
    ],
)
def test_fields(name: str, text: str, value: object) -> None:
    assert parse_field(FIELD_BY_NAME[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bpm", "300"),
        ("bpm", "120.5"),
        ("bpm", "fast"),
        ("density", "nan"),
        ("guidance", "inf"),
        ("top_k", "0"),
        ("scale", "H major"),
        ("scale", "flat_minor"),
        ("scale", "13"),
        ("scale", "MA"),
        ("music_generation_mode", "loud"),
        ("mute_bass", "perhaps"),
    ],
)
def test_fields_out_of_range_say_what_may_be_written(name: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_field(FIELD_BY_NAME[name], text)
    assert caught.value.remedy == f"Write {field_choices(FIELD_BY_NAME[name])}, or AUTO."


def test_lines() -> None:
    assert parse_line("  ") is None
    assert parse_line("PLAY") == SetTransport("play")
    assert parse_line("reset ") == SetTransport("reset")
    assert parse_line("q") == Quit()
    assert parse_line("bpm=140") == SetField(FIELD_BY_NAME["bpm"], 140)
    assert parse_line("topK = 12") == SetField(FIELD_BY_NAME["top_k"], 12)
    assert parse_line("scale=AUTO") == SetField(FIELD_BY_NAME["scale"], None)
    assert parse_line("mode=VOCALIZATION") == SetField(
        FIELD_BY_NAME["music_generation_mode"], MusicGenerationMode.VOCALIZATION
    )
    assert parse_line("play:1") == SetPrompts((WeightedPrompt("play", 1.0),))
    assert parse_line("Piano:1, Drums") == SetPrompts((WeightedPrompt("Piano"), WeightedPrompt("Drums")))


def test_an_unknown_field_is_not_taken_for_a_prompt() -> None:
    with pytest.raises(UsageError, match="Did you mean density"):
        parse_line("densty=1")
    with pytest.raises(UsageError, match="There are: temperature"):
        parse_line("colour=blue")


def test_every_field_is_found_by_all_its_names() -> None:
    for spec in FIELDS:
        for name in (spec.name, spec.wire_name, spec.name.replace("_", "-"), spec.name.upper()):
            assert find_field(name) is spec


@given(st.text())
def test_any_line_is_understood_or_refused(line: str) -> None:
    with contextlib.suppress(UsageError):
        parse_line(line)
