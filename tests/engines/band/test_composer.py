"""The composer: pure, obedient, and never out of its range."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise

import pytest

from everjam.engines.band.cards import default_deck
from everjam.engines.band.composer import Composer, Memory
from everjam.engines.band.harmony import voice
from everjam.engines.band.score import PARTS, Bar
from everjam.engines.band.theory import Key, chord_of
from everjam.steering import Controls, MusicGenerationMode, Scale, Steering, WeightedPrompt

CARDS = sorted(default_deck().cards)
COMPOSER = Composer()
TEXTURE_NOISES = {"vinyl", "wind_noise", "riser", "impact"}


def steer(*texts: str, **controls: object) -> Steering:
    prompts = tuple(
        WeightedPrompt(text, float(weight or 1)) for text, _, weight in (one.partition(":") for one in texts)
    )
    return Steering(prompts, replace(Controls(), **controls))  # type: ignore[arg-type]


def jam(steering: Steering, seed: int = 1) -> Iterator[Bar]:
    memory = COMPOSER.start()
    while True:
        bar, memory = COMPOSER.compose(memory, steering, seed)
        yield bar


def bars(steering: Steering, count: int, seed: int = 1) -> list[Bar]:
    return list(islice(jam(steering, seed), count))


def onsets_a_second(played: list[Bar]) -> float:
    return sum(len(bar.notes) for bar in played) / sum(bar.length_beats * 60 / bar.bpm for bar in played)


@pytest.mark.parametrize("card", CARDS)
def test_every_card_plays_32_valid_bars(card: str) -> None:
    name = default_deck().cards[card].name
    for index, bar in enumerate(islice(jam(steer(name), 3), 32)):
        assert bar.index == index
        assert 50 <= bar.bpm <= 200
        assert bar.chords[0].start_beats == 0
        assert bar.notes
        assert [note.start_beats for note in bar.notes] == sorted(note.start_beats for note in bar.notes)
        for note in bar.notes:
            assert note.part in PARTS
            assert (0 if index == 0 else -0.07) <= note.start_beats < bar.length_beats
            assert 0 < note.duration_beats <= 2 * bar.length_beats
            assert 0 < note.velocity <= 1
            assert -1 <= note.pan <= 1
            assert 21 <= note.pitch <= 108
            if note.part == "bass":
                assert note.pitch <= 52
            if note.part == "melody":
                assert 48 <= note.pitch <= 96
        if index == 0:
            assert any(note.start_beats < 0.3 for note in bar.notes)


def test_the_same_in_another_process_and_after_a_pickle() -> None:
    steering = steer("bossa nova", "dubstep:0.7", "zorblax")
    code = (
        "from tests.engines.band.test_composer import bars, steer\n"
        "print(bars(steer('bossa nova', 'dubstep:0.7', 'zorblax'), 12, -5))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "77", "PYTHONPATH": "."}, capture_output=True, check=True
    )
    assert other.stdout.decode() == f"{bars(steering, 12, -5)}\n"
    memory = COMPOSER.start()
    for _ in range(12):
        bar, memory = COMPOSER.compose(memory, steering, -5)
        revived: Memory = pickle.loads(pickle.dumps(memory))
        assert revived == memory
        memory = revived
    assert bar == bars(steering, 12, -5)[-1]
    assert len(pickle.dumps(memory)) < 30_000


def test_compose_does_not_change_its_memory_or_remember_anything() -> None:
    steering = steer("funk")
    memory = COMPOSER.start()
    for _ in range(5):
        _, memory = COMPOSER.compose(memory, steering, 9)
    first = COMPOSER.compose(memory, steering, 9)
    COMPOSER.compose(memory, steer("thrash"), 4)
    assert COMPOSER.compose(memory, steering, 9) == first
    assert Composer().compose(memory, steering, 9) == first


def test_seeds_differ() -> None:
    played = [bars(steer("jazz"), 4, seed) for seed in range(6)]
    assert len({repr(one) for one in played}) == 6


def test_mutes_and_brightness_do_not_reach_the_score() -> None:
    plain = bars(steer("house"), 8)
    assert bars(steer("house", mute_drums=True, mute_bass=True, only_bass_and_drums=True), 8) == plain


@pytest.mark.parametrize("scale", [one for one in Scale if one])
def test_scale_is_exact(scale: Scale) -> None:
    wanted = {(scale.major_tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    for card in CARDS:
        for bar in islice(jam(steer(default_deck().cards[card].name, scale=scale), int(scale)), 6):
            assert {tone for chord in bar.chords for tone in chord.pitch_classes} <= wanted, (card, bar.chords)
            heard = {note.pitch % 12 for note in bar.notes if note.part != "drums" and note.patch not in TEXTURE_NOISES}
            assert heard <= wanted, (card, bar)


def test_a_new_scale_counts_at_the_next_bar_and_arrives_by_its_dominant() -> None:
    memory = COMPOSER.start()
    for _ in range(3):
        bar, memory = COMPOSER.compose(memory, steer("rock", scale=Scale.C_MAJOR_A_MINOR), 2)
    bar, memory = COMPOSER.compose(memory, steer("rock", scale=Scale.E_MAJOR_D_FLAT_MINOR), 2)
    wanted = {(4 + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    assert {note.pitch % 12 for note in bar.notes if note.part in {"bass", "chords", "melody"}} <= wanted
    assert len(bar.chords) == 2


@pytest.mark.parametrize("bpm", [60, 97, 140, 200])
def test_bpm_is_exact(bpm: int) -> None:
    assert {bar.bpm for bar in bars(steer("ambient", "thrash", bpm=bpm), 6)} == {bpm}


def test_tempo_comes_from_the_cards_and_is_stable() -> None:
    assert {172 <= bar.bpm <= 176 for bar in bars(steer("drum and bass"), 20)} == {True}
    assert len({bar.bpm for bar in bars(steer("trip hop"), 20)}) == 1
    slow, fast = bars(steer("trip hop"), 1)[0].bpm, bars(steer("thrash"), 1)[0].bpm
    assert slow < bars(steer("trip hop", "thrash"), 1)[0].bpm < fast
    assert bars(steer("slow trip hop"), 1)[0].bpm < slow


@pytest.mark.parametrize("card", [*CARDS[::4], "bossa_nova", "dubstep", "meditation"])
def test_density_is_strictly_monotone(card: str) -> None:
    name = default_deck().cards[card].name
    steps = [number / 8 for number in range(9)]
    played = [bars(steer(name, density=density), 16) for density in steps]
    rates = [onsets_a_second(one) for one in played]
    assert all(low < high for low, high in pairwise(rates)), rates
    layers = [sum(len({(note.part, note.patch) for note in bar.notes}) for bar in one) for one in played]
    assert layers == sorted(layers)
    assert layers[0] < layers[-1]
    assert rates[-1] > 2 * rates[0]
    for sparse, dense in pairwise(played):
        for one, other in zip(sparse, dense, strict=True):
            assert {(note.patch, note.start_beats) for note in one.notes} <= {
                (note.patch, note.start_beats) for note in other.notes
            }


def test_density_does_not_move_tempo_key_or_form() -> None:
    def frame(density: float) -> list[tuple[object, ...]]:
        played = bars(steer("neo soul", density=density), 20)
        return [(bar.bpm, bar.key, bar.section, bar.chords, bar.meter) for bar in played]

    assert frame(0.0) == frame(0.5) == frame(1.0)


def test_guidance_zero_is_the_prior_whatever_the_prompt() -> None:
    plain = bars(steer(), 8)
    for text in ("thrash", "meditation", "no such thing"):
        assert bars(steer(text, guidance=0.0), 8) == plain


def test_guidance_brings_out_the_card() -> None:
    def likeness(guidance: float) -> float:
        played = [bar for seed in range(12) for bar in bars(steer("chiptune", guidance=guidance), 2, seed)]
        notes = [note for bar in played for note in bar.notes]
        return sum("chip" in note.patch for note in notes) / len(notes)

    levels = [likeness(guidance) for guidance in (0.0, 2.0, 4.0)]
    assert levels[0] < levels[1] < levels[2]
    assert levels[2] > 0.95


def test_negative_weights_push_away() -> None:
    for seed in range(6):
        assert not any(
            note.part == "drums" for bar in bars(steer("minimal techno", "drums:-1"), 16, seed) for note in bar.notes
        )
        assert any(note.part == "drums" for note in bars(steer("minimal techno"), 1, seed)[0].notes)
    away = bars(steer("emotional", "piano:-1"), 16)
    assert not any(note.patch == "piano" for bar in away for note in bar.notes)


def test_an_instrument_takes_its_role_in_a_genre() -> None:
    for seed in range(4):
        played = bars(steer("harmonica:2.0", "Heavy Metal:1.0"), 16, seed)
        leads = [note.patch for bar in played for note in bar.notes if note.part == "melody"]
        assert leads.count("harmonica") > 0.6 * len(leads)
        patches = {note.patch for bar in played for note in bar.notes}
        assert patches & {"guitar_distorted", "guitar_distorted_muted"}
        assert "bass_pick" in patches


def test_a_voice_leads_in_vocalization() -> None:
    mode = MusicGenerationMode.VOCALIZATION
    for text in ("bossa nova", "thrash", "house"):
        played = bars(steer(text, music_generation_mode=mode), 8)
        assert sum(note.part == "voice" for bar in played for note in bar.notes) > 12


def repeated_windows(played: list[Bar], bars_a_window: int = 4) -> float:
    """Share of windows whose pitched notes equal an earlier window's."""
    written = [
        tuple((n.patch, n.pitch, round(n.start_beats * 4)) for n in bar.notes if n.part in {"bass", "chords", "melody"})
        for bar in played
    ]
    windows = [tuple(written[at : at + bars_a_window]) for at in range(len(written) - bars_a_window + 1)]
    return 1 - len(set(windows)) / len(windows)


@pytest.mark.parametrize("card", ["funk", "rock", "jazz", "house"])
def test_no_four_bars_are_heard_twice(card: str) -> None:
    assert repeated_windows(bars(steer(card), 96, 3)) < 0.1


def test_diversity_repeats_less() -> None:
    def ideas(mode: MusicGenerationMode) -> int:
        """Different chord sequences of a phrase, over seeds and sections."""
        heard: set[tuple[object, ...]] = set()
        for seed in range(4):
            played = bars(steer("funk", "house:0.6", music_generation_mode=mode), 64, seed)
            heard |= {
                tuple(chord.symbol for bar in played[at : at + 4] for chord in bar.chords) for at in range(0, 64, 4)
            }
            heard |= {tuple(round(n.start_beats * 4) for n in bar.notes if n.part == "chords") for bar in played}
        return len(heard)

    assert ideas(MusicGenerationMode.DIVERSITY) > 1.2 * ideas(MusicGenerationMode.QUALITY)


def test_temperature_zero_and_top_k_one_take_the_likeliest() -> None:
    greedy = bars(steer("house", temperature=0.0), 4, 1)
    assert {bar.chords for bar in greedy} == {bar.chords for bar in bars(steer("house", top_k=1), 4, 1)}
    other = bars(steer("house", temperature=0.0), 4, 99)
    assert {note.patch for note in greedy[0].notes} == {note.patch for note in other[0].notes}


@pytest.mark.parametrize(("guidance", "length"), [(0.1, 8), (4.0, 3), (6.0, 1)])
def test_a_morph_takes_as_long_as_guidance_says(guidance: float, length: int) -> None:
    memory = COMPOSER.start()
    _, memory = COMPOSER.compose(memory, steer("ambient", guidance=guidance), 1)
    shares = []
    for _ in range(10):
        _, memory = COMPOSER.compose(memory, steer("thrash", guidance=guidance), 1)
        shares.append(dict(memory.shares).get(memory.target, 0.0))  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert shares.index(1.0) == length - 1
    assert shares[0] >= 0.2


def test_a_morph_moves_numbers_smoothly_and_ends_in_the_new_style() -> None:
    memory = COMPOSER.start()
    for _ in range(4):
        bar, memory = COMPOSER.compose(memory, steer("trip hop", guidance=3.0), 1)
    tempos = [bar.bpm]
    for _ in range(8):
        bar, memory = COMPOSER.compose(memory, steer("thrash", guidance=3.0), 1)
        tempos.append(bar.bpm)
    assert tempos == sorted(tempos)
    assert tempos[-1] > 180
    assert all(patch in {note.patch for note in bar.notes} for patch in ("kick_punchy", "bass_pick"))


def test_turning_knobs_all_the_time_stays_bounded() -> None:
    memory = COMPOSER.start()
    for step in range(40):
        weight = 0.1 + step * 0.05
        _, memory = COMPOSER.compose(memory, steer("funk", f"house:{weight}", f"eerie:{2.2 - weight}"), 1)
    assert len(memory.shares) <= 4
    assert sum(share for _, share in memory.shares) == pytest.approx(1, abs=1e-3)
    assert len(pickle.dumps(memory)) < 30_000


def test_the_theme_comes_back() -> None:
    played = bars(steer("bossa nova", temperature=0.6), 64, 4)
    rhythms = [tuple(round(n.start_beats * 4) for n in bar.notes if n.part == "melody") for bar in played]
    stated = [one for one in rhythms[:8] if len(one) > 2]
    assert stated
    assert any(one in rhythms[16:] for one in stated)
    rests = sum(not one for one in rhythms)
    assert 4 <= rests <= 40


def test_melody_moves_by_steps_and_small_leaps() -> None:
    moves = []
    for card in ("bossa nova", "emotional", "rock", "neo soul"):
        for bar in bars(steer(card), 48):
            line = [note.pitch for note in bar.notes if note.part == "melody" and note.pan > 0]
            moves += [abs(a - b) for a, b in pairwise(line)]
    assert sum(move <= 4 for move in moves) / len(moves) > 0.75
    assert max(moves) <= 14


def test_chords_lead_by_the_nearest_inversion() -> None:
    previous: tuple[int, ...] = ()
    for roman in ("Imaj7", "vi7", "ii7", "V7", "Imaj7"):
        now = voice(chord_of(roman, Key(0, "major"), minor=False, strict=False), "close", 60, previous)
        assert list(now) == sorted(set(now))
        if previous:
            assert sum(min(abs(pitch - old) for old in previous) for pitch in now) <= 8
        previous = now


def test_bass_locks_to_the_kick() -> None:
    locked = total = 0
    for bar in bars(steer("funk"), 32):
        kicks = [note.start_beats for note in bar.notes if note.patch.startswith("kick")]
        low = [note.start_beats for note in bar.notes if note.part == "bass"]
        total += len(kicks)
        locked += sum(any(abs(kick - start) < 0.06 for start in low) for kick in kicks)
    assert locked / total > 0.5


def test_an_empty_style_still_plays() -> None:
    assert bars(Steering(), 2)[0].notes
    assert bars(steer("drums:-3", "bass:-2", "piano:-1"), 4)[-1].notes
