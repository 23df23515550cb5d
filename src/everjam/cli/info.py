"""``everjam version`` and ``everjam engines``."""

import typer
from rich.text import Text

from everjam import __version__
from everjam.cli import console


def version() -> int:
    """Show the version."""
    console.out().print(f"everjam {__version__}")
    return 0


def show_version(wanted: bool) -> None:
    """Callback of ``--version``."""
    if wanted:
        raise typer.Exit(version())


def engines() -> int:
    """List the engines that can play here."""
    from everjam.engines import registry

    for info in registry.infos():
        console.out().print(Text.assemble((f"{info.name:<8}", "bold"), info.title))
        console.out().print(Text(f"{'':<8}{', '.join(info.models)}", "dim"))
        console.out().print(Text(f"{'':<8}{info.licence}", "dim"))
        if info.needs:
            console.out().print(Text(f"{'':<8}needs {info.needs}", "dim"))
    return 0
