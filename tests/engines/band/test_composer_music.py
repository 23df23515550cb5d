"""What a musician would look for: themes, breaths, voice leading, a bass that locks."""

from itertools import pairwise

import pytest
from tests.engines.band.composing import bars, steer

from everjam.engines.band.harmony import voice
from everjam.engines.band.score import Bar
from everjam.engines.band.theory import Key, chord_of
from everjam.steering import MusicGenerationMode


def repeated_windows(played: list[Bar], bars_a_window: int = 4) -> float:
    """Share of windows whose pitched notes equal an earlier window's."""
    written = [
        tuple((n.patch, n.pitch, round(n.start_beats * 4)) for n in bar.notes if n.part in {"bass", "chords", "melody"})
        for bar in played
    ]
    windows = [tuple(written[at : at + bars_a_window]) for at in range(len(written) - bars_a_window + 1)]
    return 1 - len(set(windows)) / len(windows)


@pytest.mark.parametrize("card", ["funk", "jazz"])
def test_no_four_bars_are_heard_twice(card: str) -> None:
    assert repeated_windows(bars(steer(card), 80, 3)) < 0.1


def test_diversity_repeats_less() -> None:
    def ideas(mode: MusicGenerationMode) -> int:
        """Different chord sequences of a phrase, over seeds and sections."""
        heard: set[tuple[object, ...]] = set()
        for seed in range(3):
            played = bars(steer("funk", "house:0.6", music_generation_mode=mode), 48, seed)
            heard |= {
                tuple(chord.symbol for bar in played[at : at + 4] for chord in bar.chords) for at in range(0, 48, 4)
            }
            heard |= {tuple(round(n.start_beats * 4) for n in bar.notes if n.part == "chords") for bar in played}
        return len(heard)

    assert ideas(MusicGenerationMode.DIVERSITY) > 1.2 * ideas(MusicGenerationMode.QUALITY)


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
        for bar in bars(steer(card), 32):
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
