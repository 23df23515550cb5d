"""Measures how the band sounds: instruments against recordings, mixes against targets."""
