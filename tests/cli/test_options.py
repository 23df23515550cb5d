"""Options come from the tables: nothing in a table is missing on the command line, and nothing else is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.cli.options import (
    config_options,
    field_flag,
    parse_duration,
    read_config,
    settings_options,
)
from everjam.errors import UsageError
from everjam.settings import SPECS
from everjam.steering import FIELDS, MusicConfig, MusicGenerationMode, Scale


def test_every_setting_that_may_has_an_option() -> None:
    assert [option.name for option in settings_options()] == [spec.name for spec in SPECS if spec.flag]


def test_every_field_has_an_option() -> None:
    assert [option.name for option in config_options()] == [spec.name for spec in FIELDS]
    assert [field_flag(spec) for spec in FIELDS] == [
        "temperature",
        "top-k",
        "seed",
        "guidance",
        "bpm",
        "density",
        "brightness",
        "scale",
        "mute-bass",
        "mute-drums",
        "only-bass-and-drums",
        "mode",
    ]


def test_a_configuration_is_read() -> None:
    values: dict[str, str | bool | None] = {
        "bpm": "140",
        "scale": "F# minor",
        "density": "0.3",
        "mute_bass": True,
        "music_generation_mode": "vocalization",
        "seed": "-5",
        "top_k": None,
        "guidance": "AUTO",
    }
    assert read_config(values) == MusicConfig(
        bpm=140,
        scale=Scale.A_MAJOR_G_FLAT_MINOR,
        density=0.3,
        mute_bass=True,
        music_generation_mode=MusicGenerationMode.VOCALIZATION,
        seed=-5,
    )


def test_an_error_names_the_flag() -> None:
    with pytest.raises(UsageError, match=r"--mode: .*QUALITY, DIVERSITY, VOCALIZATION"):
        read_config({"music_generation_mode": "loud"})
    with pytest.raises(UsageError, match="--top-k: top_k = '0'"):
        read_config({"top_k": "0"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1:30", 90),
        ("1:02:03", 3723),
        ("90s", 90),
        ("5m", 300),
        ("1.5h", 5400),
        ("0:07.5", 7.5),
        (" 2 m ", 120),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "0", "-3", "1:2", "1:2:3:4", "soon", "1e9", "nan", "inf", "1:-30", "999h", "٣", "1_0"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="minutes:seconds"):
        parse_duration(text)


@given(st.integers(1, 600_000))
def test_clock_times_are_read_as_written(seconds: int) -> None:
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    assert parse_duration(f"{hours}:{minutes:02}:{seconds % 60:02}") == seconds
