"""The engine's promises, with a composer and instruments that cost nothing."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly
from tests.engines.band.conftest import PATCHES, render_mini

from everjam.audio import QUANTUM_FRAMES, Block, Float32Array
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments.contract import Tone, Waveform
from everjam.engines.band.mixer import LATENCY_FRAMES
from everjam.engines.band.score import Bar, Meter
from everjam.engines.base import Engine
from everjam.errors import EngineError
from everjam.steering import FIELDS, Controls, Steering

Q = QUANTUM_FRAMES
MakeBand = Callable[..., BandEngine]
PLAIN = Steering()


def jam(
    band: BandEngine, seconds: float, blocks: Sequence[int] = (50,), steering: Steering = PLAIN, state: Any = None
) -> tuple[Float32Array, list[Block], Any]:
    """Renders in blocks of so many quanta, in turn."""
    state = band.start(1) if state is None else state
    left, turn, out = round(seconds * 25), 0, []
    while left > 0:
        quanta = min(blocks[turn % len(blocks)], left)
        block, state = band.render(state, steering, quanta * Q)
        assert block.audio.shape == (quanta * Q, 2)
        assert block.audio.dtype == np.float32
        out.append(block)
        left -= quanta
        turn += 1
    return np.concatenate([block.audio for block in out]), out, state


def bends(audio: Float32Array) -> Float32Array:
    """Second differences: what a click is made of."""
    bend: Float32Array = np.abs(np.diff(audio, n=2, axis=0)).max(axis=1)
    return bend


def test_it_is_an_engine_and_says_what_it_obeys(make_band: MakeBand) -> None:
    band = make_band()
    assert isinstance(band, Engine)
    assert set(band.info.obeys) == {spec.name for spec in FIELDS}
    assert band.info.models == ("models/everjam-band",)


@pytest.mark.parametrize("frames", [0, -1920, 1, 1919, 2000])
def test_odd_block_sizes_are_refused(make_band: MakeBand, frames: int) -> None:
    band = make_band()
    with pytest.raises(ValueError, match="multiple of 1920"):
        band.render(band.start(0), PLAIN, frames)


def test_blocks_of_any_size_are_the_same_music(make_band: MakeBand) -> None:
    band = make_band()
    whole, blocks, _ = jam(band, 20, (50,))
    notes = [note for block in blocks for note in block.notes]
    beats = [beat for block in blocks for beat in block.beats]
    for split in ((1,), (7, 50, 1, 13)):
        other, others, _ = jam(band, 20, split)
        assert np.abs(whole - other).max() < 1e-4
        assert [note for block in others for note in block.notes] == notes
        assert [beat for block in others for beat in block.beats] == beats


def test_a_state_can_be_rendered_again_and_is_small(make_band: MakeBand) -> None:
    band = make_band()
    _, _, state = jam(band, 8)
    data = pickle.dumps(state, 5)
    assert len(data) < 400_000
    first, _, _ = jam(band, 2, state=state)
    second, _, _ = jam(band, 2, state=state)
    thawed, _, _ = jam(make_band(), 2, state=pickle.loads(data))
    assert np.array_equal(first, second)
    assert np.array_equal(first, thawed)
    assert pickle.dumps(state, 5) == data


def test_seams_are_as_smooth_as_the_rest(make_band: MakeBand) -> None:
    audio, _, _ = jam(make_band(), 12, (1,))
    bend = bends(audio)
    seams = bend[Q - 2 :: Q]
    assert np.quantile(seams, 0.95) <= 3 * np.quantile(bend, 0.95)
    assert seams.max() <= 3 * bend.max()


def test_events_lie_in_their_blocks_in_order(make_band: MakeBand) -> None:
    _, blocks, _ = jam(make_band(), 10, (3, 1, 20))
    for block in blocks:
        for frames in ([n.start_frame for n in block.notes], [b.frame for b in block.beats]):
            assert frames == sorted(frames)
            assert all(block.start_frame <= f < block.start_frame + block.frames for f in frames)
    beats = [beat for block in blocks for beat in block.beats]
    assert [(b.bar, b.beat) for b in beats[:6]] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    assert [b.chord for b in beats[:4]] == ["C", "C", "Am", "Am"]
    assert beats[0].bpm == 123.0
    period = 60 * 48_000 / 123
    assert all(abs(b.frame - LATENCY_FRAMES - k * period) <= 1 for k, b in enumerate(beats))


def test_music_starts_at_once_from_silence(make_band: MakeBand) -> None:
    audio, _, _ = jam(make_band(), 0.4)
    assert not audio[:LATENCY_FRAMES].any()
    loud = np.flatnonzero(np.abs(audio).max(axis=1) > 0.02)
    assert loud[0] < 0.05 * 48_000


def test_onsets_are_heard_where_notes_say(make_band: MakeBand) -> None:
    def only_kicks(bar: Bar) -> Bar:
        return replace(bar, notes=tuple(n for n in bar.notes if n.patch == "kick_mini" and n.start_beats > 1))

    audio, blocks, _ = jam(make_band(only_kicks), 2)
    first = next(note for block in blocks for note in block.notes)
    heard = int(np.flatnonzero(np.abs(audio).max(axis=1) > 1e-3)[0])
    assert heard == pytest.approx(first.start_frame, abs=96)


def test_a_new_bpm_holds_from_the_next_beat_on(make_band: MakeBand) -> None:
    band = make_band()
    _, before, state = jam(band, 4, (1,), Steering(controls=Controls(bpm=120)))
    assert all(b.bpm == 120 for block in before for b in block.beats)
    _, after, _ = jam(band, 6, (1,), Steering(controls=Controls(bpm=90)), state)
    beats = [beat for block in after for beat in block.beats]
    change = next(k for k, beat in enumerate(beats) if beat.bpm == 90)
    assert change <= 3
    assert beats[change].frame - 4 * 48_000 < 3 * 32_000
    gaps = np.diff([b.frame for b in beats[change:]])
    assert np.abs(gaps - 32_000).max() <= 1
    counted = [beat.bar * 4 + beat.beat for beat in beats]
    assert np.diff(counted).tolist() == [1] * (len(beats) - 1), "no beat is lost"


def test_metres_and_negative_starts_are_laid_right(make_band: MakeBand) -> None:
    def seven(bar: Bar) -> Bar:
        notes = tuple(n for n in bar.notes if n.start_beats < 3.5)
        return replace(bar, meter=Meter.parse("7/8"), notes=notes)

    band = make_band(seven)
    _, blocks, _ = jam(band, 10, (2,), Steering(controls=Controls(bpm=100)))
    beats = [b for block in blocks for b in block.beats]
    assert {b.beat for b in beats} == {0, 1, 2}
    assert {(b.beat, b.length_quarters) for b in beats} == {(0, 1.0), (1, 1.0), (2, 1.5)}
    gaps = np.diff([b.frame for b in beats])
    assert np.abs(gaps - [28_800 * b.length_quarters for b in beats[:-1]]).max() <= 1
    downbeats = {b.bar: b.frame for b in beats if b.beat == 0}
    kicks = [n.start_frame for block in blocks for n in block.notes if n.instrument == "kick_mini"]
    assert downbeats[1] - round(0.02 * 28_800) in kicks


def test_reset_goes_on_without_a_click_with_other_music(make_band: MakeBand) -> None:
    band = make_band()
    head, _, state = jam(band, 4.2, (1,))
    reset = band.reset(state, 99)
    assert reset.frame == state.frame
    tail, blocks, _ = jam(band, 4, (1,), state=reset)
    fresh, _, _ = jam(band, 4, (1,), state=band.reset(state, 100))
    assert not np.array_equal(tail, fresh)
    beats = [b for block in blocks for b in block.beats]
    new = [b for b in beats if b.bar == 0]
    assert new[0].beat == 0
    assert new[0].frame - state.frame <= LATENCY_FRAMES
    assert blocks[0].start_frame == state.frame
    whole = bends(np.concatenate([head, tail]))
    at = state.frame
    assert whole[at - 64 : at + LATENCY_FRAMES + 64].max() <= 1.5 * whole[: at - 64].max()
    assert np.abs(tail[: LATENCY_FRAMES // 2]).max() > 1e-3, "what sounded rings out"


def test_open_hats_are_choked_by_closed_ones(make_band: MakeBand) -> None:
    def hats(bar: Bar) -> Bar:
        hat = next(n for n in bar.notes if n.patch == "hat_closed_mini")
        opened = replace(hat, patch="hat_open_mini", start_beats=0.0)
        hat = replace(hat, start_beats=0.5)
        return replace(bar, notes=(opened, hat))

    _, _, state = jam(make_band(hats), 0.04, (1,))
    fading = [voice for voice in state.mixer.voices if voice.fade_frame >= 0]
    assert [voice.tone.patch for voice in fading] == ["hat_open_mini"]


def test_stems_are_blocks_of_the_same_shape(make_band: MakeBand) -> None:
    _, blocks, _ = jam(make_band(stems=True), 2)
    for block in blocks:
        assert tuple(block.stems) == make_band().info.stems
        total = sum(block.stems.values()) + np.zeros_like(block.audio)
        assert np.abs(total - block.audio).max() < 1e-4
    assert not jam(make_band(), 1)[1][0].stems


@pytest.mark.parametrize("seed", [-(2**31), 2**31 - 1])
def test_loudness_true_peak_and_balance(make_band: MakeBand, seed: int) -> None:
    band = make_band()
    audio, _, _ = jam(band, 20, state=band.start(seed))
    assert np.isfinite(audio).all()
    assert pyloudnorm.Meter(48_000).integrated_loudness(audio) == pytest.approx(-14, abs=1.5)
    over = resample_poly(audio.astype(np.float64), 4, 1, axis=0)[400:-400]
    assert 20 * np.log10(np.abs(over).max()) <= -1
    assert np.abs(audio.mean(axis=0)).max() < 3e-3


def test_missing_patches_and_failing_instruments_are_engine_errors(make_band: MakeBand) -> None:
    band = make_band(lambda bar: replace(bar, notes=tuple(replace(n, patch="theremin") for n in bar.notes)))
    with pytest.raises(EngineError, match="theremin"):
        band.render(band.start(0), PLAIN, Q)

    def cannot(tone: Tone) -> Waveform:
        raise ZeroDivisionError

    broken = make_band(patches={name: replace(patch, render=cannot) for name, patch in PATCHES.items()})
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        broken.render(broken.start(0), PLAIN, Q)

    def fail(bar: Bar) -> Bar:
        raise IndexError

    composerless = make_band(fail)
    with pytest.raises(EngineError, match="IndexError"):
        composerless.render(composerless.start(0), PLAIN, Q)


def test_a_hurried_block_starts_with_what_is_ready_and_says_what_is_late(make_band: MakeBand) -> None:
    may_go_on = threading.Event()

    def slow(tone: Tone) -> Waveform:
        assert may_go_on.wait(60)
        return render_mini(tone)

    patches = PATCHES | {name: replace(PATCHES[name], render=slow) for name in ("pad_mini", "bass_mini")}
    late, plain = make_band(patches=patches), make_band()
    late.hurry()
    whole, there = plain.render(replace(plain.start(1), frame=Q), PLAIN, 2 * Q)
    first, state = late.render(replace(late.start(1), frame=Q), PLAIN, 2 * Q)
    assert (first.late_notes, whole.late_notes) == (3, 0), "the three notes of the first chord"
    assert first.notes == whole.notes
    assert np.abs(first.audio).max() > 1e-3, "the others play"
    assert np.abs(first.audio - whole.audio).max() > 1e-3
    assert pickle.loads(pickle.dumps(state, 5)).mixer.voices == state.mixer.voices
    may_go_on.set()
    late._is_hurried = False
    second, state = late.render(state, PLAIN, 10 * Q)
    other, there = plain.render(there, PLAIN, 10 * Q)
    assert second.late_notes == 0
    bend = bends(np.concatenate((first.audio, second.audio)))
    assert bend[2 * Q - 4 : 2 * Q + 500].max() <= 3 * np.quantile(bend, 0.99), "they come in without a click"
    for _ in range(10):
        third, state = late.render(state, PLAIN, 50 * Q)
        other, there = plain.render(there, PLAIN, 50 * Q)
    assert np.abs(third.audio - other.audio).max() < 0.02, "and later nothing tells that they were late"


def test_the_first_block_of_a_jam_is_complete_however_long_it_takes(make_band: MakeBand) -> None:
    def slow(tone: Tone) -> Waveform:
        assert not threading.Event().wait(0.15), "longer than a hurried block of this size would wait"
        return render_mini(tone)

    hurried = make_band(patches=PATCHES | {"pad_mini": replace(PATCHES["pad_mini"], render=slow)})
    hurried.hurry()
    block, _ = hurried.render(hurried.start(1), PLAIN, 2 * Q)
    plain = make_band()
    assert block.late_notes == 0
    assert np.array_equal(block.audio, plain.render(plain.start(1), PLAIN, 2 * Q)[0].audio)


def test_what_is_anticipated_is_ready_and_changes_nothing(make_band: MakeBand) -> None:
    rendered: list[Tone] = []

    def counted(tone: Tone) -> Waveform:
        rendered.append(tone)
        return render_mini(tone)

    band = make_band(patches={name: replace(patch, render=counted) for name, patch in PATCHES.items()})
    plain = make_band()
    block, state = band.render(band.start(1), PLAIN, 5 * Q)
    before = pickle.dumps(state, 5)
    steps = sum(1 for _ in band.anticipate(state, PLAIN))
    assert pickle.dumps(state, 5) == before
    assert 8 < steps < 200
    known = len(rendered)
    again, after = band.render(state, PLAIN, 150 * Q)
    assert len(rendered) == known, "six seconds were ready"
    audio, _, _ = jam(plain, 6.2, (5, 150))
    assert np.array_equal(audio, np.concatenate((block.audio, again.audio)))
    assert sum(1 for _ in band.anticipate(after, PLAIN)) < steps
    assert not list(band.anticipate(after, PLAIN)), "once a bar is enough"
    assert list(band.anticipate(after, Steering(controls=Controls(bpm=90))))


PROGRAM = """
import hashlib, sys
from everjam.engines.band.engine import BandEngine
from everjam.steering import Controls, Steering, WeightedPrompt
band = BandEngine()
state = band.start(7)
steering = Steering((WeightedPrompt("minimal techno"), WeightedPrompt("santur")), Controls(bpm=126))
digest = hashlib.sha256()
for frames in (96_000, 1_920, 38_400, 96_000):
    block, state = band.render(state, steering, frames)
    digest.update(block.audio.tobytes())
print(digest.hexdigest())
"""


def test_other_processes_make_the_same_samples() -> None:
    def digest(number: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": number, "OPENBLAS_NUM_THREADS": number}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment, timeout=100
        )
        return run.stdout

    assert digest("1") == digest("2")
