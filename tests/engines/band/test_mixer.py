"""The desk: mutes, stems, faders, crashing instruments; with waveforms that cost nothing."""

from dataclasses import replace

import numpy as np
import pytest

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer import LATENCY_FRAMES, STEMS, Cue, Mixer, MixerState, Mutes, Voice
from everjam.engines.band.mixer.channels import Channels
from everjam.engines.band.score import PARTS, Part, Production

Q = QUANTUM_FRAMES
NONE: Mutes = (False,) * 6


def tone_of(part: int) -> Tone:
    return Tone(PARTS[part], 60 + part, 0, 8, 5, 0)


def wave_of(tone: Tone) -> Recording:
    """Two seconds of a note of its own for each part, fading in and out."""
    t = np.arange(96_000)
    shape = np.minimum(1, np.minimum(t, 96_000 - t) / 480)
    wave = (0.3 * shape * np.sin(2 * np.pi * 55.0 * 2 ** ((tone.pitch - 60) / 2) * t / 48_000)).astype(np.float32)
    return Recording.of(wave[None])


def started(mixer: Mixer, production: Production | None = None, count: int = 6) -> MixerState:
    """All parts play, again every second."""
    state = mixer.start()
    voices = tuple(
        Voice(part, tone_of(part), second * 48_000, 1.0, 0.8) for second in range(count) for part in range(len(PARTS))
    )
    cues = (Cue(0, Production() if production is None else production, 6_000),)
    return replace(state, voices=voices, controls=replace(state.controls, cues=cues))


def play(
    mixer: Mixer, state: MixerState, quanta: int, mutes: Mutes = NONE, brightness: float = 0.5
) -> tuple[Float32Array, Float32Array, MixerState]:
    mixed, state = mixer.render(state, mutes, brightness, quanta * Q)
    stems = np.zeros((len(STEMS), 2, quanta * Q), np.float32) if mixed.stems is None else mixed.stems
    return mixed.audio, stems, state


def peak_db(x: Float32Array) -> float:
    return float(20 * np.log10(max(np.abs(x).max(), 1e-12)))


def test_stems_add_up_and_do_not_change_the_mix() -> None:
    production = Production(drive={"bass": 0.7}, delay={"melody": 0.5}, lofi=0.5, sidechain=0.5, tilt_db=3, width=1.3)
    plain, split = Mixer(wave_of), Mixer(wave_of, stems=True)
    audio, _, _ = play(plain, started(plain, production), 60)
    with_stems, stems, _ = play(split, started(split, production), 60)
    assert np.array_equal(audio, with_stems)
    assert np.abs(stems.sum(axis=0) - audio).max() < 1e-4
    assert all(np.abs(stem).max() > 1e-3 for stem in stems)


def test_stems_may_come_and_go_in_a_jam() -> None:
    plain, split = Mixer(wave_of), Mixer(wave_of, stems=True)
    _, _, state = play(plain, started(plain), 20)
    expected, _, _ = play(plain, state, 20)
    audio, stems, with_stems = play(split, state, 20)
    assert np.array_equal(audio, expected)
    assert np.abs(stems.sum(axis=0) - audio)[:, 5 * Q :].max() < 1e-3
    assert np.array_equal(play(plain, with_stems, 20)[0], play(split, with_stems, 20)[0])


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_a_mute_silences_its_stem_and_leaves_the_others_bit_equal(part: int) -> None:
    gains: dict[Part, float] = dict.fromkeys(PARTS, -12.0)
    dry = Production(gains_db=gains, reverb=dict.fromkeys(PARTS, 0.0))
    mixer = Mixer(wave_of, stems=True)
    _, _, state = play(mixer, started(mixer, dry), 20)
    mutes: Mutes = tuple(i == part for i in range(6))  # type: ignore[assignment]
    _, open_stems, _ = play(mixer, state, 40)
    _, muted_stems, after = play(mixer, state, 40, mutes)
    gone = LATENCY_FRAMES + 960
    assert peak_db(muted_stems[part][:, gone + 2_000 :]) < peak_db(open_stems[part]) - 60
    assert np.array_equal(muted_stems[part][:, :LATENCY_FRAMES], open_stems[part][:, :LATENCY_FRAMES])
    assert after.level.gain_db == play(mixer, state, 40)[2].level.gain_db, "the automatic level hears through mutes"
    for other in range(len(PARTS)):
        if other != part:
            difference = muted_stems[other] - open_stems[other]
            assert peak_db(difference) < peak_db(open_stems[other]) - 20, "only glue and limiter may breathe"


def test_before_the_master_other_parts_are_bit_equal_under_mutes() -> None:
    seen: list[Float32Array] = []

    class Spy(Mixer):
        def _groups_of(self, parts: Channels, buses: Float32Array, active: set[int], wet: Float32Array) -> Float32Array:
            groups = super()._groups_of(parts, buses, active, wet)
            seen.append(groups[1 : 1 + len(PARTS)].copy())
            return groups

    mixer = Spy(wave_of, stems=True)
    state = started(mixer, Production(sidechain=0.8, drive={"chords": 0.5}))
    for mutes in (NONE, (True, False, False, False, False, False), (False, True, True, True, True, True)):
        play(mixer, state, 10, mutes)
    everyone, no_drums, only_drums = seen
    assert np.array_equal(everyone[1:], no_drums[1:])
    assert np.array_equal(everyone[0], only_drums[0])
    assert not no_drums[0, :, 960:].any()
    assert not only_drums[1:6, :, 960:].any()


def test_a_lifted_mute_brings_the_part_back_at_once() -> None:
    mixer = Mixer(wave_of, stems=True)
    _, _, state = play(mixer, started(mixer), 10)
    _, _, muted = play(mixer, state, 10, (True,) * 6)
    _, stems, _ = play(mixer, muted, 10)
    for stem in stems[:6]:
        assert np.abs(stem[:, LATENCY_FRAMES + 960 :]).max() > 1e-3
        assert np.abs(np.diff(stem[:, LATENCY_FRAMES - 64 : LATENCY_FRAMES + 960])).max() < 0.05


def test_productions_arrive_smoothly() -> None:
    mixer = Mixer(wave_of, stems=True)
    state = started(mixer)
    loud = Cue(20 * Q, Production(gains_db={"bass": 6.0}, tilt_db=3, width=0.2, drive={"melody": 1.0}), 9_000)
    state = replace(state, controls=replace(state.controls, cues=(*state.controls.cues, loud)))
    audio, stems, _ = play(mixer, state, 60)
    bend = np.abs(np.diff(audio, n=2)).max(axis=0)
    change = slice(20 * Q - 200, 34 * Q)
    assert bend[change].max() < 1.5 * max(bend[5 * Q : 20 * Q].max(), bend[40 * Q : 59 * Q].max())
    # Against a part that stays where it was: the level takes back what the whole gains.
    before, after = (
        np.abs(stems[1, :, part]).max() / np.abs(stems[2, :, part]).max()
        for part in (slice(5 * Q, 19 * Q), slice(45 * Q, 60 * Q))
    )
    assert 10 ** (3.5 / 20) < after / before < 10 ** (6.5 / 20)


def test_brightness_acts_in_the_next_block_and_is_monotone() -> None:
    mixer = Mixer(lambda tone: wave_of(replace(tone, pitch=60 + 3 * (tone.pitch - 60))))
    _, _, state = play(mixer, started(mixer), 20)
    ratios = []
    for brightness in (0.0, 0.25, 0.5, 0.75, 1.0):
        audio, _, _ = play(mixer, state, 10, brightness=brightness)
        spectrum = np.abs(np.fft.rfft(audio[0, 5 * Q :] * np.hanning(5 * Q))) ** 2
        hz = np.fft.rfftfreq(5 * Q, 1 / 48_000)
        ratios.append(float((spectrum * hz).sum() / spectrum.sum()))
    assert ratios == sorted(ratios)
    assert ratios[-1] > 1.1 * ratios[0]


def test_silence_in_silence_out() -> None:
    mixer = Mixer(wave_of)
    audio, _, state = play(mixer, mixer.start(), 100)
    assert not audio.any()
    assert state.echo.line.shape[1] == 0


def test_what_is_broken_in_one_jam_is_not_heard_in_another() -> None:
    shared, broken = Mixer(wave_of), Recording.of(np.ones((1, 96_000), np.float32))
    broken = replace(broken, scale=float("nan"))
    shared._fetch = lambda _: broken
    assert not np.isfinite(play(shared, started(shared), 10)[0]).all()
    shared._fetch = wave_of
    state = started(shared)
    few = replace(state, voices=tuple(voice for voice in state.voices if voice.part in (0, len(PARTS) - 1)))
    alone = Mixer(wave_of)
    assert np.array_equal(play(shared, few, 20)[0], play(alone, few, 20)[0])


def test_odd_productions_are_brought_into_range() -> None:
    wild = Production(
        gains_db={"bass": 99.0, "drums": -500.0},
        reverb={"bass": 7.0},
        delay={"melody": -3.0},
        reverb_seconds=0.0,
        delay_feedback=2.0,
        drive={"chords": 9.0},
        sidechain=4.0,
        width=-1.0,
        tilt_db=60.0,
        lofi=5.0,
    )
    mixer = Mixer(wave_of)
    audio, _, _ = play(mixer, started(mixer, wild), 100)
    assert np.isfinite(audio).all()
    assert 0.05 < np.abs(audio).max() < 0.9
