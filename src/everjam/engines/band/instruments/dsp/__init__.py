"""Signal primitives that the instrument families share: numpy and scipy only, float32 signals, float64 phases."""
