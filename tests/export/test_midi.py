"""MIDI files are read back by mido: every note at its time, exactly as long, on its own track."""

import io
from typing import Any

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ, BeatEvent, Block, NoteEvent
from everjam.engines.tone import ToneEngine
from everjam.export.midi import DRUM_CHANNEL, MidiTake, midi_bytes, tempo_map
from everjam.export.take import Take, render_take
from everjam.steering import Controls, Steering, WeightedPrompt

PROGRAMS = {"piano": 0, "bass": 33, "kick": 36, "snare": 38, "flute": 73}


def grid(bpm: float, count: int, start: int = 0, meter: tuple[int, int] = (4, 4), **extra: Any) -> list[BeatEvent]:
    step = 60 * SAMPLE_RATE_HZ / bpm * 4 / meter[1]
    return [
        BeatEvent(start + round(index * step), index // meter[0], index % meter[0], bpm, meter, **extra)
        for index in range(count)
    ]


def read(data: bytes) -> Any:
    return mido.MidiFile(file=io.BytesIO(data))


def timed(file: Any, track: Any) -> list[tuple[float, Any]]:
    """Messages of a track with their time in seconds by the file's tempo map."""
    tempi = []
    tick = 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            tempi.append((tick, message.tempo))
    result = []
    tick = 0
    for message in track:
        tick += message.time
        seconds, at, tempo = 0.0, 0, 500_000
        for begin, following in tempi:
            if begin >= tick:
                break
            seconds += (begin - at) * tempo / 1e6 / file.ticks_per_beat
            at, tempo = begin, following
        result.append((seconds + (tick - at) * tempo / 1e6 / file.ticks_per_beat, message))
    return result


def test_a_file_holds_a_conductor_and_a_track_a_part() -> None:
    notes = [
        NoteEvent("drums", "kick", 36, 1.0, 0, 6_000),
        NoteEvent("chords", "piano", 60, 0.5, 0, 48_000),
        NoteEvent("chords", "piano", 64, 0.5, 0, 48_000),
        NoteEvent("drums", "snare", 60, 0.8, 24_000, 6_000),
        NoteEvent("bass", "bass", 36, 0.7, 24_000, 24_000),
    ]
    beats = grid(120, 8, key="E flat minor", section="verse")
    file = read(midi_bytes(notes, beats, 4 * SAMPLE_RATE_HZ, program=PROGRAMS.get, title="Rain “jazz”"))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 960, 4)
    conductor = {message.type: message for message in file.tracks[0]}
    assert conductor["set_tempo"].tempo == 500_000
    assert (conductor["time_signature"].numerator, conductor["time_signature"].denominator) == (4, 4)
    assert conductor["key_signature"].key == "Ebm"
    assert conductor["marker"].text == "verse"
    assert [track.name for track in file.tracks[1:]] == ["chords", "drums", "bass"]
    drums = [message for message in file.tracks[2] if message.type == "note_on"]
    assert [(message.channel, message.note, message.velocity) for message in drums] == [(9, 36, 127), (9, 38, 102)]
    programs = [message.program for track in file.tracks for message in track if message.type == "program_change"]
    assert programs == [0, 33]
    channels = {message.channel for track in file.tracks[1:] for message in track if not message.is_meta}
    assert channels == {0, 1, DRUM_CHANNEL}
    assert file.length == pytest.approx(4.0, abs=0.002)


def test_notes_keep_their_time_through_tempo_changes() -> None:
    beats = grid(93, 9)
    change = beats.pop().frame
    beats += grid(141, 12, start=change)
    # A tempo that changes between two beats, as when the listener turns the knob.
    late = beats.pop()
    beats.append(BeatEvent(late.frame + 5_000, late.bar, late.beat, 141.0, (4, 4)))
    frames = late.frame + 40_000
    starts = list(range(0, frames - 1, 7_919))
    notes = [NoteEvent("melody", "flute", 60 + index % 12, 0.5, start, 4_000) for index, start in enumerate(starts)]
    file = read(midi_bytes(notes, beats, frames, program=PROGRAMS.get))
    heard = [seconds for seconds, message in timed(file, file.tracks[1]) if message.type == "note_on"]
    assert heard == pytest.approx([start / SAMPLE_RATE_HZ for start in starts], abs=0.001)
    assert sum(message.type == "set_tempo" for message in file.tracks[0]) == 4


def test_a_steady_tempo_is_written_once() -> None:
    file = read(midi_bytes([], grid(97, 400), 400 * 29_691, program=PROGRAMS.get))
    assert sum(message.type == "set_tempo" for message in file.tracks[0]) == 1
    assert sum(message.type == "time_signature" for message in file.tracks[0]) == 1


def test_beats_lie_on_the_grid_in_any_metre() -> None:
    beats = grid(100, 12, meter=(6, 8))
    ticks = [tempo_map(beats).tick(beat.frame) for beat in beats]
    assert ticks == [480 * index for index in range(12)]


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        ("C major", "C"),
        ("A minor", "Am"),
        ("F# minor", "F#m"),
        ("B flat major", "Bb"),
        ("D♭ major", "Db"),
        ("G# minor", "G#m"),
        ("D# major", "Eb"),
        ("G dorian", "F"),
        ("E phrygian", "C"),
        ("A harmonic minor", "Am"),
        ("H major", None),
        ("", None),
    ],
)
def test_keys_become_signatures(key: str, signature: str | None) -> None:
    file = read(midi_bytes([], grid(120, 2, key=key), 48_000, program=PROGRAMS.get))
    found = [message.key for message in file.tracks[0] if message.type == "key_signature"]
    assert found == ([signature] if signature else [])


def test_an_engines_delay_does_not_move_the_grid() -> None:
    beats = grid(120, 4, start=320)
    assert [tempo_map(beats).tick(beat.frame) for beat in beats] == [0, 960, 1920, 2880]
    assert tempo_map(beats).tick(0) == 0


def test_a_take_that_begins_between_beats() -> None:
    beats = grid(120, 4, start=12_000)
    assert [tempo_map(beats).tick(beat.frame) for beat in beats] == [480 + 960 * index for index in range(4)]
    assert tempo_map([]).tick(48_000) == 1_920


def test_a_key_struck_again_is_let_go_first() -> None:
    notes = [NoteEvent("melody", "flute", 60, 0.5, 0, 96_000), NoteEvent("melody", "flute", 60, 0.6, 24_000, 6_000)]
    file = read(midi_bytes(notes, grid(120, 4), 96_000, program=PROGRAMS.get))
    seen = [(message.type, message.note) for message in file.tracks[1] if message.type.startswith("note")]
    assert seen == [("note_on", 60), ("note_off", 60), ("note_on", 60), ("note_off", 60)]


def test_notes_end_with_the_take() -> None:
    file = read(midi_bytes([NoteEvent("bass", "bass", 40, 0.5, 0, 10**7)], grid(120, 4), 96_000, program=PROGRAMS.get))
    off = [seconds for seconds, message in timed(file, file.tracks[1]) if message.type == "note_off"]
    assert off == pytest.approx([2.0], abs=0.001)


def test_more_instruments_than_channels_share_with_program_changes() -> None:
    names = [f"voice{index}" for index in range(20)]
    notes = [NoteEvent("melody", name, 60, 0.5, index * 12_000, 6_000) for index, name in enumerate(names * 2)]
    file = read(midi_bytes(notes, grid(120, 24), 40 * 12_000, program=names.index))
    current: dict[int, int] = {}
    played = []
    for message in file.tracks[1]:
        if message.type == "program_change":
            current[message.channel] = message.program
        elif message.type == "note_on":
            played.append(current[message.channel])
    assert played == [index % 20 for index in range(40)]
    assert DRUM_CHANNEL not in current


def test_a_take_of_an_engine() -> None:
    engine = ToneEngine()
    steering = Steering((WeightedPrompt("piano"),), Controls(bpm=150))
    take = MidiTake()
    for block in render_take(engine, Take(steering, seed=1, frames=5 * SAMPLE_RATE_HZ)):
        take.add(block)
    file = read(midi_bytes(take.notes, take.beats, take.frames, program=engine.gm_program))
    ons = [seconds for seconds, message in timed(file, file.tracks[1]) if message.type == "note_on"]
    assert ons == pytest.approx([note.start_frame / SAMPLE_RATE_HZ for note in take.notes], abs=0.0005)
    assert {message.program for message in file.tracks[1] if message.type == "program_change"} == {79}
    assert file.length == pytest.approx(5.0, abs=0.001)


note_events = st.builds(
    NoteEvent,
    part=st.sampled_from(["drums", "bass", "melody"]),
    instrument=st.sampled_from(["kick", "bass", "flute", "unknown"]),
    pitch=st.integers(0, 127),
    velocity=st.floats(0.001, 1),
    start_frame=st.integers(0, 480_000),
    duration_frames=st.integers(0, 200_000),
)


@given(st.lists(note_events, max_size=40), st.floats(60, 200))
@settings(max_examples=60)
def test_any_notes_give_a_file_in_which_every_note_is_let_go(notes: list[NoteEvent], bpm: float) -> None:
    data = midi_bytes(notes, grid(bpm, 12), 480_001, program=PROGRAMS.get)
    assert data == midi_bytes(list(reversed(notes)), grid(bpm, 12), 480_001, program=PROGRAMS.get)
    for track in read(data).tracks:
        held: set[tuple[int, int]] = set()
        for message in track:
            if message.type == "note_on":
                assert (message.channel, message.note) not in held
                held.add((message.channel, message.note))
            elif message.type == "note_off":
                held.discard((message.channel, message.note))
        assert not held


def test_blocks_add_up() -> None:
    take = MidiTake()
    for block in render_take(ToneEngine(), Take(Steering(), seed=0, frames=100_000)):
        assert isinstance(block, Block)
        take.add(block)
    assert take.frames == 100_000


def test_compound_metres_are_written_in_quarters() -> None:
    step = 60 * SAMPLE_RATE_HZ / 116
    beats = [
        BeatEvent(round(index * step), index // 2, index % 2, 116.0, (6, 8), quarters=1.5, pulse_quarters=1.5)
        for index in range(6)
    ]
    read_back = read(midi_bytes([], beats, round(6 * step), program=lambda _: None))
    tempi = [message.tempo for message in read_back.tracks[0] if message.type == "set_tempo"]
    assert tempi == [pytest.approx(60e6 / 174, abs=2)]
    signature = next(message for message in read_back.tracks[0] if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (6, 8)
    assert tempo_map(beats).ticks[:3] == (0, 1440, 2880)
