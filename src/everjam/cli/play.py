"""``everjam play``: the speakers of this machine, and a line to steer by."""

import contextlib
import importlib
import secrets
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final

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
from everjam.errors import EverjamError, UsageError
from everjam.promptline import Quit, parse_line, parse_prompts

if TYPE_CHECKING:
    from everjam.cli.player import Output, Player

HELP: Final = "text:weight, text:weight   bpm=140   scale=AUTO   play   pause   stop   reset   q"
DEVICE_LATENCY_SECONDS: Final = 0.25


class NoSpeaker(EverjamError):
    """There is no way to the speakers."""


@taking(config_options(), into="config")
def play(
    prompts: Annotated[str, typer.Argument(metavar='"PROMPT[:WEIGHT], …"', help="What to play.")],
    config: dict[str, Any],
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="NAME", help="Engine that plays (everjam engines).")
    ] = None,
    cards_dir: CardsDir = None,
    soundfont: SoundFontFile = None,
    duration: Annotated[str | None, typer.Option("--for", metavar="TIME", help="Stop after this long.")] = None,
) -> int:
    """Play through the speakers.

    Type while it plays: new prompts with weights, a setting such as bpm=140 or scale=AUTO, or play, pause, stop, reset
    and q, as in Google's sample script.
    """
    from everjam.audio import seconds_to_frames
    from everjam.cli.player import Player
    from everjam.engines.base import GetsHelp

    wanted, music = parse_prompts(prompts), read_config(config)
    limit = seconds_to_frames(parse_duration(duration)) if duration else None
    instrument = load_engine(engine, cards_dir, soundfont)
    output = open_speaker()
    if isinstance(instrument, GetsHelp):
        instrument.get_help()
    instrument.warm()
    seed = secrets.randbits(32) - 2**31 if music.seed is None else music.seed
    player = Player(instrument, output, wanted, music, seed=seed, limit_frames=limit)
    return converse(player, sys.stdin, interactive=sys.stdin.isatty(), fresh_seed=lambda: secrets.randbits(32) - 2**31)


def converse(player: "Player", lines: Iterable[str], *, interactive: bool, fresh_seed: Callable[[], int]) -> int:
    """Plays in the background and obeys typed lines, until ``q``, Ctrl-C or the player's own end.

    Args:
        player: Not yet started.
        lines: What is typed; its end does not end the music.
        interactive: Whether a person sees what is printed.
        fresh_seed: Where the next seed comes from, for ``reset`` and ``stop``.

    Returns:
        Exit code.
    """
    if interactive:
        console.note(f"seed {player.seed}\n{HELP}")
    finished = threading.Event()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            player.run()
        except BaseException as error:  # noqa: BLE001  (handed to the main thread)
            errors.append(error)
        finally:
            finished.set()

    # Reading a line cannot be interrupted, so the reader is a daemon and the main thread waits for the music.
    threading.Thread(target=work, name="player", daemon=True).start()
    threading.Thread(target=_read, args=(player, lines, interactive, fresh_seed), name="line", daemon=True).start()
    try:
        while not finished.wait(0.2):
            pass
    except KeyboardInterrupt:
        player.submit(Quit(), fresh_seed=player.seed)
        with contextlib.suppress(KeyboardInterrupt):
            finished.wait(2.0)
        return 130
    if errors:
        raise errors[0]
    return 0


def _read(player: "Player", lines: Iterable[str], interactive: bool, fresh_seed: Callable[[], int]) -> None:
    for line in lines:
        try:
            command = parse_line(line)
        except UsageError as error:
            console.complain(error)
            continue
        if command is None:
            continue
        player.submit(command, fresh_seed=fresh_seed())
        if isinstance(command, Quit):
            return
        if interactive:
            console.note(player.describe())


def open_speaker(device: Any = None) -> "Output":
    """The default output at 48 kHz stereo.

    Args:
        device: The ``sounddevice`` module, default the installed one.

    Raises:
        UsageError: The extra is not installed.
        NoSpeaker: There is no device, or it does not take the format.
    """
    module = device
    if module is None:
        try:
            module = importlib.import_module("sounddevice")
        except ImportError:
            raise UsageError(
                "Playing needs the speaker extra.", remedy="Install it: pip install 'everjam[speaker]'."
            ) from None
        except OSError as error:
            raise NoSpeaker(f"PortAudio is missing: {error}.", remedy="On Debian: apt install libportaudio2.") from None
    try:
        output: Output = module.OutputStream(
            samplerate=48_000, channels=2, dtype="float32", latency=DEVICE_LATENCY_SECONDS
        )
    except (module.PortAudioError, ValueError) as error:
        raise NoSpeaker(
            f"There is no audio output: {error}.",
            remedy="Plug one in, or listen in the browser with `everjam`; `everjam doctor` tells more.",
        ) from None
    return output
