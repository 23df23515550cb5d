"""Pacing is arithmetic: nothing here waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ
from everjam.pacing import Pacer


def run(
    pacer: Pacer, frames: int, chunks: int, *, start: float = 50.0, delay: float = 0.0
) -> list[tuple[float, float]]:
    """Delivers chunks as soon as they are due (plus ``delay``); gives (delivery time, lead just before it)."""
    now, log = start, []
    for _ in range(chunks):
        due = pacer.due_seconds(now)
        now = max(now, due) + delay
        log.append((now, pacer.lead_seconds(now)))
        pacer.schedule(frames)
        pacer.delivered(frames, now, due)
    return log


@pytest.mark.parametrize(("chunk_seconds", "lead"), [(2.0, 2.0), (0.04, 0.2), (1.0, 5.0), (2.0, 0.5)])
def test_the_lead_stays_between_lead_and_lead_plus_one_chunk(chunk_seconds: float, lead: float) -> None:
    frames = round(chunk_seconds * SAMPLE_RATE_HZ)
    pacer = Pacer(lead)
    log = run(pacer, frames, 200)
    settled = [before for at, before in log if at > log[0][0]]
    assert min(settled) >= lead - 1e-9
    assert max(before + chunk_seconds for before in settled) <= lead + chunk_seconds + 1e-9


def test_an_hour_is_an_hour() -> None:
    frames = 2 * SAMPLE_RATE_HZ
    log = run(Pacer(2.0), frames, 1802)
    assert log[-1][0] - log[1][0] == pytest.approx(3600.0, abs=1e-6)


def test_odd_chunks_do_not_drift_either() -> None:
    frames = 1_920 * 7
    log = run(Pacer(2.0), frames, 20_000)
    elapsed = log[-1][0] - log[0][0]
    assert elapsed == pytest.approx(19_999 * frames / SAMPLE_RATE_HZ - 2.0, abs=1e-6)


@given(st.lists(st.floats(0.0, 0.5), min_size=5, max_size=60))
def test_small_delays_never_add_up(delays: list[float]) -> None:
    pacer, now, frames = Pacer(2.0), 0.0, SAMPLE_RATE_HZ
    for delay in delays:
        due = pacer.due_seconds(now)
        now = max(now, due) + delay
        pacer.schedule(frames)
        delivery = pacer.delivered(frames, now, due)
        assert delivery.underrun_seconds == 0.0
        assert delivery.lateness_seconds >= 0.0
    assert pacer.due_seconds(now) == pytest.approx(delays[0] + len(delays) - 2.0, abs=1e-9)


def test_a_gap_is_counted_and_the_playhead_waits() -> None:
    pacer, frames = Pacer(1.0), SAMPLE_RATE_HZ
    run(pacer, frames, 2, start=0.0)
    due = pacer.due_seconds(0.0)
    pacer.schedule(frames)
    delivery = pacer.delivered(frames, 5.0, due)
    assert due == 1.0
    assert delivery.lateness_seconds == 4.0
    assert delivery.underrun_seconds == 3.0
    assert delivery.lead_seconds == pytest.approx(1.0)


def test_restart_makes_the_next_chunk_a_first_one() -> None:
    pacer = Pacer(2.0)
    run(pacer, 2 * SAMPLE_RATE_HZ, 3, start=0.0)
    pacer.restart()
    assert pacer.due_seconds(100.0) == 100.0
    assert pacer.lead_seconds(100.0) == 0.0


def test_fast_is_always_due() -> None:
    pacer = Pacer(None)
    run(pacer, 2 * SAMPLE_RATE_HZ, 10, start=0.0)
    assert pacer.due_seconds(3.0) == 3.0


def test_rendering_begins_early_enough_for_the_second_slowest_of_the_last_few() -> None:
    pacer = Pacer(2.0)
    for cost in (0.01, 0.3, 0.25, *[0.02] * 5):
        pacer.rendered(cost)
    assert 0.25 <= pacer.cost_seconds < 0.33
    pacer.rendered(0.02)
    pacer.rendered(0.02)
    assert pacer.cost_seconds < 0.1
    run(pacer, 2 * SAMPLE_RATE_HZ, 3, start=0.0)
    assert pacer.render_at_seconds(2.0) == pytest.approx(pacer.due_seconds(2.0) - pacer.cost_seconds)


def test_one_slow_chunk_does_not_make_steering_wait() -> None:
    pacer = Pacer(0.2)
    for cost in (0.004, 0.004, 0.05, 0.004):
        pacer.rendered(cost)
    assert pacer.cost_seconds < 0.2
    for _ in range(8):
        pacer.rendered(0.004)
    pacer.rendered(0.05)
    assert pacer.cost_seconds < 0.01
