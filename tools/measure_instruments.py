"""Measures recorded instruments and writes the tables that ours play from.

Needs ``fluidsynth`` and the FluidR3 General MIDI SoundFont (MIT licence; Debian: ``fluid-soundfont-gm``). Only numbers
are taken: levels of partials and of bands of noise over time. The same SoundFont gives the same bytes.

Run from the repository root: ``python tools/measure_instruments.py`` for all, with names of ``measuring/registry.py``
for some, with ``--check`` to see whether the tables that lie there are what would be written.
"""

import argparse
import sys
from pathlib import Path

from measuring.recording import SOUNDFONT
from measuring.registry import INSTRUMENTS
from measuring.tabling import measure

from everjam.engines.band.instruments.measured import pack

OUTPUT = Path(__file__).parent.parent / "src/everjam/engines/band/instruments/data/measured"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", help="instruments to measure; none: all")
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a table would change")
    arguments = parser.parse_args()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in arguments.names or INSTRUMENTS:
        data = pack(measure(name, INSTRUMENTS[name], arguments.soundfont))
        path = OUTPUT / f"{name}.bin"
        if arguments.check and (not path.exists() or path.read_bytes() != data):
            changed.append(name)
        elif not arguments.check:
            path.write_bytes(data)
        print(f"{name} {len(data)} bytes", flush=True)
    if changed:
        sys.exit(f"would change: {' '.join(changed)}")


if __name__ == "__main__":
    main()
