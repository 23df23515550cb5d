"""What a card says, field by field: the schema that every TOML file in this folder is read by.

A card is a genre, an instrument or a mood. It says only what it has an opinion on; the prior (``prior.toml``) has one
on everything. Tables give candidates and their weights (1 = as likely as the others); numbers move smoothly between
cards. A candidate ``"@pop"`` stands for a table that was learnt from real music (``learnt/pop.toml``); its weight is
that of the commonest candidate there. Figures are read by ``figures.read_figure``, charts by ``theory.parse_chart``.
"""

from typing import Annotated, Literal

import msgspec

Weight = Annotated[float, msgspec.Meta(gt=0, le=100)]
Table = dict[str, Weight]
Unit = Annotated[float, msgspec.Meta(ge=0, le=1)] | None
Level = Annotated[float, msgspec.Meta(ge=-24, le=12)] | None
Presence = Annotated[float, msgspec.Meta(ge=-30, le=30)] | None


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all sections: unknown keys are errors."""


class Tempo(Section, frozen=True):
    """How fast.

    Attributes:
        bpm: Lowest and highest usual tempo in quarter notes a minute.
        scale: Factor on the tempo that the other cards ask for (moods: slow, fast).
        meters: Time signatures such as ``4/4``, ``6/8``, ``7/8`` (2+2+3) or ``3+2+2/8``. In 6/8, 9/8 and 12/8 the tempo
            counts dotted quarters. Figures of the card are written in the likeliest of them, unless they are tagged:
            ``6/8|x--x-x``.
    """

    bpm: tuple[float, float] | None = None
    scale: Annotated[float, msgspec.Meta(ge=0.25, le=4)] | None = None
    meters: Table = {}


class Feel(Section, frozen=True):
    """How it is played.

    Attributes:
        density: How busy, 0 to 1: what the listener's density replaces.
        swing: 0 straight, 1 triplets.
        swing_sixteenths: Share of the swing that sits on sixteenths (1) instead of eighths (0).
        loose_ms: Spread of the micro-timing.
        drums_late_ms: Drums behind (ahead if negative) of the grid, except kicks.
        bass_late_ms: Bass behind the grid.
        chords_late_ms: Comping behind the grid.
        melody_late_ms: Lead behind the grid.
        dynamics: How much accents differ from the rest, 0 flat to 1.
        ghosts: How many ghost notes, 0 to 1.
        fills: How often a phrase ends in a fill, 0 to 1.
        loudness: Velocity of everything, 0 to 1; 0.7 is played firmly.
        drum_time: -1 drums in half time under the same beat, 0 as written, 1 in double time.
    """

    density: Unit = None
    swing: Unit = None
    swing_sixteenths: Unit = None
    loose_ms: float | None = None
    drums_late_ms: float | None = None
    bass_late_ms: float | None = None
    chords_late_ms: float | None = None
    melody_late_ms: float | None = None
    dynamics: Unit = None
    ghosts: Unit = None
    fills: Unit = None
    loudness: Unit = None
    drum_time: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None


class Layers(Section, frozen=True):
    """Who takes part: 4 nearly always, 2 mostly, 0 half of the time, -2 rarely, -6 never. More also joins earlier."""

    drums: Presence = None
    perc: Presence = None
    bass: Presence = None
    chords: Presence = None
    second: Presence = None
    pad: Presence = None
    arp: Presence = None
    riff: Presence = None
    noise: Presence = None
    melody: Presence = None
    counter: Presence = None
    voice: Presence = None


Grid = dict[str, str | float]
"""A drum pattern: a figure for each drum of ``kit.DRUM_VOICES``, its ``weight``, and its ``meter`` if not the card's.

``X`` accented, ``x`` played, ``o`` soft, ``g`` ghost, ``1`` to ``9`` played in so many of ten bars, ``.`` silent.
"""


class Drums(Section, frozen=True):
    """Patterns for the kit and for the percussion beside it; fills have dots where the pattern goes on.

    Attributes:
        grids: Patterns of the kit.
        perc: Patterns of the percussion.
        fills: What ends a phrase.
        crash: How often a section begins with a cymbal, 0 to 1.
        rolls: How often a fill's repeated strokes are a roll, 0 to 1.
    """

    grids: dict[str, Grid] = {}
    perc: dict[str, Grid] = {}
    fills: dict[str, Grid] = {}
    crash: Unit = None
    rolls: Unit = None


class Instruments(Section, frozen=True):
    """Patches by role."""

    kick: Table = {}
    snare: Table = {}
    hat: Table = {}
    open: Table = {}
    tom: Table = {}
    bass: Table = {}
    chords: Table = {}
    second: Table = {}
    pad: Table = {}
    arp: Table = {}
    riff: Table = {}
    noise: Table = {}
    melody: Table = {}
    counter: Table = {}
    voice: Table = {}


class Harmony(Section, frozen=True):
    """Modes, tonics and charts.

    Attributes:
        modes: Keys of ``theory.MODES``.
        tonics: Names of the tonics that lie well, where no scale is asked for.
        charts: Progressions as Roman numerals.
        contrast: Progressions of the sections that contrast (B, chorus, bridge, break), ``charts`` if none.
        turnarounds: Half a bar that leads back, at the end of a section.
        turnaround: How often there is one.
        lift: How often the last return of a section is a tone or a semitone higher, as in a ballad's last chorus.
    """

    modes: Table = {}
    tonics: Table = {}
    charts: Table = {}
    contrast: Table = {}
    turnarounds: Table = {}
    turnaround: Unit = None
    lift: Unit = None


class Bass(Section, frozen=True):
    """The bass.

    Attributes:
        figures: ``R`` root, ``r`` soft root, ``8`` octave, ``2`` to ``7`` scale steps of the chord, ``a`` step
            towards the next root, ``c`` semitone towards it, ``n`` the root of the next bar already, ``g`` dead note.
            Before a note, taking no time, ``~`` slides into it from the note before, ``>`` accents it: ``R-.~8``. The
            figure ``kick`` plays the root where the kick plays.
        center: MIDI key that it keeps around.
        length: Share of the written length that sounds.
        runs: How often the end of a phrase walks to the next chord.
        slides: How often held notes are slid into, first of all at the beginning of phrases, 0 to 1.
    """

    figures: Table = {}
    center: Annotated[float, msgspec.Meta(ge=24, le=55)] | None = None
    length: Annotated[float, msgspec.Meta(ge=0.1, le=1)] | None = None
    runs: Unit = None
    slides: Unit = None


class Chords(Section, frozen=True):
    """The comping instrument, the pad and the arpeggio.

    Attributes:
        figures: ``X`` accented, ``x`` played, ``o`` soft, ``m`` muted, ``1`` to ``6`` one voice of the chord from
            below, ``b`` its lowest voice.
        arps: Figures of the arpeggio, digits 1 to 8 up the chord over the octaves.
        voicings: close, open, drop2, shell, power, triad, wide.
        center: MIDI key that the voicings keep around.
        length: Share of the written length that sounds.
        strum_ms: Time between the lowest and the highest note.
        arp_center: MIDI key that the arpeggio keeps around.
        tremolo: How often held chords are kept alive by a tremolo, on instruments that have one, 0 to 1.
    """

    figures: Table = {}
    arps: Table = {}
    voicings: Table = {}
    center: Annotated[float, msgspec.Meta(ge=36, le=80)] | None = None
    length: Annotated[float, msgspec.Meta(ge=0.05, le=1)] | None = None
    strum_ms: Annotated[float, msgspec.Meta(ge=0, le=120)] | None = None
    arp_center: Annotated[float, msgspec.Meta(ge=36, le=96)] | None = None
    tremolo: Unit = None


class Second(Section, frozen=True):
    """A second comping instrument with figures of its own: the organ bubble beside the skank, the other guitar.

    Attributes:
        figures: As in ``Chords``.
        voicings: As in ``Chords``.
        center: MIDI key that its voicings keep around.
        length: Share of the written length that sounds.
        pan: -1 (left) to 1 (right).
    """

    figures: Table = {}
    voicings: Table = {}
    center: Annotated[float, msgspec.Meta(ge=36, le=84)] | None = None
    length: Annotated[float, msgspec.Meta(ge=0.05, le=1)] | None = None
    pan: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None


class Riff(Section, frozen=True):
    """An ostinato on the scale: interlocking guitars, gamelan and mbira patterns, acid lines, horn riffs.

    Attributes:
        figures: ``1`` to ``9`` degrees of the melody's scale from the tonic up (8 is the octave of a scale of seven, 6
            that of a scale of five), ``a`` to ``d`` one to four degrees below it. Several bars long if need be. Before
            a note, taking no time, ``~`` slides into it from the note before, ``>`` accents it: ``11~8. >1.~a1``.
        center: MIDI key that the tonic keeps around.
        length: Share of the written length that sounds.
        follows: 0 stays on the tonic, 1 counts from the chord's root and moves with it.
        pan: -1 (left) to 1 (right).
        mutes: From 0.5 on, short notes on the tonic and below it are palm-muted between the others.
    """

    figures: Table = {}
    center: Annotated[float, msgspec.Meta(ge=30, le=90)] | None = None
    length: Annotated[float, msgspec.Meta(ge=0.05, le=1)] | None = None
    follows: Unit = None
    mutes: Unit = None
    pan: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None


class Melody(Section, frozen=True):
    """The lead.

    Attributes:
        rhythms: Rhythms of motifs, ``x`` and ``X`` notes, ``o`` ornaments; one or two bars.
        phrases: Four or eight bars: letters are motifs, ``'`` a variation, ``^`` a third higher, ``_`` lower,
            ``-`` a rest.
        steps: Intervals between notes in scale steps, with sign.
        after_same: Intervals after a repeated note; what is learnt from real melodies, if a card does not say it.
        after_step_up: After a step upwards.
        after_step_down: After a step downwards.
        after_leap_up: After a leap upwards.
        after_leap_down: After a leap downwards.
        scales: mode, pentatonic, blues, chord.
        center: MIDI key that it keeps around.
        span: Half of its range in semitones.
        length: Share of the written length that sounds.
        rest: How often a bar of the phrase is left out, 0 to 1.
        ornaments: How long notes are decorated: none, grace, mordent, turn, trill, roll, slide, tremolo.
        ornamented: How many of them are, 0 to 1.
        pickup: How often a phrase begins with an upbeat.
        answers: How often the second instrument answers in the gaps (call and response).
        doubling: What the second instrument does while the lead plays: guide, none, unison, octave, thirds, sixths.
        virtuosity: How far a solo is faster and freer than the theme, 0 to 1.
        legato: How many of the notes that could be slurred are, 0 to 1.
        portamento: How many slurred notes are slid into, 0 to 1.
        scoops: How many phrases begin with a note that is reached from below, 0 to 1.
        falls: How many phrases end with a note that drops, 0 to 1.
        tremolo: How many held notes are kept alive by a tremolo, on instruments that have one, 0 to 1.
    """

    rhythms: Table = {}
    phrases: Table = {}
    steps: Table = {}
    after_same: Table = {}
    after_step_up: Table = {}
    after_step_down: Table = {}
    after_leap_up: Table = {}
    after_leap_down: Table = {}
    scales: Table = {}
    center: Annotated[float, msgspec.Meta(ge=48, le=96)] | None = None
    span: Annotated[float, msgspec.Meta(ge=4, le=18)] | None = None
    length: Annotated[float, msgspec.Meta(ge=0.1, le=1)] | None = None
    rest: Unit = None
    ornaments: Table = {}
    ornamented: Unit = None
    pickup: Unit = None
    answers: Unit = None
    doubling: Table = {}
    virtuosity: Unit = None
    legato: Unit = None
    portamento: Unit = None
    scoops: Unit = None
    falls: Unit = None
    tremolo: Unit = None


class Voice(Section, frozen=True):
    """Chopped voices.

    Attributes:
        figures: Where the chops fall: ``x``, ``X``, ``o``.
    """

    figures: Table = {}


class Form(Section, frozen=True):
    """The long shape.

    Attributes:
        cycles: Sections with their bars, e.g. ``A8 A8 B8 A8``.
        energy: Section to energy, 0 to 1, where it differs from the usual.
        announcements: How a new section that is bigger, or a new style, is announced: none, fill, riser, stop.
        endings: How a piece ends: cadence, hit, ritard, tag, fade.
    """

    cycles: Table = {}
    announcements: Table = {}
    endings: Table = {}
    energy: dict[str, Annotated[float, msgspec.Meta(ge=0, le=1)]] = {}


class PartLevels(Section, frozen=True):
    """One number a part."""

    drums: float | None = None
    bass: float | None = None
    chords: float | None = None
    melody: float | None = None
    texture: float | None = None
    voice: float | None = None


class Effects(Section, frozen=True):
    """Effects on the parts: depth 0 to 1 for each."""

    chorus: PartLevels = PartLevels()
    flanger: PartLevels = PartLevels()
    phaser: PartLevels = PartLevels()
    tremolo: PartLevels = PartLevels()
    wah: PartLevels = PartLevels()
    crush: PartLevels = PartLevels()
    amp: PartLevels = PartLevels()


class Mix(Section, frozen=True):
    """How it is mixed: the fields of ``score.Production``.

    Attributes:
        room: What the shared room is like: booth, room, club, hall, church, plate, spring.
        spectrum: Kind of record whose long-term spectrum it is held to: pop, electronic, hiphop, rock, jazz, acoustic,
            orchestral, ambient.
        effects: On the parts.
        glue: 0 every peak lives, 1 a wall.
    """

    gains_db: PartLevels = PartLevels()
    reverb: PartLevels = PartLevels()
    delay: PartLevels = PartLevels()
    drive: PartLevels = PartLevels()
    reverb_seconds: Annotated[float, msgspec.Meta(ge=0.3, le=6)] | None = None
    delay_beats: Annotated[float, msgspec.Meta(ge=0.25, le=1.5)] | None = None
    delay_feedback: Annotated[float, msgspec.Meta(ge=0, le=0.8)] | None = None
    sidechain: Unit = None
    width: Annotated[float, msgspec.Meta(ge=0, le=1.5)] | None = None
    tilt_db: Annotated[float, msgspec.Meta(ge=-6, le=6)] | None = None
    lofi: Unit = None
    glue: Unit = None
    room: Table = {}
    spectrum: Table = {}
    effects: Effects = Effects()


class CardFile(Section, frozen=True):
    """One TOML file.

    Attributes:
        name: As people call it.
        kind: A genre says everything; an instrument takes the roles that it claims and hardly speaks about the rest; a
            mood moves what others say. There is one prior.
        about: One line for people.
        aliases: Other names, lower case; plurals and hyphens need no mention.
        claims: Roles that an instrument card can take, best first: names of ``Instruments``, and ``drums``, ``perc``. A
            mood may claim roles, groups (``harmony``) or single decisions (``harmony.modes``) that are its own.
        removes: Layers that rest where the card has a negative weight, for names of whole groups: drums, bass, voices.
        sources: Where the facts come from, for what is not common knowledge: books, papers, standards, by name.
    """

    name: str
    kind: Literal["prior", "genre", "instrument", "mood"]
    about: str
    aliases: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tempo: Tempo = Tempo()
    feel: Feel = Feel()
    layers: Layers = Layers()
    drums: Drums = Drums()
    instruments: Instruments = Instruments()
    harmony: Harmony = Harmony()
    bass: Bass = Bass()
    chords: Chords = Chords()
    second: Second = Second()
    riff: Riff = Riff()
    melody: Melody = Melody()
    voice: Voice = Voice()
    form: Form = Form()
    mix: Mix = Mix()
