"""The prompts that the public guides and samples of Lyria RealTime name: what every user will try first."""

from typing import Final

INSTRUMENTS: Final = (
    "303 Acid Bass", "808 Hip Hop Beat", "Accordion", "Alto Saxophone", "Bagpipes", "Balalaika Ensemble", "Banjo",
    "Bass Clarinet", "Bongos", "Boomy Bass", "Bouzouki", "Buchla Synths", "Cello", "Charango", "Clavichord",
    "Conga Drums", "Didgeridoo", "Dirty Synths", "Djembe", "Drumline", "Dulcimer", "Fiddle", "Flamenco Guitar",
    "Funk Drums", "Glockenspiel", "Guitar", "Hang Drum", "Harmonica", "Harp", "Harpsichord", "Hurdy-gurdy",
    "Kalimba", "Koto", "Lyre", "Mandolin", "Maracas", "Marimba", "Mbira", "Mellotron", "Metallic Twang",
    "Moog Oscillations", "Ocarina", "Persian Tar", "Pipa", "Precision Bass", "Ragtime Piano", "Rhodes Piano",
    "Shamisen", "Shredding Guitar", "Sitar", "Slide Guitar", "Smooth Pianos", "Spacey Synths", "Steel Drum",
    "Synth Pads", "Tabla", "TR-909 Drum Machine", "Trumpet", "Tuba", "Vibraphone", "Viola Ensemble",
    "Warm Acoustic Guitar", "Woodwinds", "Balalaika",
)  # fmt: skip
GENRES: Final = (
    "Acid Jazz", "Afrobeat", "Alternative Country", "Baroque", "Bengal Baul", "Bhangra", "Bluegrass", "Blues Rock",
    "Bossa Nova", "Breakbeat", "Celtic Folk", "Chillout", "Chiptune", "Classic Rock", "Contemporary R&B", "Cumbia",
    "Deep House", "Disco Funk", "Drum & Bass", "Dubstep", "EDM", "Electro Swing", "Funk Metal", "G-funk",
    "Garage Rock", "Glitch Hop", "Grime", "Hyperpop", "Indian Classical", "Indie Electronic", "Indie Folk",
    "Indie Pop", "Irish Folk", "Jam Band", "Jamaican Dub", "Jazz Fusion", "Latin Jazz", "Lo-Fi Hip Hop",
    "Marching Band", "Merengue", "New Jack Swing", "Minimal Techno", "Moombahton", "Neo-Soul", "Orchestral Score",
    "Piano Ballad", "Polka", "Post-Punk", "60s Psychedelic Rock", "Psytrance", "R&B", "Reggae", "Reggaeton",
    "Renaissance Music", "Salsa", "Shoegaze", "Ska", "Surf Rock", "Synthpop", "Techno", "Trance", "Trap Beat",
    "Trip Hop", "Vaporwave", "Witch house", "Acid House", "808 Hip Hop", "Boom-Bap", "Funk",
)  # fmt: skip
MOODS: Final = (
    "Acoustic Instruments", "Ambient", "Bright Tones", "Chill", "Crunchy Distortion", "Danceable", "Dreamy", "Echo",
    "Emotional", "Ethereal Ambience", "Experimental", "Fat Beats", "Funky", "Glitchy Effects", "Huge Drop",
    "Live Performance", "Lo-fi", "Ominous Drone", "Psychedelic", "Rich Orchestration", "Saturated Tones",
    "Subdued Melody", "Sustained Chords", "Swirling Phasers", "Tight Groove", "Unsettling", "Upbeat", "Virtuoso",
    "Weird Noises", "Bright", "Dark", "Ethereal", "Euphoric", "Groovy", "Melancholic", "Nostalgic", "Ominous",
    "Relaxed", "Soulful", "Triumphant", "Whimsical",
)  # fmt: skip
PROMPT_DJ: Final = (
    "Bossa Nova", "Chillwave", "Drum and Bass", "Post Punk", "Shoegaze", "Funk", "Chiptune", "Lush Strings",
    "Sparkling Arpeggios", "Staccato Rhythms", "Punchy Kick", "Dubstep", "K Pop", "Neo Soul", "Trip Hop", "Thrash",
)  # fmt: skip
SAMPLES: Final = (
    "eurodance", "Heavy Metal", "Harmonica", "Emotional", "minimal techno", "meditation", "eerie", "harp",
)  # fmt: skip
ALL: Final = tuple(dict.fromkeys((*INSTRUMENTS, *GENRES, *MOODS, *PROMPT_DJ, *SAMPLES)))
