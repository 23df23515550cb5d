"""JSON and base64 of the Live Music API: lenient towards clients, exact towards what they expect back.

Reading follows protobuf's JSON mapping (snake_case or lowerCamel, numbers as strings, enums by name or number, null =
unset) and is laxer still: unknown fields are ignored, enum names may be of any case, 3.7 is rounded where an integer
is due, numbers out of range are clamped. Strict reading refuses what Google's server refuses, in its words.
"""

import json
import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

import msgspec
import pybase64

from everjam.audio import CHANNELS, SAMPLE_RATE_HZ
from everjam.errors import InvalidMessage
from everjam.protocol.messages import ClientMessage, Control, Decoded, PlaybackControl, SetConfig, SetPrompts, Setup
from everjam.steering import FIELDS, FieldSpec, MusicConfig, WeightedPrompt

MIME_TYPE: Final = f"audio/l16;rate={SAMPLE_RATE_HZ};channels={CHANNELS}"
SETUP_COMPLETE: Final = b'{"setupComplete": {}}'

MAX_PROMPTS: Final = 64
MAX_PROMPT_CHARACTERS: Final = 2_000
# Every chunk echoes all texts; an astral character takes 12 bytes of ASCII JSON, and a frame with 2 s of audio
# (512,000 bytes) must stay below the 1 MiB at which common clients give up.
MAX_TOTAL_CHARACTERS: Final = 32_000
MAX_ABSOLUTE_WEIGHT: Final = 1e6

STRICT_INVALID: Final = "Request contains an invalid argument."
_MISSING: Final = object()


def decode(data: str | bytes, *, strict: bool = False) -> Decoded:
    """Reads one client message.

    Args:
        data: A text or binary WebSocket message.
        strict: Refuse unknown fields, wrong types and values out of range, as Google's server does.

    Returns:
        The message, with a warning for everything that had to be mended.

    Raises:
        InvalidMessage: It cannot be read; the error names the field and the remedy.
    """
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidMessage("the message is not valid JSON", remedy="Send one JSON object a message.") from error
    if not isinstance(document, dict):
        raise InvalidMessage("the message is not a JSON object", remedy="Send one JSON object a message.")
    return _Reader(strict=strict).message(document)


class _Reader:
    """Reads one document and collects warnings on the way."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._warnings: list[str] = []

    def message(self, document: dict[str, Any]) -> Decoded:
        readers: dict[str, Callable[[Any], ClientMessage]] = {
            "setup": self._setup,
            "clientContent": self._client_content,
            "musicGenerationConfig": self._music_config,
            "playbackControl": self._playback_control,
        }
        found = {name: value for name in readers if (value := _get(document, name)) is not None}
        self._refuse_unknown(document, set(readers), "")
        if len(found) > 1:
            raise InvalidMessage(
                f"a message holds exactly one of {', '.join(readers)}, this one has {len(found)}",
                remedy="Send them one after the other.",
            )
        if not found:
            self._warnings.append(f"message ignored: it has none of {', '.join(readers)}")
            return Decoded(None, tuple(self._warnings))
        name, value = next(iter(found.items()))
        return Decoded(readers[name](value), tuple(self._warnings))

    def _setup(self, value: Any) -> Setup:
        body = _object(value, "setup")
        self._refuse_unknown(body, {"model"}, "setup")
        model = _get(body, "model")
        if not isinstance(model, str) or not model.strip():
            raise InvalidMessage(
                "expected the name of a model", field="setup.model", remedy='Try "models/lyria-realtime-exp".'
            )
        return Setup(model.strip())

    def _client_content(self, value: Any) -> SetPrompts:
        body = _object(value, "clientContent")
        self._refuse_unknown(body, {"weightedPrompts"}, "client_content")
        items = _get(body, "weightedPrompts")
        field = "clientContent.weightedPrompts"
        if items is None:
            items = []
        if not isinstance(items, list):
            raise InvalidMessage(f"expected a list, got {_shown(items)}", field=field)
        if len(items) > MAX_PROMPTS:
            raise InvalidMessage(f"{len(items)} prompts are more than {MAX_PROMPTS}", field=field)
        read = [self._weighted_prompt(item, f"{field}[{index}]") for index, item in enumerate(items)]
        total = sum(len(prompt.text) for prompt in read if prompt)
        if total > MAX_TOTAL_CHARACTERS:
            raise InvalidMessage(f"{total} characters in all prompts are more than {MAX_TOTAL_CHARACTERS}", field=field)
        prompts = tuple(prompt for prompt in read if prompt)
        # BidiGenerateMusicClientContent: the weights of all prompts in one message must not all be 0.
        if not prompts:
            self._warn(f"{field}: no prompt with a text and a weight other than 0; keeping the old ones")
        return SetPrompts(prompts)

    def _weighted_prompt(self, item: Any, path: str) -> WeightedPrompt | None:
        body = _object(item, path)
        self._refuse_unknown(body, {"text", "weight"}, "client_content.weighted_prompts[0]")
        text, weight = _get(body, "text"), _get(body, "weight")
        if not isinstance(text, str | None):
            raise InvalidMessage(f"expected a string, got {_shown(text)}", field=f"{path}.text")
        if text is not None and len(text) > MAX_PROMPT_CHARACTERS:
            raise InvalidMessage(f"{len(text)} characters are more than {MAX_PROMPT_CHARACTERS}", field=f"{path}.text")
        number = 1.0 if weight is None else self._float(weight, f"{path}.weight")
        if abs(number) > MAX_ABSOLUTE_WEIGHT:
            number = self._clamped(number, -MAX_ABSOLUTE_WEIGHT, MAX_ABSOLUTE_WEIGHT, f"{path}.weight")
        if self._strict and number == 0:
            raise InvalidMessage(STRICT_INVALID, remedy=f"({path}.weight must not be 0)")
        return WeightedPrompt(text, number) if text and text.strip() and number else None

    def _music_config(self, value: Any) -> SetConfig:
        body = _object(value, "musicGenerationConfig")
        self._refuse_unknown(body, {spec.wire_name for spec in FIELDS}, "music_generation_config")
        values = {
            spec.name: self._config_value(spec, raw)
            for spec in FIELDS
            if (raw := _get(body, spec.wire_name)) is not None
        }
        return SetConfig(MusicConfig(**values))

    def _playback_control(self, value: Any) -> Control:
        found = self._enum(PlaybackControl, value, "playbackControl")
        if found in (None, PlaybackControl.PLAYBACK_CONTROL_UNSPECIFIED):
            raise InvalidMessage(
                f"expected PLAY, PAUSE, STOP or RESET_CONTEXT, got {_shown(value)}", field="playbackControl"
            )
        return Control(PlaybackControl(found))

    def _config_value(self, spec: FieldSpec, raw: Any) -> Any:
        path = f"musicGenerationConfig.{spec.wire_name}"
        if raw == "" and not self._strict:
            return None
        if spec.kind == "bool":
            return self._bool(raw, path)
        if spec.enum is not None:
            found = self._enum(spec.enum, raw, path)
            if found is None:
                self._warn(
                    f"{path}: {_shown(raw)} is not one of {', '.join(spec.enum.__members__)}; left to the engine"
                )
            return found
        number: float | int = self._int(raw, path) if spec.kind == "int" else self._float(raw, path)
        if spec.minimum is not None and spec.maximum is not None and not spec.minimum <= number <= spec.maximum:
            number = self._clamped(number, spec.minimum, spec.maximum, path)
        return int(number) if spec.kind == "int" else number

    def _clamped(self, number: float, minimum: float, maximum: float, path: str) -> float:
        nearest = min(max(number, minimum), maximum)
        shown = [_short(value) for value in (minimum, maximum, nearest)]
        self._warn(f"{path}: {_shown(number)} is out of range [{shown[0]}, {shown[1]}], using {shown[2]}")
        return nearest

    def _warn(self, text: str) -> None:
        if self._strict:
            raise InvalidMessage(STRICT_INVALID, remedy=f"({text})")
        self._warnings.append(text)

    def _refuse_unknown(self, body: dict[str, Any], known: set[str], proto_path: str) -> None:
        if not self._strict:
            return
        for key in body:
            if _camel(key) not in known:
                where = f" at '{proto_path}'" if proto_path else ""
                raise InvalidMessage(
                    f'Invalid JSON payload received. Unknown name "{key[:40]}"{where}: Cannot find field.'
                )

    def _float(self, raw: Any, path: str) -> float:
        number: float = math.nan
        if isinstance(raw, int | float | str) and not isinstance(raw, bool):
            if self._strict and isinstance(raw, str):
                raw = raw.strip()
            try:
                number = float(raw)
            except (ValueError, OverflowError):
                number = math.nan
        if not math.isfinite(number):
            raise self._wrong_type("a finite number", raw, path)
        return number

    def _int(self, raw: Any, path: str) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        number = self._float(raw, path)
        if self._strict and not number.is_integer():
            raise self._wrong_type("an integer", raw, path)
        return round(number)

    def _bool(self, raw: Any, path: str) -> bool:
        if isinstance(raw, bool):
            return raw
        if not self._strict:
            for value, spellings in ((True, (1, "1", "true")), (False, (0, "0", "false"))):
                if (raw.lower() if isinstance(raw, str) else raw) in spellings:
                    return value
        raise self._wrong_type("true or false", raw, path)

    def _enum(self, enum: type[IntEnum], raw: Any, path: str) -> IntEnum | None:
        """The member, or None if there is none of that name or number."""
        if isinstance(raw, str):
            name = raw.strip() if self._strict else raw.strip().upper()
            if name in enum.__members__:
                return enum[name]
            if not name.lstrip("-").isdecimal():
                return None
        number = self._int(raw, path)
        return enum(number) if number in enum._value2member_map_ else None

    def _wrong_type(self, expected: str, raw: Any, path: str) -> InvalidMessage:
        if self._strict:
            return InvalidMessage(STRICT_INVALID, remedy=f"({path}: expected {expected}, got {_shown(raw)})")
        return InvalidMessage(f"expected {expected}, got {_shown(raw)}", field=path)


def encode_audio(pcm16: bytes, source_metadata: bytes, extension: bytes = b"") -> bytes:
    """A ``serverContent`` message with exactly one audio chunk.

    Args:
        pcm16: Little-endian interleaved 16-bit stereo PCM at 48 kHz.
        source_metadata: From ``encode_source_metadata``.
        extension: From ``everjam.live.extension.member``, for clients that asked for it.

    Returns:
        ASCII JSON; send it as a binary frame.
    """
    return b"".join(
        (
            b'{"serverContent": {"audioChunks": [{"data": "',
            pybase64.b64encode(pcm16),
            b'", "mimeType": "',
            MIME_TYPE.encode(),
            b'", "sourceMetadata": ',
            source_metadata,
            b'}]}, "everjam": ' + extension + b"}" if extension else b"}]}}",
        )
    )


def encode_source_metadata(prompts: tuple[WeightedPrompt, ...], config: MusicConfig, seed: int) -> bytes:
    """``SourceMetadata``: the prompts with their raw weights, the fields that the client set, the seed in use."""
    fields = {spec.wire_name: value for spec, value in config.items()}
    fields["seed"] = seed
    echoed = {
        spec.wire_name: _short(value.name if isinstance(value := fields[spec.wire_name], IntEnum) else value)
        for spec in FIELDS
        if spec.wire_name in fields
    }
    weighted = [{"text": prompt.text, "weight": _short(prompt.weight)} for prompt in prompts]
    return _dump({"clientContent": {"weightedPrompts": weighted}, "musicGenerationConfig": echoed})


def encode_filtered_prompt(text: str, reason: str) -> bytes:
    """A ``filteredPrompt`` message; ``text`` is verbatim, because clients find their prompt by it."""
    return _dump({"filteredPrompt": {"text": text, "filteredReason": reason}})


def encode_warning(text: str) -> bytes:
    """A ``warning`` message."""
    return _dump({"warning": text})


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode("ascii")


def _short(value: Any) -> Any:
    """1.0 as 1, as Google prints numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _get(body: dict[str, Any], wire_name: str) -> Any:
    """A field by its lowerCamel or snake_case name; None if it is missing or null."""
    found = None
    for key, value in body.items():
        if value is not None and (key == wire_name or _camel(key) == wire_name):
            found = value
    return found


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(f"expected an object, got {_shown(value)}", field=path)
    return value


def _shown(value: Any) -> str:
    """A value for an error message, short whatever the client sent."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**20:
        return "a huge number"
    text = json.dumps(_short(value) if isinstance(value, float) and abs(value) < 1e15 else value)
    return text if len(text) <= 40 else f"{text[:37]}..."
