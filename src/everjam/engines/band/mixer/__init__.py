"""Notes to sound: stems, sends, master; one effect a file.

::

    voices -> stems -> drive -> duck -> mute -+------------------> mix -> master
                                              +-> room, echo ----^

    master = tone and width -> tape -> level -> glue -> clipper -> limiter

Everything that changes is in ``MixerState``; every effect is a function ``(state, input) -> (output, state)`` on grids
that are counted from frame 0 of the jam, so that how a jam is cut into blocks does not matter.
"""

from everjam.engines.band.mixer.channels import Mutes
from everjam.engines.band.mixer.controls import Cue
from everjam.engines.band.mixer.desk import STEMS, Mixed, Mixer, MixerState
from everjam.engines.band.mixer.limiter import LATENCY_FRAMES
from everjam.engines.band.mixer.voices import Voice

__all__ = ["LATENCY_FRAMES", "STEMS", "Cue", "Mixed", "Mixer", "MixerState", "Mutes", "Voice"]
