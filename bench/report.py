"""How every benchmark reports: a table for people, a JSON line with the git revision for comparing."""

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def report(name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], **facts: Any) -> None:
    """Prints a Markdown table and appends a JSON line to ``bench/results/NAME.jsonl``.

    Args:
        name: Of the benchmark.
        columns: Heads.
        rows: One value a column; floats are shown with three significant digits.
        facts: What else belongs into the JSON line.
    """
    shown = [[_shown(value) for value in row] for row in rows]
    widths = [max(len(head), *(len(row[i]) for row in shown), 3) for i, head in enumerate(columns)]
    print("| " + " | ".join(head.ljust(width) for head, width in zip(columns, widths, strict=True)) + " |")
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for row in shown:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    RESULTS.mkdir(exist_ok=True)
    line = {
        "benchmark": name,
        "revision": revision(),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()} {os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": [dict(zip(columns, row, strict=True)) for row in rows],
        **facts,
    }
    with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def revision() -> str:
    """The git revision, with ``+`` if the tree has changes; ``unknown`` outside a repository."""
    git = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
        dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.strip() + ("+" if dirty.strip() else "")


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
