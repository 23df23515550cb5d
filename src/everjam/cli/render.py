"""``everjam render``: a take to files, faster than it sounds."""

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from everjam.cli import console
from everjam.cli.options import (
    CardsDir,
    SoundFontFile,
    config_options,
    load_engine,
    parse_duration,
    read_config,
    taking,
)
from everjam.errors import UsageError
from everjam.promptline import parse_prompts
from everjam.steering import Steering

if TYPE_CHECKING:
    from everjam.audio import Block
    from everjam.engines.base import Engine
    from everjam.export.tags import Tags
    from everjam.export.take import Take

STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class Order:
    """What to write.

    Attributes:
        take: The music.
        output: File of the mix, ``-`` for standard output.
        stems: Folder for a file a part, or None.
        midi: MIDI file, or None.
    """

    take: "Take"
    output: Path
    stems: Path | None
    midi: Path | None


@taking(config_options(), into="config")
def render(
    prompts: Annotated[str, typer.Argument(metavar='"PROMPT[:WEIGHT], …"', help="What to play.")],
    config: dict[str, Any],
    duration: Annotated[
        str, typer.Option("--duration", "-d", metavar="TIME", help="Length: seconds, or minutes:seconds.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="A .wav, .flac, .mp3, .ogg or .opus; - is WAV to stdout."),
    ],
    stems: Annotated[
        Path | None, typer.Option("--stems", metavar="DIR", help="Also write each part to a file of its own.")
    ] = None,
    midi: Annotated[Path | None, typer.Option("--midi", metavar="FILE", help="Also write the notes.")] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="NAME", help="Engine that plays (everjam engines).")
    ] = None,
    cards_dir: CardsDir = None,
    soundfont: SoundFontFile = None,
    fade: Annotated[
        str, typer.Option("--fade", metavar="SECONDS", help="Length of the fade-out; 0.03 for loops.")
    ] = "0.5",
    ending: Annotated[
        bool, typer.Option("--ending/--no-ending", help="Compose an ending, or cut the piece where the time is up.")
    ] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> int:
    """Render music to a file.

    The same seed, prompts and settings give the same file, byte by byte.
    """
    from everjam.audio import seconds_to_frames
    from everjam.export.take import MIN_FADE_SECONDS, Take

    steering = Steering(parse_prompts(prompts), (music := read_config(config)).controls())
    frames = max(1, seconds_to_frames(parse_duration(duration)))
    fade_frames = seconds_to_frames(max(MIN_FADE_SECONDS, parse_duration(fade)))
    seed = secrets.randbits(32) - 2**31 if music.seed is None else music.seed
    order = Order(Take(steering, seed, frames, fade_frames, ending), output, stems, midi)
    _check_places(order)
    player = load_engine(engine, cards_dir, soundfont, stems=stems is not None)
    if stems and not player.info.stems:
        raise UsageError(f"The engine {player.info.name!r} gives no stems.", remedy="Leave --stems out.")
    if music.seed is None and not quiet:
        console.note(f"seed {seed}")
    with _progress(frames, shown=not quiet and console.err().is_terminal) as advance:
        _write(player, order, advance)
    return 0


def _check_places(order: Order) -> None:
    """Finds out before the work, not after it, that a file cannot be written."""
    from everjam.export.audiofile import format_of

    if order.output != STDOUT:
        format_of(order.output)
    elif sys.stdout.isatty():
        raise UsageError("Standard output is a terminal.", remedy="Pipe it, as in -o - | aplay, or name a file.")
    for path in (order.output, order.midi):
        if path is not None and path != STDOUT and not path.absolute().parent.is_dir():
            raise UsageError(f"There is no folder {path.absolute().parent}.", remedy="Make it first.")


def _write(engine: "Engine", order: Order, advance: Callable[[int], None]) -> None:
    """Renders the take and writes all files of the order."""
    from everjam.engines.base import GetsHelp
    from everjam.export.midi import MidiTake
    from everjam.export.tags import tags_of
    from everjam.export.take import render_take, stem_overshoot

    if isinstance(engine, GetsHelp):
        engine.get_help()
    engine.warm()
    blocks = render_take(engine, order.take)
    first = next(blocks)
    tags = tags_of(order.take.steering, order.take.seed, engine.info.name, first)
    score = MidiTake()
    overshoot = 0.0
    with contextlib.ExitStack() as files:
        mix = _open_mix(order, tags, files)
        stems = _open_stems(order, engine.info.stems, tags, files) if order.stems else {}
        for block in _chain(first, blocks):
            mix(block)
            for name, write in stems.items():
                write(block.stems[name])
            overshoot = max(overshoot, stem_overshoot(block.stems))
            score.add(block)
            advance(block.frames)
    if order.midi is not None:
        program = getattr(engine, "gm_program", lambda _instrument: None)
        _write_midi(order.midi, lambda path: score.write(path, program, tags.title))
        if not score.notes:
            console.warn(f"The engine {engine.info.name!r} reports no notes; {order.midi} holds only the tempo.")
    if overshoot > 1.0:
        console.warn(f"A stem is clipped: its peak is {overshoot:.2f}.")


def _chain(first: "Block", rest: "Iterator[Block]") -> "Iterator[Block]":
    yield first
    yield from rest


def _open_mix(order: Order, tags: "Tags", files: contextlib.ExitStack) -> "Callable[[Block], None]":
    from everjam.export.audiofile import AudioFile, WavStream

    if order.output == STDOUT:
        stream = WavStream(sys.stdout.buffer, order.take.frames)
        return lambda block: stream.write(block.audio)
    file = files.enter_context(AudioFile(order.output, order.take.frames, tags))
    return lambda block: file.write(block.audio)


def _open_stems(
    order: Order, names: tuple[str, ...], tags: "Tags", files: contextlib.ExitStack
) -> dict[str, Callable[[Any], None]]:
    from everjam.export.audiofile import AudioFile

    folder = order.stems or Path()
    ending = "wav" if order.output == STDOUT or order.output.suffix.lower() == ".wav" else "flac"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.", remedy="Choose another folder.") from None
    opened = {
        name: files.enter_context(AudioFile(folder / f"{name}.{ending}", order.take.frames, tags)) for name in names
    }
    return {name: file.write for name, file in opened.items()}


def _write_midi(path: Path, write: Callable[[Path], None]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", remedy="Choose another place.") from None
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _progress(frames: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal, or nothing; gives what moves it on."""
    if not shown:
        yield lambda _frames: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("rendering"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=console.err(), transient=True) as bar:
        task = bar.add_task("", total=frames)
        yield lambda done: bar.advance(task, done)
