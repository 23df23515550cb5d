"""SoundFont 2 files, read and played with numpy alone."""

from everjam.engines.band.instruments.soundfont.errors import SoundFontError
from everjam.engines.band.instruments.soundfont.font import DRUM_BANK, SoundFont
from everjam.engines.band.instruments.soundfont.voice import BLOCK_FRAMES, Playing

__all__ = ["BLOCK_FRAMES", "DRUM_BANK", "Playing", "SoundFont", "SoundFontError"]
