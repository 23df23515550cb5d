"""Instruments: a note to its waveform, one file a family."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from everjam.engines.band.instruments import (
    bass,
    bowed,
    brass,
    drums,
    electric,
    flutes,
    guitars,
    keys,
    lutes,
    mallets,
    organs,
    percussion,
    plucked,
    reeds,
    synths,
    texture,
    voice,
    winds,
    zithers,
)
from everjam.engines.band.instruments.contract import Patch

_FAMILIES: Final = (
    drums,
    percussion,
    bass,
    plucked,
    electric,
    guitars,
    lutes,
    zithers,
    keys,
    organs,
    mallets,
    bowed,
    winds,
    flutes,
    reeds,
    brass,
    synths,
    voice,
    texture,
)

PATCHES: Final[Mapping[str, Patch]] = MappingProxyType(
    {patch.name: patch for family in _FAMILIES for patch in family.PATCHES}
)
"""Every patch by its name, family by family."""
