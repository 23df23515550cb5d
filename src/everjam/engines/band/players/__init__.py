"""Players: (style, harmony, bar) to the notes of one part."""
