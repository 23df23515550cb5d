"""Measures recorded instruments: a registry of what there is, the recorder, the analysis, the tables."""
