"""What this server says beside the Live Music API, to clients that ask for it with ``events=1``.

Each message has one more member, ``everjam``; without it, it is the same message byte for byte. Third parties read the
same objects as server-sent events.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from everjam.audio import BeatEvent, NoteEvent
from everjam.engines.base import Meaning

Resumed = Literal["exact", "bar", "no"]
"""Whether a jam goes on with the very next sample, at the bar that was asked for, or from the beginning."""

# A chunk's message must stay below the 1 MiB at which common clients give up, whatever an engine has to say.
MAX_BEATS: Final = 64
MAX_NOTES: Final = 1_000
MAX_WHY_BYTES: Final = 64 * 1024


def jam_object(jam_id: str, resumed: Resumed, frame: int) -> bytes:
    """Which jam this is, and the frame of the next sample that will be sent."""
    return _dump({"id": jam_id, "resumed": resumed, "frame": frame})


def chunk_object(
    frame: int,
    frames: int,
    late_notes: int,
    beats: Sequence[BeatEvent],
    notes: Sequence[NoteEvent],
    lead_seconds: float | None = None,
) -> bytes:
    """What happens in a chunk.

    Args:
        frame: Frame in the piece of its first sample.
        frames: Its length.
        late_notes: Notes that come in with the next chunk.
        beats: Beats in it; of more than ``MAX_BEATS`` the first.
        notes: Notes that begin in it; of more than ``MAX_NOTES`` the first.
        lead_seconds: How long it takes until it is heard, for those who do not hear it themselves.
    """
    lead = {} if lead_seconds is None else {"leadSeconds": round(lead_seconds, 3)}
    return _dump(
        {
            **lead,
            "frame": frame,
            "frames": frames,
            "lateNotes": late_notes,
            "beats": [
                {
                    "frame": beat.frame,
                    "bar": beat.bar,
                    "beat": beat.beat,
                    "bpm": beat.bpm,
                    "meter": beat.meter,
                    "chord": beat.chord,
                    "section": beat.section,
                    "key": beat.key,
                }
                for beat in beats[:MAX_BEATS]
            ],
            "notes": [
                [
                    note.start_frame,
                    note.duration_frames,
                    note.pitch,
                    round(note.velocity, 3),
                    note.part,
                    note.instrument,
                ]
                for note in notes[:MAX_NOTES]
            ],
        }
    )


def why_array(meanings: Iterable[Meaning]) -> bytes:
    """What prompts were taken for; those that do not fit into ``MAX_WHY_BYTES`` are left out."""
    told: list[bytes] = []
    left = MAX_WHY_BYTES
    for meaning in meanings:
        cards = [{"name": part.name, "weight": round(part.weight, 4), "why": part.why} for part in meaning.ingredients]
        told.append(_dump({"text": meaning.text, "weight": meaning.weight, "cards": cards}))
        left -= len(told[-1])
        if left < 0:
            told.pop()
            break
    return b"[" + b", ".join(told) + b"]"


def steering_object(source_metadata: bytes) -> bytes:
    """Prompts and configuration, from the echo that goes with the audio."""
    echo = json.loads(source_metadata)
    return _dump({"prompts": echo["clientContent"]["weightedPrompts"], "config": echo["musicGenerationConfig"]})


def playback_object(state: str) -> bytes:
    """``playing``, ``paused`` or ``stopped``."""
    return _dump({"state": state})


def member(**objects: bytes) -> bytes:
    """The value of the member ``everjam``, from encoded objects by their names."""
    return b"{" + b", ".join(b'"%s": %s' % (name.encode(), data) for name, data in objects.items()) + b"}"


def message(**objects: bytes) -> bytes:
    """A message that holds nothing but the member ``everjam``."""
    return b'{"everjam": %s}' % member(**objects)


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode("ascii")
