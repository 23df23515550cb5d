"""A take that comes in block by block, written as one audio file, or as a bundle: mix, stems, MIDI and what it is."""

import contextlib
import json
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from everjam import __version__
from everjam.audio import SAMPLE_RATE_HZ, Block, Float32Array
from everjam.export.audiofile import AudioFile
from everjam.export.midi import MidiTake
from everjam.export.tags import PROVENANCE, Tags, short_key, tags_of
from everjam.steering import FIELDS, Steering

FADE_IN_FRAMES: Final = 96
"""2 ms: no click, and a drum on the first beat keeps its attack."""
FADE_OUT_FRAMES: Final = 240
"""5 ms."""
_MAX_CHANGES: Final = 2_000
"""Changes of steering that are written down; a page that drifts makes some five a second."""
_SLUG_LENGTH: Final = 32
_SLUG_PROMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """What to write.

    Attributes:
        engine: Name of the engine that played it.
        seed: That it was played from.
        steering: What steered it, by the frame of the take from which on it did; the first is at 0.
        frames: Length.
        bars: Whole bars, 0 where it is not cut at bar lines.
        ending: Format of the mix, as in ``audiofile.FORMATS``.
        stems: Names of the stems; a bundle has them all, a single file has none.
        bundle: Whether to write a bundle.
    """

    engine: str
    seed: int
    steering: tuple[tuple[int, Steering], ...]
    frames: int
    bars: int
    ending: str
    stems: tuple[str, ...]
    bundle: bool


class TakeWriter:
    """Writes a take; the file is there when ``finish`` has returned.

    Use it as a context manager: leaving it with an exception drops what was written.

    Args:
        folder: Where to write, for this take alone.
        order: What to write.
    """

    def __init__(self, folder: Path, order: TakeOrder) -> None:
        self._folder = folder
        self._order = order
        self._open = contextlib.ExitStack()
        self._files: dict[str, AudioFile] = {}
        self._score = MidiTake()
        self._programs: dict[str, int | None] = {}
        self._tags: Tags | None = None
        self._name = file_stem(order.steering[0][1], None, "", order.seed)

    @property
    def name(self) -> str:
        """Name under which people should find the file; tempo and key are in it once the first block is."""
        return f"{self._name}.{'zip' if self._order.bundle else self._order.ending}"

    def add(self, block: Block, programs: Mapping[str, int | None] | None = None) -> None:
        """Appends a block.

        Args:
            block: As it sounds; its frames count from the beginning of the take.
            programs: General MIDI programs of the instruments in it, as far as they are known.

        Raises:
            EverjamError: It cannot be written.
            OSError: It cannot be written.
        """
        if self._tags is None:
            self._begin(block)
        gain = _gain(block.start_frame, block.frames, self._order.frames)
        for name, file in self._files.items():
            audio = block.stems[name] if name else block.audio
            file.write(audio if gain is None else audio * gain[:, None])
        self._score.add(block)
        self._programs.update(programs or {})

    def finish(self) -> Path:
        """Closes everything.

        Returns:
            The file.

        Raises:
            EverjamError: It cannot be written.
            OSError: It cannot be written.
        """
        self._open.close()
        mix = self._folder / f"mix.{self._order.ending}"
        return self._pack(mix) if self._order.bundle else mix

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _begin(self, first: Block) -> None:
        order = self._order
        steering = order.steering[0][1]
        self._tags = tags_of(steering, order.seed, order.engine, first)
        self._name = file_stem(steering, self._tags.bpm, self._tags.key, order.seed)
        places = {"": self._folder / f"mix.{order.ending}"}
        if order.bundle:
            ending = "wav" if order.ending == "wav" else "flac"
            places |= {name: self._folder / f"{name}.{ending}" for name in order.stems}
        for name, place in places.items():
            self._files[name] = self._open.enter_context(AudioFile(place, order.frames, self._tags))

    def _pack(self, mix: Path) -> Path:
        """The bundle. What is in it already is deleted, so that no more room is needed than for one file twice."""
        path = self._folder / "bundle.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle:
            _move_in(bundle, mix, f"{self._name}/{self._name}{mix.suffix}")
            for stem in self._order.stems:
                for place in self._folder.glob(f"{stem}.*"):
                    _move_in(bundle, place, f"{self._name}/stems/{place.name}")
            if self._score.notes:
                score = self._folder / "score.mid"
                title = self._tags.title if self._tags else ""
                self._score.write(score, self._programs.get, title)
                _move_in(bundle, score, f"{self._name}/{self._name}.mid")
            info = json.dumps(self._info(), indent=2, ensure_ascii=False) + "\n"
            bundle.writestr(_entry(f"{self._name}/info.json"), info)
        return path

    def _info(self) -> dict[str, Any]:
        """All that it takes to know what this is, and to play it again."""
        order, tags = self._order, self._tags
        return {
            "software": f"everjam {__version__}",
            "provenance": PROVENANCE,
            "engine": order.engine,
            "seed": order.seed,
            "bpm": tags.bpm if tags else None,
            "key": tags.key if tags else "",
            "bars": order.bars,
            "frames": order.frames,
            "sampleRate": SAMPLE_RATE_HZ,
            "seconds": round(order.frames / SAMPLE_RATE_HZ, 6),
            "steeringChanges": len(order.steering) - 1,
            "steering": [
                {"frame": frame, **_steering_info(steering)} for frame, steering in order.steering[:_MAX_CHANGES]
            ],
        }


def file_stem(steering: Steering, bpm: float | None, key: str, seed: int) -> str:
    """Name of a take without its ending, e.g. ``everjam bossa-nova 120bpm Dm seed42``."""
    heaviest = sorted(steering.prompts, key=lambda prompt: -prompt.weight)[:_SLUG_PROMPTS]
    words = ["everjam", *filter(None, (_slug(prompt.text) for prompt in heaviest if prompt.weight > 0))]
    if bpm is not None:
        words.append(f"{round(bpm)}bpm")
    if key:
        words.append(short_key(key))
    return " ".join([*words, f"seed{seed}"])


def _slug(text: str) -> str:
    """Letters and digits, with hyphens between them."""
    letters = "".join(char if char.isalnum() else " " for char in unicodedata.normalize("NFC", text).lower())
    return "-".join(letters.split())[:_SLUG_LENGTH].strip("-")


def _gain(start: int, frames: int, total: int) -> Float32Array | None:
    """Half a cosine up at the beginning of a take and down at its end; None where there is neither."""
    fade_in, fade_out = min(FADE_IN_FRAMES, total // 2), min(FADE_OUT_FRAMES, total // 2)
    if start >= fade_in and start + frames <= total - fade_out:
        return None
    index = np.arange(start, start + frames, dtype=np.float64)
    rise = np.clip(index / max(1, fade_in), 0.0, 1.0)
    fall = np.clip((total - 1 - index) / max(1, fade_out), 0.0, 1.0)
    gain: Float32Array = (0.5 - 0.5 * np.cos(np.pi * np.minimum(rise, fall))).astype(np.float32)
    return gain


def _move_in(bundle: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = _entry(name)
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, bundle.open(entry, "w") as target:
        while piece := source.read(1 << 20):
            target.write(piece)
    path.unlink()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that is the same whenever it is made."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry


def _steering_info(steering: Steering) -> dict[str, Any]:
    controls = {spec.wire_name: getattr(steering.controls, spec.name) for spec in FIELDS if spec.name != "seed"}
    return {
        "prompts": [{"text": prompt.text, "weight": prompt.weight} for prompt in steering.prompts],
        "config": {
            name: value.name if isinstance(value, IntEnum) else value
            for name, value in controls.items()
            if value is not None
        },
    }
