"""Audio files: WAV, FLAC, MP3, Ogg Vorbis and Opus, with tags; the same take gives the same bytes."""

import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import soundfile

from everjam.audio import BYTES_PER_FRAME, CHANNELS, SAMPLE_RATE_HZ, Float32Array, to_pcm16
from everjam.errors import EverjamError, UsageError
from everjam.export.ogg import set_serial
from everjam.export.tags import Tags, id3_tag

MAX_WAV_FRAMES: Final = (2**32 - 2**16) // BYTES_PER_FRAME
"""RIFF counts bytes in 32 bits: 6.2 hours."""
_STEP_FRAMES: Final = 12_000
"""libsndfile's Vorbis encoder keeps a whole write on the stack."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        container: libsndfile's major format.
        subtype: libsndfile's subtype.
        pcm: Whether it holds 16-bit samples exactly.
        options: Further arguments of ``soundfile.SoundFile``.
    """

    container: str
    subtype: str
    pcm: bool
    options: Mapping[str, Any]


# The compression levels give about 180, 200 and 165 kbit/s of full music.
FORMATS: Final[Mapping[str, Format]] = {
    "wav": Format("WAV", "PCM_16", pcm=True, options={}),
    "flac": Format("FLAC", "PCM_16", pcm=True, options={}),
    "mp3": Format("MP3", "MPEG_LAYER_III", pcm=False, options={"bitrate_mode": "VARIABLE", "compression_level": 0.2}),
    "ogg": Format("OGG", "VORBIS", pcm=False, options={"compression_level": 0.3}),
    "opus": Format("OGG", "OPUS", pcm=False, options={"compression_level": 0.7}),
}


def format_of(path: Path) -> Format:
    """The format that a file name asks for.

    Raises:
        UsageError: It asks for none that can be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise UsageError(
            f"{path.name} does not say a format that can be written.",
            remedy=f"End the name with {', '.join(f'.{name}' for name in FORMATS)}.",
        )
    return FORMATS[ending]


class AudioFile:
    """A file that is being written; it appears under its name when it is whole, or not at all.

    Use it as a context manager: leaving it with an exception drops what was written.
    """

    def __init__(self, path: Path, frames: int, tags: Tags | None = None) -> None:
        self._path = path
        self._format = format_of(path)
        self._tags = tags
        if self._format.container == "WAV" and frames > MAX_WAV_FRAMES:
            raise UsageError(f"{path.name} would be longer than a WAV can be.", remedy="Write a .flac instead.")
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", remedy="Give the name of a file.")
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror}.", remedy="Make the folder, or choose another."
            ) from None
        self._temporary = Path(name)
        self._file: Any = soundfile.SoundFile(
            handle,
            "w",
            samplerate=SAMPLE_RATE_HZ,
            channels=CHANNELS,
            format=self._format.container,
            subtype=self._format.subtype,
            closefd=True,
            **self._format.options,
        )
        if tags is not None and self._format.container != "MP3":
            for key, value in tags.strings().items():
                setattr(self._file, key, value)

    def write(self, audio: Float32Array) -> None:
        """Appends float32 ``(frames, 2)`` in [-1, 1]."""
        try:
            if self._format.pcm:
                self._file.buffer_write(to_pcm16(audio), dtype="int16")
            else:
                for begin in range(0, len(audio), _STEP_FRAMES):
                    self._file.write(audio[begin : begin + _STEP_FRAMES])
        except (soundfile.SoundFileError, OSError) as error:
            raise EverjamError(f"{self._path} cannot be written: {error}", remedy="Is the disk full?") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                self._finish()
        finally:
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        if self._format.container == "OGG":
            set_serial(self._temporary, self._tags.seed & 0xFFFFFFFF if self._tags else 0)
        if self._format.container == "MP3" and self._tags is not None:
            _prepend(self._temporary, id3_tag(self._tags))
        self._temporary.chmod(0o666 & ~_umask())
        self._temporary.replace(self._path)


class WavStream:
    """A WAV of known length written to a stream that cannot be rewound, such as standard output."""

    def __init__(self, stream: BinaryIO, frames: int) -> None:
        if frames > MAX_WAV_FRAMES:
            raise UsageError("This is longer than a WAV can be.", remedy="Write to a .flac file instead.")
        self._stream = stream
        self._stream.write(wav_header(frames))

    def write(self, audio: Float32Array) -> None:
        """Appends float32 ``(frames, 2)`` in [-1, 1]."""
        self._stream.write(to_pcm16(audio))
        self._stream.flush()


def wav_header(frames: int) -> bytes:
    """The 44 bytes before the samples of a 16-bit stereo WAV at 48 kHz."""
    size = frames * BYTES_PER_FRAME
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        CHANNELS,
        SAMPLE_RATE_HZ,
        SAMPLE_RATE_HZ * BYTES_PER_FRAME,
        BYTES_PER_FRAME,
        16,
        b"data",
        size,
    )


def _umask() -> int:
    """Which permissions this person takes from new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _prepend(path: Path, head: bytes) -> None:
    """Puts bytes before a file's own, in constant memory."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as target:
        moved = Path(target.name)
        target.write(head)
        with path.open("rb") as source:
            while piece := source.read(1 << 20):
                target.write(piece)
    moved.replace(path)
