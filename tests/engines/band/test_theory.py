"""Pitch, chords and figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.band import theory
from everjam.engines.band.theory import Key, chord_of, read_figure

C_MAJOR, A_MINOR = Key(0, "major"), Key(0, "minor")


@pytest.mark.parametrize(
    ("roman", "key", "symbol", "classes"),
    [
        ("Imaj7", C_MAJOR, "Cmaj7", (0, 4, 7, 11)),
        ("ii9", C_MAJOR, "Dm9", (2, 5, 9, 0, 4)),
        ("V13", C_MAJOR, "G13", (7, 11, 5, 9, 4)),
        ("bII7", C_MAJOR, "C#7", (1, 5, 8, 11)),
        ("V7b9", A_MINOR, "E7b9", (4, 8, 11, 2, 5)),
        ("VI", A_MINOR, "F", (5, 9, 0)),
        ("iv6", C_MAJOR, "Fm6", (5, 8, 0, 2)),
        ("i5", A_MINOR, "A5", (9, 4)),
        ("Vsus4", C_MAJOR, "Gsus4", (7, 0, 2)),
        ("iim7b5", A_MINOR, "Bm7b5", (11, 2, 5, 9)),
        ("Iadd9", Key(5, "major"), "Fadd9", (5, 9, 0, 7)),
        ("i9", Key(8, "minor"), "Fm9", (5, 8, 0, 3, 7)),
    ],
)
def test_chords_are_what_a_musician_reads(roman: str, key: Key, symbol: str, classes: tuple[int, ...]) -> None:
    chord = chord_of(roman, key, minor=key.mode == "minor", strict=False)
    assert chord.symbol == symbol
    assert set(chord.pitch_classes) == set(classes)
    assert chord.pitch_classes[0] == classes[0]


@given(
    st.sampled_from(["", "b", "#"]),
    st.sampled_from(["I", "ii", "III", "iv", "V", "vi", "VII"]),
    st.sampled_from(["", "7", "maj7", "9", "13", "dim7", "7b9", "7#9", "sus4", "5", "69"]),
    st.integers(0, 11),
    st.sampled_from(sorted(theory.MODES)),
    st.booleans(),
)
def test_strict_chords_stay_in_the_key(
    accidental: str, numeral: str, suffix: str, pair: int, mode: str, minor: bool
) -> None:
    key = Key(pair, mode)
    chord = chord_of(accidental + numeral + suffix, key, minor=minor, strict=True)
    assert set(chord.pitch_classes) <= set(key.scale)
    assert set(theory.local_scale(chord, key)) == set(key.scale)


@pytest.mark.parametrize("pair", range(12))
def test_all_modes_of_a_pair_share_its_notes(pair: int) -> None:
    wanted = {(pair + step) % 12 for step in theory.MAJOR}
    for mode in theory.MODES:
        key = Key(pair, mode)
        assert set(key.scale) == wanted
        assert key.scale[0] == key.tonic


@pytest.mark.parametrize("text", ["", "I | ", "H7", "Imaj", "ii9 V14", "I || V"])
def test_bad_charts_say_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"chart|chord"):
        theory.parse_chart(text)


def test_tonality_is_read_off_the_chart() -> None:
    assert theory.tonality("vi | IV | I | V") == "major"
    assert theory.tonality("VI | VII | i | i") == "minor"
    assert theory.tonality("IVmaj7 | V | iii7 | vi7") == "major"
    assert theory.tonality("iv | VI | III | VII") == "minor"
    assert theory.tonality("V7") == "either"
    assert theory.misfit("I | IV | V | I", "major") == 0
    assert theory.misfit("i | iv | i | v", "minor") == 0
    assert theory.misfit("i | VI | III | VII", "major") > 0.3


def test_figures_are_read_cell_by_cell() -> None:
    assert read_figure("R--. ..5- .... ...a", 4.0, 0) == ((0.0, 0.75, "R"), (1.5, 0.5, "5"), (3.75, 0.25, "a"))
    assert read_figure("x... .... .... .... .... .... .... ...x", 4.0, 1) == ((3.75, 0.25, "x"),)
    assert read_figure("x... .... .... ....", 4.0, 5) == ((0.0, 0.25, "x"),)
    triplets = read_figure("x.xx.xx.xx.x", 4.0, 0)
    assert [start for start, _, _ in triplets[:3]] == pytest.approx([0, 2 / 3, 1])
    assert read_figure("xxxx xxxx xxxx", 3.0, 0)[-1] == (2.75, 0.25, "x")
    assert len(read_figure("x...", 4.0, 0)) == 4
    assert [start for start, _, _ in read_figure(".... x... .... x...", 3.0, 0)] == [1, 2]
    assert read_figure("x... .... x... .... X... .... x... ....", 3.0, 1) == ((0.0, 0.25, "X"),)
    assert max(start for start, _, _ in read_figure("xxxx xxxx xxxx xxxx", 3.0, 0)) < 3


@given(st.integers(20, 100), st.integers(0, 11))
def test_nearest_is_within_a_tritone(center: int, pitch_class: int) -> None:
    pitch = theory.nearest(pitch_class, center)
    assert pitch % 12 == pitch_class
    assert abs(pitch - center) <= 6
