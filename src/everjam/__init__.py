"""Endless, steerable music from a server you run yourself.

everjam speaks Google's Live Music API (Lyria RealTime): weighted text prompts in, 48 kHz stereo PCM out, for ever.
"""

__version__ = "0.1.0"
