"""Every patch gives clean, finite, well-behaved waveforms."""

import numpy as np
import pytest

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Patch, Tone

AGREED = """
kick_808 kick_909 kick_acoustic kick_punchy kick_chip snare_808 snare_909 snare_acoustic snare_brush snare_chip clap rim
hat_closed hat_open hat_closed_acoustic hat_open_acoustic hat_chip ride crash tom_acoustic tom_electronic
shaker tambourine cowbell conga bongo triangle surdo cabasa woodblock
bass_finger bass_pick bass_slap bass_upright bass_saw bass_reese bass_wobble bass_sub bass_acid bass_fm bass_chip
guitar_nylon guitar_steel guitar_clean guitar_muted guitar_chorus guitar_distorted guitar_distorted_muted harp sitar
koto tanpura piano rhodes organ clavinet harpsichord accordion
vibraphone marimba glockenspiel kalimba celesta music_box hang
strings strings_staccato violin cello pizzicato flute clarinet alto_sax harmonica ocarina trumpet brass_section
supersaw pad_warm pad_glass pad_dark lead_saw lead_square lead_chip arp_chip pluck_synth arp_glass fm_bell stab_rave
guitar_shimmer synth_strings choir_ah choir_oo voice_solo voice_chop
vinyl riser impact drone_dark wind_noise shimmer
"""


def middle(patch: Patch) -> int:
    """A pitch that suits the patch."""
    if patch.family in {"drums", "percussion"}:
        return patch.gm_program
    return min(patch.high, max(patch.low, 36 if patch.family == "bass" else 60))


def test_every_agreed_patch_exists_under_its_own_name() -> None:
    assert not [name for name in AGREED.split() if name not in PATCHES]
    assert all(patch.name == name for name, patch in PATCHES.items())


@pytest.mark.parametrize("name", PATCHES)
def test_waveforms_are_clean(name: str) -> None:
    patch = PATCHES[name]
    wave = patch.render(Tone(name, middle(patch), 400, 8, 5, 0))
    assert wave.dtype == np.float32
    assert wave.ndim == 2
    assert wave.shape[0] in {1, 2}
    assert wave.flags.c_contiguous
    assert not wave.flags.writeable
    assert np.isfinite(wave).all()
    assert np.abs(wave.mean(axis=1)).max() < 0.002
    assert np.abs(wave[:, 0]).max() < 0.02
    assert not wave[:, -1].any()
    assert np.abs(wave[:, -64:]).max() < 0.02
    assert 0.4 < np.abs(wave).max() < 4.0
