"""The judges of the music are judged: on sounds and scores whose truth is known."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench.music import corpora, guide, mgeval
from bench.music.clips import Ask, Clip, Heard, clip, play
from bench.music.judges import likeness, mutes
from bench.music.judges.verdict import Scope, rank_correlation
from bench.music.measures import form, pairs, song
from bench.music.mgeval import Piece
from bench.music.running import Job, _essence, _key

from everjam.audio import BeatEvent, NoteEvent
from everjam.engines.band.cards import default_deck
from everjam.engines.band.score import Bar, Note

RATE_HZ = 48_000
SCALE = (0, 2, 4, 5, 7, 9, 11)


@pytest.fixture(scope="module")
def template() -> Bar:
    return play(clip("Piano", 1, 1.0, "score")).bars[0]


def bars_of(template: Bar, lines: Sequence[Sequence[tuple[float, int]]], sections: str = "") -> list[Bar]:
    """Bars of a lead alone; a letter a bar names its section."""
    return [
        replace(
            template,
            index=number,
            section=sections[number] if sections else "A",
            notes=tuple(Note("melody", "piano", pitch, start, 0.25, 0.7) for start, pitch in line),
        )
        for number, line in enumerate(lines)
    ]


def heard(
    audio: np.ndarray, notes: Sequence[NoteEvent] = (), beats: Sequence[BeatEvent] = (), **controls: float
) -> Heard:
    stereo = np.stack([audio, audio], axis=1).astype(np.float32)
    asked = Clip((Ask((("", 1.0),), tuple(controls.items())),), 0, len(audio) / RATE_HZ)
    return Heard(asked, stereo, {}, tuple(notes), tuple(beats), (), (1.0, 1.0, 1.0))


def clicks_at(bpm: float, seconds: float = 20.0) -> np.ndarray:
    rng = np.random.default_rng(1)
    audio = 0.001 * rng.standard_normal(round(seconds * RATE_HZ))
    for beat in np.arange(0.1, seconds - 0.2, 60 / bpm):
        at = round(beat * RATE_HZ)
        audio[at : at + 2_000] += 0.5 * rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 400)
    return audio


def tune(seed: int, notes: int = 48, step: float = 0.5) -> Piece:
    rng = np.random.default_rng(seed)
    pitch, line = 7, []
    for number in range(notes):
        pitch = int(np.clip(pitch + rng.choice((-2, -1, -1, 0, 1, 1, 2)), 0, 14))
        line.append((number * step, step, 60 + 12 * (pitch // 7) + SCALE[pitch % 7]))
    return Piece(round(notes * step / 4), 4.0, tuple(line))


class TestScores:
    def test_windows_that_come_back_exactly_are_counted_whatever_the_touch(self, template: Bar) -> None:
        line = [(0.0, 60), (1.0, 62), (2.0, 64)]
        touched = [(start + 0.03, pitch) for start, pitch in line]
        other = [(0.0, 60), (1.5, 62)]
        bars = bars_of(template, [line, other, line, other, touched, other, line, line])
        assert form.exact_windows([form.written(bar) for bar in bars]) == 2

    def test_silence_is_no_repetition(self, template: Bar) -> None:
        assert form.exact_windows([form.written(bar) for bar in bars_of(template, [[]] * 12)]) == 0

    def test_a_motif_moved_through_the_scale_comes_back_and_a_new_one_does_not(self, template: Bar) -> None:
        motif = [(0.0, 60), (0.5, 62), (1.0, 64), (2.0, 60), (3.0, 67)]
        moved = [(start, pitch + 5) for start, pitch in motif]
        fresh = [(0.25, 70), (0.75, 65), (1.0, 66), (2.5, 60), (2.75, 72)]
        assert form.recurrence(bars_of(template, [motif, motif, moved, moved], "AABB")) == (1, 1)
        assert form.recurrence(bars_of(template, [motif, motif, fresh, fresh], "AABB")) == (0, 1)

    def test_a_song_is_written_without_swing_and_articulation(self, template: Bar) -> None:
        bars = bars_of(template, [[(0.03, 60), (0.66, 62), (1.02, 64)]])
        found = song.measure(replace(play(clip("Piano", 1, 1.0, "score")), bars=tuple(bars)))
        assert [start for start, _, _ in found["lead"]] == [0.0, 0.75, 1.0]
        assert [length for _, length, _ in found["lead"]][1] == 0.25

    def test_pairs_of_keys_hold_their_own_notes(self) -> None:
        weights = np.zeros(12)
        weights[[(9 + step) % 12 for step in SCALE]] = 1.0
        shares = pairs.shares_in_pairs(weights)
        assert shares.argmax() == 9
        assert shares[9] == pytest.approx(1.0)
        assert shares[3] == pytest.approx(2 / 7)


class TestLikeness:
    def test_a_set_is_like_its_own_kind_and_unlike_noise(self) -> None:
        first, second = [tune(seed) for seed in range(20)], [tune(seed) for seed in range(100, 120)]
        noise = [mgeval.random_notes(piece, seed) for seed, piece in enumerate(second)]
        own, other = (
            np.mean([mgeval.compare(first, pieces, feature).area for feature in mgeval.FEATURES.values()])
            for pieces in (second, noise)
        )
        assert own > 0.85
        assert other < own - 0.15

    def test_features_of_a_known_line(self) -> None:
        piece = Piece(2, 4.0, ((0.0, 1.0, 60), (1.0, 1.0, 64), (2.0, 2.0, 67), (4.0, 0.5, 60)))
        assert mgeval.pitch_count(piece) == 3
        assert mgeval.pitch_range(piece) == 7
        assert mgeval.average_interval(piece) == pytest.approx(14 / 3)
        assert mgeval.average_onset_interval(piece) == pytest.approx(4 / 3)
        assert mgeval.note_count_per_bar(piece) == 2
        assert mgeval.pitch_class_histogram(piece)[[0, 4, 7]] == pytest.approx([0.5, 0.25, 0.25])

    def test_shuffling_keeps_the_notes_and_loses_their_order(self) -> None:
        piece = tune(3)
        mixed = mgeval.shuffled(piece, 1)
        assert sorted(pitch for _, _, pitch in mixed.notes) == sorted(pitch for _, _, pitch in piece.notes)
        assert mgeval.average_interval(mixed) > mgeval.average_interval(piece)

    def test_self_similarity_is_whole_where_bars_repeat(self) -> None:
        bar = [(0.0, 60), (1.0, 62)]
        notes = tuple((4.0 * number + start, 1.0, pitch) for number in range(8) for start, pitch in bar)
        assert mgeval.self_similarity(Piece(8, 4.0, notes), 1) == 1.0
        assert mgeval.self_similarity(tune(5), 1) < 0.5

    def test_songs_come_home_to_c_major(self) -> None:
        notes = [(float(step), 1.0, 62 + SCALE[step % 7]) for step in range(14)]
        assert corpora.home(notes) == -2

    def test_missing_music_says_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(corpora.POP909_VARIABLE, os.devnull + "/none")
        with pytest.raises(corpora.CorpusMissing, match=corpora.POP909_VARIABLE):
            likeness.KINDS[0].songs()


class TestHarness:
    def test_every_prompt_of_the_guides_is_counted_once_or_missing(self) -> None:
        deck = default_deck()
        found, missing = guide.guide_prompts(deck), guide.missing_prompts(deck)
        assert len({guide.card_of(text, deck) for text in found}) == len(found)
        assert not set(found) & set(missing)
        assert not set(guide.all_prompts(deck)) & set(missing)
        assert len(guide.all_prompts(deck)) <= len(deck.cards)

    def test_the_same_question_has_the_same_place_in_the_cache_and_another_has_not(self) -> None:
        one = clip("Piano", 1, 8.0, "score", density=0.5)
        assert _key(Job(one, "form")) == _key(Job(clip("Piano", 1, 8.0, "score", density=0.5), "form"))
        assert _key(Job(one, "form")) != _key(Job(clip("Piano", 2, 8.0, "score", density=0.5), "form"))
        assert _key(Job(one, "form")) != _key(Job(one, "score_counts"))

    def test_comments_and_layout_do_not_spoil_the_cache_and_code_does(self, tmp_path: Path) -> None:
        one, same, other = (tmp_path / f"{name}.py" for name in "abc")
        one.write_text('"""Text."""\nx = 1\n')
        same.write_text("# why\nx   =   1\n")
        other.write_text("x = 2\n")
        assert _essence(one) == _essence(same) != _essence(other)

    def test_mutes_are_judged_by_the_fall_of_what_they_name(self) -> None:
        scope = Scope(("Piano",), ("Piano",), sample=False)
        quiet = {"stem_drums": -90.0, "stem_bass_low": -90.0, "stem_rest": -90.0, "low": -90.0, "attacks": -90.0}
        loud = dict.fromkeys(quiet, -20.0)
        obeyed = {"no_drums": "stem_drums", "no_bass": "stem_bass_low", "only": "stem_rest"}
        results = {
            job: {**loud, **({obeyed[name]: quiet[obeyed[name]]} if name in obeyed else {})}
            for job, name in zip(mutes.jobs(scope), mutes.VARIANTS, strict=True)
        }
        figures = mutes.judge(scope, results).figures
        assert [figure.value for figure in figures if figure.goal] == [1.0, 1.0, 1.0]
        stubborn = mutes.judge(scope, dict.fromkeys(results, loud))
        assert not any(figure.reached for figure in stubborn.figures)
        assert len(stubborn.misses) == 3

    def test_what_never_changes_correlates_with_nothing(self) -> None:
        assert rank_correlation((0, 1, 2), (5.0, 5.0, 5.0)) == 0.0
        assert rank_correlation((0, 1, 2), (1.0, 2.0, 4.0)) == pytest.approx(1.0)


class TestEars:
    @pytest.fixture(autouse=True)
    def _ears(self) -> None:
        for name in ("librosa", "essentia", "sklearn", "soxr"):
            pytest.importorskip(
                name, reason=f"{name} is not installed: pip install -e '.[bench]' brings the judges' ears"
            )

    @pytest.mark.parametrize("bpm", [72.0, 120.0, 171.0])
    def test_the_pulse_is_heard_where_it_is(self, bpm: float) -> None:
        from bench.music.measures import tempo
        from bench.music.measures.sound import Sound

        sound = Sound(heard(clicks_at(bpm)))
        for asked in (bpm, 0.9 * bpm, 1.12 * bpm):
            assert tempo.pulse_bpm(sound.onset_strength, asked) == pytest.approx(bpm, rel=0.01)

    def test_a_brighter_sound_has_a_higher_centroid(self) -> None:
        from bench.music.measures.sound import Sound
        from bench.music.measures.timbre import centroid_hz

        times = np.arange(2 * RATE_HZ) / RATE_HZ
        low, high = (
            centroid_hz(
                Sound(heard(sum(np.sin(2 * np.pi * 220 * k * times) / k**slope for k in range(1, 20)))).magnitude
            )
            for slope in (2.0, 0.5)
        )
        assert 220 < low < high / 2

    def test_a_jump_without_a_note_is_a_click_and_a_note_is_none(self) -> None:
        from bench.music.measures import level
        from bench.music.measures.sound import Sound

        times = np.arange(4 * RATE_HZ) / RATE_HZ
        smooth = 0.3 * np.sin(2 * np.pi * 220 * times) + 0.003 * np.random.default_rng(3).standard_normal(len(times))
        jump = smooth.copy()
        jump[100_000:] *= -1
        note = NoteEvent("melody", "piano", 60, 0.5, 100_100, 100)
        assert level.clicks(Sound(heard(smooth))) == []
        assert level.clicks(Sound(heard(jump))) == pytest.approx([100_000 / RATE_HZ], abs=0.03)
        assert level.clicks(Sound(heard(jump, [note]))) == []

    def test_a_seam_between_blocks_is_found(self) -> None:
        from bench.music.measures import level

        times = np.arange(4 * RATE_HZ) / RATE_HZ
        smooth = np.stack([0.3 * np.sin(2 * np.pi * 220 * times)] * 2, axis=1).astype(np.float32)
        broken = smooth.copy()
        broken[96_000:] += 0.05
        assert level.seam(smooth) <= 1.1
        assert level.seam(broken) > 3

    def test_a_chord_of_the_scale_is_transcribed_into_it(self) -> None:
        from bench.music.measures.scale import transcribed

        pytest.importorskip("onnxruntime", reason="pip install -e '.[bench]' brings it")
        times = np.arange(6 * 22_050) / 22_050
        notes = (57, 60, 64, 69, 71, 74, 76)
        waves = [
            sum(np.sin(2 * np.pi * k * 440 * 2 ** ((pitch - 69) / 12) * times) / k**1.5 for k in range(1, 8))
            * (times % 1.0 < 0.9)
            for pitch in notes
        ]
        weights = transcribed((0.05 * sum(waves)).astype(np.float32))
        if weights is None:
            pytest.skip("Basic Pitch's network is not installed: pip install --no-deps basic-pitch")
        shares = pairs.shares_in_pairs(weights)
        assert shares[0] > 0.95
        assert shares[0] >= shares.max() - 0.01

    def test_prompts_with_sounds_of_their_own_are_told_apart_and_twins_are_not(self) -> None:
        from bench.music.judges import identity

        names = tuple("abcd")
        scope = Scope(names, names, sample=False)
        rng = np.random.default_rng(2)
        centres = {name: rng.standard_normal(30) for name in names}
        centres["d"] = centres["c"]
        results = {
            job: {"features": (3 * centres[job.clip.prompt] + rng.standard_normal(30)).tolist()}
            for job in identity.jobs(scope)
        }
        verdict = identity.judge(scope, results)
        assert [verdict.by_prompt[name]["told_apart"] for name in "ab"] == [1.0, 1.0]
        assert verdict.by_prompt["c"]["told_apart"] + verdict.by_prompt["d"]["told_apart"] < 1.7
        assert {"c", "d"} == set(verdict.facts["confused"][0][:2])

    def test_features_of_a_clip_are_finite_and_as_many_as_they_say(self) -> None:
        from bench.music.measures import timbre
        from bench.music.measures.sound import Sound

        beats = [BeatEvent(round(24_000 * n), n // 4, n % 4, 120.0, (4, 4)) for n in range(16)]
        found = timbre.measure(Sound(heard(clicks_at(120.0, 8.0), (), beats)))
        assert np.isfinite(found["features"]).all()
        assert sum(found["groups"].values()) == len(found["features"])
