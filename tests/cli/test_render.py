"""``everjam render``: the files that it writes, the same every time, and what it says when it cannot."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import mido
import numpy as np
import pytest
import soundfile

from everjam.audio import Block, from_pcm16
from everjam.engines import registry
from everjam.engines.base import EngineInfo
from everjam.engines.tone import ToneEngine
from everjam.export.tags import PROVENANCE
from everjam.steering import Scale, Steering

Everjam = Callable[..., Any]


class DuetEngine(ToneEngine):
    """Two stems that add up to the mix, one of them louder than a file can hold."""

    info: ClassVar[EngineInfo] = EngineInfo("duet", "Duet", ("models/duet",), "Apache-2.0", stems=("low", "high"))
    excess: ClassVar[float] = 0.0

    def __init__(self, *, stems: bool = False) -> None:
        self._stems = stems

    def render(self, state: Any, steering: Steering, frames: int) -> tuple[Block, Any]:
        block, following = super().render(state, steering, frames)
        if not self._stems:
            return block, following
        rng = np.random.default_rng(state.frame)
        low = (rng.uniform(-0.3, 0.3, block.audio.shape) + self.excess).astype(np.float32)
        stems = {"low": low, "high": block.audio - low}
        return Block(block.audio, block.start_frame, block.beats, block.notes, stems), following


@pytest.fixture
def duet(monkeypatch: pytest.MonkeyPatch) -> type[DuetEngine]:
    found = registry._engine_class
    monkeypatch.setattr(registry, "_engine_class", lambda name: DuetEngine if name == "duet" else found(name))
    return DuetEngine


def tone(*words: str) -> tuple[str, ...]:
    return ("render", *words, "--engine", "tone")


def test_a_file_is_as_long_as_asked_and_says_what_it_is(everjam: Everjam, tmp_path: Path) -> None:
    ended = everjam(*tone("piano, rain:0.5", "-d", "0:02.5", "-o", "take.flac", "--seed", "7", "--scale", "Eb major"))
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    with soundfile.SoundFile(tmp_path / "take.flac") as file:
        assert file.frames == 120_000
        tags = file.copy_metadata()
    assert tags["title"] == "piano, rain:0.5"
    assert tags["comment"] == f"{PROVENANCE}; engine=tone; seed=7; bpm=120; key=E Flat Major C Minor"


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus"])
def test_the_same_call_gives_the_same_bytes(everjam: Everjam, tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        assert everjam(*tone("piano", "-d", "3", "-o", f"{name}.{ending}", "--seed", "7")).code == 0
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert everjam(*tone("piano", "-d", "3", "-o", f"c.{ending}", "--seed", "8")).code == 0
    assert (tmp_path / f"c.{ending}").read_bytes() != (tmp_path / f"a.{ending}").read_bytes()


def test_a_drawn_seed_is_told_and_gives_the_same_again(everjam: Everjam, tmp_path: Path) -> None:
    ended = everjam(*tone("piano", "-d", "1", "-o", "a.wav"))
    word, seed = ended.err.split()
    assert word == "seed"
    everjam(*tone("piano", "-d", "1", "-o", "b.wav", "--seed", seed))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert everjam(*tone("piano", "-d", "1", "-o", "c.wav", "--quiet")).err == ""


def test_all_settings_reach_the_engine(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Steering] = []
    render = ToneEngine.render

    def spy(self: ToneEngine, state: Any, steering: Steering, frames: int) -> Any:
        seen.append(steering)
        return render(self, state, steering, frames)

    monkeypatch.setattr(ToneEngine, "render", spy)
    flags = "--temperature 2 --top-k 9 --guidance 5 --bpm 99 --density 0.1 --brightness 0.9 --scale Am --mode diversity"
    more = "--mute-bass --mute-drums --only-bass-and-drums --seed 1"
    assert everjam(*tone("piano", "-d", "1", "-o", "a.wav", *flags.split(), *more.split())).code == 0
    controls = seen[0].controls
    assert (controls.temperature, controls.top_k, controls.guidance, controls.bpm) == (2.0, 9, 5.0, 99)
    assert (controls.density, controls.brightness, controls.scale) == (0.1, 0.9, Scale.C_MAJOR_A_MINOR)
    assert controls.music_generation_mode.name == "DIVERSITY"
    assert controls.mute_bass
    assert controls.mute_drums
    assert controls.only_bass_and_drums


def test_standard_output_is_a_wav(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from everjam.cli.main import main  # noqa: PLC0415  (beside the fixture that catches its bytes)

    assert main(tone("piano", "-d", "2.5", "-o", "-", "--seed", "7")) == 0
    data = capfdbinary.readouterr().out
    heard, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert (rate, len(heard)) == (48_000, 120_000)
    assert np.max(np.abs(from_pcm16(data[44:]))) > 0.1


def test_stems_add_up_to_the_mix(everjam: Everjam, tmp_path: Path, duet: type[DuetEngine]) -> None:
    ended = everjam(
        "render", "piano", "-d", "3.1", "-o", "mix.wav", "--stems", "a/b", "--seed", "1", "--engine", "duet"
    )
    assert (ended.code, ended.err) == (0, "")
    mix, _ = soundfile.read(tmp_path / "mix.wav", dtype="int16")
    stems = [soundfile.read(tmp_path / "a" / "b" / f"{name}.wav", dtype="int16")[0] for name in ("low", "high")]
    assert all(stem.shape == mix.shape == (148_800, 2) for stem in stems)
    total = sum(stem.astype(int) for stem in stems)
    assert np.max(np.abs(total - mix)) <= 1


def test_compressed_mixes_have_flac_stems(everjam: Everjam, tmp_path: Path, duet: type[DuetEngine]) -> None:
    everjam("render", "piano", "-d", "1", "-o", "mix.mp3", "--stems", "stems", "--engine", "duet")
    assert sorted(path.name for path in (tmp_path / "stems").iterdir()) == ["high.flac", "low.flac"]


def test_a_clipped_stem_is_told(everjam: Everjam, duet: type[DuetEngine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duet, "excess", 1.0)
    ended = everjam("render", "piano", "-d", "1", "-o", "m.wav", "--stems", "s", "--engine", "duet", "--seed", "1")
    assert ended.err.startswith("warning: A stem is clipped: its peak is 1.")


def test_notes_are_written(everjam: Everjam, tmp_path: Path) -> None:
    assert everjam(*tone("piano", "-d", "4", "-o", "a.wav", "--midi", "a.mid", "--bpm", "150")).code == 0
    file = mido.MidiFile(tmp_path / "a.mid")
    assert [track.name for track in file.tracks] == ["piano", "melody"]
    # Two partials sound at each of ten beats.
    assert sum(message.type == "note_on" for message in file.tracks[1]) == 20
    assert file.length == pytest.approx(4.0, abs=0.001)


def test_an_engine_without_notes_is_told(everjam: Everjam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("everjam.engines.tone._notes", lambda *_: ())
    ended = everjam(*tone("piano", "-d", "1", "-o", "a.wav", "--midi", "a.mid", "--seed", "1"))
    assert "reports no notes" in ended.err
    assert len(mido.MidiFile(tmp_path / "a.mid").tracks) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "take.aac"), "End the name with .wav"),
        (("-o", "absent/take.wav"), "Make it first"),
        (("-o", "take.wav", "--midi", "absent/take.mid"), "Make it first"),
        (("-o", "take.wav", "--stems", "stems"), "stems"),
        (("-o", "take.wav", "--density", "2"), "--density: density = '2'"),
        (("-o", "take.wav", "--fade", "soon"), "not a duration"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_work(
    everjam: Everjam, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ended = everjam(*tone("piano", "-d", "10", *words))
    assert ended.code == 2
    assert said in ended.err
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".wav", ".flac", ".part"}]


def test_ctrl_c_leaves_nothing_behind(everjam: Everjam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render = ToneEngine.render

    def interrupted(self: ToneEngine, state: Any, steering: Steering, frames: int) -> Any:
        if state.frame > 100_000:
            raise KeyboardInterrupt
        return render(self, state, steering, frames)

    monkeypatch.setattr(ToneEngine, "render", interrupted)
    ended = everjam(*tone("piano", "-d", "60", "-o", "take.flac", "--seed", "1"))
    assert (ended.code, ended.err) == (130, "")
    assert list(tmp_path.glob("*take*")) == []


def test_progress_is_for_terminals_only(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    assert everjam(*tone("piano", "-d", "5", "-o", "a.wav", "--seed", "1")).err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    from everjam.cli import console  # noqa: PLC0415  (after the environment)

    console.err.cache_clear()
    assert "rendering" in everjam(*tone("piano", "-d", "5", "-o", "a.wav", "--seed", "1")).err
