"""The prompts that the band is measured on: what the Live Music API's public guides and its demo offer."""

from everjam.engines.band.cards import Deck
from everjam.engines.band.prompts import interpret

INSTRUMENTS = (
    "303 Acid Bass, 808 Hip Hop Beat, Accordion, Alto Saxophone, Bagpipes, Balalaika Ensemble, Banjo, Bass Clarinet, "
    "Bongos, Boomy Bass, Bouzouki, Buchla Synths, Cello, Charango, Clavichord, Conga Drums, Didgeridoo, Dirty Synths, "
    "Djembe, Drumline, Dulcimer, Fiddle, Flamenco Guitar, Funk Drums, Glockenspiel, Guitar, Hang Drum, Harmonica, "
    "Harp, Harpsichord, Hurdy-gurdy, Kalimba, Koto, Lyre, Mandolin, Maracas, Marimba, Mbira, Mellotron, "
    "Metallic Twang, Moog Oscillations, Ocarina, Persian Tar, Pipa, Precision Bass, Ragtime Piano, Rhodes Piano, "
    "Shamisen, Shredding Guitar, Sitar, Slide Guitar, Smooth Pianos, Spacey Synths, Steel Drum, Synth Pads, Tabla, "
    "TR-909 Drum Machine, Trumpet, Tuba, Vibraphone, Viola Ensemble, Warm Acoustic Guitar, Woodwinds, Balalaika"
)
GENRES = (
    "Acid Jazz, Afrobeat, Alternative Country, Baroque, Bengal Baul, Bhangra, Bluegrass, Blues Rock, Bossa Nova, "
    "Breakbeat, Celtic Folk, Chillout, Chiptune, Classic Rock, Contemporary R&B, Cumbia, Deep House, Disco Funk, "
    "Drum & Bass, Dubstep, EDM, Electro Swing, Funk Metal, G-funk, Garage Rock, Glitch Hop, Grime, Hyperpop, "
    "Indian Classical, Indie Electronic, Indie Folk, Indie Pop, Irish Folk, Jam Band, Jamaican Dub, Jazz Fusion, "
    "Latin Jazz, Lo-Fi Hip Hop, Marching Band, Merengue, New Jack Swing, Minimal Techno, Moombahton, Neo-Soul, "
    "Orchestral Score, Piano Ballad, Polka, Post-Punk, 60s Psychedelic Rock, Psytrance, R&B, Reggae, Reggaeton, "
    "Renaissance Music, Salsa, Shoegaze, Ska, Surf Rock, Synthpop, Techno, Trance, Trap Beat, Trip Hop, Vaporwave, "
    "Witch house, Acid House, 808 Hip Hop, Boom-Bap, Funk"
)
MOODS = (
    "Acoustic Instruments, Ambient, Bright Tones, Chill, Crunchy Distortion, Danceable, Dreamy, Echo, Emotional, "
    "Ethereal Ambience, Experimental, Fat Beats, Funky, Glitchy Effects, Huge Drop, Live Performance, Lo-fi, "
    "Ominous Drone, Psychedelic, Rich Orchestration, Saturated Tones, Subdued Melody, Sustained Chords, "
    "Swirling Phasers, Tight Groove, Unsettling, Upbeat, Virtuoso, Weird Noises, Bright, Dark, Ethereal, Euphoric, "
    "Groovy, Melancholic, Nostalgic, Ominous, Relaxed, Soulful, Triumphant, Whimsical"
)
DEMOS = (
    "Bossa Nova, Chillwave, Drum and Bass, Post Punk, Shoegaze, Funk, Chiptune, Lush Strings, Sparkling Arpeggios, "
    "Staccato Rhythms, Punchy Kick, Dubstep, K Pop, Neo Soul, Trip Hop, Thrash, eurodance, Heavy Metal, Harmonica, "
    "Emotional, minimal techno, meditation, eerie, harp"
)


def guide_prompts(deck: Deck) -> list[str]:
    """The guides' prompts that are each a card's own name, one prompt a card, in the guides' order."""
    found: dict[str, str] = {}
    for text in _texts():
        card = card_of(text, deck)
        if card and card not in found:
            found[card] = text
    return list(found.values())


def missing_prompts(deck: Deck) -> list[str]:
    """The guides' prompts that are no card's own name, and the cards whose name the band takes for another."""
    texts = (*_texts(), *(card.name for card in deck.cards.values()))
    return [text for text in dict.fromkeys(texts) if not card_of(text, deck)]


def all_prompts(deck: Deck) -> list[str]:
    """Every card's name that is understood, the guides' prompts first."""
    guide = guide_prompts(deck)
    taken = {card_of(text, deck) for text in guide}
    others = (card.name for name, card in sorted(deck.cards.items()) if name not in taken)
    return guide + [name for name in others if card_of(name, deck)]


def card_of(text: str, deck: Deck) -> str:
    """The card whose name a text is and that the band takes it for, else ""."""
    plain = _plain(text)
    meant = interpret(text, deck).cards
    for name, weight, _ in meant:
        if weight > 0.99 and name in deck.cards and plain in {_plain(name), _plain(deck.cards[name].name)}:
            return name
    return ""


def _texts() -> list[str]:
    return f"{INSTRUMENTS}, {GENRES}, {MOODS}, {DEMOS}".split(", ")


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower().replace("&", "and") if letter.isalnum())
