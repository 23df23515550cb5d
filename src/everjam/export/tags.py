"""What a file says about itself, in the words that each format has for it."""

import struct
from dataclasses import dataclass
from typing import Final

from everjam import __version__
from everjam.audio import Block
from everjam.steering import Scale, Steering

PROVENANCE: Final = "AI-generated/procedural"
"""Said in every file, so that nobody takes it for a recording of people."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What is known about a take.

    Attributes:
        title: The prompts.
        bpm: Tempo at the start, None if unknown.
        key: e.g. ``A minor``, "" if unknown.
        seed: The seed that gives the same music again.
        engine: Name of the engine.
    """

    title: str
    bpm: float | None
    key: str
    seed: int
    engine: str

    @property
    def software(self) -> str:
        """Program and version."""
        return f"everjam {__version__}"

    @property
    def comment(self) -> str:
        """Everything for which most formats have no field, in one line."""
        parts = [PROVENANCE, f"engine={self.engine}", f"seed={self.seed}"]
        if self.bpm is not None:
            parts.append(f"bpm={self.bpm:g}")
        if self.key:
            parts.append(f"key={self.key}")
        return "; ".join(parts)

    def strings(self) -> dict[str, str]:
        """Names and values as libsndfile has them."""
        return {"title": self.title, "software": self.software, "comment": self.comment}


def tags_of(steering: Steering, seed: int, engine: str, first: Block) -> Tags:
    """Tags of a take from its steering and its first block."""
    prompts = ", ".join(
        prompt.text if prompt.weight == 1 else f"{prompt.text}:{prompt.weight:g}" for prompt in steering.prompts
    )
    beat = first.beats[0] if first.beats else None
    scale = steering.controls.scale
    key = beat.key if beat else ""
    if not key and isinstance(scale, Scale):
        key = scale.name.replace("_", " ").title()
    bpm = steering.controls.bpm or (beat.bpm if beat else None)
    return Tags(_clean(prompts) or "everjam", bpm, _clean(key), seed, engine)


def id3_tag(tags: Tags) -> bytes:
    """An ID3v2.4 tag, to stand before the first frame of an MP3 (id3.org, "ID3 tag version 2.4.0").

    libsndfile writes MP3 strings as Latin-1 whatever they are, and knows no tempo, key or seed.
    """
    frames = [_text_frame("TIT2", tags.title), _text_frame("TSSE", tags.software)]
    if tags.bpm is not None:
        frames.append(_text_frame("TBPM", str(round(tags.bpm))))
    if tags.key:
        frames.append(_text_frame("TKEY", short_key(tags.key)))
    frames.append(_frame("COMM", b"\x03eng\x00" + tags.comment.encode()))
    for name, value in (("seed", str(tags.seed)), ("engine", tags.engine), ("provenance", PROVENANCE)):
        frames.append(_frame("TXXX", b"\x03" + name.encode() + b"\x00" + value.encode()))
    body = b"".join(frames)
    return b"ID3\x04\x00\x00" + _synchsafe(len(body)) + body


def short_key(key: str) -> str:
    """A key in at most three characters, as ID3's TKEY has it: the tonic, ``b`` or ``#``, ``m`` for minor."""
    words = key.replace(" Flat", "b").replace(" flat", "b").replace("♭", "b").replace("♯", "#").split()
    minor = len(words) > 1 and words[1].lower().startswith("min")
    return (words[0] + ("m" if minor else ""))[:3] if words else ""


def _text_frame(name: str, text: str) -> bytes:
    return _frame(name, b"\x03" + text.encode())


def _frame(name: str, data: bytes) -> bytes:
    return name.encode("ascii") + _synchsafe(len(data)) + b"\x00\x00" + data


def _synchsafe(number: int) -> bytes:
    """28 bits in four bytes with their top bits clear."""
    return struct.pack(">4B", *((number >> shift) & 0x7F for shift in (21, 14, 7, 0)))


def _clean(text: str) -> str:
    """One line without control characters: a NUL would end the string in every format."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
