"""The second process: it makes what this one would make, and nothing is lost where it cannot."""

import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Patch, Recording, Tone
from everjam.engines.band.instruments.helper import Helper, can_help

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux copies processes safely; elsewhere threads do it"
)

TONES = [Tone("lead_chip", pitch, 200, 6, 5, 0) for pitch in range(60, 72)]


def rendered(tone: Tone) -> Recording:
    return Recording.of(PATCHES[tone.patch].render(tone))


def here_or_there(tone: Tone) -> Recording:
    """One step of a sample stands for the number of the process that made it."""
    return replace(rendered(tone), scale=float(os.getpid()))


@pytest.fixture
def helper() -> Iterator[Helper]:
    one = Helper(here_or_there)
    yield one
    one.close()


def test_it_makes_the_same_elsewhere(helper: Helper) -> None:
    for tone in TONES:
        made = helper.make(tone)
        assert made is not None
        np.testing.assert_array_equal(made.samples, rendered(tone).samples)
        assert made.scale == helper.pid != os.getpid()
        assert not made.samples.flags.writeable


def test_what_it_cannot_make_it_leaves_and_goes_on(helper: Helper) -> None:
    assert helper.make(replace(TONES[0], patch="kazoo")) is None
    assert helper.make(TONES[0]) is not None


def test_ctrl_c_is_not_meant_for_it(helper: Helper) -> None:
    assert helper.make(TONES[0]) is not None
    os.kill(helper.pid, signal.SIGINT)
    assert helper.make(TONES[1]) is not None


def test_a_system_without_room_for_it_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    cache = WaveformCache()
    monkeypatch.setattr(os, "fork", refused)
    cache.get_help()
    assert list(cache.gather(TONES)) == TONES


def test_one_that_has_died_is_not_waited_for(helper: Helper) -> None:
    os.kill(helper.pid, signal.SIGKILL)
    assert helper.make(TONES[0]) is None
    assert helper.make(TONES[0]) is None
    assert not Path(f"/proc/{helper.pid}").exists(), "it is no zombie either"


def test_it_keeps_no_file_of_the_process_that_it_is_a_copy_of() -> None:
    reading, writing = os.pipe()
    one = Helper(rendered)
    try:
        assert one.make(TONES[0]) is not None
        os.close(writing)
        assert os.read(reading, 1) == b"", "the other end sees at once that it was closed"
    finally:
        os.close(reading)
        one.close()


def test_it_ends_with_the_process_that_it_helps() -> None:
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        parent = os.fork()
    if not parent:
        os.write(theirs, str(Helper(rendered).pid).encode())
        signal.pause()
        os._exit(1)
    pid = int(os.read(ours, 16))
    os.close(ours)
    os.close(theirs)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    deadline = time.monotonic() + 30
    while alive(pid):
        assert time.monotonic() < deadline, "the helper outlives the process that it helps"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not can_help(), reason="needs a second core")
def test_what_is_gathered_with_help_is_the_same() -> None:
    alone, helped = WaveformCache(), WaveformCache()
    helped.get_help()
    helped.get_help()
    try:
        expected, got = alone.gather(TONES), helped.gather(TONES)
    finally:
        helped.close()
    assert list(got) == TONES
    for tone in TONES:
        np.testing.assert_array_equal(got[tone].samples, expected[tone].samples)
        assert got[tone].scale == expected[tone].scale
    assert list(helped.gather([replace(tone, velocity=3) for tone in TONES])) == [replace(t, velocity=3) for t in TONES]


@pytest.mark.skipif(not can_help(), reason="needs a second core")
def test_what_fails_with_help_fails_as_it_does_without() -> None:
    def broken(_: Tone) -> np.ndarray:
        raise ArithmeticError("no such bell")

    cache = WaveformCache(patches={"bell": Patch("bell", "Bell", "mallets", broken, 14)})
    cache.get_help()
    try:
        with pytest.raises(ArithmeticError, match="no such bell"):
            cache.gather([Tone("bell", pitch, 0, 4, 5, 0) for pitch in (60, 62, 64)])
    finally:
        cache.close()
