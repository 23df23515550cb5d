"""PCM16 as the wire wants it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from everjam.audio import Float32Array, from_pcm16, to_pcm16


def test_little_endian_interleaved_and_clipped() -> None:
    audio: Float32Array = np.array([[0.0, 1.0], [-1.0, 2.0], [-9.0, 0.5]], dtype=np.float32)
    assert np.frombuffer(to_pcm16(audio), "<i2").tolist() == [0, 32767, -32767, 32767, -32767, 16384]


@given(st.lists(st.integers(-32767, 32767), min_size=2, max_size=64).filter(lambda values: len(values) % 2 == 0))
def test_round_trip(values: list[int]) -> None:
    data = np.array(values, dtype="<i2").tobytes()
    assert to_pcm16(from_pcm16(data)) == data
