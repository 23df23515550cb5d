"""Pitch, chords and figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.band import theory
from everjam.engines.band.figures import read_figure
from everjam.engines.band.score import COMMON_TIME, Meter
from everjam.engines.band.theory import Key, chord_of

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
def test_all_modes_of_a_pair_share_its_notes_where_the_listener_set_it(pair: int) -> None:
    wanted = {(pair + step) % 12 for step in theory.MAJOR}
    for mode in theory.MODES:
        key = Key(pair, mode, diatonic=True)
        assert set(key.scale) == wanted
        assert set(key.melody) <= wanted
        assert len(key.melody) >= 3
        assert key.scale[0] == key.tonic == Key(pair, mode).tonic


def test_modes_have_their_own_notes_where_nobody_set_a_signature() -> None:
    assert theory.key_for(0, "hijaz").name == "E hijaz"
    assert Key(0, "hijaz").scale == (4, 5, 8, 9, 11, 0, 2)
    assert Key(0, "harmonic_minor").scale == (9, 11, 0, 2, 4, 5, 8)
    assert Key(0, "pentatonic_minor").melody == (9, 0, 2, 4, 7)
    assert all(len(Key(5, mode).scale) == 7 for mode in theory.MODES)


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
    four, three = COMMON_TIME, Meter.parse("3/4")
    assert read_figure("R--. ..5- .... ...a", four, 0) == ((0.0, 0.75, "R"), (1.5, 0.5, "5"), (3.75, 0.25, "a"))
    assert read_figure("x... .... .... .... .... .... .... ...x", four, 1) == ((3.75, 0.25, "x"),)
    assert read_figure("x... .... .... ....", four, 5) == ((0.0, 0.25, "x"),)
    triplets = read_figure("x.xx.xx.xx.x", four, 0)
    assert [start for start, _, _ in triplets[:3]] == pytest.approx([0, 2 / 3, 1], abs=1e-5)
    assert read_figure("3/4|xxxx xxxx xxxx", three, 0)[-1] == (2.75, 0.25, "x")
    assert len(read_figure("x...", four, 0)) == 4
    assert [start for start, _, _ in read_figure(".... x... .... x...", three, 0)] == [1, 2]
    assert read_figure("x... .... x... .... X... .... x... ....", three, 1) == ((0.0, 0.25, "X"),)
    assert max(start for start, _, _ in read_figure("xxxx xxxx xxxx xxxx", three, 0)) < 3


@pytest.mark.parametrize(
    ("figure", "meter", "starts"),
    [
        ("6/8|x--x-x", "6/8", [0, 1, 5 / 3]),
        ("6/8|x.xx.. x.....", "6/8", [0, 1 / 3, 0.5, 1]),
        ("12/8|x..x..x..x..", "12/8", [0, 1, 2, 3]),
        ("7/8|x.x.x..", "7/8", [0, 1, 2]),
        ("3+2+2/8|x..x.x.", "3+2+2/8", [0, 1.5, 2.5]),
        ("5/4|x... .... .... x... ....", "5/4", [0, 3]),
        ("6/8|x--x-x", "4/4", [0, 1, 1.75, 2, 3, 3.75]),
        ("x.x. x... x.x. x...", "6/8", [0, 2 / 3, 1]),
        ("x... x... x... x...", "5/4", [0, 1, 2, 3, 4]),
        ("x... x... x... x..x", "7/8", [0, 1, 2, 2.75]),
        ("7/8|x.x.x.x", "4/4", [0, 1, 2, 3]),
        ("3/4|x... o... o...", "4/4", [0, 1, 2, 3]),
    ],
)
def test_figures_fit_any_metre(figure: str, meter: str, starts: list[float]) -> None:
    events = read_figure(figure, Meter.parse(meter), 0)
    assert [start for start, _, _ in events] == pytest.approx(starts, abs=1e-5)
    assert all(length > 0 for _, length, _ in events)


@given(
    st.text("xX.-o", min_size=1, max_size=64),
    st.sampled_from(["4/4", "3/4", "2/4", "5/4", "6/8", "9/8", "12/8", "7/8", "3+2+2/8", "2+2+2+3/8"]),
    st.sampled_from(["4/4", "3/4", "5/4", "6/8", "12/8", "7/8"]),
    st.integers(0, 9),
)
def test_a_figure_never_leaves_its_bar(cells: str, meter: str, native: str, bar: int) -> None:
    wanted = Meter.parse(meter)
    end = 0.0
    for start, length, cell in read_figure(f"{native}|{cells}", wanted, bar):
        assert cell not in ".-"
        assert start >= end - 1e-5
        end = start + length
    assert end <= wanted.length_beats + 1e-5


@pytest.mark.parametrize(
    ("text", "groups", "length"),
    [
        ("4/4", (1, 1, 1, 1), 4),
        ("6/8", (3, 3), 2),
        ("9/8", (3, 3, 3), 3),
        ("12/8", (3, 3, 3, 3), 4),
        ("7/8", (2, 2, 3), 3.5),
        ("2+2+2+3/8", (2, 2, 2, 3), 4.5),
        ("5/8", (2, 3), 2.5),
        ("2/4", (1, 1), 2),
    ],
)
def test_metres(text: str, groups: tuple[int, ...], length: float) -> None:
    meter = Meter.parse(text)
    assert (meter.groups, meter.length_beats, str(meter)) == (groups, length, text)
    assert meter.beat_starts[0] == 0
    assert len(meter.cells) == length * meter.cells_per_beat


@pytest.mark.parametrize("text", ["", "4", "4/3", "1/4", "99/4", "x/4", "2+5/8", "4+3/8"])
def test_bad_metres_say_so(text: str) -> None:
    with pytest.raises(ValueError, match="no metre"):
        Meter.parse(text)


@given(st.integers(20, 100), st.integers(0, 11))
def test_nearest_is_within_a_tritone(center: int, pitch_class: int) -> None:
    pitch = theory.nearest(pitch_class, center)
    assert pitch % 12 == pitch_class
    assert abs(pitch - center) <= 6
