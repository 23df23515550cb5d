"""Writes src/everjam/engines/band/ranges.py: what composing knows about instruments without knowing how they sound.

python tools/instrument_ranges.py
"""

from pathlib import Path
from typing import Final

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.kit import DRUM_VOICES

OUT: Final = Path(__file__).parents[1] / "src" / "everjam" / "engines" / "band" / "ranges.py"
HEAD: Final = '''"""How low and how high each pitched instrument goes; written by tools/instrument_ranges.py."""

from typing import Final

RANGES: Final[dict[str, tuple[int, int]]] = {
'''


def text() -> str:
    """The module's source."""
    rows = [
        f'    "{patch.name}": ({patch.low}, {patch.high}),\n'
        for patch in sorted(PATCHES.values(), key=lambda patch: patch.name)
        if patch.family not in {"drums", "percussion", "texture"} and patch.name not in DRUM_VOICES
    ]
    return HEAD + "".join(rows) + '}\n"""Patch to its lowest and highest sensible MIDI key."""\n'


if __name__ == "__main__":
    OUT.write_text(text(), encoding="utf-8")
