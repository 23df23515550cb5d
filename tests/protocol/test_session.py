"""The session's table, and what the client is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.registry import engine_for_model
from everjam.errors import InvalidMessage, PeerError, UnknownModel
from everjam.policy import Policy, load_policy
from everjam.protocol.messages import PlaybackControl
from everjam.protocol.session import TRANSITIONS, Effect, Phase, PlaybackChanged, Session, SetupDone, SteeringChanged
from everjam.steering import WeightedPrompt

SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}


def new_session(*, strict: bool = False, policy: Policy | None = None) -> Session:
    seeds = iter(range(1000, 2000))
    return Session(
        lambda model: engine_for_model(model, "tone"), policy or load_policy(), lambda: next(seeds), strict=strict
    )


def open_session(*, strict: bool = False) -> Session:
    session = new_session(strict=strict)
    session.receive(json.dumps(SETUP))
    session.events()
    session.messages_to_send()
    return session


def told(session: Session) -> list[dict[str, Any]]:
    return [json.loads(message) for message in session.messages_to_send()]


def say(session: Session, message: dict[str, Any]) -> list[Any]:
    session.receive(json.dumps(message))
    return session.events()


def prompts(*pairs: tuple[str, float]) -> dict[str, Any]:
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": weight} for text, weight in pairs]}}


def test_setup_is_answered_first() -> None:
    session = new_session()
    events = say(session, SETUP)
    assert events == [SetupDone("models/lyria-realtime-exp", "tone")]
    assert told(session) == [{"setupComplete": {}}]
    assert session.phase is Phase.STOPPED


def test_everything_may_follow_setup_at_once() -> None:
    session = new_session()
    for message in (SETUP, {"playbackControl": "PLAY"}, prompts(("a", 1)), {"musicGenerationConfig": {"bpm": 90}}):
        session.receive(json.dumps(message))
    assert [type(event) for event in session.events()] == [
        SetupDone,
        PlaybackChanged,
        SteeringChanged,
        SteeringChanged,
    ]
    assert told(session) == [{"setupComplete": {}}]


@pytest.mark.parametrize("model", ["lyria-realtime-exp", "models/lyria-realtime", "models/everjam-tone"])
def test_known_models(model: str) -> None:
    session = new_session()
    assert say(session, {"setup": {"model": model}}) == [SetupDone(model, "tone")]


def test_an_unknown_model_is_refused_with_a_list() -> None:
    session = new_session()
    with pytest.raises(UnknownModel) as caught:
        say(session, {"setup": {"model": "models/gemini-pro"}})
    assert caught.value.close_code == 1008
    assert "models/everjam-tone" in str(caught.value)
    assert session.phase is Phase.CLOSED


def test_setup_comes_first_and_once() -> None:
    session = new_session()
    with pytest.raises(InvalidMessage, match="setup must be the first message"):
        say(session, {"playbackControl": "PLAY"})
    session = open_session()
    with pytest.raises(InvalidMessage, match="Request contains an invalid argument"):
        say(session, SETUP)


@pytest.mark.parametrize("phase", [Phase.STOPPED, Phase.PLAYING, Phase.PAUSED])
@pytest.mark.parametrize("control", [c for c in PlaybackControl if c])
def test_every_control_does_what_the_table_says(phase: Phase, control: PlaybackControl) -> None:
    session = open_session()
    for name in {Phase.STOPPED: (), Phase.PLAYING: ("PLAY",), Phase.PAUSED: ("PLAY", "PAUSE")}[phase]:
        say(session, {"playbackControl": name})
    following, effect = TRANSITIONS[phase, control]
    events = say(session, {"playbackControl": control.name})
    assert session.phase is following
    assert events == ([] if effect is Effect.NONE else [PlaybackChanged(following, effect)])
    assert told(session) == []


def test_config_replaces_the_whole_config() -> None:
    session = open_session()
    say(session, {"musicGenerationConfig": {"bpm": 140, "density": 0.5}})
    say(session, {"musicGenerationConfig": {"scale": "C_MAJOR_A_MINOR"}})
    controls = session.snapshot().steering.controls
    assert (controls.bpm, controls.density) == (None, None)
    assert say(session, {"musicGenerationConfig": {}}) == [SteeringChanged()]
    assert session.snapshot().steering.controls.scale is None


def test_prompts_replace_the_list_and_stay_over_a_stop() -> None:
    session = open_session()
    say(session, prompts(("a", 1), ("b", 2)))
    say(session, prompts(("c", -1)))
    for control in ("PLAY", "STOP", "PLAY", "RESET_CONTEXT"):
        say(session, {"playbackControl": control})
    assert session.snapshot().steering.prompts == (WeightedPrompt("c", -1.0),)


def test_no_usable_prompt_keeps_the_old_ones_and_warns_once() -> None:
    session = open_session()
    say(session, prompts(("a", 1)))
    for _ in range(3):
        assert say(session, prompts(("b", 0))) == []
    assert session.snapshot().steering.prompts == (WeightedPrompt("a", 1.0),)
    (message,) = told(session)
    assert "keeping the old ones" in message["warning"]


def test_the_same_mistake_is_told_once_even_between_other_messages() -> None:
    session = open_session()
    for bpm in (500, 500, 500, 90, 500):
        say(session, {"musicGenerationConfig": {"bpm": bpm}})
        say(session, prompts(("a", bpm)))
    assert [list(message) for message in told(session)] == [["warning"], ["warning"]]


def test_a_filtered_prompt_is_told_once_and_the_rest_plays_on() -> None:
    session = open_session()
    bad = "kill all the people"
    for weight in (1.0, 1.5):
        say(session, prompts(("jazz", weight), (bad, 1)))
    (message,) = told(session)
    assert message["filteredPrompt"]["text"] == bad
    assert message["filteredPrompt"]["filteredReason"].endswith(".")
    assert session.snapshot().steering.prompts == (WeightedPrompt("jazz", 1.5),)
    assert bad.encode() not in session.snapshot().source_metadata
    say(session, prompts((bad, 1)))
    assert session.snapshot().steering.prompts == (WeightedPrompt("jazz", 1.5),)


def test_seed_is_drawn_at_start_and_reset_unless_the_client_gives_one() -> None:
    session = open_session()
    seeds = []
    for control in ("PLAY", "PAUSE", "PLAY", "RESET_CONTEXT", "STOP", "PLAY"):
        say(session, {"playbackControl": control})
        seeds.append(session.seed)
    assert seeds == [1000, 1000, 1000, 1001, 1001, 1002]
    say(session, {"musicGenerationConfig": {"seed": 7}})
    assert session.seed == 1002
    say(session, {"playbackControl": "RESET_CONTEXT"})
    assert session.seed == 7


def test_strict_sessions_refuse() -> None:
    session = open_session(strict=True)
    with pytest.raises(InvalidMessage, match="Cannot find field"):
        say(session, {"musicGenerationConfig": {"audioFormat": "pcm16"}})
    assert session.phase is Phase.CLOSED


def test_a_closed_session_is_deaf() -> None:
    session = open_session()
    session.close()
    session.receive("garbage")
    assert session.events() == []


messages = st.one_of(
    st.sampled_from([json.dumps({"playbackControl": c.name}) for c in PlaybackControl] * 3),
    st.sampled_from([json.dumps(prompts(("a", 1))), json.dumps(prompts(("kill all people", 1)))]),
    st.sampled_from(['{"musicGenerationConfig": {"bpm": 999}}', '{"musicGenerationConfig": {}}', json.dumps(SETUP)]),
    st.text(max_size=20),
    st.binary(max_size=20),
)


@given(st.lists(messages, max_size=30))
def test_random_walks_end_in_a_close_at_worst(walk: list[str | bytes]) -> None:
    session = new_session()
    sent: list[bytes] = []
    codes: list[int] = []
    for message in walk:
        before = session.phase
        try:
            session.receive(message)
        except PeerError as error:
            codes.append(error.close_code)
            assert session.phase is Phase.CLOSED
        for event in session.events():
            if isinstance(event, PlaybackChanged):
                assert before in (Phase.STOPPED, Phase.PLAYING, Phase.PAUSED)
        sent += session.messages_to_send()
    assert set(codes) <= {1007, 1008}
    kinds = [next(iter(json.loads(message))) for message in sent]
    assert "setupComplete" not in kinds[1:]
    assert set(kinds) <= {"setupComplete", "warning", "filteredPrompt"}
