"""What a client says in the Live Music API, as plain values (``BidiGenerateMusicClientMessage``)."""

from dataclasses import dataclass
from enum import IntEnum

from everjam.steering import MusicConfig, WeightedPrompt


class PlaybackControl(IntEnum):
    """``BidiGenerateMusicPlaybackControl``; the value is the API's enum number."""

    PLAYBACK_CONTROL_UNSPECIFIED = 0
    PLAY = 1
    PAUSE = 2
    STOP = 3
    RESET_CONTEXT = 4


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message of a session: which model plays."""

    model: str


@dataclass(frozen=True, slots=True)
class SetPrompts:
    """Replaces the list of prompts. Zero weights and blank texts are already dropped."""

    prompts: tuple[WeightedPrompt, ...]


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Replaces the whole configuration: what is left out is back at its default."""

    config: MusicConfig


@dataclass(frozen=True, slots=True)
class Control:
    """Starts, holds, stops or resets the music."""

    control: PlaybackControl


ClientMessage = Setup | SetPrompts | SetConfig | Control


@dataclass(frozen=True, slots=True)
class Decoded:
    """A client message and what was mended in it.

    Attributes:
        message: None if the message says nothing that this API knows.
        warnings: One sentence for each thing that was changed or ignored.
    """

    message: ClientMessage | None
    warnings: tuple[str, ...] = ()
