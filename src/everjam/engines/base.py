"""The contract of an engine: state in, state out.

An engine is a pure function of ``(state, steering, frames)``. It keeps nothing between calls but caches, so that a
state can be rendered on, again, or in another process, with the same samples each time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from everjam.audio import Block
from everjam.steering import Steering

State = Any
"""What an engine remembers: opaque outside the engine, picklable, best under 1.5 MB."""

Obedience = Literal["exact", "approximate", "ignored"]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine is and can do, said honestly.

    Attributes:
        name: Short name, as in ``--engine NAME``.
        title: One line for people.
        models: Model names that it answers to, with the ``models/`` prefix.
        licence: SPDX expression or a sentence about the engine and its output.
        obeys: Configuration field name (``everjam.steering.FIELDS``) to how well it is obeyed.
        stems: Names of the stems that it can give, in order.
        needs: What it needs beyond the base install, "" if nothing.
        options: Settings of the server that its constructor takes, by name; each is optional.
    """

    name: str
    title: str
    models: tuple[str, ...]
    licence: str
    obeys: dict[str, Obedience] = field(default_factory=dict)
    stems: tuple[str, ...] = ()
    needs: str = ""
    options: tuple[str, ...] = ()


@runtime_checkable
class Engine(Protocol):
    """What every engine offers. Calls come from one thread at a time.

    ``everjam.testing.check_engine`` checks an implementation against all that is promised here.
    """

    @property
    def info(self) -> EngineInfo:
        """What it is; a class attribute will do."""
        ...

    def warm(self) -> None:
        """Prepares what every first block needs (tables, imports), so that it is not late. May take seconds."""
        ...

    def start(self, seed: int) -> State:
        """A fresh state: silence, frame 0, no musical memory. ``seed`` is a signed 32-bit integer."""
        ...

    def reset(self, state: State, seed: int) -> State:
        """A state without musical memory that goes on from ``state`` without a gap or a click.

        Implements RESET_CONTEXT (Live Music API, ``BidiGenerateMusicPlaybackControl``). Frames go on counting.
        """
        ...

    def render(self, state: State, steering: Steering, frames: int) -> tuple[Block, State]:
        """The next ``frames`` of music, and the state after them.

        Args:
            state: From ``start``, ``reset`` or the last ``render``; it is not changed.
            steering: What the listener asks for at the first frame of the block.
            frames: A positive multiple of ``everjam.audio.QUANTUM_FRAMES``.

        Returns:
            The block, exactly ``frames`` long and finite, and the next state. Same state, steering and frames give
            the same samples, in any process. Other block sizes give the same score and the same sound within
            -80 dBFS.

        Raises:
            ValueError: ``frames`` is not a positive multiple of the quantum.
        """
        ...


@runtime_checkable
class EndsPieces(Protocol):
    """What an engine offers beside ``Engine`` where its pieces can end."""

    def finish(self, state: State, frames: int) -> State:
        """A state whose music comes to an end of its own, and is over ``frames`` from now at the latest.

        Args:
            state: From ``start``, ``reset`` or ``render``; it is not changed.
            frames: At least 1. What is too short for an ending goes on as if nobody had asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A style, instrument or mood that an engine knows, as part of what it takes a prompt for.

    Attributes:
        id: The engine's own short name of it.
        name: For people.
        weight: Its share in the prompt; negative where it is avoided.
        why: Which words led to it and how, in a few words.
    """

    id: str
    name: str
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an engine takes a prompt for.

    Attributes:
        text: The prompt's, verbatim.
        weight: The prompt's.
        ingredients: What is played for it, the weightiest first.
    """

    text: str
    weight: float
    ingredients: tuple[Ingredient, ...]


@runtime_checkable
class Explains(Protocol):
    """What an engine offers beside ``Engine`` where it can say what it makes of words."""

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        """What each prompt is taken for, in the order of the prompts. Pure, and quick enough for a live block."""
        ...


@runtime_checkable
class Seeks(Protocol):
    """What an engine offers beside ``Engine`` where a piece can be entered at any bar."""

    def seek(self, seed: int, bar: int, steering: Steering) -> State:
        """A fresh state, silent, at frame 0, whose music begins with a given bar of the piece.

        The bar is the one that ``start(seed)`` would come to if ``steering`` had held all the time: the same section,
        key and chords. How it is played may differ in what depends on the bars before it. Takes at most 0.3 s,
        wherever the bar is.

        Args:
            seed: As for ``start``.
            bar: Number of the bar, from 0.
            steering: What the listener asks for.
        """
        ...


@runtime_checkable
class GivesStems(Protocol):
    """What an engine offers beside ``Engine`` where one that gives stems can share its caches."""

    def with_stems(self) -> Engine:
        """An engine that renders the same from the same states, but with stems, and is as hurried as this one."""
        ...


@runtime_checkable
class LooksAhead(Protocol):
    """What an engine offers beside ``Engine`` where a live server can help it to be on time."""

    def hurry(self) -> None:
        """From now on be on time rather than complete: ``Block.late_notes`` says what had to wait."""
        ...

    def anticipate(self, state: State, steering: Steering) -> Iterator[None]:
        """Gets ready for what comes next, while nobody waits; it changes nothing that is heard.

        Args:
            state: After the last ``render``; it is not changed.
            steering: As it was then.

        Yields:
            After each step of some milliseconds, so that a call that comes in need not wait long.
        """
        ...


@runtime_checkable
class GetsHelp(Protocol):
    """What an engine offers beside ``Engine`` where it can share its work with other processes."""

    def get_help(self) -> None:
        """Lets ``warm`` start processes that work beside this one and end with it."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prompt that an engine knows how to play.

    Attributes:
        text: As a listener would type it.
        kind: What sort of prompt it is, e.g. ``genre``, ``instrument`` or ``mood``.
    """

    text: str
    kind: str


@runtime_checkable
class Suggests(Protocol):
    """What an engine's class offers beside ``Engine`` where it knows good prompts."""

    @staticmethod
    def suggestions(**options: Any) -> Iterable[Suggestion]:
        """Prompts in the order in which people should see them.

        Args:
            options: As the constructor takes them.
        """
        ...


def check_frames(frames: int, quantum: int) -> None:
    """Raises ValueError unless ``frames`` is a positive multiple of ``quantum``."""
    if frames <= 0 or frames % quantum:
        raise ValueError(f"frames must be a positive multiple of {quantum}, got {frames}")
