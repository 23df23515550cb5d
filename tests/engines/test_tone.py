"""The tutorial engine is exact where it says so."""

import numpy as np

from everjam.engines.tone import ToneEngine
from everjam.steering import Controls, Scale, Steering, WeightedPrompt


def test_beats_lie_where_the_tempo_says_over_an_hour() -> None:
    engine, steering = ToneEngine(), Steering(controls=Controls(bpm=117))
    state = engine.start(1)
    from dataclasses import replace  # noqa: PLC0415

    state = replace(state, frame=3600 * 48_000, beat_phase=117 * 3600 * 48_000)
    block, _ = engine.render(state, steering, 96_000)
    beats = [beat.frame for beat in block.beats]
    assert beats[0] - 3600 * 48_000 == 0
    assert np.allclose(np.diff(beats), 60 * 48_000 / 117, atol=1)


def test_tempo_changes_keep_the_beat_going() -> None:
    engine = ToneEngine()
    state = engine.start(1)
    frames: list[int] = []
    for bpm in (60, 200, 90):
        block, state = engine.render(state, Steering(controls=Controls(bpm=bpm)), 96_000)
        frames += [beat.frame for beat in block.beats]
    assert frames == sorted(set(frames))
    assert [beat.beat for beat in block.beats] == [(block.beats[0].beat + n) % 4 for n in range(len(block.beats))]


def test_every_prompt_is_heard_at_its_weight_and_scale_moves_the_pitch() -> None:
    engine = ToneEngine()
    steering = Steering((WeightedPrompt("a", 3.0), WeightedPrompt("b", 1.0)), Controls(scale=Scale.C_MAJOR_A_MINOR))
    block, _ = engine.render(engine.start(1), steering, 96_000)
    notes = {event.pitch for event in block.notes}
    moved, _ = engine.render(
        engine.start(1), Steering(steering.prompts, Controls(scale=Scale.D_FLAT_MAJOR_B_FLAT_MINOR)), 96_000
    )
    assert {event.pitch for event in moved.notes} == {pitch + 1 for pitch in notes}
    spectrum = np.abs(np.fft.rfft(block.audio[48_000:, 0] * np.hanning(48_000)))
    assert spectrum.max() > 0.05 * 48_000 / 4
