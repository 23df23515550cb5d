"""Reading what clients really send, and writing what they expect back."""

import contextlib
import json

import pybase64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.errors import InvalidMessage
from everjam.protocol import codec
from everjam.protocol.messages import Control, PlaybackControl, SetConfig, SetPrompts, Setup
from everjam.steering import FIELDS, MusicConfig, MusicGenerationMode, Scale, WeightedPrompt


def prompts_of(text: str) -> SetPrompts:
    message = codec.decode(text).message
    assert isinstance(message, SetPrompts)
    return message


def config_of(fields: str) -> MusicConfig:
    message = codec.decode('{"musicGenerationConfig": ' + fields + "}").message
    assert isinstance(message, SetConfig)
    return message.config


@pytest.mark.parametrize(
    "text",
    [
        '{"clientContent": {"weightedPrompts": [{"text": "a", "weight": 2}]}}',
        '{"client_content": {"weighted_prompts": [{"text": "a", "weight": 2.0}]}}',
        '{"client_content": {"weightedPrompts": [{"text": "a", "weight": "2"}]}}',
        '{"clientContent": {"weighted_prompts": [{"text": "a", "weight": 2, "promptId": "p", "cc": 0}]}, "x": 1}',
        '{"setup": null, "clientContent": {"weightedPrompts": [{"text": "a", "weight": 2}]}}',
    ],
)
def test_spellings_mix_and_unknown_fields_are_ignored(text: str) -> None:
    assert prompts_of(text).prompts == (WeightedPrompt("a", 2.0),)


def test_binary_messages_are_read_like_text() -> None:
    assert codec.decode(b'{"setup": {"model": "models/x"}}').message == Setup("models/x")


def test_zero_weights_and_blank_texts_are_dropped() -> None:
    text = '{"clientContent": {"weightedPrompts": [{"text": "a", "weight": 0}, {"text": " "}, {"text": "b"}]}}'
    assert prompts_of(text).prompts == (WeightedPrompt("b", 1.0),)


def test_negative_weights_stay() -> None:
    text = '{"clientContent": {"weightedPrompts": [{"text": "a", "weight": -1.5}]}}'
    assert prompts_of(text).prompts == (WeightedPrompt("a", -1.5),)


@pytest.mark.parametrize("raw", ["120", '"120"', "120.0", "119.6", '" 120 "', '"1.2e2"'])
def test_integers_are_lax(raw: str) -> None:
    assert config_of('{"bpm": ' + raw + "}").bpm == 120


@pytest.mark.parametrize("raw", ["2", '"2"', '"D_FLAT_MAJOR_B_FLAT_MINOR"', '"d_flat_major_b_flat_minor"', "2.0"])
def test_enums_are_lax(raw: str) -> None:
    assert config_of('{"scale": ' + raw + "}").scale is Scale.D_FLAT_MAJOR_B_FLAT_MINOR


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("1", True), ('"TRUE"', True), ("0", False)])
def test_booleans_are_lax(raw: str, value: object) -> None:
    assert config_of('{"muteBass": ' + raw + "}").mute_bass is value


def test_null_and_empty_text_are_unset() -> None:
    assert config_of('{"density": null, "bpm": "", "top_k": 7}') == MusicConfig(top_k=7)


def test_unspecified_enum_values_leave_the_choice_to_the_engine() -> None:
    config = config_of('{"scale": "SCALE_UNSPECIFIED", "musicGenerationMode": 0}')
    assert config.controls().scale is None
    assert config.controls().music_generation_mode is MusicGenerationMode.QUALITY


@pytest.mark.parametrize(
    ("field", "raw", "nearest"),
    [
        ("bpm", "500", 200),
        ("bpm", "1", 60),
        ("topK", "0", 1),
        ("temperature", "99", 3.0),
        ("density", "-0.1", 0.0),
        ("guidance", "1e300", 6.0),
        ("seed", "99999999999999999999999999", 2**31 - 1),
    ],
)
def test_out_of_range_is_clamped_with_a_warning_that_names_field_value_and_range(
    field: str, raw: str, nearest: float
) -> None:
    decoded = codec.decode(f'{{"musicGenerationConfig": {{"{field}": {raw}}}}}')
    assert isinstance(decoded.message, SetConfig)
    assert [value for _, value in decoded.message.config.items()] == [nearest]
    (warning,) = decoded.warnings
    assert f"musicGenerationConfig.{field}" in warning
    assert "out of range [" in warning


def test_unknown_enum_names_are_left_to_the_engine_with_a_warning() -> None:
    decoded = codec.decode('{"musicGenerationConfig": {"scale": "H_DUR"}}')
    assert decoded.message == SetConfig(MusicConfig())
    assert "H_DUR" in decoded.warnings[0]
    assert "C_MAJOR_A_MINOR" in decoded.warnings[0]


@pytest.mark.parametrize("raw", ['"PLAY"', '"play"', "1", '"1"'])
def test_playback_controls(raw: str) -> None:
    assert codec.decode('{"playback_control": ' + raw + "}").message == Control(PlaybackControl.PLAY)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("not json", "JSON"),
        ("[]", "object"),
        ("3", "object"),
        ('{"bpm": NaN}', "JSON"),
        ('{"a": 1e999}', "JSON"),
        ('{"a": "\\ud800"}', "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"setup": {}}', "setup.model"),
        ('{"setup": {"model": 3}}', "setup.model"),
        ('{"clientContent": []}', "clientContent"),
        ('{"clientContent": {"weightedPrompts": {}}}', "clientContent.weightedPrompts"),
        ('{"clientContent": {"weightedPrompts": [null]}}', "clientContent.weightedPrompts[0]"),
        ('{"clientContent": {"weightedPrompts": [{"text": 1}]}}', "clientContent.weightedPrompts[0].text"),
        ('{"clientContent": {"weightedPrompts": [{"text": "a", "weight": "x"}]}}', "weightedPrompts[0].weight"),
        ('{"clientContent": {"weightedPrompts": [{"text": "a", "weight": "inf"}]}}', "weightedPrompts[0].weight"),
        ('{"clientContent": {"weightedPrompts": [{"text": "a", "weight": true}]}}', "weightedPrompts[0].weight"),
        ('{"musicGenerationConfig": {"bpm": "fast"}}', "musicGenerationConfig.bpm"),
        ('{"musicGenerationConfig": {"bpm": true}}', "musicGenerationConfig.bpm"),
        ('{"musicGenerationConfig": {"muteBass": 2}}', "musicGenerationConfig.muteBass"),
        ('{"musicGenerationConfig": {"scale": []}}', "musicGenerationConfig.scale"),
        ('{"playbackControl": "LOUDER"}', "playbackControl"),
        ('{"playbackControl": "PLAYBACK_CONTROL_UNSPECIFIED"}', "playbackControl"),
        ('{"playbackControl": "PLAY", "musicGenerationConfig": {}}', "exactly one"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, names: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        codec.decode(text)
    assert names in str(caught.value)


def test_too_much_is_refused() -> None:
    many = [{"text": "a", "weight": 1}] * (codec.MAX_PROMPTS + 1)
    long = [{"text": "a" * (codec.MAX_PROMPT_CHARACTERS + 1)}]
    all_long = [{"text": "a" * codec.MAX_PROMPT_CHARACTERS}] * 40
    for prompts in (many, long, all_long):
        with pytest.raises(InvalidMessage):
            codec.decode(json.dumps({"clientContent": {"weightedPrompts": prompts}}))


def test_a_message_that_says_nothing_is_ignored_with_a_warning() -> None:
    decoded = codec.decode('{"hello": 1}')
    assert decoded.message is None
    assert "ignored" in decoded.warnings[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '{"setup": {"model": "m", "tempo": 1}}',
            "Invalid JSON payload received. Unknown name \"tempo\" at 'setup': Cannot find field.",
        ),
        ('{"hello": 1}', 'Invalid JSON payload received. Unknown name "hello": Cannot find field.'),
        (
            '{"musicGenerationConfig": {"musicGenerationConfig": {}}}',
            "Unknown name \"musicGenerationConfig\" at 'music_generation_config': Cannot find field.",
        ),
        ('{"musicGenerationConfig": {"bpm": 500}}', "Request contains an invalid argument."),
        ('{"musicGenerationConfig": {"bpm": "fast"}}', "Request contains an invalid argument."),
        ('{"musicGenerationConfig": {"bpm": 3.7}}', "Request contains an invalid argument."),
        ('{"musicGenerationConfig": {"muteBass": 1}}', "Request contains an invalid argument."),
        ('{"musicGenerationConfig": {"scale": "c_major_a_minor"}}', "Request contains an invalid argument."),
        ('{"clientContent": {"weightedPrompts": []}}', "Request contains an invalid argument."),
        (
            '{"clientContent": {"weightedPrompts": [{"text": "a", "weight": 0}]}}',
            "Request contains an invalid argument.",
        ),
    ],
)
def test_strict_speaks_googles_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        codec.decode(text, strict=True)
    assert reason in str(caught.value)


def test_strict_takes_what_google_takes() -> None:
    text = '{"music_generation_config": {"bpm": "120", "scale": "C_MAJOR_A_MINOR", "density": null}}'
    message = codec.decode(text, strict=True).message
    assert message == SetConfig(MusicConfig(bpm=120, scale=Scale.C_MAJOR_A_MINOR))


def test_audio_messages_are_ascii_json_with_one_chunk() -> None:
    metadata = codec.encode_source_metadata(
        (WeightedPrompt("Bossa é", 1.0), WeightedPrompt("x", -0.25)),
        MusicConfig(bpm=140, density=0.2, guidance=4.0, scale=Scale.C_MAJOR_A_MINOR, mute_bass=False),
        -1902028014,
    )
    raw = codec.encode_audio(b"\x01\x02\x03\x04", metadata)
    document = json.loads(raw.decode("ascii"))
    (chunk,) = document["serverContent"]["audioChunks"]
    assert pybase64.b64decode(chunk["data"], validate=True) == b"\x01\x02\x03\x04"
    assert chunk["mimeType"] == "audio/l16;rate=48000;channels=2"
    echo = chunk["sourceMetadata"]
    assert echo["clientContent"]["weightedPrompts"] == [
        {"text": "Bossa é", "weight": 1},
        {"text": "x", "weight": -0.25},
    ]
    assert list(echo["musicGenerationConfig"].items()) == [
        ("seed", -1902028014),
        ("guidance", 4),
        ("bpm", 140),
        ("density", 0.2),
        ("scale", "C_MAJOR_A_MINOR"),
        ("muteBass", False),
    ]
    assert b'"weight": 1}' in raw


def test_a_frame_with_the_longest_texts_stays_below_one_mebibyte() -> None:
    each = codec.MAX_TOTAL_CHARACTERS // 16
    metadata = codec.encode_source_metadata((WeightedPrompt("\U0001f3b7" * each, 1.0),) * 16, MusicConfig(), 1)
    assert len(codec.encode_audio(bytes(384_000), metadata)) < 1024 * 1024


configs = st.builds(
    MusicConfig,
    **{
        spec.name: st.none()
        | (
            st.booleans()
            if spec.kind == "bool"
            else st.sampled_from(list(spec.enum))
            if spec.enum
            else st.integers(int(spec.minimum or 0), int(spec.maximum or 1))
            if spec.kind == "int"
            else st.floats(spec.minimum or 0.0, spec.maximum or 1.0)
        )
        for spec in FIELDS
    },
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
weights = st.floats(-1e6, 1e6).filter(bool)


@given(st.lists(st.builds(WeightedPrompt, texts, weights), min_size=1, max_size=8), configs)
def test_what_is_echoed_reads_back_as_what_was_set(prompts: list[WeightedPrompt], config: MusicConfig) -> None:
    echo = json.loads(codec.encode_source_metadata(tuple(prompts), config, 5 if config.seed is None else config.seed))
    again = codec.decode(json.dumps({"clientContent": echo["clientContent"]}))
    assert again.message == SetPrompts(tuple(prompts))
    if config.seed is None:
        del echo["musicGenerationConfig"]["seed"]
    read = codec.decode(json.dumps({"musicGenerationConfig": echo["musicGenerationConfig"]}), strict=True)
    assert read.message == SetConfig(config)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
field_names = st.sampled_from(
    [
        *("setup", "clientContent", "client_content", "musicGenerationConfig", "playback_control"),
        *("weightedPrompts", "text", "weight", "model", *(spec.name for spec in FIELDS)),
    ]
)


@given(st.recursive(json_values, lambda inner: st.dictionaries(field_names, inner, max_size=3), max_leaves=12))
def test_nothing_but_invalid_message_ever_comes_out(value: object) -> None:
    for strict in (False, True):
        with contextlib.suppress(InvalidMessage):
            codec.decode(json.dumps(value), strict=strict)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_never_does_worse_than_invalid_message(data: bytes | str) -> None:
    with contextlib.suppress(InvalidMessage):
        codec.decode(data)
