"""Tempo, guidance, temperature, modes and weights mean what they say."""

import pytest
from tests.engines.band.composing import bars, steer

from everjam.steering import MusicGenerationMode


@pytest.mark.parametrize("bpm", [60, 97, 140, 200])
def test_bpm_is_exact(bpm: int) -> None:
    assert {bar.bpm for bar in bars(steer("ambient", "thrash", bpm=bpm), 6)} == {bpm}


def test_tempo_comes_from_the_cards_and_is_stable() -> None:
    assert {172 <= bar.bpm <= 176 for bar in bars(steer("drum and bass"), 20)} == {True}
    assert len({bar.bpm for bar in bars(steer("trip hop"), 20)}) == 1
    slow, fast = bars(steer("trip hop"), 1)[0].bpm, bars(steer("thrash"), 1)[0].bpm
    assert slow < bars(steer("trip hop", "thrash"), 1)[0].bpm < fast
    assert bars(steer("slow trip hop"), 1)[0].bpm < slow


def test_guidance_zero_is_the_prior_whatever_the_prompt() -> None:
    plain = bars(steer(), 8)
    for text in ("thrash", "meditation", "no such thing"):
        assert bars(steer(text, guidance=0.0), 8) == plain


def test_guidance_brings_out_the_card() -> None:
    def likeness(guidance: float) -> float:
        played = [bar for seed in range(8) for bar in bars(steer("chiptune", guidance=guidance), 2, seed)]
        notes = [note for bar in played for note in bar.notes]
        return sum("chip" in note.patch for note in notes) / len(notes)

    levels = [likeness(guidance) for guidance in (0.0, 2.0, 4.0)]
    assert levels[0] < levels[1] < levels[2]
    assert levels[2] > 0.95


def test_negative_weights_push_away() -> None:
    for seed in range(4):
        assert not any(
            note.part == "drums" for bar in bars(steer("minimal techno", "drums:-1"), 16, seed) for note in bar.notes
        )
        assert any(note.part == "drums" for note in bars(steer("minimal techno"), 1, seed)[0].notes)
    away = bars(steer("emotional", "piano:-1"), 8)
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


def test_temperature_zero_and_top_k_one_take_the_likeliest() -> None:
    greedy = bars(steer("house", temperature=0.0), 4, 1)
    assert {bar.chords for bar in greedy} == {bar.chords for bar in bars(steer("house", top_k=1), 4, 1)}
    other = bars(steer("house", temperature=0.0), 4, 99)
    assert {note.patch for note in greedy[0].notes} == {note.patch for note in other[0].notes}
