"""Music as files: audio with tags, stems, MIDI. Straight from an engine, faster than it sounds."""
