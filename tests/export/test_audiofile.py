"""Audio files are read back: samples, length, tags, and the same bytes every time."""

import io
import os
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from everjam.audio import Float32Array, to_pcm16
from everjam.errors import UsageError
from everjam.export.audiofile import FORMATS, MAX_WAV_FRAMES, AudioFile, WavStream, wav_header
from everjam.export.ogg import checksum, set_serial
from everjam.export.tags import PROVENANCE, Tags, id3_tag

TAGS = Tags("Rain “東京”, jazz:0.5", 92.0, "E Flat Major", -7, "tone")
FRAMES = 60_007


@pytest.fixture(scope="module")
def music() -> Float32Array:
    time = np.arange(FRAMES) / 48_000
    left = 0.4 * np.sin(2 * np.pi * 440 * time)
    right = 0.4 * np.sin(2 * np.pi * 554.37 * time)
    return np.stack([left, right], axis=1).astype(np.float32)


def write(path: Path, music: Float32Array, tags: Tags | None = TAGS) -> bytes:
    with AudioFile(path, len(music), tags) as file:
        file.write(music[:48_000])
        file.write(music[48_000:])
    return path.read_bytes()


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_music_back(tmp_path: Path, music: Float32Array, ending: str) -> None:
    path = tmp_path / f"take.{ending}"
    write(path, music)
    heard, rate = soundfile.read(path, dtype="float32")
    assert rate == 48_000
    assert heard.shape == music.shape
    if FORMATS[ending].pcm:
        pcm, _ = soundfile.read(path, dtype="int16")
        assert pcm.tobytes() == to_pcm16(music)
    else:
        middle = slice(5_000, -5_000)
        error = heard[middle] - music[middle]
        assert np.sqrt(np.mean(error**2)) < 0.03 * np.sqrt(np.mean(music**2))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_take_gives_the_same_bytes(tmp_path: Path, music: Float32Array, ending: str) -> None:
    assert write(tmp_path / f"a.{ending}", music) == write(tmp_path / f"b.{ending}", music)


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != "mp3"])
def test_tags_are_read_back(tmp_path: Path, music: Float32Array, ending: str) -> None:
    path = tmp_path / f"take.{ending}"
    write(path, music)
    with soundfile.SoundFile(path) as file:
        found = file.copy_metadata()
    assert found["title"] == TAGS.title
    assert found["software"].startswith("everjam ")
    assert found["comment"] == f"{PROVENANCE}; engine=tone; seed=-7; bpm=92; key=E Flat Major"


def id3_frames(data: bytes) -> dict[str, list[str]]:
    """A reader of ID3v2.4, written from its specification."""

    def synchsafe(four: bytes) -> int:
        assert all(byte < 0x80 for byte in four)
        return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]

    assert data[:5] == b"ID3\x04\x00"
    end = 10 + synchsafe(data[6:10])
    frames: dict[str, list[str]] = {}
    position = 10
    while position < end:
        name, size = data[position : position + 4].decode(), synchsafe(data[position + 4 : position + 8])
        body = data[position + 10 : position + 10 + size]
        assert body[0] == 3
        frames.setdefault(name, []).append(body[1:].decode())
        position += 10 + size
    assert position == end
    return frames


def test_mp3_has_a_tag_of_our_own(tmp_path: Path, music: Float32Array) -> None:
    data = write(tmp_path / "take.mp3", music)
    frames = id3_frames(data)
    assert frames["TIT2"] == [TAGS.title]
    assert frames["TBPM"] == ["92"]
    assert frames["TKEY"] == ["Eb"]
    assert frames["TXXX"] == ["seed\x00-7", "engine\x00tone", f"provenance\x00{PROVENANCE}"]
    assert frames["COMM"][0].startswith("eng\x00" + PROVENANCE)
    begin = len(id3_tag(TAGS))
    assert data[begin] == 0xFF
    assert data[begin + 1] & 0xE0 == 0xE0
    assert data[-128:-125] != b"TAG"


@pytest.mark.parametrize(
    ("key", "short"), [("A minor", "Am"), ("C", "C"), ("F# minor", "F#m"), ("B flat minor", "Bbm")]
)
def test_mp3_keys_are_short(key: str, short: str) -> None:
    assert id3_frames(id3_tag(Tags("t", None, key, 0, "e")))["TKEY"] == [short]


def test_long_titles_fit(tmp_path: Path, music: Float32Array) -> None:
    tags = Tags("é" * 5_000, None, "", 0, "tone")
    assert id3_frames(write(tmp_path / "take.mp3", music, tags))["TIT2"] == [tags.title]


def test_an_exception_leaves_the_old_file(tmp_path: Path, music: Float32Array) -> None:
    path = tmp_path / "take.flac"
    before = write(path, music)

    def interrupted() -> None:
        with AudioFile(path, FRAMES, TAGS) as file:
            file.write(music)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_permissions_are_those_of_any_new_file(tmp_path: Path, music: Float32Array) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "take.mp3", music)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "take.mp3").stat().st_mode) == 0o640


def test_names_and_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.wav, \.flac"):
        AudioFile(tmp_path / "take.aac", 1)
    with pytest.raises(UsageError, match="folder"):
        AudioFile(tmp_path / "absent" / "take.wav", 1)
    (tmp_path / "dir.wav").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        AudioFile(tmp_path / "dir.wav", 1)
    with pytest.raises(UsageError, match="longer than a WAV"):
        AudioFile(tmp_path / "take.wav", MAX_WAV_FRAMES + 1)
    assert [path.name for path in tmp_path.iterdir()] == ["dir.wav"]


def test_a_stream_has_the_header_of_its_whole_length(music: Float32Array) -> None:
    stream = io.BytesIO()
    wav = WavStream(stream, FRAMES)
    wav.write(music[:1_000])
    wav.write(music[1_000:])
    data = stream.getvalue()
    assert len(data) == 44 + 4 * FRAMES
    assert struct.unpack("<I", data[4:8]) == (len(data) - 8,)
    assert struct.unpack("<I", data[40:44]) == (4 * FRAMES,)
    heard, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == 48_000
    assert heard.tobytes() == to_pcm16(music)
    assert wav_header(FRAMES) == data[:44]


def slow_checksum(page: bytes) -> int:
    """RFC 3533's checksum, bit by bit."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def test_ogg_pages_get_serial_and_checksum(tmp_path: Path, music: Float32Array) -> None:
    path = tmp_path / "take.ogg"
    write(path, music)
    set_serial(path, 0xDEADBEEF)
    data = path.read_bytes()
    pages = data.split(b"OggS")[1:]
    assert len(pages) >= 3
    for rest in pages:
        page = b"OggS" + rest
        assert page[14:18] == bytes.fromhex("efbeadde")
        blank = page[:22] + bytes(4) + page[26:]
        assert int.from_bytes(page[22:26], "little") == slow_checksum(blank) == checksum(blank)
    heard, _ = soundfile.read(path)
    assert len(heard) == FRAMES


def test_what_is_not_ogg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.ogg"
    path.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(ValueError, match="not an Ogg file"):
        set_serial(path, 1)
