"""One session as a state machine: messages in, events and messages out. No sockets, clocks, threads or engines.

The transitions are a table. ``Session.receive`` takes what the client sent; ``events`` tells the jam what to do about
it, ``messages_to_send`` what to tell the client.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from everjam.errors import InvalidMessage, PeerError
from everjam.policy import Policy
from everjam.protocol import codec
from everjam.protocol.messages import Control, PlaybackControl, SetConfig, SetPrompts, Setup
from everjam.steering import MusicConfig, Steering, WeightedPrompt


class Phase(Enum):
    """Where a session stands."""

    AWAITING_SETUP = "awaiting setup"
    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"
    CLOSED = "closed"


class Effect(Enum):
    """What a playback control makes the jam do."""

    NONE = "nothing"
    START = "begin from silence"
    RESUME = "go on from the last chunk that was sent"
    HOLD = "stop sending, keep the position"
    DROP = "stop sending, forget the music"
    RESET = "forget the musical context, go on without a gap"


_PLAY, _PAUSE = PlaybackControl.PLAY, PlaybackControl.PAUSE
_STOP, _RESET = PlaybackControl.STOP, PlaybackControl.RESET_CONTEXT

# Live Music API, BidiGenerateMusicPlaybackControl: "PLAY: start generating music. PAUSE: hold; PLAY resumes from the
# current position. STOP: stop and reset the context (prompts retained). RESET_CONTEXT: reset the context without
# stopping." Controls that have nothing to do are accepted silently.
TRANSITIONS: Final[dict[tuple[Phase, PlaybackControl], tuple[Phase, Effect]]] = {
    (Phase.STOPPED, _PLAY): (Phase.PLAYING, Effect.START),
    (Phase.STOPPED, _PAUSE): (Phase.STOPPED, Effect.NONE),
    (Phase.STOPPED, _STOP): (Phase.STOPPED, Effect.NONE),
    (Phase.STOPPED, _RESET): (Phase.STOPPED, Effect.NONE),
    (Phase.PLAYING, _PLAY): (Phase.PLAYING, Effect.NONE),
    (Phase.PLAYING, _PAUSE): (Phase.PAUSED, Effect.HOLD),
    (Phase.PLAYING, _STOP): (Phase.STOPPED, Effect.DROP),
    (Phase.PLAYING, _RESET): (Phase.PLAYING, Effect.RESET),
    (Phase.PAUSED, _PLAY): (Phase.PLAYING, Effect.RESUME),
    (Phase.PAUSED, _PAUSE): (Phase.PAUSED, Effect.NONE),
    (Phase.PAUSED, _STOP): (Phase.STOPPED, Effect.DROP),
    (Phase.PAUSED, _RESET): (Phase.PAUSED, Effect.RESET),
}


@dataclass(frozen=True, slots=True)
class SetupDone:
    """The session is open; ``engine`` plays.

    Attributes:
        model: As the client named it.
        engine: Name of the engine that answers to it.
        carried: Whether it goes on where an earlier session was.
    """

    model: str
    engine: str
    carried: bool = False


@dataclass(frozen=True, slots=True)
class PlaybackChanged:
    """A playback control took effect."""

    phase: Phase
    effect: Effect


@dataclass(frozen=True, slots=True)
class SteeringChanged:
    """Prompts or configuration changed; the next block to be rendered takes ``Session.snapshot``."""


Event = SetupDone | PlaybackChanged | SteeringChanged


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What steers a block, and how the block says so.

    Attributes:
        steering: For the engine.
        source_metadata: The echo that goes with the block's audio, as JSON.
    """

    steering: Steering
    source_metadata: bytes


@dataclass(frozen=True, slots=True)
class Carried:
    """What a session hands on to one that goes on in its place.

    Attributes:
        engine: Name of the engine that plays.
        prompts: What was asked for.
        config: What was asked for.
        seed: Of the piece.
    """

    engine: str
    prompts: tuple[WeightedPrompt, ...]
    config: MusicConfig
    seed: int


class Session:
    """The server's side of one session.

    Args:
        engine_for_model: Model name to engine name; raises ``UnknownModel``.
        policy: Which prompts are left out.
        draw_seed: Gives a signed 32-bit seed for a start that the client gave none for.
        strict: Refuse what Google's server refuses.
        carried: Of an earlier session: if the same engine plays, this one begins as if it had been paused there.
    """

    def __init__(
        self,
        engine_for_model: Callable[[str], str],
        policy: Policy,
        draw_seed: Callable[[], int],
        *,
        strict: bool = False,
        carried: Carried | None = None,
    ) -> None:
        self._engine_for_model = engine_for_model
        self._policy = policy
        self._draw_seed = draw_seed
        self._strict = strict
        self._carried = carried
        self._engine = ""
        self._phase = Phase.AWAITING_SETUP
        self._prompts: tuple[WeightedPrompt, ...] = ()
        self._config = MusicConfig()
        self._seed = 0
        self._filtered: frozenset[str] = frozenset()
        self._last_warnings: dict[type, str] = {}
        self._events: list[Event] = []
        self._outbox: list[bytes] = []

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def has_prompts(self) -> bool:
        """Whether there is something to play that the client asked for."""
        return bool(self._prompts)

    @property
    def seed(self) -> int:
        """Seed of the music that plays now, or played last: fixed at START and at RESET."""
        return self._seed

    def carry(self) -> Carried:
        """What another session needs to go on in the place of this one."""
        if not self._engine and self._carried is not None:
            return self._carried
        return Carried(self._engine, self._prompts, self._config, self._seed)

    def snapshot(self) -> Snapshot:
        """What steers the next block."""
        return Snapshot(
            Steering(self._prompts, self._config.controls()),
            codec.encode_source_metadata(self._prompts, self._config, self._seed),
        )

    def events(self) -> list[Event]:
        """What has happened since the last call, in order."""
        found, self._events = self._events, []
        return found

    def messages_to_send(self) -> list[bytes]:
        """What the client must be told, in order; each is one binary frame."""
        found, self._outbox = self._outbox, []
        return found

    def close(self) -> None:
        """The connection is over; nothing more is received."""
        self._phase = Phase.CLOSED

    def receive(self, data: str | bytes) -> None:
        """Takes one message of the client.

        Args:
            data: A text or binary WebSocket message.

        Raises:
            PeerError: The session cannot go on; it is closed, and the error says with what code and reason.
        """
        if self._phase is Phase.CLOSED:
            return
        try:
            self._receive(data)
        except PeerError:
            self.close()
            raise

    def _receive(self, data: str | bytes) -> None:
        decoded = codec.decode(data, strict=self._strict)
        message = decoded.message
        # BidiGenerateMusicSetup: it is to be sent in the first client message, and only in the first.
        if self._phase is Phase.AWAITING_SETUP:
            if not isinstance(message, Setup):
                raise InvalidMessage("setup must be the first message", remedy='Send {"setup": {"model": "…"}} first.')
            self._set_up(message)
        elif isinstance(message, Setup):
            raise InvalidMessage(codec.STRICT_INVALID, remedy="(setup was sent twice)")
        elif isinstance(message, SetPrompts):
            self._set_prompts(message.prompts)
        elif isinstance(message, SetConfig):
            self._set_config(message.config)
        elif isinstance(message, Control):
            self._control(message.control)
        self._warn(type(message), decoded.warnings)

    def _set_up(self, message: Setup) -> None:
        engine = self._engine_for_model(message.model)
        self._engine = engine
        self._phase = Phase.STOPPED
        carried = self._carried if self._carried is not None and self._carried.engine == engine else None
        if carried is not None:
            self._phase = Phase.PAUSED
            self._prompts, self._config, self._seed = carried.prompts, carried.config, carried.seed
        self._outbox.append(codec.SETUP_COMPLETE)
        self._events.append(SetupDone(message.model, engine, carried is not None))

    def _set_prompts(self, prompts: tuple[WeightedPrompt, ...]) -> None:
        refused = {prompt.text: reason for prompt in prompts if (reason := self._policy.refusal(prompt.text))}
        for text, reason in refused.items():
            if text not in self._filtered:
                self._outbox.append(codec.encode_filtered_prompt(text, reason))
        self._filtered = frozenset(refused)
        allowed = tuple(prompt for prompt in prompts if prompt.text not in refused)
        if allowed and allowed != self._prompts:
            self._prompts = allowed
            self._events.append(SteeringChanged())

    def _set_config(self, config: MusicConfig) -> None:
        if config != self._config:
            self._config = config
            self._events.append(SteeringChanged())

    def _control(self, control: PlaybackControl) -> None:
        self._phase, effect = TRANSITIONS[self._phase, control]
        if effect in (Effect.START, Effect.RESET):
            self._seed = self._draw_seed() if self._config.seed is None else self._config.seed
        if effect is not Effect.NONE:
            self._events.append(PlaybackChanged(self._phase, effect))

    def _warn(self, kind: type, warnings: tuple[str, ...]) -> None:
        """One warning a message, and none twice in a row: clients resend all they have many times a second."""
        text = "; ".join(warnings)
        if text and text != self._last_warnings.get(kind):
            self._outbox.append(codec.encode_warning(text))
        self._last_warnings[kind] = text
