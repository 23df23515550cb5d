"""Processes and their children (Linux)."""

from collections.abc import Iterator
from pathlib import Path


def children(pid: int) -> list[int]:
    """Processes that a process has started; none where it is no more."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except FileNotFoundError:
        return []


def family(pid: int) -> Iterator[int]:
    """A process, its children, and theirs."""
    yield pid
    for child in children(pid):
        yield from family(child)
