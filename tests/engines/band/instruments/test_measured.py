"""Tables of measured instruments: their format, and what is read out of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everjam.engines.band.instruments import measured as module
from everjam.engines.band.instruments.dsp.additive import SILENT_DB
from everjam.engines.band.instruments.dsp.bands import BANDS
from everjam.engines.band.instruments.dsp.base import midi_to_hz
from everjam.engines.band.instruments.measured import Head, Table, measured, names, pack, table_of, unpack

FOLDER = Path(module.__file__).parent / "data" / "measured"


def a_table(seed: int, *, harmonic: bool) -> Table:
    """A table of noise."""
    rng = np.random.default_rng(seed)
    head = Head(
        held=True, keys=[50, 60], tops=[54, 70], velocities=[40, 120], seconds=[0.0, 0.1, 1.0],
        numbers=[1, 2, 3, 5] if harmonic else [], partials=4, below=1, stiffness=[0.0, 1e-4],
        release_seconds=[0.1, 0.2], reference_db=-6.0,
    )  # fmt: skip
    partials = rng.integers(0, 256, (2, 2, 3, 4), np.uint8)
    noise = rng.integers(0, 256, (2, 2, 3, BANDS), np.uint8)
    ratios = np.zeros((2, 0), np.float32) if harmonic else rng.uniform(1.0, 9.0, (2, 4)).astype(np.float32)
    return Table(head, partials, noise, ratios)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), harmonic=st.booleans())
def test_what_is_packed_is_unpacked(seed: int, harmonic: bool) -> None:
    table = a_table(seed, harmonic=harmonic)
    again = unpack(pack(table))
    assert again.head == table.head
    assert np.array_equal(again.partials, table.partials)
    assert np.array_equal(again.noise, table.noise)
    assert np.array_equal(again.ratios.reshape(-1), table.ratios.reshape(-1))


def test_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match="not a table"):
        unpack(b"RIFF....")
    with pytest.raises(KeyError):
        table_of("kazoo")


def test_all_tables_together_are_small_and_sound() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000
    assert len(names()) > 90
    for name in names():
        head = table_of(name).head
        key = head["keys"][len(head["keys"]) // 2]
        spectrum = measured(name, midi_to_hz(key), 0.7)
        assert np.isfinite(spectrum.levels_db).all()
        assert spectrum.levels_db.shape == (spectrum.seconds.size, spectrum.hz.size)
        assert spectrum.noise_db.shape == (spectrum.seconds.size, BANDS)
        assert max(spectrum.levels_db.max(), spectrum.noise_db.max()) > -80.0
        assert spectrum.hz.max() < 20_000.0
        assert 0.0 < spectrum.release_seconds < 10.0


def test_between_forces_levels_are_interpolated_in_decibels() -> None:
    low, high, middle = (measured("trumpet", 440.0, force / 127.0) for force in (56, 92, 74))
    sounding = (low.levels_db > SILENT_DB) & (high.levels_db > SILENT_DB)
    mean = 0.5 * (low.levels_db + high.levels_db)
    assert np.allclose(middle.levels_db[sounding], mean[sounding], atol=0.01)
    assert measured("trumpet", 440.0, 1.0).levels_db.max() > measured("trumpet", 440.0, 0.1).levels_db.max()


def test_a_recording_stands_for_its_keys() -> None:
    tops = table_of("trumpet").head["tops"]
    inside = measured("trumpet", midi_to_hz(tops[0]), 0.6).levels_db[:, :20]
    assert np.array_equal(inside, measured("trumpet", midi_to_hz(tops[0] - 1), 0.6).levels_db[:, :20])
    assert not np.array_equal(inside, measured("trumpet", midi_to_hz(tops[0] + 1), 0.6).levels_db[:, :20])


def test_organs_sound_an_octave_below_their_keys() -> None:
    spectrum = measured("rock_organ", 440.0, 0.7)
    assert spectrum.below == 2
    assert spectrum.hz[0] == pytest.approx(220.0)


def test_strings_are_stiff() -> None:
    spectrum = measured("piano", midi_to_hz(40), 0.7)
    assert spectrum.hz[0] == pytest.approx(midi_to_hz(40), rel=1e-3)
    assert spectrum.hz[29] > 30.3 * spectrum.hz[0]
