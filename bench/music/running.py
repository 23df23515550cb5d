"""Plays and measures what judges ask for, in parallel, and remembers it: a second run measures what has changed."""

import ast
import hashlib
import importlib
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.music.clips import Clip, play

import everjam
from everjam.engines.band.cards import default_deck
from everjam.engines.band.prompts import ingredients

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench-music"
MEASURES = {
    "tempo": "tempo:measure",
    "scale": "scale:measure",
    "timbre": "timbre:measure",
    "path": "path:measure",
    "level": "level:measure",
    "mutes": "mutes:measure",
    "sound_counts": "counts:measure_sound",
    "score_counts": "counts:measure_score",
    "form": "form:measure",
    "song": "song:measure",
    "produced": "bench.sound.measure:measure",
    "change": "bench.sound.measure:measure_change",
}
"""Name to module, of ``bench.music.measures`` where it has no dots, and function; those of scores take what was heard,
the others a sound."""
OF_SCORES = frozenset({"score_counts", "form", "song"})
_SILENT_ABOUT = ("instruments", "mixer", "engine.py", "timeline.py")
"""What a score does not depend on."""


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement of one clip.

    Attributes:
        clip: What to play.
        measure: Key of ``MEASURES``.
    """

    clip: Clip
    measure: str


Results = dict[Job, dict[str, Any]]


def run(jobs: Sequence[Job], processes: int = 2, *, quiet: bool = False) -> Results:
    """Measures every job, taking from the cache what is there.

    Args:
        jobs: In any order, with repetitions.
        processes: How many clips to work on at once.
        quiet: Say nothing on the way.

    Returns:
        The numbers by job.
    """
    results: Results = {}
    missing: dict[Clip, list[str]] = {}
    for job in dict.fromkeys(jobs):
        found = _load(job)
        if found is None:
            missing.setdefault(job.clip, []).append(job.measure)
        else:
            results[job] = found
    if not missing:
        return results
    CACHE.mkdir(parents=True, exist_ok=True)
    begin, done = time.monotonic(), 0
    batches = _batches(missing)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_be_modest) as pool:
        futures = [pool.submit(_measure_batch, batch) for batch in batches]
        for future in as_completed(futures):
            results.update(future.result())
            done += 1
            if not quiet and (done % 10 == 0 or done == len(batches)):
                spent = time.monotonic() - begin
                left = spent / done * (len(batches) - done)
                print(f"  {done}/{len(batches)} batches, {spent:.0f} s, about {left:.0f} s left", file=sys.stderr)
    return results


def _batches(missing: dict[Clip, list[str]], size: int = 12) -> list[list[tuple[Clip, list[str]]]]:
    """Clips of the same prompt together, so that they share waveforms."""
    by_prompt: dict[str, list[tuple[Clip, list[str]]]] = {}
    for wanted, measures in missing.items():
        by_prompt.setdefault(wanted.prompt, []).append((wanted, measures))
    return [group[at : at + size] for group in by_prompt.values() for at in range(0, len(group), size)]


def _be_modest() -> None:
    """One thread a process: they share the machine among themselves."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "nice"):
        os.nice(5)


def _measure_batch(batch: Sequence[tuple[Clip, Sequence[str]]]) -> list[tuple[Job, dict[str, Any]]]:
    """Keeps each result at once, so that whoever stops a long run loses little."""
    measured = []
    for wanted, names in batch:
        for name, numbers in _measure(wanted, names):
            job = Job(wanted, name)
            _save(job, numbers)
            measured.append((job, numbers))
    return measured


def _measure(wanted: Clip, names: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    heard = play(wanted)
    if wanted.kind == "score":
        return [(name, _function(name)(heard)) for name in names]
    from bench.music.measures.sound import Sound  # noqa: PLC0415 - scores need no ears

    sound = Sound(heard)
    return [(name, _function(name)(sound)) for name in names]


def _function(name: str) -> Any:
    module, _, function = MEASURES[name].partition(":")
    return getattr(importlib.import_module(_path(module)), function)


def _path(module: str) -> str:
    return module if "." in module else f"bench.music.measures.{module}"


def _load(job: Job) -> dict[str, Any] | None:
    path = CACHE / f"{_key(job)}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _save(job: Job, numbers: dict[str, Any]) -> None:
    path = CACHE / f"{_key(job)}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(numbers), "utf-8")
    part.replace(path)


def _key(job: Job) -> str:
    """Changes with the band's code, the cards that the prompts mean, the measure's code and what is asked."""
    digest = hashlib.blake2b(digest_size=16)
    deck = default_deck()
    cards = {name for ask in job.clip.asks for name, _ in ingredients(ask.steering().prompts, deck)}
    meant = [ingredients(ask.steering().prompts, deck) for ask in job.clip.asks]
    for part in (
        repr(job),
        repr(meant),
        *(_card_text(name) for name in sorted(cards | {"prior"})),
        _band_digest(sound=job.clip.kind != "score"),
        _measure_digest(job.measure),
    ):
        digest.update(part.encode())
    return digest.hexdigest()


@cache
def _card_text(name: str) -> str:
    path = Path(everjam.__file__).parent / "engines" / "band" / "cards" / f"{name}.toml"
    return path.read_text("utf-8") if path.exists() else name


@cache
def _band_digest(*, sound: bool) -> str:
    """Of the code and tables that make the music; cards and the reading of prompts are seen to elsewhere."""
    root = Path(everjam.__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted((root / "engines" / "band").rglob("*")):
        place = path.relative_to(root / "engines" / "band")
        silent = not sound and place.parts[0] in _SILENT_ABOUT
        made = path.is_file() and path.suffix not in {".toml", ".pyc"}
        if made and place.parts[0] != "prompts" and not silent:
            digest.update(str(place).encode() + _essence(path))
    for name in ("audio.py", "steering.py"):
        digest.update(_essence(root / name))
    return digest.hexdigest()


@cache
def _measure_digest(name: str) -> str:
    module = MEASURES[name].partition(":")[0]
    here = Path(__file__).parent
    files = [here / "clips.py", (ROOT / _path(module).replace(".", "/")).with_suffix(".py")]
    if name not in OF_SCORES:
        files.append(here / "measures" / "sound.py")
    if module in {"path", "counts"} and name not in OF_SCORES:
        files.append(here / "measures" / "timbre.py")
    return hashlib.blake2b(b"".join(map(_essence, files)), digest_size=16).hexdigest()


def _essence(path: Path) -> bytes:
    """What a file does: of Python its syntax without comments, layout and documentation, of others all."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]
    return ast.dump(tree).encode()


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
