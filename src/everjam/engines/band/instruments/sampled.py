"""Patches played from a SoundFont: recordings in place of what is synthesised, note by note, under the same names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform
from everjam.engines.band.instruments.dsp.base import midi_to_hz
from everjam.engines.band.instruments.sampled_playing import FOREVER_SECONDS, play
from everjam.engines.band.instruments.sampled_presets import ARTICULATED, DRUMS, MELODIC, Preset
from everjam.engines.band.instruments.soundfont import SoundFont, SoundFontError
from everjam.engines.band.instruments.soundfont.envelopes import volume_envelope
from everjam.engines.band.instruments.soundfont.places import resolve
from everjam.engines.band.instruments.voicing import Stroke, finish, seed_of

_TILT_DB: Final = 10.0
_FORCE_TILT_DB: Final = 5.0
_VARIANT_TILT_DB: Final = 0.8
_REFERENCE_MS: Final = 400
_REFERENCE_SECONDS: Final = 0.5
_REFERENCE_FRAMES: Final = _REFERENCE_MS * SAMPLE_RATE_HZ // 1000
_BASS_CENTRE: Final = 36
_RELEASE_SHARE: Final = 0.3
"""Of the time to fall by 96 dB: then about 30 dB are gone."""
_RELEASES_MS: Final = (40.0, 1_500.0)
_HIT: Final = frozenset({"drums", "percussion"})


def patches_of(soundfont: str | Path, patches: Mapping[str, Patch] = PATCHES) -> Mapping[str, Patch]:
    """All patches, those from a SoundFont for which it has a recording and the synthesised ones for the rest.

    Args:
        soundfont: A .sf2 or .sf3 file, or ``auto`` for the first in the well-known folders.
        patches: The synthesised ones.

    Raises:
        SoundFontError: The file cannot be read or is broken, or holds nothing that the band plays.
        UsageError: ``auto`` finds none.
    """
    font = SoundFont(resolve(soundfont))
    found = {name: recorded for name, patch in patches.items() if (recorded := sampled_patch(font, patch))}
    if not found:
        raise SoundFontError(
            font.path,
            "holds none of the instruments that the band plays",
            remedy="Use one that follows General MIDI; docs/soundfonts.md names some.",
        )
    return MappingProxyType({**patches, **found})


def sampled_patch(font: SoundFont, base: Patch) -> Patch | None:
    """A patch played from a font; None if it is not one for recordings, or the font has none.

    Args:
        font: The recordings.
        base: The synthesised patch: gives name, range, articulations and loudness, and plays what the font lacks.
    """
    keys: tuple[int, ...] = ()
    preset = MELODIC.get(base.name)
    if base.name in DRUMS:
        preset, wanted = DRUMS[base.name]
        keys = tuple(key for key in wanted if font.has(preset.bank, preset.program, key))
        if not keys:
            return None
    if preset is None or not font.has(preset.bank, preset.program):
        return None
    key = keys[0] if keys else _middle(base)
    own = replace(base, release_ms=_release_ms(font, preset, key, base.release_ms))
    return replace(own, render=_Sampled(font, own, preset, keys))


def _middle(patch: Patch) -> int:
    """The key at which a patch is measured."""
    return _BASS_CENTRE if patch.family == "bass" else int(np.clip(60, patch.low + 5, patch.high - 5))


def _release_ms(font: SoundFont, preset: Preset, key: int, otherwise: int) -> int:
    """Length of a straight fall that sounds as long as the font's, which is one in decibels."""
    releases = [volume_envelope(region).release for region in font.regions(preset.bank, preset.program, key, 100)]
    if not releases:
        return otherwise
    return int(np.clip(1000.0 * _RELEASE_SHARE * max(releases), *_RELEASES_MS))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where a tone is in the font."""

    preset: Preset
    key: int
    cents: float


class _Sampled:
    """Renders one patch; its level is measured when it is first played.

    Args:
        font: The recordings.
        base: The synthesised patch, with the font's release.
        preset: Where the font has it.
        keys: Drum keys, empty for pitched patches.
    """

    def __init__(self, font: SoundFont, base: Patch, preset: Preset, keys: tuple[int, ...]) -> None:
        self._font = font
        self._base = base
        self._preset = preset
        self._keys = keys
        self._gain: float | None = None

    def __call__(self, tone: Tone) -> Waveform:
        if self._gain is None:
            self._gain = self._measured_gain()
        waveform = self._waveform(tone)
        if waveform is None:
            return self._base.render(tone)
        scaled = waveform * np.float32(self._gain)
        scaled.setflags(write=False)
        return scaled

    def _waveform(self, tone: Tone, stop_seconds: float = FOREVER_SECONDS) -> Waveform | None:
        """At the level that ``finish`` gives; None where the font is silent."""
        stroke = Stroke(
            hz=midi_to_hz(self._base.gm_program if self._keys else tone.pitch),
            semitones=0.0,
            held_seconds=max(0.03, tone.duration_ms / 1000.0),
            force=tone.velocity / 8.0,
            brightness=tone.brightness / 10.0,
            variant=tone.variant,
            rng=np.random.default_rng(seed_of(tone)),
            articulation=tone.articulation,
            glide=tone.glide,
        )
        place = self._place(tone)
        known = (self._base.name, tone.articulation) in ARTICULATED and place.preset != self._preset
        signal, tilt_db = play(
            self._font,
            self._base,
            place.preset,
            place.key,
            place.cents,
            stroke,
            plainly=known,
            stop_seconds=stop_seconds,
        )
        if not signal.size or not signal.any():
            return None
        tilt_db += _TILT_DB * (2.0 * stroke.brightness - 1.0) + _FORCE_TILT_DB * (stroke.force - 0.75)
        if tone.variant:
            tilt_db += float(stroke.rng.uniform(-_VARIANT_TILT_DB, _VARIANT_TILT_DB))
        return finish(signal, stroke, tilt_db=tilt_db, pivot_hz=float(np.clip(2.5 * stroke.hz, 250.0, 5000.0)))

    def _place(self, tone: Tone) -> _Place:
        if self._keys:
            own = self._base.gm_program
            pitch = tone.pitch if abs(tone.pitch - own) <= 12 else own
            if len(self._keys) > 1:
                key = min(self._keys, key=lambda key: (abs(key - pitch), key))
                return _Place(self._preset, key, 0.0)
            return _Place(self._preset, self._keys[0], 100.0 * (pitch - own))
        preset = ARTICULATED.get((self._base.name, tone.articulation), self._preset)
        if not self._font.has(preset.bank, preset.program, tone.pitch):
            preset = self._preset
        return _Place(preset, tone.pitch, 0.0)

    def _measured_gain(self) -> float:
        """What makes a recorded note as loud as the synthesised patch's."""
        base = self._base
        key = base.gm_program if base.family in _HIT else _middle(base)
        tone = Tone(base.name, key, _REFERENCE_MS if base.sustained else 0, 6, 5, 0)
        waveform = self._waveform(tone, _REFERENCE_SECONDS)
        if waveform is None:
            return 1.0
        recorded, synthesised = loudness(waveform), loudness(base.render(tone))
        return float(np.sqrt(synthesised / recorded)) if recorded > 0.0 else 1.0


def loudness(waveform: Float32Array) -> float:
    """K-weighted power of the first 400 ms, the mean of the channels."""
    wave = np.zeros((waveform.shape[0], _REFERENCE_FRAMES), np.float32)
    frames = min(_REFERENCE_FRAMES, waveform.shape[1])
    wave[:, :frames] = waveform[:, :frames]
    for weighting in filtering.K_WEIGHTING:
        wave, _ = filtering.run(weighting, wave)
    return float(np.mean(wave**2))
