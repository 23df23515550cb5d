"""Kits of drum machines: 808, 909, 606, CR-78, LinnDrum, and what clubs, gabber, trap and chips made of them.

Pitch tunes a drum against its General MIDI key; the kicks' fundamentals are keys of equal temperament at their own.
"""

from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.cymbals import Cymbal, play_cymbal
from everjam.engines.band.instruments.drum_models import (
    Kick,
    Snare,
    Tom,
    driven_kick,
    gated_room,
    play_kick,
    play_snare,
    play_tom,
)
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.sampler import sampled
from everjam.engines.band.instruments.dsp.shaping import overdrive, saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.hits import Hit, play_hit
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_METAL_HZ: Final = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
"""The six square-wave oscillators of the TR-808's cymbals (Werner, Abel, Smith, DAFx 2014)."""
_METAL_606_HZ: Final = (244.0, 305.0, 365.0, 415.0, 436.0, 619.0)
"""Those of the TR-606."""
_LINN_HZ: Final = 28_000.0
_F1, _G1, _GIS1, _A1, _AIS1, _C2, _D2 = 43.654, 48.999, 51.913, 55.0, 58.270, 65.406, 73.416

_KICKS: Final = {
    "kick_808": Kick(_G1, ((95.0, 0.011), (13.0, 0.06)), 0.15, 0.04, 1.2, 0.10, (900.0, 4000.0), 0.002),
    "kick_909": Kick(_G1, ((270.0, 0.011), (52.0, 0.042)), 0.13, 0.035, 1.9, 0.36, (1200.0, 8000.0), 0.0025),
    "kick_punchy": Kick(_GIS1, ((330.0, 0.008), (95.0, 0.03)), 0.09, 0.05, 2.8, 0.55, (1800.0, 9000.0), 0.002),
    "kick_606": Kick(_AIS1, ((70.0, 0.009), (16.0, 0.03)), 0.085, 0.008, 1.0, 0.28, (1500.0, 5000.0), 0.0012),
    "kick_cr78": Kick(_C2, ((22.0, 0.012),), 0.05, 0.002, 0.5, 0.05, (300.0, 1500.0), 0.004),
}
_LONG_808: Final = Kick(_F1, ((110.0, 0.012), (11.0, 0.06)), 0.085, 0.12, 1.0, 0.35, (900.0, 5000.0), 0.002)
_GABBER: Final = Kick(_G1, ((620.0, 0.009), (150.0, 0.036)), 0.085, 0.16, 1.0, 0.5, (1500.0, 9000.0), 0.004)
_HARDSTYLE: Final = Kick(_F1, ((900.0, 0.007), (210.0, 0.028)), 0.13, 0.20, 1.0, 0.9, (900.0, 7000.0), 0.006)
_LOFI_KICK: Final = Kick(54.0, ((80.0, 0.02), (20.0, 0.06)), 0.12, 0.015, 2.4, 0.5, (350.0, 1500.0), 0.012)

_SNARES: Final = {
    "snare_808": Snare(
        ((178.0, 1.0, 0.06), (331.0, 0.55, 0.04)), 0.12, 0.75, (1500.0, 9000.0), (0.055, 0.09), 0.15, 0.0, 0.32
    ),
    "snare_909": Snare(
        ((186.0, 1.0, 0.05), (332.0, 0.6, 0.034)), 0.35, 1.5, (1100.0, 11000.0), (0.06, 0.13), 0.3, 0.0, 0.45
    ),
    "snare_606": Snare(
        ((212.0, 1.0, 0.034), (403.0, 0.4, 0.022)), 0.16, 1.1, (2600.0, 10_000.0), (0.032, 0.06), 0.35, 0.0, 0.24
    ),
    "snare_cr78": Snare(
        ((286.0, 0.8, 0.018), (520.0, 0.3, 0.01)), 0.05, 1.2, (3400.0, 8200.0), (0.026, 0.035), 0.1, 0.0, 0.18
    ),
    "snare_trap": Snare(
        ((262.0, 1.0, 0.035), (431.0, 0.5, 0.025)), 0.5, 1.3, (2400.0, 13_000.0), (0.028, 0.07), 0.9, 0.0, 0.24
    ),
    "snare_lofi": Snare(
        ((171.0, 1.0, 0.07), (268.0, 0.6, 0.05), (342.0, 0.4, 0.045)),
        0.08, 0.8, (500.0, 3600.0), (0.05, 0.06), 0.3, 0.1, 0.3,
    ),
}  # fmt: skip
_PUNCHY_SNARE: Final = Snare(
    ((196.0, 1.0, 0.055), (294.0, 0.4, 0.04), (392.0, 0.3, 0.03)),
    0.55, 1.0, (1800.0, 11_500.0), (0.05, 0.085), 0.8, 0.0, 0.32,
)  # fmt: skip
_GATED_SNARE: Final = Snare(
    ((178.0, 1.0, 0.075), (268.0, 0.6, 0.06), (339.0, 0.5, 0.05), (452.0, 0.3, 0.04), (610.0, 0.2, 0.03)),
    0.12, 0.8, (1000.0, 8000.0), (0.06, 0.1), 0.6, 0.2, 0.24,
)  # fmt: skip

_TOMS: Final = {
    "tom_808": Tom(98.0, 0.28, 0.05, 0.17, (), 0.10, (120.0, 900.0), 0.10, 0.08, 0.9),
    "tom_909": Tom(98.0, 0.75, 0.05, 0.14, ((2.0, 0.12, 0.05),), 0.28, (300.0, 4500.0), 0.05, 0.3, 1.5),
    "tom_electronic": Tom(104.0, 1.3, 0.09, 0.17, ((1.5, 0.2, 0.06),), 0.34, (300.0, 6000.0), 0.09, 0.6, 1.7),
}
_LINN: Final = {
    "kick_linn": Hit("kick_rock", 0.3, pivot_hz=120.0, spread_db=0.5, damped=35.0),
    "snare_linn": Hit("snare_rock", 0.26, spread_db=0.5, noise_db=2.0),
    "hat_closed_linn": Hit("hat_closed_acoustic", 0.15, pivot_hz=3000.0, spread_db=0.5, damped=90.0),
    "hat_open_linn": Hit("hat_open_acoustic", 0.5, pivot_hz=3000.0, spread_db=0.5, damped=45.0),
    "tom_linn": Hit("tom_rock", 0.6, pivot_hz=200.0, spread_db=0.5, damped=15.0),
}
"""Recorded drums, short for a small memory."""
_HATS: Final = {
    "hat_closed_909": Cymbal(
        0.16, (-46.0, -42.0, -34.0, -20.0, -8.0, -1.0, 3.0), (0.02, 0.02, 0.02, 0.022, 0.028, 0.03, 0.03), 60, 1.1,
        0.0005, 0.2, False,
    ),
    "hat_open_909": Cymbal(
        0.75, (-46.0, -40.0, -30.0, -16.0, -6.0, 0.0, 2.0), (0.12, 0.12, 0.13, 0.15, 0.18, 0.19, 0.17), 80, 1.0,
        0.001, 0.2, False,
    ),
}  # fmt: skip


def _linn(name: str, drive: float, stroke: Stroke) -> Float32Array:
    """A recorded drum in eight companded bits, ended early; the rate at which it is read tunes it."""
    hit = _LINN[name]
    raw = unit(play_hit(hit, replace(stroke, semitones=0.0)))
    loud = unit(saturate(raw, drive)) * np.float32(0.95)
    tuned = loud if not stroke.semitones else _read_faster(loud, stroke.tuning)
    frames = min(tuned.size, frames_of(hit.seconds))
    cut = tuned[:frames] * (1.0 - attack(frames, hit.seconds) ** 6)
    return sampled(cut, min(40_000.0, _LINN_HZ * stroke.tuning), 8)


def _read_faster(signal: Float32Array, ratio: float) -> Float32Array:
    at = np.arange(int(signal.size / ratio)) * ratio
    return f32(np.interp(at, np.arange(signal.size), signal))


def _snare_gated(stroke: Stroke) -> Float32Array:
    """A big drum in a stone room that a gate shuts: the eighties."""
    dry = unit(saturate(unit(play_snare(_GATED_SNARE, stroke)), 1.5))
    room = bandpass(240.0, stroke.bright(4200.0, 8500.0), 1)
    return gated_room(dry, 0.27, stroke.hard(0.3, 0.6), room, stroke)


def _snare_punchy(stroke: Stroke) -> Float32Array:
    """A drum, a clap and a breath of air in layers, glued by a drive: pop and festivals."""
    drum = unit(play_snare(_PUNCHY_SNARE, stroke))
    frames = drum.size
    sides = noise(stroke.rng, 2 * frames).reshape(2, frames)
    clap = crossfeed(shape(sides, bandpass(900.0, stroke.bright(4000.0, 9000.0))), 0.5)
    clap *= np.float32(1.0 / np.abs(clap).max())
    clap *= attack(frames, 0.004) * (0.7 * decay(frames, 0.014) + 0.45 * decay(frames, 0.055))
    both = clap * np.float32(stroke.hard(0.5, 1.1)) + drum
    return overdrive(both * np.float32(0.9), (1.5,), highpass(90.0))


def _kick_driven(stroke: Stroke) -> Float32Array:
    """An 808 long and driven, so that small loudspeakers hear it: phonk, drill, trap."""
    edge = stroke.bright(900.0, 4200.0) * stroke.hard(0.5, 1.0)
    return driven_kick(_LONG_808, (3.2, 1.6), (lowpass(edge, 1),), stroke)


def _kick_gabber(stroke: Stroke) -> Float32Array:
    """A long sine driven until it is nearly square, twice, under a hard click."""
    edge = stroke.bright(1400.0, 9000.0) * stroke.hard(0.6, 1.0)
    horn = peaks(((220.0, 160.0, 0.9), (1300.0, 900.0, 0.5)))
    return driven_kick(_GABBER, (5.0, 3.5), (horn, lowpass(edge)), stroke)


def _kick_hardstyle(stroke: Stroke) -> Float32Array:
    """A knock, then a tail that is screamed through a narrow middle and driven again."""
    edge = stroke.bright(1200.0, 8000.0) * stroke.hard(0.6, 1.0)
    throat = peaks(((175.0, 110.0, 1.1), (620.0, 300.0, 0.8), (2400.0, 1600.0, 0.5)))
    out = driven_kick(_HARDSTYLE, (7.0,), (throat,), stroke)
    return overdrive(unit(out), (2.4,), peaks(((48.0, 40.0, 0.7),)), lowpass(edge))


def _kick_rumble(stroke: Stroke) -> Float32Array:
    """A hard kick whose own low reverberation fills the beat behind it: techno in a cellar."""
    frames = frames_of(0.44)
    kick = unit(play_kick(_KICKS["kick_909"], stroke))
    out = np.zeros(frames, np.float32)
    add_at_start(out, kick)
    base = _KICKS["kick_909"].base_hz * stroke.tuning
    cellar = unit(shape(noise(stroke.rng, frames), bandpass(0.8 * base, stroke.bright(1.9, 3.2) * base, 3)))
    at = times(frames)
    swell = np.clip((at - np.float32(0.1)) / np.float32(0.09), 0.0, 1.0) ** 2
    swell = swell * np.clip((np.float32(0.43) - at) / np.float32(0.1), 0.0, 1.0)
    rumble = overdrive(cellar * np.float32(1.4), (2.0,), lowpass(5.0 * base))
    return out + rumble * f32(swell) * np.float32(stroke.hard(0.25, 0.5))


def _kick_lofi(stroke: Stroke) -> Float32Array:
    """A kick from a worn tape, sampled coarsely: no treble, a little dust."""
    raw = unit(play_kick(_LOFI_KICK, stroke))
    hiss = unit(shape(noise(stroke.rng, raw.size), bandpass(350.0, 3500.0)))
    dust = hiss * (decay(raw.size, 0.06) * np.float32(0.22 * stroke.hard(0.7, 1.1)))
    boxy = peaks(((260.0, 220.0, 1.1),), 1.0)
    coarse = sampled(unit(raw + dust), 8000.0, 5, companded=False)
    return shape(coarse, boxy, lowpass(stroke.bright(1300.0, 4200.0)))


def _snare_lofi(stroke: Stroke) -> Float32Array:
    """A snare sampled coarsely from a record."""
    raw = unit(play_snare(_SNARES["snare_lofi"], stroke))
    coarse = sampled(raw, 12_000.0, 6, companded=False)
    return shape(coarse, lowpass(stroke.bright(2200.0, 6500.0)), highpass(120.0))


def _kick_chip(stroke: Stroke) -> Float32Array:
    """A triangle channel that falls by steps of the screen's frame."""
    frames = frames_of(0.22)
    step = np.floor(times(frames) * np.float32(120.0)) / np.float32(120.0)
    top = 260.0 * (1.0 + 0.06 * float(stroke.rng.standard_normal()))
    hz = (44.0 + top * np.exp(-step / 0.035)) * stroke.tuning
    cycles = np.cumsum(hz, dtype=np.float64) / 48_000.0
    wave = np.abs((cycles % 1.0) * 4.0 - 2.0).astype(np.float32) - 1.0
    steps = np.round(wave * 7.5) / 7.5
    out = shape(f32(steps), lowpass(stroke.bright(2500.0, 9000.0) * stroke.hard(0.5, 1.0)))
    return out * decay(frames, 0.06)


def _snare_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.2)
    period = max(2, round(5.0 / stroke.bright(0.6, 1.6)))
    held = np.repeat(np.sign(noise(stroke.rng, frames // period + 1)), period)[:frames]
    tone = np.sign(np.sin(np.float32(TAU * 190.0 * stroke.tuning) * times(frames))) * decay(frames, 0.025)
    return f32((held * decay(frames, stroke.hard(0.03, 0.05)) + 0.6 * tone).astype(np.float32))


def _clap(stroke: Stroke) -> Float32Array:
    """Four hands, then the room: wide, the hands in the middle."""
    frames = frames_of(0.42)
    envelope = np.zeros(frames, np.float32)
    hands = (0.0, 0.0105, 0.0205, 0.0300)
    for hand, start_seconds in enumerate(hands):
        start = frames_of(max(0.0, start_seconds + (0.0008 * float(stroke.rng.standard_normal()) if hand else 0.0)))
        tau = 0.005 if hand < len(hands) - 1 else stroke.hard(0.045, 0.075)
        envelope[start:] = np.maximum(envelope[start:], decay(frames - start, tau))
    sides = noise(stroke.rng, 2 * frames).reshape(2, frames)
    band = bandpass(780.0 * stroke.tuning, stroke.bright(1900.0, 5200.0))
    room = peaks(((1150.0 * stroke.tuning, 500.0, 1.6), (2300.0 * stroke.tuning, 900.0, 0.8)))
    return crossfeed(shape(sides, band, room), 0.5) * envelope


@lru_cache(maxsize=32)
def _square_table(hz: float) -> Float32Array:
    table: Float32Array = stack(square(harmonic_count(hz))[None, :])[0]
    return table


def _metal(stroke: Stroke, frames: int, oscillators_hz: tuple[float, ...], scale: float) -> Float32Array:
    """Squares that share no period: the metal of analogue hats."""
    out = np.zeros(frames, np.float32)
    for hz in oscillators_hz:
        tuned = hz * scale * stroke.tuning
        out += read(phase(tuned, frames, float(stroke.rng.uniform())), _square_table(tuned))
    return out


def _hat(tau_seconds: float, seconds: float, stroke: Stroke) -> Float32Array:
    """808: six square waves and a little noise above 7 kHz."""
    frames = frames_of(seconds)
    out = noise(stroke.rng, frames) * np.float32(0.35)
    out += _metal(stroke, frames, _METAL_HZ, 3.96) * np.float32(0.6)
    out = shape(out, bandpass(stroke.bright(5600.0, 8600.0), 16_000.0 * stroke.hard(0.58, 1.04), 3))
    return out * decay(frames, tau_seconds * stroke.hard(0.6, 1.1))


def _hat_606(tau_seconds: float, seconds: float, stroke: Stroke) -> Float32Array:
    """606: thinner metal, higher filters, hardly any noise."""
    frames = frames_of(seconds)
    out = noise(stroke.rng, frames) * np.float32(0.12) + _metal(stroke, frames, _METAL_606_HZ, 1.0)
    ring = peaks(((6700.0 * stroke.tuning, 1100.0, 1.6), (9300.0 * stroke.tuning, 1500.0, 1.0)), 0.4)
    out = shape(out, bandpass(stroke.bright(4900.0, 7400.0), 14_000.0 * stroke.hard(0.58, 1.04), 3), ring)
    return out * decay(frames, tau_seconds * stroke.hard(0.6, 1.1))


def _hat_cr78(stroke: Stroke) -> Float32Array:
    """A tick of hiss over a faint metal, as rhythm boxes on organs have it."""
    frames = frames_of(0.1)
    out = noise(stroke.rng, frames) + _metal(stroke, frames, _METAL_606_HZ, 1.62) * np.float32(0.3)
    out = shape(out, bandpass(stroke.bright(4800.0, 7200.0) * stroke.tuning, 12_000.0 * stroke.hard(0.6, 1.04), 2))
    return out * decay(frames, 0.013 * stroke.hard(0.6, 1.15))


def _hat_sampled(name: str, rate_hz: float, bits: int, edge_hz: float, stroke: Stroke) -> Float32Array:
    """A cymbal read out of an early memory: 909 and LinnDrum."""
    raw = unit(play_cymbal(_HATS[name], stroke)) * np.float32(0.95)
    hat = sampled(raw, rate_hz, bits)
    return shape(hat, highpass(stroke.bright(0.6, 1.2) * edge_hz))


def _hat_trap(stroke: Stroke) -> Float32Array:
    """A tick of a hi-hat: short enough for rolls at 64th notes."""
    frames = frames_of(0.07)
    out = noise(stroke.rng, frames) * np.float32(0.8) + _metal(stroke, frames, _METAL_HZ, 5.1) * np.float32(0.4)
    out = shape(out, bandpass(stroke.bright(7500.0, 10_500.0), 18_000.0 * stroke.hard(0.62, 1.03), 3))
    return out * (decay(frames, 0.0045) + decay(frames, 0.011) * np.float32(stroke.hard(0.25, 0.6)))


def _hat_lofi(stroke: Stroke) -> Float32Array:
    """A hi-hat of a dusty break: coarse, without the top octave."""
    raw = _hat(0.03, 0.15, stroke)
    grains = unit(unit(raw) + noise(stroke.rng, raw.size) * (decay(raw.size, 0.02) * np.float32(0.3)))
    return shape(
        sampled(grains, 16_000.0, 5, companded=False),
        bandpass(1800.0, stroke.bright(4200.0, 8500.0) * stroke.hard(0.7, 1.0)),
    )


def _hat_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.06)
    held = np.sign(noise(stroke.rng, frames))
    return shape(held, highpass(stroke.bright(3500.0, 9500.0))) * decay(frames, stroke.hard(0.007, 0.014))


def _rim(stroke: Stroke) -> Float32Array:
    """A click of wood and metal, as short as it can be, in a small room."""
    frames = frames_of(0.22)
    hz = np.array([480.0, 1080.0, 1720.0, 2480.0, 3650.0, 5300.0]) * stroke.tuning
    levels = np.array([0.4, 1.0, 0.9, 0.8, 0.6, 0.4]) * stroke.bright(0.7, 1.4) ** np.array([0, 0, 1, 1, 2, 2])
    taus = np.array([0.03, 0.02, 0.014, 0.011, 0.008, 0.006])
    out = unit(modal(hz, levels, taus, frames, stroke.rng.uniform(0.0, 0.5, hz.size)))
    room = unit(shape(noise(stroke.rng, frames), bandpass(900.0, stroke.bright(4500.0, 9000.0))))
    out += room * (decay(frames, 0.008) * np.float32(0.5) + decay(frames, 0.05) * np.float32(0.06))
    add_at_start(out, burst(stroke.rng, 0.012, 0.0008, highpass(3000.0)) * np.float32(stroke.hard(0.15, 0.6)))
    return out


def _patch(name: str, title: str, voice: Voice, gm: int, pivot_hz: float, variants: int = 3) -> Patch:
    return make_patch(
        name, title, "drums", voice, gm=gm, sustained=False, variants=variants, drum=True, pivot_hz=pivot_hz
    )


def _kick(name: str, title: str) -> Patch:
    return _patch(name, title, partial(play_kick, _KICKS[name]), 36, 300.0)


def _snare(name: str, title: str, gm: int = 38, pivot_hz: float = 1200.0) -> Patch:
    return _patch(name, title, partial(play_snare, _SNARES[name]), gm, pivot_hz, 4)


def _tom(name: str, title: str) -> Patch:
    return _patch(name, title, partial(play_tom, _TOMS[name]), 47, 400.0)


PATCHES: Final[tuple[Patch, ...]] = (
    _kick("kick_808", "808 kick"),
    _kick("kick_909", "909 kick"),
    _kick("kick_punchy", "Punchy club kick"),
    _kick("kick_606", "606 kick"),
    _kick("kick_cr78", "CR-78 kick"),
    _patch("kick_chip", "Chip kick", _kick_chip, 36, 400.0, 2),
    _patch("kick_linn", "Eighties sampled kick", partial(_linn, "kick_linn", 1.3), 36, 400.0),
    _patch("kick_driven", "Driven 808 kick", _kick_driven, 36, 300.0),
    _patch("kick_hard", "Distorted gabber kick", _kick_gabber, 36, 500.0),
    _patch("kick_hardstyle", "Hardstyle kick", _kick_hardstyle, 36, 500.0),
    _patch("kick_rumble", "Techno kick with its rumble", _kick_rumble, 36, 300.0, 4),
    _patch("kick_lofi", "Lo-fi kick", _kick_lofi, 36, 300.0),
    _snare("snare_808", "808 snare"),
    _snare("snare_909", "909 snare"),
    _snare("snare_606", "606 snare", 38, 1800.0),
    _snare("snare_cr78", "CR-78 snare", 38, 2500.0),
    _snare("snare_trap", "Trap snare", 40, 2000.0),
    _patch("snare_chip", "Chip snare", _snare_chip, 38, 1500.0),
    _patch("snare_linn", "Eighties sampled snare", partial(_linn, "snare_linn", 2.2), 38, 1200.0),
    _patch("snare_gated", "Gated snare", _snare_gated, 38, 1200.0),
    _patch("snare_punchy", "Layered pop snare", _snare_punchy, 38, 1500.0),
    _patch("snare_lofi", "Lo-fi snare", _snare_lofi, 38, 1000.0),
    _patch("rim", "Rim shot", _rim, 37, 1500.0),
    _patch("clap", "Hand clap", _clap, 39, 1500.0, 4),
    _patch("hat_closed", "808 closed hi-hat", partial(_hat, 0.022, 0.14), 42, 6000.0, 4),
    _patch("hat_open", "808 open hi-hat", partial(_hat, 0.14, 0.6), 46, 6000.0),
    _patch(
        "hat_closed_909",
        "909 closed hi-hat",
        partial(_hat_sampled, "hat_closed_909", 36_000.0, 6, 6500.0),
        42,
        7000.0,
        4,
    ),
    _patch("hat_open_909", "909 open hi-hat", partial(_hat_sampled, "hat_open_909", 36_000.0, 6, 6500.0), 46, 7000.0),
    _patch("hat_closed_606", "606 closed hi-hat", partial(_hat_606, 0.009, 0.07), 42, 7000.0, 4),
    _patch("hat_open_606", "606 open hi-hat", partial(_hat_606, 0.085, 0.42), 46, 7000.0),
    _patch("hat_closed_cr78", "CR-78 hi-hat", _hat_cr78, 42, 6000.0, 4),
    _patch("hat_closed_linn", "LinnDrum closed hi-hat", partial(_linn, "hat_closed_linn", 0.8), 42, 5000.0, 4),
    _patch("hat_open_linn", "LinnDrum open hi-hat", partial(_linn, "hat_open_linn", 0.8), 46, 5000.0),
    _patch("hat_chip", "Chip hi-hat", _hat_chip, 42, 6000.0, 3),
    _patch("hat_trap", "Trap hi-hat", _hat_trap, 42, 9000.0, 4),
    _patch("hat_lofi", "Lo-fi hi-hat", _hat_lofi, 42, 3500.0, 4),
    _tom("tom_808", "808 tom"),
    _tom("tom_909", "909 tom"),
    _tom("tom_electronic", "Electronic drum pad tom"),
    _patch("tom_linn", "LinnDrum tom", partial(_linn, "tom_linn", 1.3), 47, 500.0),
)
