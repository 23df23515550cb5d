"""The line that people type: prompts with weights, settings, transport words.

The grammar is that of Google's sample script for Lyria RealTime, which people know::

    Piano:1, rain on a roof:0.3      the prompts from now on; a text alone has weight 1
    bpm=140   scale=AUTO             one field of the configuration; AUTO leaves it to the engine
    play   pause   stop   reset      transport
    q                                the end

A colon only counts where a number follows it, so ``Act II: the storm`` is a text.
"""

import difflib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal

from everjam.errors import UsageError
from everjam.steering import FIELDS, FieldSpec, Scale, WeightedPrompt

Transport = Literal["play", "pause", "stop", "reset"]

_WEIGHTED: Final = re.compile(
    r"^(?P<text>.*?)\s*:\s*(?P<weight>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)$", re.DOTALL
)
_ASSIGNMENT: Final = re.compile(r"^(?P<name>[A-Za-z][\w-]*)\s*=\s*(?P<value>.*)$", re.DOTALL)
_KEY: Final = re.compile(
    r"^(?P<letter>[A-Ga-g])(?P<sign>[#b♯♭]?)[\s_-]*(?P<mode>major|maj|minor|min|m)?$", re.IGNORECASE
)
_AUTO: Final = frozenset({"auto", "none", ""})
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_SEMITONES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHORT_NAMES: Final = {"mode": "music_generation_mode"}


@dataclass(frozen=True, slots=True)
class SetPrompts:
    """These prompts replace the ones before."""

    prompts: tuple[WeightedPrompt, ...]


@dataclass(frozen=True, slots=True)
class SetField:
    """One field of the configuration; None leaves it to the engine."""

    spec: FieldSpec
    value: Any


@dataclass(frozen=True, slots=True)
class SetTransport:
    """Play, pause, stop or reset."""

    word: Transport


@dataclass(frozen=True, slots=True)
class Quit:
    """The end."""


Command = SetPrompts | SetField | SetTransport | Quit


def parse_prompts(text: str) -> tuple[WeightedPrompt, ...]:
    """Prompts of a line, in order; those of weight 0 are left out.

    Args:
        text: ``text:weight, text:weight``; weights may be negative.

    Raises:
        UsageError: Nothing is left, or a weight has no text or is not finite.
    """
    prompts = []
    for part in text.split(","):
        words = part.strip()
        if not words:
            continue
        match = _WEIGHTED.match(words)
        weight = float(match["weight"]) if match else 1.0
        if match:
            words = match["text"].strip()
        if not words:
            raise UsageError(f"The weight {weight:g} has no text.", remedy='Write "text:weight, text:weight".')
        if abs(weight) == float("inf"):
            raise UsageError(f"The weight of {words!r} is too large.", remedy="Weights are mostly between 0 and 2.")
        if weight:
            prompts.append(WeightedPrompt(words, weight))
    if not prompts:
        raise UsageError("There is no prompt.", remedy='Write "text:weight, text:weight" with a weight that is not 0.')
    return tuple(prompts)


def parse_field(spec: FieldSpec, text: str) -> Any:
    """A value of a configuration field as people write it.

    Args:
        spec: The field.
        text: A number, a word, or ``AUTO``. Scales are read by the API's name, a part of it, or as a key
            (``F# minor``).

    Returns:
        The value, None for ``AUTO``.

    Raises:
        UsageError: It cannot be read or is out of range; says what may be written.
    """
    words = text.strip()
    if words.lower() in _AUTO:
        return None
    if spec.kind == "bool":
        if words.lower() in _YES | _NO:
            return words.lower() in _YES
        raise _refused(spec, text)
    if spec.kind == "enum":
        return _parse_enum(spec, words)
    try:
        number = float(words)
    except ValueError:
        raise _refused(spec, text) from None
    low, high = spec.minimum, spec.maximum
    # NaN fails the comparison, so that it is refused like what is out of range.
    if low is None or high is None or not low <= number <= high or (spec.kind == "int" and number != int(number)):
        raise _refused(spec, text)
    return int(number) if spec.kind == "int" else number


def find_field(name: str) -> FieldSpec:
    """The field of a name: ``top_k``, ``topK``, ``top-k``, ``mode``.

    Raises:
        UsageError: There is none; suggests the nearest.
    """
    wanted = name.replace("-", "_")
    wanted = _SHORT_NAMES.get(wanted.lower(), wanted)
    for spec in FIELDS:
        if wanted.lower() in {spec.name, spec.wire_name.lower()}:
            return spec
    names = [spec.name for spec in FIELDS]
    close = difflib.get_close_matches(wanted.lower(), names, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
    raise UsageError(f"There is no setting {name!r}.", remedy=remedy)


def parse_line(line: str) -> Command | None:
    """What a typed line asks for; None for an empty one.

    Raises:
        UsageError: It cannot be read; the message is for the person who typed it.
    """
    words = line.strip()
    if not words:
        return None
    match words.lower():
        case "play" | "pause" | "stop" | "reset" as word:
            return SetTransport(word)
        case "q" | "quit" | "exit":
            return Quit()
    assignment = _ASSIGNMENT.match(words)
    if assignment:
        spec = find_field(assignment["name"])
        return SetField(spec, parse_field(spec, assignment["value"]))
    return SetPrompts(parse_prompts(words))


def field_choices(spec: FieldSpec) -> str:
    """What may be written for a field, for help and errors."""
    if spec.kind == "bool":
        return "true or false"
    if spec.enum is Scale:
        return "a key such as C_MAJOR_A_MINOR, D major or F# minor"
    if spec.enum is not None:
        return ", ".join(_members(spec.enum))
    noun = "a whole number" if spec.kind == "int" else "a number"
    return f"{noun} from {spec.minimum:.10g} to {spec.maximum:.10g}"


def _members(enum: type[IntEnum]) -> list[str]:
    return [member.name for member in enum if member.value]


def _parse_enum(spec: FieldSpec, words: str) -> Any:
    enum = spec.enum
    if enum is None:
        raise _refused(spec, words)
    wanted = re.sub(r"[\s/-]+", "_", words.upper())
    if wanted in enum.__members__:
        return enum[wanted]
    if wanted.isascii() and wanted.isdigit() and int(wanted) in {member.value for member in enum}:
        return enum(int(wanted))
    key = _KEY.match(words) if enum is Scale else None
    if key:
        return _scale_of_key(key)
    if len(wanted) >= 3:
        found = [name for name in _members(enum) if name.startswith(wanted) or name.endswith(f"_{wanted}")]
        if len(found) == 1:
            return enum[found[0]]
    raise _refused(spec, words)


def _scale_of_key(key: re.Match[str]) -> Scale:
    sign = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[key["sign"].lower()]
    minor = key["mode"] == "m" or (key["mode"] or "").lower() in {"min", "minor"}
    tonic = _SEMITONES[key["letter"].upper()] + sign + (3 if minor else 0)
    return Scale(tonic % 12 + 1)


def _refused(spec: FieldSpec, text: str) -> UsageError:
    return UsageError(f"{spec.name} = {text[:80]!r} cannot be used.", remedy=f"Write {field_choices(spec)}, or AUTO.")
