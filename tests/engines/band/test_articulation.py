"""How notes are played: what players write, what follows from the notes that are heard, what the engine makes of it."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.engines.band.composing import bars, steer

from everjam.engines.band import figures
from everjam.engines.band.cards import InvalidCard, default_deck, read_card
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone
from everjam.engines.band.mixer import LATENCY_FRAMES
from everjam.engines.band.players import drums
from everjam.engines.band.players.idiom import IDIOMS, idiom_of, patch_for
from everjam.engines.band.players.scene import Draft
from everjam.engines.band.score import COMMON_TIME, Bar, ChordSpan, Note, Production
from everjam.engines.band.scoreprint import print_bar
from everjam.engines.base import Meaning
from everjam.steering import Steering


def notes(prompt: str, count: int = 24, seed: int = 1, **controls: object) -> list[Note]:
    """The notes of a jam's first bars."""
    return [note for bar in bars(steer(prompt, **controls), count, seed) for note in bar.notes]


def share(played: Sequence[Note], articulation: str) -> float:
    """Share of notes that are played like this."""
    return sum(note.articulation == articulation for note in played) / max(1, len(played))


def lines(prompt: str, part: str, count: int = 24) -> list[list[Note]]:
    """What each instrument of a part plays, bar by bar."""
    found = []
    for bar in bars(steer(prompt), count):
        by_patch: dict[str, list[Note]] = {}
        for note in bar.notes:
            if note.part == part:
                by_patch.setdefault(note.patch, []).append(note)
        found += list(by_patch.values())
    return found


def test_marks_take_no_time() -> None:
    plain = figures.read_figure("1.81 .1a8 1.31 8.1a", COMMON_TIME, 0)
    marked = figures.read_figure("1.>8~1 .1a~>8 1.31 8.1a", COMMON_TIME, 0)
    assert [(start, length, cell[-1]) for start, length, cell in marked] == list(plain)
    assert [cell for _, _, cell in marked if len(cell) > 1] == [">8", "~1", "~>8"]
    assert figures.cells_of("6/8|1~8.>1..") == "18.1.."


@pytest.mark.parametrize("figure", ["1... ~... 1... 1...", "1... 1... 1... 1..~", "1... >-.. 1... 1..."])
def test_a_mark_stands_before_a_note(figure: str) -> None:
    text = f'name = "A"\nkind = "genre"\nabout = "A."\n[riff.figures]\n"{figure}" = 1\n'
    with pytest.raises(InvalidCard, match="a mark without a note"):
        read_card("a.toml", text)


def test_melodies_know_no_marks() -> None:
    with pytest.raises(InvalidCard, match="no cell"):
        read_card("a.toml", 'name = "A"\nkind = "genre"\nabout = "A."\n[melody.rhythms]\n"x...~x..x...x..." = 1\n')


def test_acid_lines_slide_into_accents() -> None:
    played = [note for note in notes("303 acid bass") if note.patch in {"seq_acid", "bass_acid"}]
    slid = [note for note in played if note.articulation == "legato" and note.glide]
    assert 0.08 < len(slid) / len(played) < 0.5
    forces = sorted(note.velocity for note in played)
    assert forces[-1] - forces[0] > 0.15


def test_what_is_slid_into_touches_the_note_before_and_comes_from_its_pitch() -> None:
    seen = 0
    for prompt in ("g-funk", "acid house", "erhu", "drill"):
        for part in ("bass", "melody", "texture"):
            for line in lines(prompt, part):
                for before, note in itertools.pairwise(line):
                    if note.articulation == "legato" and note.start_beats > before.start_beats + 0.05:
                        assert before.start_beats + before.duration_beats >= note.start_beats
                        if note.glide:
                            assert abs(note.glide) <= abs(before.pitch - note.pitch)
                        seen += 1
    assert seen > 40


@pytest.mark.parametrize("prompt", ["jazz", "string quartet", "smooth jazz", "irish folk"])
def test_slurs_are_of_two_to_four_notes(prompt: str) -> None:
    runs = []
    for line in lines(prompt, "melody", 48):
        run = 1
        for _, together in itertools.groupby(line, key=lambda note: round(note.start_beats, 1)):
            # Two of a kind may go together.
            note = next(together)
            if note.articulation == "legato":
                run += 1
            else:
                runs.append(run)
                run = 1
        runs.append(run)
    assert max(runs) >= 3
    # An ornament under a slur makes it longer.
    assert sum(run > 4 for run in runs) < 0.15 * sum(run > 1 for run in runs)
    assert sum(run > 1 for run in runs) > 0.05 * len(runs)


def test_dead_notes_are_muted_and_octaves_are_popped() -> None:
    played = [note for note in notes("slap bass funk", 48) if note.part == "bass"]
    assert share(played, "muted") > 0
    slapped = [note for seed in range(4) for note in notes("funk", 24, seed) if note.patch == "bass_slap"]
    kinds = Counter(note.articulation for note in slapped)
    assert kinds["slap"] > 20
    assert kinds["pop"] > 5
    pops = [note.pitch for note in slapped if note.articulation == "pop"]
    slaps = [note.pitch for note in slapped if note.articulation == "slap"]
    assert sum(pops) / len(pops) > sum(slaps) / len(slaps) + 6


def test_horns_fall_in_a_big_band_and_nowhere_in_a_fugue() -> None:
    assert any(note.articulation == "fall" for seed in range(3) for note in notes("big band", 48, seed))
    assert not any(note.articulation in {"fall", "scoop"} for note in notes("fugue", 48))


def test_the_blues_harp_scoops_and_the_mandolin_trembles() -> None:
    harp = [note for note in notes("harmonica blues", 48) if note.patch == "harmonica"]
    assert share(harp, "scoop") > 0.01
    mandolin = [note for note in notes("mandolin", 24) if note.patch == "mandolin" and note.part == "melody"]
    assert share(mandolin, "tremolo") > 0.1


def test_palm_mutes_and_clipped_strings_go_to_the_patches_made_of_them() -> None:
    assert patch_for("guitar_distorted", "muted") == "guitar_distorted_muted"
    assert patch_for("guitar_distorted", "plain") == "guitar_distorted"
    muted = [note for note in notes("thrash metal") if note.patch == "guitar_distorted_muted"]
    assert muted
    assert {note.articulation for note in muted} == {"muted"}


def test_idioms_and_drums_name_patches_that_exist() -> None:
    assert set(IDIOMS) | drums.ROLLED <= set(PATCHES)
    assert idiom_of("piano") == idiom_of("no such instrument")


TRAITS = {"falls": "fall", "scoops": "scoop", "clips": "staccato"}


@pytest.mark.parametrize("patch", sorted(IDIOMS))
def test_players_ask_for_what_the_instrument_can_do(patch: str) -> None:
    idiom, known = IDIOMS[patch], PATCHES[patch].articulations
    wanted = {articulation for trait, articulation in TRAITS.items() if getattr(idiom, trait)}
    wanted |= {idiom.holds} - {"plain"}
    assert wanted <= known
    assert PATCHES[patch].glides or not idiom.slides
    assert "legato" not in known or idiom.slurs or patch == "balalaika"


@pytest.mark.parametrize("patch", sorted(drums.ROLLED))
def test_what_is_rolled_on_can_be_rolled_on(patch: str) -> None:
    assert "roll" in PATCHES[patch].articulations


def test_brushes_stir_where_the_time_swings_slowly() -> None:
    def stirred(prompt: str) -> list[Note]:
        return [note for seed in range(3) for note in notes(prompt, 16, seed) if note.patch == "snare_brush"]

    ballad = stirred("noir")
    assert share(ballad, "legato") > 0.1
    circles = [note for note in ballad if note.articulation == "legato"]
    assert all(note.duration_beats > 1 for note in circles)
    assert all(note.articulation != "legato" for prompt in ("bossa nova", "waltz") for note in stirred(prompt))


def test_cymbals_swell_into_what_is_announced() -> None:
    played = [note for seed in range(3) for note in notes("big band", 64, seed) if note.patch == "crash"]
    swells = [note for note in played if note.articulation == "roll"]
    assert swells
    assert all(note.duration_beats > 1 for note in swells)


def test_repeated_strokes_become_a_roll_that_ends_on_the_last_one() -> None:
    hits = [
        Draft("drums", "drums", "snare_march", 38, 2 + 0.25 * step, 0.25, 0.4 + 0.1 * step, 0.2) for step in range(5)
    ]
    hits.append(Draft("drums", "drums", "kick_march", 36, 2.0, 0.25, 0.8, 0.2))
    rolled = drums._rolled(hits)
    assert [(draft.patch, draft.start, draft.articulation) for draft in sorted(rolled, key=lambda d: d.start)] == [
        ("snare_march", 2.0, "roll"),
        ("kick_march", 2.0, "plain"),
        ("snare_march", 3.0, "plain"),
    ]
    assert rolled[0].length == 1.0


def test_marches_roll() -> None:
    assert any(note.articulation == "roll" for note in notes("marching band", 32) if note.part == "drums")


def test_the_same_seed_is_played_alike_whoever_is_muted() -> None:
    heard = notes("jazz", 16)
    assert heard == notes("jazz", 16, mute_drums=True) == notes("jazz", 16, only_bass_and_drums=True)


def test_printed_scores_show_how_notes_are_played() -> None:
    played = (
        Note("melody", "violin", 71, 0.0, 1.02, 0.5),
        Note("melody", "violin", 74, 1.0, 1.0, 0.5, 0.0, "legato", -3),
        Note("melody", "violin", 69, 2.0, 0.25, 0.5, 0.0, "staccato"),
        Note("melody", "violin", 69, 3.0, 1.0, 0.5, 0.0, "tremolo", 2),
    )
    bar = Bar(0, COMMON_TIME, 120.0, "A", "G major", (ChordSpan(0.0, "G", (7, 11, 2)),), played, Production())
    row, names = print_bar(bar).splitlines()[-2:]
    assert [cell for cell in row.split("|")[1].split() if cell not in ".-"] == ["4", "4_", "4'", "4t"]
    assert names.split("|")[1].split() == ["B4", "/D5", "A4", "\\A4"]


class _Slurred:
    """A composer of one bar, again and again: strings that slur, or do not."""

    def __init__(self, *, slurred: bool, patch: str = "violin") -> None:
        second = Note("melody", patch, 74, 1.0, 1.0, 0.7)
        played = (
            Note("melody", patch, 62, 0.0, 3.0, 0.4),
            Note("melody", patch, 69, 0.0, 1.04, 0.7),
            replace(second, articulation="legato", glide=-5) if slurred else second,
        )
        chords = (ChordSpan(0.0, "D", (2, 6, 9)),)
        self.bar = Bar(0, COMMON_TIME, 120.0, "A", "D major", chords, played, Production())

    def start(self) -> None:
        return None

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        return ()

    def seek(self, steering: Steering, seed: int, bar: int) -> None:
        return None

    def compose(self, memory: None, steering: Steering, seed: int) -> tuple[Bar, None]:
        return self.bar, None

    def ending_bars(self, memory: None, steering: Steering, seed: int) -> int:
        return 0

    def conclude(self, memory: None, steering: Steering, seed: int, step: int) -> tuple[Bar, None]:
        return self.bar, None


@pytest.mark.parametrize(("patch", "slurred", "gone"), [
    ("strings", False, False), ("strings", True, True), ("violin", False, True), ("violin", True, True),
])  # fmt: skip
def test_slurs_and_soloists_let_go_of_the_note_before(patch: str, slurred: bool, gone: bool) -> None:
    band = BandEngine(composer=_Slurred(slurred=slurred, patch=patch))
    state = band.start(1)
    # Until both have begun, and the first has given way to the second.
    _, state = band.render(state, Steering(), 15 * 1920)
    sounding = {voice.tone.pitch for voice in state.mixer.voices}
    assert (69 not in sounding) == gone
    assert {62, 74} <= sounding


@pytest.mark.parametrize("name", ["violin", "flute", "trumpet", "voice_female", "choir_low", "theremin", "lead_saw"])
def test_a_slur_has_no_hole(name: str) -> None:
    line = _Slurred(slurred=True)
    _, first, second = line.bar.notes
    line.bar = replace(line.bar, notes=(replace(first, patch=name), replace(second, patch=name, glide=0)))
    band = BandEngine(composer=line, stems=True)
    block, _ = band.render(band.start(1), Steering(), 24 * 1920)
    melody = block.stems["melody"][LATENCY_FRAMES:][:45_600]
    level = np.sqrt(np.square(melody).reshape(-1, 960).mean(axis=1))
    joined = level[48 : 48 + 16]
    assert joined.min() > 0.35 * np.median(level[30:90])


def test_a_roll_is_as_long_as_its_note() -> None:
    roll = PATCHES["snare_march"].render(Tone("snare_march", 38, 800, 6, 5, 0, "roll"))
    stroke = PATCHES["snare_march"].render(Tone("snare_march", 38, 800, 6, 5, 0))
    assert roll.shape[1] > stroke.shape[1] + 10_000
    assert PATCHES["snare_march"].lasts("roll")
    assert not PATCHES["snare_march"].lasts("plain")


def test_every_card_keeps_to_what_it_may_say() -> None:
    for card in default_deck().cards.values():
        for name in ("melody.legato", "melody.portamento", "melody.scoops", "melody.falls", "melody.tremolo"):
            assert 0 <= card.numbers.get(name, 0) <= 1


@pytest.mark.parametrize("prompt", ["house", "trance", "hardstyle"])
def test_drops_are_announced_and_breaks_fall_away(prompt: str) -> None:
    heard = Counter(note.patch for seed in range(2) for note in notes(prompt, 64, seed))
    assert min(heard[patch] for patch in ("riser", "impact", "boom", "downlifter")) > 0
    assert heard["impact"] < 16


@pytest.mark.parametrize("prompt", ["classic rock", "bebop", "fugue"])
def test_bands_do_without_risers(prompt: str) -> None:
    heard = {note.patch for note in notes(prompt, 48)}
    assert not heard & {"riser", "impact", "boom", "downlifter"}
