"""The band to files: stems that add up, and notes that General MIDI knows."""

import io
from typing import Any

import mido
import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ, from_pcm16, to_pcm16
from everjam.engines import registry
from everjam.export.midi import DRUM_CHANNEL, MidiTake, midi_bytes
from everjam.export.take import Take, render_take
from everjam.steering import Controls, Steering, WeightedPrompt

SECONDS = 8


@pytest.fixture(scope="module")
def blocks() -> list[Any]:
    engine = registry.load("band", stems=True)
    steering = Steering((WeightedPrompt("bossa nova"),), Controls(bpm=120))
    return list(render_take(engine, Take(steering, seed=7, frames=SECONDS * SAMPLE_RATE_HZ)))


def test_stems_add_up_to_the_mix_within_sixteen_bits(blocks: list[Any]) -> None:
    names = registry.info("band").stems
    for block in blocks:
        assert tuple(block.stems) == names
        total = sum(np.frombuffer(to_pcm16(block.stems[name]), "<i2").astype(int) for name in names)
        mix = np.frombuffer(to_pcm16(block.audio), "<i2")
        assert np.max(np.abs(total - mix)) <= (len(names) + 1) / 2


def test_the_notes_become_general_midi(blocks: list[Any]) -> None:
    take = MidiTake()
    for block in blocks:
        take.add(block)
    engine: Any = registry.load("band")
    assert engine.gm_program("no such patch") is None
    data = midi_bytes(take.notes, take.beats, take.frames, program=engine.gm_program)
    file = mido.MidiFile(file=io.BytesIO(data))
    assert file.length == pytest.approx(SECONDS, abs=0.02)
    tracks = {track.name: [m for m in track if m.type in {"note_on", "program_change"}] for track in file.tracks[1:]}
    assert {"drums", "bass"} <= set(tracks)
    drums = tracks.pop("drums")
    assert {message.channel for message in drums} == {DRUM_CHANNEL}
    assert all(35 <= message.note <= 81 for message in drums)
    for played in tracks.values():
        assert played[0].type == "program_change"
        assert all(message.channel != DRUM_CHANNEL for message in played)
    written = sum(message.type == "note_on" for track in file.tracks for message in track)
    # Two instruments of one key that strike together are one note of the file.
    assert 0.9 * len(take.notes) <= written <= len(take.notes)


def test_the_take_sounds(blocks: list[Any]) -> None:
    audio = from_pcm16(b"".join(to_pcm16(block.audio) for block in blocks))
    assert len(audio) == SECONDS * SAMPLE_RATE_HZ
    assert float(np.sqrt(np.mean(audio**2))) > 0.02
    assert np.all(audio[-1] == 0)
