"""Every instrument that is measured.

To add one, put a line into ``SUSTAINED`` (``blown.py``), ``STRUCK`` (``struck.py``) or ``DRUMS`` (``hit.py``) beside
this file, then run ``python tools/measure_instruments.py NAME``: it writes ``instruments/data/measured/NAME.bin``, and
``instruments.measured.measured("NAME", hz, force)`` gives it back between the measured forces. A patch of the same name
(or the patch that ``Source.patch`` names) is held against the recordings by ``python -m bench.sound.instruments``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .blown import SUSTAINED
from .hit import DRUMS
from .source import Source
from .struck import STRUCK

INSTRUMENTS: Final[Mapping[str, Source]] = MappingProxyType({**SUSTAINED, **STRUCK, **DRUMS})
"""By the name of the table."""
