"""What makes each golden style that style, heard in the bars that the band composes for its name."""

from functools import cache

import pytest
from tests.engines.band.composing import bars, steer
from tests.engines.band.marks import (
    Mark,
    Takes,
    bass_leads,
    bass_tones,
    begins,
    begins_of,
    changes_a_bar,
    chords_on,
    chords_with,
    clave,
    cycles,
    dominant_tonic,
    hardness,
    interlocks,
    length,
    melody_gap,
    melody_steps,
    melody_tones,
    meter,
    minor,
    mode,
    notes_a_bar,
    notes_a_second,
    off_the_beat,
    offbeat_place,
    open_fifths,
    pattern_repeats,
    patterns,
    present,
    returns,
    root_moves,
    roots,
    sections_of,
    sounds_like,
    strokes,
    struck,
    tempo,
    two_fives,
)

SEEDS = (1, 2, 3, 4)
BARS = 24

MARKS: dict[str, tuple[Mark, ...]] = {
    "afrobeat": (
        Mark("between 92 and 130", tempo, 92, 130),
        Mark("guitars interlock", interlocks("guitar"), 0.12),
        Mark("a shekere or a bell keeps time", sounds_like("shekere", "agogo", "cowbell", "claves"), 0.9),
        Mark("minor sevenths", chords_with(10), 0.8),
        Mark("hardly a change of chord", changes_a_bar, 0, 0.75),
        Mark("horns or an organ in front", sounds_like("sax", "brass", "trumpet", "organ"), 0.6),
    ),
    "baroque": (
        Mark("no drums", present("drums"), 0, 0),
        Mark("harpsichord, lute or organ play the continuo", sounds_like("harpsichord", "lute", "organ_pipe"), 0.95),
        Mark("roots fall by fifths", root_moves(5), 0.4),
        Mark("dominant goes to tonic", dominant_tonic, 0.9),
        Mark("the bass walks", notes_a_bar("bass"), 3.5),
        Mark("the melody spins on in even notes", melody_gap(0.25, 0.5), 0.7),
    ),
    "bebop": (
        Mark("fast", tempo, 165),
        Mark("the ride swings", offbeat_place("drums"), 0.57),
        Mark("the bass walks on every beat", begins("bass", 0, 1, 2, 3), 0.93),
        Mark("and leads over the bar line by step", bass_leads(1, 2), 0.35),
        Mark("often by a semitone", bass_leads(1), 0.12),
        Mark("two-fives", two_fives, 1.5),
        Mark("sevenths and sixths", chords_with(9, 10, 11), 0.95),
        Mark("comping off the beat", off_the_beat("chords"), 0.5),
        Mark("lines of eighths", notes_a_second("melody"), 4.0),
    ),
    "bluegrass": (
        Mark("no drums", present("drums"), 0, 0.1),
        Mark("a banjo rolls", sounds_like("banjo"), 0.9),
        Mark("the mandolin chops off the beat", begins_of("chords", "mandolin", 0.5, 1.5, 2.5, 3.5), 0.8),
        Mark("the bass has roots and fifths on the beat", bass_tones(0, 7), 0.75),
        Mark("fast lines", notes_a_second("melody"), 5.0),
        Mark("three chords", chords_on(0, 5, 7), 0.65),
    ),
    "blues_rock": (
        Mark("the guitar is distorted", sounds_like("distorted"), 0.95),
        Mark("backbeat", struck("snare", 1, 3), 0.8),
        Mark("the tonic, the fourth and the fifth", chords_on(0, 5, 7), 0.65),
        Mark("blue notes", melody_tones(3, 6, 10), 0.06),
        Mark("the kick on one", struck("kick", 0), 0.9),
    ),
    "boom_bap": (
        Mark("between 82 and 98", tempo, 82, 98),
        Mark("snare on two and four", struck("snare", 1, 3), 0.9),
        Mark("kick on one", struck("kick", 0), 0.9),
        Mark("no kick on two and four", struck("kick", 1, 3), 0, 0.1),
        Mark("jazz chords", chords_with(9, 10, 11), 0.75),
        Mark("one sample goes round", changes_a_bar, 0, 1.1),
        Mark("from vinyl", sounds_like("vinyl", "rhodes", "piano", "vibraphone"), 0.6),
    ),
    "bossa_nova": (
        Mark("calm two: 110 to 150 in four", tempo, 110, 150),
        Mark("the rim has the bossa clave", clave("rim cross_stick", (3, 3, 4, 3, 3)), 0.7),
        Mark("bass on one and three", begins("bass", 0, 2), 0.9),
        Mark("roots and fifths", bass_tones(0, 7), 0.8),
        Mark("syncopated chords", off_the_beat("chords"), 0.4),
        Mark("sevenths, sixths and ninths", chords_with(9, 10, 11), 0.9),
        Mark("on a nylon guitar", sounds_like("guitar_nylon"), 0.9),
    ),
    "country": (
        Mark("between 80 and 140", tempo, 80, 140),
        Mark("steel, twang or fiddle", sounds_like("steel_pedal", "guitar_twang", "fiddle"), 0.7),
        Mark("bass on one and three", begins("bass", 0, 2), 0.75),
        Mark("not on two", begins("bass", 1), 0, 0.25),
        Mark("roots and fifths", bass_tones(0, 7), 0.6),
        Mark("backbeat", struck("snare cross_stick rim", 1, 3), 0.8),
        Mark("three chords", chords_on(0, 5, 7), 0.55),
        Mark("major", minor, 0, 0.25),
    ),
    "cumbia": (
        Mark("between 80 and 108", tempo, 80, 108),
        Mark("chords off the beat", begins("chords", 0.5, 1.5, 2.5, 3.5), 0.45),
        Mark("and not on one and three", begins("chords", 0, 2), 0, 0.2),
        Mark("scraper or maracas", strokes("guiro maracas"), 4),
        Mark("bass on one and three", begins("bass", 0, 2), 0.9),
        Mark("and on two and four", begins("bass", 1, 3), 0.7),
        Mark("minor", minor, 0.35),
    ),
    "drum_and_bass": (
        Mark("at 165 to 180", tempo, 165, 180),
        Mark("snare on two and four", struck("snare clap", 1, 3), 0.85),
        Mark("kick on one", struck("kick", 0), 0.85),
        Mark("the break leaves out three", struck("kick", 2), 0, 0.35),
        Mark("busy hats", strokes("hat open ride shaker"), 9),
        Mark("the bass moves half as fast", notes_a_bar("bass"), 0.5, 5),
        Mark("minor", minor, 0.9),
    ),
    "dubstep": (
        Mark("at 136 to 144", tempo, 136, 144),
        Mark("half-time: snare on three", struck("snare clap", 2), 0.85),
        Mark("and nowhere else", struck("snare clap", 1, 3), 0, 0.15),
        Mark("kick on one", struck("kick", 0), 0.85),
        Mark("the bass wobbles", sounds_like("wobble", "reese", "growl", part="bass"), 0.85),
        Mark("minor", minor, 0.9),
    ),
    "emotional": (
        Mark("slow", tempo, 55, 90),
        Mark("no drums", present("drums"), 0, 0.2),
        Mark("long bass notes", length("bass"), 1.5),
        Mark("piano and strings", sounds_like("piano", "strings", "cello"), 0.95),
        Mark("plain chords", chords_with(10), 0, 0.4),
        Mark("flowing accompaniment", notes_a_bar("chords"), 4),
    ),
    "flamenco": (
        Mark("home by the Phrygian fall", mode("phrygian", "hijaz"), 0.9),
        Mark("the chord a semitone above the tonic", chords_on(1), 0.12),
        Mark("a flamenco guitar", sounds_like("guitar_flamenco"), 0.95),
        Mark("palmas", strokes("clap"), 3),
        Mark("compas of twelve, or tangos", meter("12/8", "4/4"), 1),
    ),
    "funk": (
        Mark("between 92 and 120", tempo, 92, 120),
        Mark("everybody on the one", struck("kick", 0), 0.9),
        Mark("the bass too", begins("bass", 0), 0.9),
        Mark("short bass notes", length("bass"), 0, 0.4),
        Mark("backbeat", struck("snare clap", 1), 0.9),
        Mark("sixteenths on the hat", strokes("hat open"), 8),
        Mark("dominant and minor sevenths", chords_with(10), 0.85),
        Mark("scratched off the beat", off_the_beat("chords"), 0.6),
        Mark("a vamp", changes_a_bar, 0, 1.0),
    ),
    "gamelan": (
        Mark("slendro or pelog", mode("pelog", "slendro", "miyako_bushi"), 1),
        Mark("the gong closes the cycle", patterns("gong", [0.0], every=4), 0.85),
        Mark("and is rare", strokes("gong"), 0.05, 0.9),
        Mark("bronze", sounds_like("gamelan"), 1),
        Mark("no chords", present("chords"), 0, 0),
        Mark("the tonic stays", roots, 1, 1.5),
    ),
    "gregorian_chant": (
        Mark("slow", tempo, 45, 76),
        Mark("no drums", present("drums"), 0, 0),
        Mark("no chords", present("chords"), 0, 0.05),
        Mark("no bass", present("bass"), 0, 0.05),
        Mark("voices", sounds_like("choir", "voice"), 0.95),
        Mark("stepwise", melody_steps, 0.65),
        Mark("a church mode", mode("dorian", "phrygian", "lydian", "mixolydian", "minor"), 1),
    ),
    "house": (
        Mark("at 118 to 130", tempo, 118, 130),
        Mark("four on the floor", struck("kick", 0, 1, 2, 3), 0.85),
        Mark("clap on two and four", struck("clap snare", 1, 3), 0.8),
        Mark("hats off the beat", struck("open hat", 0.5, 1.5, 2.5, 3.5), 0.75),
        Mark("sevenths and ninths", chords_with(10, 11), 0.5),
        Mark("stabbed off the beat", off_the_beat("chords"), 0.45),
    ),
    "indian_classical": (
        Mark("one root", roots, 1, 1),
        Mark("no chords", present("chords"), 0, 0),
        Mark("no bass", present("bass"), 0, 0),
        Mark("the drone sounds", sounds_like("tanpura"), 0.95),
        Mark("the tala returns after its four bars", cycles("bayan", 4), 0.55),
        Mark("tabla", sounds_like("tabla"), 0.5),
        Mark("along the scale", melody_steps, 0.45),
        Mark(
            "sitar, bansuri, shehnai, santur or violin",
            sounds_like("sitar", "bansuri", "shehnai", "santur", "violin"),
            0.7,
        ),
    ),
    "irish_folk": (
        Mark("no bass, no kit", present("bass"), 0, 0.1),
        Mark("jigs and reels", meter("6/8", "2/4", "4/4", "9/8", "12/8"), 1),
        Mark("quick even notes", notes_a_second("melody"), 5.0),
        Mark("fiddle, whistle, flute or pipes", sounds_like("fiddle", "whistle", "flute", "pipes"), 0.9),
        Mark("major, dorian or mixolydian", mode("major", "dorian", "mixolydian", "minor", "pentatonic_major"), 1),
        Mark("parts of eight bars", sections_of(8), 0.9),
        Mark("the tune comes round", returns(8), 0.5),
    ),
    "jig": (
        Mark("in six eight", meter("6/8"), 1),
        Mark("at 105 to 130", tempo, 100, 130),
        Mark("in eighths", melody_gap(1 / 3), 0.45),
        Mark("parts of eight bars", sections_of(8), 0.9),
        Mark("the tune comes round", returns(8), 0.5),
        Mark("fiddle, whistle, flute or pipes", sounds_like("fiddle", "whistle", "flute", "pipes"), 0.9),
    ),
    "klezmer": (
        Mark("freygish and its kin", mode("hijaz", "ukrainian_dorian", "harmonic_minor"), 0.5),
        Mark("clarinet or fiddle", sounds_like("clarinet", "violin", "fiddle"), 0.9),
        Mark("chords between the beats", begins("chords", 0.5, 1.5, 2.5, 3.5), 0.85),
        Mark("bass on one and three", begins("bass", 0, 2), 0.9),
        Mark("roots and fifths", bass_tones(0, 7), 0.65),
        Mark("quick melody by step", melody_steps, 0.6),
    ),
    "mariachi": (
        Mark("no drums", present("drums"), 0, 0.1),
        Mark("son, vals or ranchera", meter("3/4", "6/8", "2/4", "4/4"), 1),
        Mark("trumpets or violins", sounds_like("trumpet", "violin"), 0.8),
        Mark("the guitarron on one", begins("bass", 0), 0.9),
        Mark("roots and fifths", bass_tones(0, 7), 0.8),
        Mark("strings strummed off the beat", off_the_beat("chords"), 0.3),
        Mark("dominant goes to tonic", dominant_tonic, 0.6),
    ),
    "marching_band": (
        Mark("at 108 to 128", tempo, 105, 130),
        Mark("in step: two, four or six eight", meter("2/4", "4/4", "6/8"), 1),
        Mark("a drumline", strokes("snare"), 5),
        Mark("the sousaphone on the beat", begins("bass", 0, 1), 0.85),
        Mark("brass", sounds_like("trumpet", "brass", "horn", "trombone"), 0.95),
        Mark("major", minor, 0, 0.2),
        Mark("kick on one", struck("kick", 0), 0.9),
    ),
    "minimalism": (
        Mark("no drums", present("drums"), 0, 0.1),
        Mark("harmony stands", changes_a_bar, 0, 0.5),
        Mark("even pulse", notes_a_second("chords"), 3.0),
        Mark("cells that go round", pattern_repeats("chords"), 0.9),
        Mark("hardly a tune", present("melody"), 0, 0.75),
    ),
    "polka": (
        Mark("in two", meter("2/4"), 1),
        Mark("oom", begins("bass", 0, 1), 0.9),
        Mark("pah", begins("chords", 0.5, 1.5), 0.9),
        Mark("and not on the oom", begins("chords", 0, 1), 0, 0.2),
        Mark("roots and fifths", bass_tones(0, 7), 0.85),
        Mark("major", minor, 0, 0.25),
        Mark("accordion, clarinet or trumpet", sounds_like("accordion", "clarinet", "trumpet"), 0.95),
        Mark("dominant goes to tonic", dominant_tonic, 0.8),
    ),
    "ragtime": (
        Mark("in two", meter("2/4"), 0.9),
        Mark("stride: bass on the beat", begins("bass", 0, 1), 0.85),
        Mark("chord after it", begins("chords", 0.5, 1.5), 0.85),
        Mark("syncopated tune", off_the_beat("melody"), 0.5),
        Mark("piano alone", sounds_like("piano"), 1),
        Mark("no drums", present("drums"), 0, 0.1),
        Mark("major", minor, 0, 0.2),
        Mark("roots fall by fifths", root_moves(5), 0.3),
    ),
    "reggae": (
        Mark("at 65 to 80 in half-time", tempo, 128, 160),
        Mark("one drop: the kick on three", struck("kick", 2), 0.9),
        Mark("with snare or rim", struck("snare rim cross_stick", 2), 0.85),
        Mark("mostly no kick on one", struck("kick", 0), 0, 0.5),
        Mark("skank on two and four", begins("chords", 1, 3), 0.9),
        Mark("and never on one and three", begins("chords", 0, 2), 0, 0.2),
        Mark("plain triads", chords_with(10, 11), 0, 0.3),
    ),
    "reggaeton": (
        Mark("at 85 to 102", tempo, 85, 102),
        Mark("dembow: kick on the beats", struck("kick", 0, 1, 2, 3), 0.8),
        Mark("snare against it", struck("snare rim clap timbale", 0.75, 1.5, 2.75, 3.5), 0.7),
        Mark("no backbeat", struck("snare clap", 1, 3), 0, 0.2),
        Mark("minor", minor, 0.7),
    ),
    "salsa": (
        Mark("clave", clave("claves", (3, 3, 4, 2, 4)), 0.75),
        Mark("which never turns round", cycles("claves", 1), 0.8),
        Mark("tumbao: the bass off the beat", begins("bass", 1.5, 3.5), 0.85),
        Mark("and before one, not on it", begins("bass", 0), 0, 0.55),
        Mark("anticipated", begins("bass", 3, 3.5), 0.45),
        Mark("montuno off the beat", off_the_beat("chords"), 0.55),
        Mark("congas, bongo, bell or timbales", strokes("conga conga_low bongo cowbell timbale guiro maracas"), 12),
        Mark("horns", sounds_like("brass", "trombone", "trumpet"), 0.6),
    ),
    "samba": (
        Mark("in two", meter("2/4"), 0.9),
        Mark("surdo on two", struck("surdo", 1), 0.75),
        Mark("harder than on one", hardness("surdo", 1, 0), 1.1),
        Mark("sixteenths all the way", strokes("shaker pandeiro tambourine snare"), 7),
        Mark("syncopated strings", off_the_beat("chords"), 0.5),
        Mark("cavaquinho or guitar", sounds_like("guitar_nylon", "ukulele"), 0.9),
    ),
    "ska": (
        Mark("upbeat", tempo, 115),
        Mark("skank on every offbeat", begins("chords", 0.5, 1.5, 2.5, 3.5), 0.9),
        Mark("the guitar is not on the beat", begins_of("chords", "guitar", 0, 1, 2, 3), 0, 0.3),
        Mark("the bass walks on every beat", begins("bass", 0, 1, 2, 3), 0.8),
        Mark("horns", sounds_like("sax", "trombone", "trumpet", "brass"), 0.8),
        Mark("backbeat", struck("snare cross_stick rim", 1, 3), 0.6),
    ),
    "surf_rock": (
        Mark("fast", tempo, 140),
        Mark("backbeat", struck("snare", 1, 3), 0.85),
        Mark("a twanging guitar", sounds_like("guitar_twang"), 0.95),
        Mark("picked in tremolo", melody_gap(0.25), 0.3),
        Mark("mostly minor", minor, 0.35),
        Mark("bass in eighths", notes_a_bar("bass"), 4.5),
    ),
    "swing": (
        Mark("at 120 to 240", tempo, 120, 240),
        Mark("it swings", offbeat_place("melody"), 0.58),
        Mark("the bass walks in four", begins("bass", 0, 1, 2, 3), 0.9),
        Mark("the guitar too", begins_of("chords", "guitar", 0, 1, 2, 3), 0.7),
        Mark("sixths and sevenths", chords_with(9, 10, 11), 0.85),
        Mark("roots fall by fifths", root_moves(5), 0.35),
    ),
    "tango": (
        Mark("marcato", begins("chords", 0, 2), 0.85),
        Mark("no drums", present("drums"), 0, 0.1),
        Mark("minor", minor, 0.7),
        Mark("bandoneon", sounds_like("accordion", "bandoneon"), 0.9),
        Mark("strings", sounds_like("violin", "cello", "strings"), 0.7),
        Mark("dominant goes to tonic", dominant_tonic, 0.5),
        Mark("the bass drags into the bar", bass_leads(1, 2), 0.3),
    ),
    "techno": (
        Mark("at 125 to 140", tempo, 125, 140),
        Mark("four on the floor", struck("kick", 0, 1, 2, 3, of="kick"), 0.65),
        Mark("sections of sixteen", sections_of(16), 0.9),
        Mark("hardly a chord change", changes_a_bar, 0, 0.45),
        Mark("no tune", present("melody"), 0, 0.3),
        Mark("minor", minor, 0.9),
        Mark("hats off the beat", struck("open hat ride", 0.5, 1.5, 2.5, 3.5), 0.6),
    ),
    "thrash": (
        Mark("very fast", tempo, 165),
        Mark("power chords", open_fifths, 0.9),
        Mark("palm-muted eighths and faster", notes_a_second("chords"), 7.0),
        Mark("distorted", sounds_like("distorted"), 1),
        Mark("double kick", strokes("kick"), 5),
        Mark("minor or Phrygian", minor, 0.95),
        Mark("no dominant sevenths", chords_with(9, 10, 11), 0, 0.1),
    ),
    "trance": (
        Mark("at 128 to 148", tempo, 128, 148),
        Mark("four on the floor", struck("kick", 0, 1, 2, 3, of="kick"), 0.85),
        Mark("the bass off the beat", begins("bass", 0.5, 1.5, 2.5, 3.5), 0.85),
        Mark("and out of the kick's way", begins("bass", 0), 0, 0.3),
        Mark("supersaws, plucks and arpeggios", sounds_like("supersaw", "pluck", "arp", "lead_trance"), 0.95),
        Mark("sections of eight", sections_of(8), 0.9),
        Mark("minor", minor, 0.8),
    ),
    "trap_beat": (
        Mark("at 130 to 160", tempo, 130, 160),
        Mark("half-time: snare on three", struck("snare clap", 2), 0.85),
        Mark("and not on two and four", struck("snare clap", 1, 3), 0, 0.1),
        Mark("hats roll", strokes("hat open"), 7),
        Mark("the 808 is the bass", sounds_like("bass_808"), 0.85),
        Mark("and rings", length("bass"), 0.5),
        Mark("minor", minor, 0.9),
    ),
    "waltz": (
        Mark("in three", meter("3/4"), 1),
        Mark("bass on one", begins("bass", 0), 0.95),
        Mark("not on two", begins("bass", 1), 0, 0.25),
        Mark("chords on two and three", begins("chords", 1, 2), 0.9),
        Mark("a tune over it", present("melody"), 0.7),
    ),
}
STYLES = tuple(sorted(MARKS))
KIN = {"irish_folk": ["jig"]}
"""Styles that another one is a case of."""


def prompt(style: str) -> str:
    """What a listener asks for to hear a style."""
    return style.replace("_", " ")


@cache
def takes(style: str) -> Takes:
    """Some jams of a style."""
    return [bars(steer(prompt(style)), BARS, seed) for seed in SEEDS]


@pytest.mark.parametrize("style", STYLES)
def test_a_style_has_what_makes_it_that_style(style: str) -> None:
    heard = takes(style)
    missed = [
        f"{mark.says}: {mark.measure(heard):.2f}, not {mark.low:g} to {mark.high:g}"
        for mark in MARKS[style]
        if not mark.holds(heard)
    ]
    assert not missed, f"{style} lacks " + "; ".join(missed)


@pytest.mark.parametrize("style", STYLES)
def test_the_marks_of_a_style_are_not_those_of_others(style: str) -> None:
    others = [other for other in STYLES if other != style]
    assert [other for other in others if all(mark.holds(takes(other)) for mark in MARKS[style])] == KIN.get(style, [])


def test_enough_styles_are_proven() -> None:
    assert len(STYLES) >= 28
    assert all(len(marks) >= 5 for marks in MARKS.values())
