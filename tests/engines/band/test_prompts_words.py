"""Words that set numbers: tempos, keys, metres, decades."""

import math

import pytest
from tests.engines.band.composing import bars, steer

from everjam.engines.band.cards import default_deck
from everjam.engines.band.mixture import style_for
from everjam.engines.band.prompts import ingredients, interpret
from everjam.engines.band.prompts.normalise import Segmenter, clauses, fold, normalise
from everjam.engines.band.prompts.words import take_settings
from everjam.engines.band.style import Style, StyleKey
from everjam.steering import WeightedPrompt


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("140 bpm", "bpm:140"),
        ("140bpm techno", "bpm:140"),
        ("a 92-bpm groove", "bpm:92"),
        ("tempo 128", "bpm:128"),
        ("120-130 bpm", "bpm:125"),
        ("80 to 100 bpm", "bpm:90"),
        ("tempo: 75", "bpm:75"),
        ("at 100 beats per minute", "bpm:100"),
        ("900 bpm", "bpm:220"),
        ("30 bpm", "bpm:40"),
        ("in D minor", "key:D minor"),
        ("key of F#", "key:F#"),
        ("key of f sharp minor", "key:F# minor"),
        ("in Bb", "key:A#"),
        ("Bb major", "key:A# major"),
        ("in F#m", "key:F# minor"),
        ("jazz in A minor", "key:A minor"),
        ("E dorian", "key:E dorian"),
        ("A harmonic minor", "key:A harmonic_minor"),
        ("C-Dur", "key:C major"),
        ("h-moll", "key:B minor"),
        ("b-Moll", "key:A# minor"),
        ("es-dur", "key:D# major"),
        ("cis moll", "key:C# minor"),
        ("en la mineur", "key:A minor"),
        ("si bémol majeur", "key:A# major"),
        ("fa sostenido menor", "key:F# minor"),
        ("ре минор", "key:D minor"),  # noqa: RUF001
        ("ニ短調", "key:D minor"),
        ("变奏 D大调", "key:D major"),
        ("in 3/4", "meter:3/4"),
        ("6/8 time", "meter:6/8"),
        ("2/2", "meter:4/4"),
        ("5/4", "meter:5/4"),
        ("9/8", "meter:9/8"),
        ("2/4 march", "meter:2/4"),
    ],
)
def test_settings_are_found(text: str, part: str) -> None:
    assert part in [setting.part for setting in take_settings(text)[0]]


@pytest.mark.parametrize(
    "text",
    ["at 9 pm", "at 100 %", "a minor problem", "1/2 of it", "303 acid bass", "808s", "route 66", "in me", "11/16"],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    settings, rest = take_settings(text)
    assert settings == []
    assert rest == text


def test_years_become_decades() -> None:
    assert take_settings("summer of 1969")[1] == "summer of 1960s"
    assert take_settings("80's disco")[1] == "80s disco"
    assert take_settings("1066")[1] == "1066"


def test_half_time_is_how_the_drums_feel_and_no_tempo() -> None:
    assert {"half:", "bpm:140"} <= {name for name, _, _ in interpret("half-time drums at 140 bpm").cards}

    def backbeats(text: str) -> list[float]:
        played = bars(steer(text, guidance=4.0), 4, 3)
        return [
            round(note.start_beats)
            for bar in played
            for note in bar.notes
            if note.patch.startswith("snare") and note.velocity > 0.6
        ]

    assert set(backbeats("rock, no fills")) >= {1, 3}
    assert set(backbeats("half-time rock, no fills")) <= {2}
    assert len(backbeats("double-time rock, no fills")) > len(backbeats("rock, no fills"))


def test_a_setting_alone_leaves_the_rest_to_the_band() -> None:
    assert {name for name, _, _ in interpret("in 3/4, 140 bpm, d minor").cards} == {
        "bpm:140",
        "key:D minor",
        "meter:3/4",
    }


def style(text: str) -> Style:
    """The style that a text asks for."""
    deck = default_deck()
    return style_for(deck, ((StyleKey(ingredients([WeightedPrompt(text, 1.0)], deck), 4.0, "quality"), 1.0),))


def tempo(text: str) -> float:
    """Tempo that a text asks for, in quarter notes a minute."""
    low, high = style(text).number("tempo.low"), style(text).number("tempo.high")
    return math.sqrt(low * high) * style(text).number("tempo.scale")


def likeliest(text: str, table: str) -> str:
    """What a text makes likeliest."""
    mixed = style(text).table(table)
    return max(zip(mixed.logits, mixed.candidates, strict=True))[1]


def test_words_set_the_music() -> None:
    assert tempo("jazz, 150 bpm") == pytest.approx(150, rel=0.02)
    assert tempo("half-time house") == pytest.approx(tempo("house"), rel=0.05)
    assert tempo("presto harp") > tempo("harp") > tempo("adagio harp")
    assert likeliest("funk in D minor", "harmony.tonics") == "D"
    assert likeliest("happy house, minor key", "harmony.modes") == "minor"
    assert likeliest("house in 5/4", "tempo.meters") == "5/4"
    assert style("very sparse funk").number("feel.density") < 0.25 < style("busy funk").number("feel.density")
    assert style("pianissimo harp").number("feel.loudness") < style("fortissimo harp").number("feel.loudness") - 0.3
    assert style("funk, no melody").number("layers.melody") < -20


def test_normal_spelling() -> None:
    assert normalise("  Drum'n'Bass & Käse! ") == "drum and bass and käse"
    assert normalise("\uff2a\uff21\uff3a\uff3a") == "jazz"
    assert normalise("उदास सितार") == "उदास सितार"
    assert fold("Canción übel Łódź") == "Cancion ubel Łodz"
    assert clauses("techno -drums, harp (soft)") == ["techno no drums", "harp", "soft"]


def test_scripts_without_spaces_are_cut_at_the_longest_names() -> None:
    cutter = Segmenter(["ピアノ", "ピアノ曲", "静か", "なし", "jazz"])
    assert cutter.cut("静かなピアノ曲なし") == ["静か", "な", "ピアノ曲", "なし"]
    assert cutter.cut("海") == ["海"]
