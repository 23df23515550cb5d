"""Sample data: 16 or 24 bits out of the mapped file, or Ogg Vorbis decoded once."""

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from everjam.audio import Float32Array
from everjam.engines.band.instruments.soundfont.errors import SoundFontError, printable
from everjam.engines.band.instruments.soundfont.generators import Float64Array, Gen
from everjam.engines.band.instruments.soundfont.riff import Chunks
from everjam.engines.band.instruments.soundfont.tables import COMPRESSED, Records, in_rom
from everjam.engines.band.instruments.soundfont.zones import Region

Indices = npt.NDArray[np.int64]

_MOST_DECODED_FRAMES: Final = 60 * 48_000
_DECODED_BYTES: Final = 24 * 1024 * 1024
_SHORTEST_LOOP: Final = 2
_COARSE: Final = 32_768


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a sample that a region plays, in frames from the beginning of the sample data.

    Attributes:
        start: First frame.
        end: Frame after the last.
        loop_start: First frame of the loop.
        loop_end: Frame after the loop's last; not above ``loop_start`` if nothing is repeated.
        until_release: Whether the loop is left when the note is let go.
    """

    start: int
    end: int
    loop_start: int
    loop_end: int
    until_release: bool

    @property
    def looped(self) -> bool:
        """Whether a part is repeated."""
        return self.loop_end - self.loop_start >= _SHORTEST_LOOP


class SampleData:
    """Reads stretches of sample data.

    Args:
        chunks: The file.
        headers: Sample headers, checked.
    """

    def __init__(self, chunks: Chunks, headers: Records) -> None:
        self._chunks = chunks
        self._headers = headers
        data = chunks.get(b"smpl")
        self._bytes = data
        self._coarse = np.frombuffer(data[: data.size // 2 * 2], "<i2")
        low = chunks.get(b"sm24")
        self._fine = low if low.size >= self._coarse.size > 0 else None
        self._decoded: OrderedDict[int, npt.NDArray[np.int16]] = OrderedDict()
        self._decoded_bytes = 0
        self._lock = threading.Lock()

    def span(self, region: Region) -> Span | None:
        """Where a region begins, ends and repeats; None if there is nothing to play.

        Offsets are kept within the sample data; a loop that does not fit into what is played is no loop.
        """
        header = self._headers[region.sample]
        if in_rom(header):
            return None
        values = region.values
        if int(header["kind"]) & COMPRESSED:
            start, end, limit = 0, (frames := self._decode(region.sample).size), frames
        else:
            start, end, limit = int(header["start"]), int(header["end"]), self._coarse.size
        loop_start, loop_end = int(header["loop_start"]), int(header["loop_end"])
        start += _offset(values[Gen.START_OFFSET], values[Gen.START_COARSE])
        end += _offset(values[Gen.END_OFFSET], values[Gen.END_COARSE])
        loop_start += _offset(values[Gen.LOOP_START_OFFSET], values[Gen.LOOP_START_COARSE])
        loop_end += _offset(values[Gen.LOOP_END_OFFSET], values[Gen.LOOP_END_COARSE])
        start, end = min(max(start, 0), limit), min(max(end, 0), limit)
        if end - start < 1:
            return None
        mode = int(values[Gen.SAMPLE_MODES]) & 3
        fits = start <= loop_start and loop_start + _SHORTEST_LOOP <= loop_end <= min(end + 1, limit)
        if mode not in {1, 3} or not fits:
            return Span(start, end, 0, 0, until_release=False)
        return Span(start, end, loop_start, loop_end, until_release=mode == 3)

    def at(self, sample: int, span: Span, places: Float64Array, leave: int) -> Float32Array:
        """What a span sounds like at any places, by cubic interpolation; ends where the sample ends.

        Args:
            sample: Index of the header.
            span: The part that is played.
            places: Frames from the span's start, rising, as if nothing were repeated, float64 ``(n,)``.
            leave: Number of the place from which on the loop is left, -1 for never.

        Returns:
            float32, at most ``n``, -1 to 1.
        """
        index = places.astype(np.int64)
        share = (places - index).astype(np.float32)
        index += span.start
        if not span.looped:
            return self._straight(sample, span, index, share)
        loop = span.loop_end - span.loop_start
        # One frame late, so that the frame before the loop's first is the loop's last.
        first = int(np.searchsorted(index, span.loop_end, side="right"))
        turning = index[first:] if leave < 0 else index[first:leave]
        turned = (turning - (span.loop_start + 1)) // loop * loop
        turning -= turned
        if leave < 0:
            return self._turning(sample, span, index, share)
        if turned.size:
            index[leave:] -= turned[-1]
        held = self._turning(sample, span, index[:leave], share[:leave])
        return np.concatenate([held, self._straight(sample, span, index[leave:], share[leave:])])

    def _straight(self, sample: int, span: Span, index: Indices, share: Float32Array) -> Float32Array:
        kept = int(np.searchsorted(index, span.end))
        index, share = index[:kept], share[:kept]
        around = (np.maximum(index - 1, span.start), index, index + 1, index + 2)
        return _cubic([self._frames(sample, np.minimum(place, span.end - 1)) for place in around], share)

    def _turning(self, sample: int, span: Span, index: Indices, share: Float32Array) -> Float32Array:
        loop = span.loop_end - span.loop_start
        around = [np.maximum(index - 1, span.start), index, index + 1, index + 2]
        late = np.flatnonzero(index >= span.loop_end - 2)
        for place in around[1:]:
            places = place[late]
            place[late] = np.where(places < span.loop_end, places, span.loop_start + (places - span.loop_start) % loop)
        return _cubic([self._frames(sample, place) for place in around], share)

    def _frames(self, sample: int, index: Indices) -> Float32Array:
        """Single frames, float32, -32768 to 32767."""
        if int(self._headers[sample]["kind"]) & COMPRESSED:
            return self._decode(sample)[index].astype(np.float32)
        out = self._coarse[index].astype(np.float32)
        if self._fine is not None:
            out += self._fine[index] * np.float32(1.0 / 256.0)
        return out

    def _decode(self, sample: int) -> npt.NDArray[np.int16]:
        """A compressed sample as int16 ``(frames,)``, at most a minute; the latest ones are kept.

        Raises:
            SoundFontError: It cannot be decoded.
        """
        with self._lock:
            known = self._decoded.get(sample)
            if known is not None:
                self._decoded.move_to_end(sample)
                return known
        header = self._headers[sample]
        data = self._bytes[int(header["start"]) : int(header["end"])]
        try:
            with soundfile.SoundFile(io.BytesIO(data.tobytes())) as file:
                if file.channels != 1:
                    raise ValueError(f"it has {file.channels} channels")  # noqa: TRY301  one answer to all that is wrong
                frames = file.read(_MOST_DECODED_FRAMES, dtype="int16")
        except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
            name = printable(header["name"])
            raise SoundFontError(
                self._chunks.path, f"is broken: its sample {name!r} cannot be decoded: {error}"
            ) from None
        with self._lock:
            if sample not in self._decoded:
                self._decoded[sample] = frames
                self._decoded_bytes += frames.nbytes
            while self._decoded_bytes > _DECODED_BYTES and len(self._decoded) > 1:
                self._decoded_bytes -= self._decoded.popitem(last=False)[1].nbytes
        found: npt.NDArray[np.int16] = frames
        return found

    def header(self, sample: int) -> Any:
        """The header of a sample."""
        return self._headers[sample]


def _cubic(around: list[Float32Array], share: Float32Array) -> Float32Array:
    """Catmull-Rom between the second and the third of four frames, whose arrays are used up; to full scale 1."""
    before, here, after, beyond = around
    slope = after - before
    slope *= np.float32(0.5)
    after -= here
    beyond -= before
    beyond *= np.float32(0.5)
    twist = beyond
    twist -= np.float32(1.5) * after
    bend = after
    bend -= slope
    bend -= twist
    twist *= share
    twist += bend
    twist *= share
    twist += slope
    twist *= share
    twist += here
    twist *= np.float32(1.0 / 32_768.0)
    return twist


def _offset(fine: float, coarse: float) -> int:
    return int(fine) + _COARSE * int(coarse)
