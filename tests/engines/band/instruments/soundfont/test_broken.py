"""Broken and hostile files: a clear error or finite sound within bounds, never anything else."""

import contextlib
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engines.band.instruments.soundfont.writer import Font, Sample, Zone, constant, one_zone, sine, write

from everjam.engines.band.instruments.soundfont import Playing, SoundFont, SoundFontError
from everjam.engines.band.instruments.soundfont.places import find, resolve
from everjam.errors import UsageError


def whole_font() -> Font:
    rich = Zone(
        {53: 0, 54: 1, 8: 7000, 9: 60, 11: 3000, 6: 20, 13: 30, 36: 200, 37: 300, 38: -1200},
        [(0x0502, 48, 700, 0, 0), (0x0102, 8, -2400, 0, 0)],
    )
    instruments = [[Zone({48: 20}), rich, Zone({53: 1, 54: 3, 17: 300})], [Zone({53: 1})]]
    presets = [(0, 0, [Zone({48: 10}), Zone({41: 0})]), (128, 0, [Zone({41: 1}), Zone({41: 0})])]
    return Font([sine(), constant()], instruments, presets)


WHOLE = write(whole_font())


def place_of(name: bytes, data: bytes = WHOLE) -> int:
    return data.index(name) + 8


def changed(name: bytes, offset: int, form: str, *values: int) -> bytes:
    data = bytearray(WHOLE)
    struct.pack_into(form, data, place_of(name) + offset, *values)
    return bytes(data)


def play_all(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    font = SoundFont(path)
    for bank, program in list(font.presets)[:4]:
        for key, velocity in ((0, 1), (60, 100), (127, 127)):
            wave = font.render(bank, program, key, velocity, Playing(0.05, 0.2))
            assert np.isfinite(wave).all()
            assert wave.shape[1] <= 0.2 * 48_000


BROKEN = {
    "not a SoundFont": b"RIFF" + bytes(200),
    "cut off": WHOLE[:-200],
    "room for": changed(b"smpl", -4, "<I", 2**31),
    "'pgen'": WHOLE.replace(b"pgen", b"xgen"),
    "multiple of": changed(b"shdr", -4, "<I", 137),
    "instrument": changed(b"pgen", 6, "<H", 9),
    "sample 999": WHOLE.replace(struct.pack("<HH", 53, 1), struct.pack("<HH", 53, 999)),
    "'ibag' points": changed(b"ibag", 4, "<H", 60_000),
    "'inst' points": changed(b"inst", 20, "<H", 60_000),
    "backwards": changed(b"ibag", 0, "<H", 5),
    "rate of 0 Hz": changed(b"shdr", 36, "<I", 0),
    "rate of 4294967295 Hz": changed(b"shdr", 36, "<I", 2**32 - 1),
    "runs from": changed(b"shdr", 20, "<II", 50, 20),
    "to 2000000000": changed(b"shdr", 24, "<I", 2_000_000_000),
    "no preset": write(Font([sine()], [[Zone({53: 0})]], [])),
    "more than 1024 chunks": b"RIFF" + struct.pack("<I", 4 + 8 * 3000) + b"sfbk" + (b"junk" + bytes(4)) * 3000,
}


@pytest.mark.parametrize("problem", BROKEN)
def test_what_is_wrong_is_told_with_the_name_of_the_file(problem: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.sf2"
    with pytest.raises(SoundFontError, match=problem) as caught:
        play_all(BROKEN[problem], path)
    assert str(path) in str(caught.value)
    assert caught.value.remedy
    assert isinstance(caught.value, UsageError)


def test_files_that_are_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sf2"
    empty.touch()
    for path, problem in ((tmp_path / "x.sf2", "does not exist"), (tmp_path, "not a file"), (empty, "empty")):
        with pytest.raises(SoundFontError, match=problem):
            SoundFont(path)


@pytest.mark.parametrize(
    "generators",
    [
        {"g51": 32_767, "g52": 32_767},
        {"g51": -32_768, "g56": -32_768},
        {"g56": 32_767},
        {"g9": 32_767, "g8": -32_768},
        {"g8": 32_767, "g11": 32_767, "g10": -32_768},
        {"g36": 32_767, "g38": 32_767, "g34": -32_768, "g33": -32_768},
        {"g5": 32_767, "g6": -32_768, "g7": 32_767, "g22": 32_767, "g24": -32_768},
        {"g13": 32_767, "g22": 32_767},
        {"g0": 32_767, "g4": 32_767},
        {"g1": -32_768, "g12": -32_768},
        {"g2": 32_767, "g3": -32_768, "g45": 32_767, "g50": -32_768},
        {"g17": 32_767, "g48": -32_768},
        {"g37": -32_768, "g29": -32_768, "g39": 32_767, "g40": -32_768},
        {"g58": 255, "g46": 200, "g47": 0},
    ],
)
def test_absurd_parameters_give_finite_sound(generators: dict[str, int], tmp_path: Path) -> None:
    play_all(write(one_zone(sine(), g54=1, **generators)), tmp_path / "absurd.sf2")


@pytest.mark.parametrize(
    "loop", [(0, 0), (5, 5), (5, 6), (5, 7), (900, 100), (0, 2**31), (2**31, 2**31 + 5), (998, 1000)]
)
def test_loops_that_do_not_fit_are_not_looped(loop: tuple[int, int], tmp_path: Path) -> None:
    for mode in (1, 3):
        play_all(write(one_zone(Sample(constant().frames, loop), g54=mode)), tmp_path / "loop.sf2")


def test_too_much_at_once_is_refused(tmp_path: Path) -> None:
    crowd = [Zone({53: 0})] * 65
    with pytest.raises(SoundFontError, match="more than 64 samples"):
        play_all(write(Font([sine()], [crowd], [(0, 0, [Zone({41: 0})])])), tmp_path / "crowd.sf2")
    nobody = [[Zone({43: 0x0000, 44: 0x0000, 53: 0})]]
    with pytest.raises(SoundFontError, match="more than 256 instruments"):
        play_all(write(Font([sine()], nobody, [(0, 0, [Zone({41: 0})] * 300)])), tmp_path / "crowd.sf2")
    with pytest.raises(SoundFontError, match="zones"):
        play_all(write(Font([sine()], [[Zone({53: 0})] * 9000], [(0, 0, [Zone({41: 0})])])), tmp_path / "crowd.sf2")


def test_a_compressed_sample_that_is_noise_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for data in (rng.bytes(500), b"OggS" + rng.bytes(500), b""):
        sample = Sample(data or b"x", (0, 0), kind=0x11)
        with pytest.raises(SoundFontError, match="cannot be decoded"):
            play_all(write(one_zone(sample)), tmp_path / "noise.sf3")


def test_an_empty_preset_is_silent(tmp_path: Path) -> None:
    for zones in ([], [Zone()], [Zone({48: 5}), Zone({48: 6})]):
        path = tmp_path / "silent.sf2"
        path.write_bytes(write(Font([sine()], [zones], [(0, 0, [Zone({41: 0})]), (0, 1, zones)])))
        font = SoundFont(path)
        assert font.render(0, 0, 60, 100, Playing(0.1, 0.2)).shape == (2, 0)
        assert font.render(0, 1, 60, 100, Playing(0.1, 0.2)).shape == (2, 0)


TABLES = place_of(b"pdta") - 8


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=12),
    tables=st.lists(st.tuples(st.integers(TABLES, len(WHOLE) - 1), st.integers(0, 255)), max_size=12),
    end=st.one_of(st.just(len(WHOLE)), st.integers(0, len(WHOLE))),
)
def test_no_bytes_do_harm(
    edits: list[tuple[int, int]], tables: list[tuple[int, int]], end: int, tmp_path: Path
) -> None:
    data = bytearray(WHOLE)
    for place, value in edits + tables:
        data[place] = value
    begin = time.process_time()
    with contextlib.suppress(SoundFontError):
        play_all(bytes(data[:end]), tmp_path / "mutated.sf2")
    assert time.process_time() - begin < 5.0


def test_auto_takes_the_first_well_known_file(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with pytest.raises(UsageError, match="no SoundFont"):
        find([first, second])
    second.mkdir()
    (second / "b.SF2").touch()
    (second / "a.sf3").touch()
    (second / "readme.txt").touch()
    assert find([first, second]) == second / "a.sf3"
    (second / "default-GM.sf2").touch()
    assert find([first, second]) == second / "default-GM.sf2"
    first.mkdir()
    (first / "mine.sf2").touch()
    assert find([first, second]) == first / "mine.sf2"
    assert resolve("x/y.sf2") == Path("x/y.sf2")
