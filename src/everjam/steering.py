"""What a listener steers: weighted prompts and the music configuration.

``FIELDS`` is the one table of configuration fields. Codec, validation, CLI flags, the page's controls, docs and tests
are fed from it (Live Music API, ``BidiGenerateMusicGenerationConfig``).
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final, Literal

FieldKind = Literal["float", "int", "bool", "enum"]


class Scale(IntEnum):
    """A major key together with its relative minor; the value is the API's enum number.

    ``tonic`` of ``SCALE_UNSPECIFIED`` does not exist: it means that the engine chooses.
    """

    SCALE_UNSPECIFIED = 0
    C_MAJOR_A_MINOR = 1
    D_FLAT_MAJOR_B_FLAT_MINOR = 2
    D_MAJOR_B_MINOR = 3
    E_FLAT_MAJOR_C_MINOR = 4
    E_MAJOR_D_FLAT_MINOR = 5
    F_MAJOR_D_MINOR = 6
    G_FLAT_MAJOR_E_FLAT_MINOR = 7
    G_MAJOR_E_MINOR = 8
    A_FLAT_MAJOR_F_MINOR = 9
    A_MAJOR_G_FLAT_MINOR = 10
    B_FLAT_MAJOR_G_MINOR = 11
    B_MAJOR_A_FLAT_MINOR = 12

    @property
    def major_tonic(self) -> int:
        """Pitch class (0 = C) of the major key's tonic."""
        if self is Scale.SCALE_UNSPECIFIED:
            raise ValueError("SCALE_UNSPECIFIED has no tonic")
        return int(self) - 1


class MusicGenerationMode(IntEnum):
    """How adventurous, and whether a wordless voice takes part; the value is the API's enum number."""

    MUSIC_GENERATION_MODE_UNSPECIFIED = 0
    QUALITY = 1
    DIVERSITY = 2
    VOCALIZATION = 3


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of the music configuration.

    Attributes:
        name: snake_case name, as in Python and in raw clients.
        wire_name: lowerCamelCase name on the wire.
        kind: How it is read and checked.
        minimum: Smallest value, for numbers.
        maximum: Largest value, for numbers.
        default: What holds when the client leaves the field out; None means that the engine chooses.
        help: One line for people.
        enum: The enumeration, for ``kind == "enum"``.
    """

    name: str
    wire_name: str
    kind: FieldKind
    minimum: float | None
    maximum: float | None
    default: float | int | bool | IntEnum | None
    help: str
    enum: type[IntEnum] | None = None


FIELDS: Final[tuple[FieldSpec, ...]] = (
    FieldSpec("temperature", "temperature", "float", 0.0, 3.0, 1.1, "How varied the choices are."),
    FieldSpec("top_k", "topK", "int", 1, 1000, 40, "How many candidates each choice is drawn from."),
    FieldSpec("seed", "seed", "int", -(2**31), 2**31 - 1, None, "Same seed, same steering: the same music."),
    FieldSpec(
        "guidance",
        "guidance",
        "float",
        0.0,
        6.0,
        4.0,
        "How strictly the prompts are followed; higher also makes changes more abrupt.",
    ),
    FieldSpec("bpm", "bpm", "int", 60, 200, None, "Beats per minute."),
    FieldSpec("density", "density", "float", 0.0, 1.0, None, "How busy the music is."),
    FieldSpec("brightness", "brightness", "float", 0.0, 1.0, None, "How bright the sound is."),
    FieldSpec("scale", "scale", "enum", None, None, None, "Major key and its relative minor.", Scale),
    FieldSpec("mute_bass", "muteBass", "bool", None, None, False, "Leave out the bass."),
    FieldSpec("mute_drums", "muteDrums", "bool", None, None, False, "Leave out the drums."),
    FieldSpec("only_bass_and_drums", "onlyBassAndDrums", "bool", None, None, False, "Play bass and drums only."),
    FieldSpec(
        "music_generation_mode",
        "musicGenerationMode",
        "enum",
        None,
        None,
        MusicGenerationMode.QUALITY,
        "QUALITY, DIVERSITY (wilder) or VOCALIZATION (a wordless voice leads).",
        MusicGenerationMode,
    ),
)
"""In the order of the API's schema, which is the order in which values are echoed."""

FIELD_BY_NAME: Final = {spec.name: spec for spec in FIELDS}


@dataclass(frozen=True, slots=True)
class WeightedPrompt:
    """A text and how much it counts: any finite weight but 0; a negative one pushes away."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MusicConfig:
    """The configuration exactly as a client set it: None means left out."""

    temperature: float | None = None
    top_k: int | None = None
    seed: int | None = None
    guidance: float | None = None
    bpm: int | None = None
    density: float | None = None
    brightness: float | None = None
    scale: Scale | None = None
    mute_bass: bool | None = None
    mute_drums: bool | None = None
    only_bass_and_drums: bool | None = None
    music_generation_mode: MusicGenerationMode | None = None

    def items(self) -> list[tuple[FieldSpec, Any]]:
        """The fields that are set, with their specifications, in schema order."""
        values = ((spec, getattr(self, spec.name)) for spec in FIELDS)
        return [(spec, value) for spec, value in values if value is not None]

    def controls(self) -> "Controls":
        """The configuration with the API's defaults filled in."""
        filled: dict[str, Any] = {
            spec.name: spec.default if value is None else value
            for spec, value in ((spec, getattr(self, spec.name)) for spec in FIELDS)
            if spec.name != "seed"
        }
        if filled["scale"] is Scale.SCALE_UNSPECIFIED:
            filled["scale"] = None
        if filled["music_generation_mode"] is MusicGenerationMode.MUSIC_GENERATION_MODE_UNSPECIFIED:
            filled["music_generation_mode"] = MusicGenerationMode.QUALITY
        return Controls(**filled)


@dataclass(frozen=True, slots=True)
class Controls:
    """The configuration as an engine obeys it: defaults filled in, None only where the engine chooses."""

    temperature: float = 1.1
    top_k: int = 40
    guidance: float = 4.0
    bpm: int | None = None
    density: float | None = None
    brightness: float | None = None
    scale: Scale | None = None
    mute_bass: bool = False
    mute_drums: bool = False
    only_bass_and_drums: bool = False
    music_generation_mode: MusicGenerationMode = MusicGenerationMode.QUALITY


@dataclass(frozen=True, slots=True)
class Steering:
    """All that steers an engine while it renders a block.

    The seed is not here: it is given to ``Engine.start`` and ``Engine.reset``, because it counts from the next start.

    Attributes:
        prompts: Weights as the client sent them, zeros dropped, at most a few dozen; empty = the engine chooses.
        controls: The configuration with defaults filled in.
    """

    prompts: tuple[WeightedPrompt, ...] = ()
    controls: Controls = Controls()


assert tuple(f.name for f in fields(MusicConfig)) == tuple(spec.name for spec in FIELDS)
