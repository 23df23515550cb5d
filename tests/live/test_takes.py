"""Takes: what is in the files, that nothing of it differs from what was sent, and what happens when things go wrong."""

import asyncio
import io
import json
import math
import shutil
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import mido
import numpy as np
import pytest
import soundfile
from tests.live.playing import OneEngine, Player, steering

from everjam.audio import SAMPLE_RATE_HZ
from everjam.errors import EngineError, ServerBusy
from everjam.export.audiofile import FORMATS, AudioFile
from everjam.export.bundle import FADE_IN_FRAMES, FADE_OUT_FRAMES
from everjam.live import takes as takes_module
from everjam.live.stretch import Stretch
from everjam.live.takes import KEEP_SECONDS, NoRoom, TakeInfo, Takes
from everjam.live.worker import RenderCall, Rendered
from everjam.testing import FakeClock

BAR = 2 * SAMPLE_RATE_HZ
JAM = "jam"


class Studio:
    """Takes with everything around them under the test's hand."""

    def __init__(self, folder: Path, renderer: Any = None) -> None:
        self.clock = FakeClock()
        self.folder = folder
        self.renderer: Any = renderer or OneEngine()
        self.takes = Takes(self.renderer, self.clock, folder)

    async def over(self, take: TakeInfo) -> TakeInfo:
        """The take when it is rendered, or not."""
        async with asyncio.timeout(20):
            while (info := self.takes.find(JAM, take.id)) and info.state == "rendering":  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert info is not None
        return info

    async def file(self, stretch: Stretch, ending: str = "flac", *, bundle: bool = False) -> Path:
        info = await self.over(await self.takes.begin(JAM, stretch, ending, bundle=bundle))
        assert (info.state, info.message, info.progress) == ("ready", "", 1.0)
        path = self.takes.file(JAM, info.id)
        assert path is not None
        assert info.size_bytes == path.stat().st_size
        return path


@asynccontextmanager
async def studio(folder: Path, renderer: Any = None) -> AsyncIterator[Studio]:
    made = Studio(folder, renderer)
    try:
        yield made
    finally:
        await made.takes.close()


def steered_jam(engine: str = "tone", *, bars: int = 12) -> Player:
    """Some bars with a new prompt, a new tempo and a reset in them."""
    player = Player(engine)
    player.play(30)
    player.asked = steering("a", "b", bpm=120)
    player.play(20)
    player.reset(6)
    player.play(3)
    player.asked = steering("b", bpm=150)
    player.play(10 * bars - 53)
    return player


def samples(path: Path | io.BytesIO) -> np.ndarray:
    data, rate = soundfile.read(path, dtype="int16")
    assert rate == SAMPLE_RATE_HZ
    return np.asarray(data)


def left_in(folder: Path, pattern: str = "*/*") -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


def sent(player: Player, stretch: Stretch) -> np.ndarray:
    pcm = np.frombuffer(player.pcm16, "<i2").reshape(-1, 2)
    return pcm[stretch.begin_frame : stretch.end_frame]


def assert_as_sent(written: np.ndarray, original: np.ndarray) -> None:
    """The same samples but for the fades, which end in silence."""
    assert written.shape == original.shape
    assert np.array_equal(written[FADE_IN_FRAMES:-FADE_OUT_FRAMES], original[FADE_IN_FRAMES:-FADE_OUT_FRAMES])
    assert np.all(np.abs(written.astype(int)) <= np.abs(original.astype(int)))
    assert not written[0].any()
    assert not written[-1].any()


@pytest.mark.parametrize("ending", ["wav", "flac"])
async def test_a_take_is_what_was_sent(tmp_path: Path, ending: str) -> None:
    player = steered_jam()
    stretch = player.tape.between(100_000, 1_000_000)
    async with studio(tmp_path) as made:
        assert_as_sent(samples(await made.file(stretch, ending)), sent(player, stretch))
        assert set(made.renderer.deadlines) == {math.inf}


async def test_a_take_of_the_band_is_what_was_sent_with_stems_that_add_up(tmp_path: Path) -> None:
    player = Player("band")
    player.asked = steering("bossa nova", bpm=120)
    player.play(14)
    player.asked = steering("bossa nova", "techno", bpm=140)
    player.play(8)
    player.reset(3)
    player.play(18)
    stretch = player.tape.between(50_000, 380_000)
    async with studio(tmp_path, OneEngine(player.engines)) as made:
        with zipfile.ZipFile(await made.file(stretch, "wav", bundle=True)) as bundle:
            found = {Path(name).name: io.BytesIO(bundle.read(name)) for name in bundle.namelist()}
    mix = samples(next(data for name, data in found.items() if name.startswith("everjam") and name.endswith(".wav")))
    assert_as_sent(mix, sent(player, stretch))
    stems = [samples(found[f"{name}.wav"]).astype(int) for name in ("drums", "bass", "chords", "melody", "effects")]
    stems += [samples(found[f"{name}.wav"]).astype(int) for name in ("texture", "voice")]
    assert np.abs(sum(stems) - mix.astype(int)).max() <= 4
    assert np.abs(stems[0]).max() > 1000


async def test_a_bundle_has_all_that_a_producer_needs(tmp_path: Path) -> None:
    player = steered_jam()
    stretch = player.tape.between(0, 8 * BAR)
    async with studio(tmp_path) as made:
        path = await made.file(stretch, "flac", bundle=True)
        (info,) = [take.info for take in made.takes._takes.values()]
        assert info.name == "everjam a 120bpm seed5.zip"
        assert left_in(path.parent, "*") == ["bundle.zip"]
        with zipfile.ZipFile(path) as bundle:
            assert bundle.testzip() is None
            names = [Path(name) for name in bundle.namelist()]
            assert {name.parts[0] for name in names} == {info.name.removesuffix(".zip")}
            told = json.loads(bundle.read(next(str(name) for name in names if name.name == "info.json")))
            midi = mido.MidiFile(file=io.BytesIO(bundle.read(next(str(n) for n in names if n.suffix == ".mid"))))
            mix = samples(io.BytesIO(bundle.read(next(str(name) for name in names if name.suffix == ".flac"))))
    assert_as_sent(mix, sent(player, stretch))
    assert (told["seed"], told["bars"], told["engine"], told["frames"]) == (5, stretch.bars, "tone", stretch.frames)
    assert [each["prompts"][0]["text"] for each in told["steering"]] == ["a", "a", "b"]
    assert told["steering"][2]["config"]["bpm"] == 150
    assert [each["frame"] for each in told["steering"]] == [0, 288_000, 508_800]
    assert midi.length == pytest.approx(stretch.frames / SAMPLE_RATE_HZ, abs=0.01)
    notes = [message for track in midi.tracks for message in track if message.type == "note_on" and message.velocity]
    assert len(notes) > stretch.bars * 4 - 4


@pytest.mark.parametrize("ending", [ending for ending, found in FORMATS.items() if not found.pcm])
async def test_every_format_is_written_with_tags(tmp_path: Path, ending: str) -> None:
    player = steered_jam(bars=6)
    stretch = player.tape.grab(2)
    async with studio(tmp_path) as made:
        path = await made.file(stretch, ending)
        with soundfile.SoundFile(path) as file:
            assert file.frames == pytest.approx(stretch.frames, abs=0 if ending != "mp3" else 2400)
            heard = file.read(dtype="float32")[: stretch.frames]
        original = sent(player, stretch)[: len(heard)] / 32767
        assert np.corrcoef(heard[:, 0], original[:, 0])[0, 1] > (0.99 if ending != "mp3" else 0.5)
        assert b"seed=5" in path.read_bytes()


async def test_cuts_do_not_click(tmp_path: Path) -> None:
    player = steered_jam()
    stretch = player.tape.between(8 * BAR, 10 * BAR)
    async with studio(tmp_path) as made:
        data = samples(await made.file(stretch)).astype(float) / 32767
    loop = np.concatenate((data, data, np.zeros((100, 2))))
    steps = np.abs(np.diff(loop[:, 0]))
    inside = np.abs(np.diff(data[FADE_IN_FRAMES:-FADE_OUT_FRAMES, 0])).max()
    assert steps.max() <= 1.25 * inside


# yielding, waiting, failing ──────────────────────────────────────────────────────────────────────


class Watched(OneEngine):
    """Counts what is rendered at once; can be held, be late or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.late_twice = False
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.open.wait()
            if self.error is not None:
                raise self.error
            rendered = await super().render(call, deadline_seconds=deadline_seconds, hedge_seconds=hedge_seconds)
        finally:
            self.now -= 1
        if self.late_twice and len(self.calls) % 3:
            wrong = bytes(len(rendered.pcm16))
            return Rendered(wrong, b"not to be used", 0.0, 2, rendered.report)
        return rendered


async def test_only_one_chunk_of_all_takes_is_rendered_at_a_time(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    async with studio(tmp_path, Watched()) as made:
        begun = [await made.takes.begin(JAM, player.tape.grab(2), "wav", bundle=False) for _ in range(3)]
        assert {(await made.over(take)).state for take in begun} == {"ready"}
        assert made.renderer.most == 1


async def test_takes_take_turns(tmp_path: Path) -> None:
    player = steered_jam()
    async with studio(tmp_path, Watched()) as made:
        made.renderer.open.clear()
        long = await made.takes.begin(JAM, player.tape.between(0, 9 * BAR), "wav", bundle=False)
        short = await made.takes.begin("other", player.tape.between(0, BAR), "wav", bundle=False)
        made.renderer.open.set()
        async with asyncio.timeout(20):
            while (info := made.takes.find("other", short.id)) and info.state == "rendering":  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        rendering = made.takes.find(JAM, long.id)
        assert rendering is not None
        assert rendering.state == "rendering"
        assert 0.0 < rendering.progress < 0.9


async def test_notes_that_are_late_are_waited_for(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    stretch = player.tape.grab(2)
    async with studio(tmp_path, Watched()) as made:
        made.renderer.late_twice = True
        take = await made.takes.begin(JAM, stretch, "wav", bundle=False)
        async with asyncio.timeout(20):
            while (info := made.takes.find(JAM, take.id)) and info.state == "rendering":
                await made.clock.advance(0.1)
        path = made.takes.file(JAM, take.id)
        assert path is not None
        assert_as_sent(samples(path), sent(player, stretch))
        assert len(made.renderer.calls) == 3 * stretch.chunks


class Broken(NamedTuple):
    error: Exception
    message: str


@pytest.mark.parametrize(
    "broken",
    [
        Broken(EngineError("state of /secret/path"), "The engine could not play it again."),
        Broken(ZeroDivisionError("/secret"), "Internal error encountered."),
        Broken(
            OSError(28, "No space left on device"), "The file could not be written; the disk of the server may be full."
        ),
    ],
)
async def test_a_take_that_fails_says_why_and_leaves_nothing(tmp_path: Path, broken: Broken) -> None:
    player = steered_jam(bars=6)
    async with studio(tmp_path, Watched()) as made:
        made.renderer.error = broken.error
        info = await made.over(await made.takes.begin(JAM, player.tape.grab(2), "wav", bundle=False))
        assert (info.state, info.message) == ("failed", broken.message)
        assert made.takes.file(JAM, info.id) is None
        assert left_in(tmp_path) == []


async def test_a_disk_that_fills_up_ends_the_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player, free = steered_jam(bars=6), [10**12]
    usage = shutil.disk_usage(tmp_path)._replace
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(free=free[0]))
    written = AudioFile.write

    def write(file: AudioFile, audio: Any) -> None:
        free[0] = 1_000_000
        written(file, audio)

    async with studio(tmp_path) as made:
        monkeypatch.setattr(AudioFile, "write", write)
        info = await made.over(await made.takes.begin(JAM, player.tape.grab(4), "wav", bundle=False))
        assert info.state == "failed"
        assert "no room on the server's disk" in info.message
        assert left_in(tmp_path) == []
        with pytest.raises(NoRoom, match="no room"):
            await made.takes.begin(JAM, player.tape.grab(4), "wav", bundle=False)


# keeping ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_take_can_be_had_for_an_hour(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    async with studio(tmp_path) as made:
        path = await made.file(player.tape.grab(2))
        (take,) = made.takes._takes
        await made.clock.advance(KEEP_SECONDS - 120)
        assert path.exists()
        await made.clock.advance(240)
        async with asyncio.timeout(10):
            while path.exists():  # noqa: ASYNC110  a thread deletes it
                await asyncio.sleep(0.001)
        assert made.takes.find(JAM, take) is None


async def test_a_take_is_stopped_and_removed(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    async with studio(tmp_path, Watched()) as made:
        made.renderer.open.clear()
        take = await made.takes.begin(JAM, player.tape.grab(2), "wav", bundle=False)
        await asyncio.sleep(0)
        assert not await made.takes.remove("other jam", take.id)
        assert await made.takes.remove(JAM, take.id)
        assert made.takes.find(JAM, take.id) is None
        assert not await made.takes.remove(JAM, take.id)
        assert left_in(tmp_path) == []


async def test_the_end_of_the_server_leaves_nothing(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    (tmp_path / "old").mkdir()
    async with studio(tmp_path, Watched()) as made:
        await made.file(player.tape.grab(2))
        made.renderer.open.clear()
        await made.takes.begin(JAM, player.tape.grab(2), "wav", bundle=True)
    assert left_in(tmp_path, "*") == ["old"]
    with pytest.raises(ServerBusy):
        await made.takes.begin(JAM, player.tape.grab(2), "wav", bundle=False)


async def test_what_a_server_left_that_did_not_end_in_order_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left" / "take").mkdir(parents=True)
    monkeypatch.setattr(takes_module, "_STALE_SECONDS", -1.0)
    async with studio(tmp_path) as made:
        await made.file(steered_jam(bars=6).tape.grab(2))
        assert not (tmp_path / "left").exists()


async def test_many_orders_at_once_pass_no_limit(tmp_path: Path) -> None:
    player = steered_jam(bars=6)
    async with studio(tmp_path, Watched()) as made:
        made.renderer.open.clear()
        orders = [made.takes.begin(f"jam {n % 9}", player.tape.grab(1), "wav", bundle=False) for n in range(50)]
        answers = await asyncio.gather(*orders, return_exceptions=True)
        assert sum(isinstance(answer, TakeInfo) for answer in answers) == takes_module.MAX_RENDERING
        assert sum(isinstance(answer, ServerBusy) for answer in answers) == 50 - takes_module.MAX_RENDERING


async def test_there_is_a_limit_to_what_is_rendered_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = steered_jam(bars=6)
    monkeypatch.setattr(takes_module, "MAX_KEPT", 5)
    async with studio(tmp_path, Watched()) as made:
        first = await made.over(await made.takes.begin(JAM, player.tape.grab(1), "wav", bundle=False))
        second = await made.over(await made.takes.begin(JAM, player.tape.grab(1), "wav", bundle=False))
        made.renderer.open.clear()
        for _ in range(4):
            await made.takes.begin(JAM, player.tape.grab(1), "wav", bundle=False)
        with pytest.raises(ServerBusy, match="4 takes of this jam"):
            await made.takes.begin(JAM, player.tape.grab(1), "wav", bundle=False)
        assert made.takes.find(JAM, first.id) is None
        assert made.takes.find(JAM, second.id) is not None
