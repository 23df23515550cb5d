"""What produced records measure as, by kind: long-term spectrum, balance of the parts, crest.

Only data, known by the names of ``score.SPECTRA`` and ``score.PARTS``, so that what judges the sound can read it by
itself.

Sources. *Popular music as a whole*: Elowsson and Friberg, "Long-term average spectrum in popular music and its relation
to the level of the percussion" (AES 142nd Convention, 2017; 12,345 tracks): the slope of the mean spectrum is linear in
octaves, -2.35 dB an octave at 200 Hz, -4.99 at 800 Hz, -7.62 at 3.2 kHz; Pestana, Ma, Reiss, Barbosa and Black,
"Spectral characteristics of popular commercial recordings 1950-2010" (AES 135th Convention, 2013; 772 number ones):
about -5 dB an octave from 100 Hz to 4 kHz, steeper above, a steep low cut below 60 Hz. Both speak of spectral density;
an octave band has 3 dB an octave more. The fit of the former, integrated, is the row ``pop``, with the treble of
records since 2000 (1 dB more above 4 kHz), which the latter found to have become flatter.

The other rows are derived from it, not transcribed. Elowsson and Friberg found that more percussion goes with more
below 100 Hz and above 3 kHz, and dance records have a third or more of their power below 120 Hz, pop records a
seventh: ``electronic``, ``hiphop``. Pestana and others found rock fuller in the middle with less of the lowest octave:
``rock``. Orchestral music has its maximum between 200 and 600 Hz and falls by about 6 dB an octave (density) above
1 kHz (Sivian, Dunn and White, "Absolute amplitudes and spectra of certain musical instruments and orchestras", JASA 2,
1931; Meyer, "Acoustics and the performance of music"): ``orchestral``. ``jazz`` and ``acoustic`` lie between it and
``pop``: a double bass without a sub-octave, cymbals and strings open at the top. ``ambient`` is electronic without
percussion.

The balance is derived too: leads and lead vocals lie about 3 LU below the mix on records, everything else near the
same loudness as each other some LU below them (Pestana, "Automatic mixing systems using adaptive digital audio
effects", 2013, chapter 5; De Man, Leonard, King and Reiss, "An analysis and evaluation of audio features for multitrack
music mixtures", ISMIR 2014), with drums and bass forward where the music is for dancing.
"""

from collections.abc import Mapping
from typing import Final

OCTAVES_HZ: Final = (31.5, 63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0)

SPECTRA_DB: Final[Mapping[str, tuple[float, ...]]] = {
    "pop": (-10.0, -1.8, 0.6, 1.0, 0.7, -0.7, -3.6, -7.4, -12.7, -19.5),
    "electronic": (-4.5, 3.0, 2.0, 0.5, 0.0, -1.3, -4.0, -7.2, -11.5, -18.0),
    "hiphop": (-3.0, 3.5, 2.2, 0.8, 0.0, -1.8, -4.8, -8.0, -12.5, -19.5),
    "rock": (-11.0, -1.5, 0.6, 0.8, 0.5, -0.4, -2.6, -6.6, -12.2, -20.0),
    "jazz": (-13.0, -3.0, 0.8, 1.2, 0.8, -1.2, -4.6, -8.8, -13.5, -20.5),
    "acoustic": (-16.0, -5.0, 0.0, 1.4, 0.7, -1.0, -4.6, -9.0, -14.5, -22.0),
    "orchestral": (-16.0, -6.0, -1.0, 0.8, 0.8, -1.5, -5.5, -10.8, -17.0, -26.0),
    "ambient": (-9.0, -0.5, 1.4, 1.5, 0.2, -2.8, -7.0, -12.0, -18.0, -26.0),
}
"""Level of each octave band, dB; only differences mean something."""

BALANCE_LU: Final[Mapping[str, Mapping[str, float]]] = {
    "pop": {"drums": -6.5, "bass": -9.0, "chords": -8.0, "melody": -4.5, "texture": -12.0, "voice": -4.5},
    "electronic": {"drums": -5.0, "bass": -7.5, "chords": -7.5, "melody": -6.0, "texture": -10.0, "voice": -6.5},
    "hiphop": {"drums": -4.5, "bass": -7.0, "chords": -9.0, "melody": -6.5, "texture": -12.5, "voice": -5.5},
    "rock": {"drums": -6.0, "bass": -9.0, "chords": -6.0, "melody": -5.0, "texture": -13.0, "voice": -5.5},
    "jazz": {"drums": -9.5, "bass": -8.0, "chords": -7.5, "melody": -3.5, "texture": -14.0, "voice": -4.5},
    "acoustic": {"drums": -10.0, "bass": -9.0, "chords": -5.5, "melody": -3.5, "texture": -13.0, "voice": -5.0},
    "orchestral": {"drums": -12.0, "bass": -9.5, "chords": -5.0, "melody": -4.0, "texture": -12.0, "voice": -6.0},
    "ambient": {"drums": -12.0, "bass": -9.0, "chords": -4.5, "melody": -6.5, "texture": -7.5, "voice": -7.0},
}
"""Loudness of each part while it plays, against the whole mix."""

PEAK_TO_LOUDNESS_DB: Final = (12.8, 9.5)
"""True peak against integrated loudness at glue 0 and at glue 1. The first is all that -14 LUFS leave under -1 dBTP;
the second is a dense record of the 2000s (Deruty and Tardieu, "About dynamic processing in mainstream music", JAES 62,
2014)."""
