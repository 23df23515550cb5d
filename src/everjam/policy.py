r"""Which prompts are refused: a few patterns of hatred, sexual abuse and violence against people, and the user's own.

A refused prompt is answered with ``filteredPrompt`` (Live Music API) and left out; the others go on playing.
The built-in list is ``policy.toml`` beside this file. A user's file has the same form::

    [[rule]]
    pattern = '\bexample\b'       # a regular expression, case-insensitive
    reason = "Why the listener is told that it was left out."
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from everjam.errors import UsageError

ARTIST_REASON: Final = "Prompts that imitate a named artist are not used here; describe the sound instead."
# "in the style of Bossa Nova" names a style, not a person; one capitalised word more often names a person.
ARTIST_PATTERN: Final = re.compile(
    r"(?i:\bin the style of|\bsounds? (?:just )?like|\bimitat(?:e|es|ing)|\bas (?:played|sung|performed) by)\s+"
    r"(?!(?i:a|an|the)\s)[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+)+"
)


class _RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    class Rule(msgspec.Struct, forbid_unknown_fields=True):
        pattern: str
        reason: str

    rule: list[Rule] = []


@dataclass(frozen=True, slots=True)
class Policy:
    """Decides which prompts are played.

    Attributes:
        rules: Patterns with the reason that the listener is told.
    """

    rules: tuple[tuple[re.Pattern[str], str], ...] = ()

    def refusal(self, text: str) -> str | None:
        """Why a prompt is not played, one sentence for the listener; None if it is."""
        for pattern, reason in self.rules:
            if pattern.search(text):
                return reason
        return None


def load_policy(user_file: Path | None = None, *, refuse_artists: bool = False) -> Policy:
    """The built-in rules and the user's.

    Args:
        user_file: A TOML file with ``[[rule]]`` tables.
        refuse_artists: Also refuse prompts that imitate a named artist.

    Raises:
        UsageError: The file cannot be read, or a rule in it is wrong.
    """
    rules = _parse(files("everjam").joinpath("policy.toml").read_text("utf-8"), "policy.toml")
    if refuse_artists:
        rules.append((ARTIST_PATTERN, ARTIST_REASON))
    if user_file is not None:
        try:
            text = user_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The policy file {user_file} cannot be read: {error}.") from error
        rules.extend(_parse(text, str(user_file)))
    return Policy(tuple(rules))


def _parse(text: str, name: str) -> list[tuple[re.Pattern[str], str]]:
    try:
        parsed = msgspec.convert(tomllib.loads(text), _RuleFile)
        return [(re.compile(rule.pattern, re.IGNORECASE), rule.reason) for rule in parsed.rule]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, re.error) as error:
        raise UsageError(f"{name}: {error}.", remedy="Each [[rule]] has a pattern and a reason.") from error
