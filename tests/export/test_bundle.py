"""Names of takes, fades at their cuts, and that a take that is given up leaves no files."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from everjam.audio import Block
from everjam.export.bundle import FADE_IN_FRAMES, FADE_OUT_FRAMES, TakeOrder, TakeWriter, file_stem
from everjam.steering import Steering, WeightedPrompt


def steering(**weights: float) -> Steering:
    return Steering(tuple(WeightedPrompt(text, weight) for text, weight in weights.items()))


def order(frames: int, ending: str = "wav", *, bundle: bool = False) -> TakeOrder:
    return TakeOrder("tone", 7, ((0, steering(piano=1.0)),), frames, 0, ending, ("low",) if bundle else (), bundle)


def block(start: int, frames: int) -> Block:
    audio = np.full((frames, 2), 0.5, np.float32)
    return Block(audio, start, stems={"low": audio})


@pytest.mark.parametrize(
    ("prompts", "bpm", "key", "name"),
    [
        ({"Bossa Nova": 1.0}, 119.6, "D minor", "everjam bossa-nova 120bpm Dm seed7"),
        ({"a": 0.5, "B/../b\0": 2.0, "c": 1.0}, None, "", "everjam b-b c seed7"),
        ({"a": -1.0}, 90, "E Flat Major C Minor", "everjam 90bpm Eb seed7"),
        ({"Дождь в Токио 🌧": 1.0}, None, "", "everjam дождь-в-токио seed7"),
        ({"x" * 500: 1.0}, None, "", f"everjam {'x' * 32} seed7"),
        ({}, None, "", "everjam seed7"),
    ],
)
def test_names_say_what_it_is(prompts: dict[str, float], bpm: float | None, key: str, name: str) -> None:
    assert file_stem(steering(**prompts), bpm, key, 7) == name


@pytest.mark.parametrize("sizes", [[10_000], [50, 1, 9_949], [9_800, 150, 50], [2_500] * 4])
def test_cuts_are_faded_alike_in_blocks_of_any_size(tmp_path: Path, sizes: list[int]) -> None:
    with TakeWriter(tmp_path, order(10_000)) as writer:
        start = 0
        for size in sizes:
            writer.add(block(start, size))
            start += size
        written = soundfile.read(writer.finish())[0][:, 0]
    assert len(written) == 10_000
    assert written[0] == written[-1] == 0
    assert np.all(np.diff(written[: FADE_IN_FRAMES + 1]) >= 0)
    assert np.all(np.diff(written[-FADE_OUT_FRAMES - 1 :]) <= 0)
    assert np.ptp(written[FADE_IN_FRAMES : -FADE_OUT_FRAMES - 1]) == 0
    assert np.abs(np.diff(written)).max() < 0.01


def test_a_take_shorter_than_its_fades_can_be_had(tmp_path: Path) -> None:
    with TakeWriter(tmp_path, order(30)) as writer:
        writer.add(block(0, 30))
        written = soundfile.read(writer.finish())[0]
    assert len(written) == 30
    assert 0.2 < written.max() <= 0.5


@pytest.mark.parametrize("bundle", [False, True])
def test_a_take_that_is_given_up_leaves_nothing(tmp_path: Path, bundle: bool) -> None:
    def give_up() -> None:
        with TakeWriter(tmp_path, order(10_000, bundle=bundle)) as writer:
            writer.add(block(0, 100))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert list(tmp_path.iterdir()) == []


def test_the_same_take_is_the_same_file(tmp_path: Path) -> None:
    data = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with TakeWriter(tmp_path / name, order(4_000, "flac", bundle=True)) as writer:
            writer.add(block(0, 4_000))
            data.append(writer.finish().read_bytes())
    assert data[0] == data[1]
