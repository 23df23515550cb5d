"""Instruments: a note to its waveform, one file a family."""
