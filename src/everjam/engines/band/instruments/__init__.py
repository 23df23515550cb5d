"""Instruments: a note to its waveform, one file a family."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from everjam.engines.band.instruments import (
    bass,
    bowed,
    brass,
    drums,
    keys,
    mallets,
    percussion,
    plucked,
    synths,
    texture,
    voice,
    winds,
)
from everjam.engines.band.instruments.contract import Patch

_FAMILIES: Final = (drums, percussion, bass, plucked, keys, mallets, bowed, winds, brass, synths, voice, texture)

PATCHES: Final[Mapping[str, Patch]] = MappingProxyType(
    {patch.name: patch for family in _FAMILIES for patch in family.PATCHES}
)
"""Every patch by its name, family by family."""
