/**
 * `<ej-score>`: what the music is doing, at the moment when it is heard: beat, section, chord, key, tempo, what became
 * of the words, and the parts as a piano roll. People who cannot see it can ask for it.
 *
 * Attribute `bare`: without what is to be pressed, for pictures that nobody touches.
 * @module score
 */
import * as app from "./app.js";
import { FRAMES_A_MINUTE } from "./audio.js";
import { copyText } from "./copy.js";
import { make } from "./dom.js";
import { beatsInBar, chordInWords, chordParts, nameInWords, pulsesInBar, withAccidentals } from "./notation.js";
import { BARS, PianoRoll } from "./pianoroll.js";
import { isStill, Ticker, watchColours } from "./ticker.js";
import { readings, whyInWords } from "./why.js";

/**
 * @typedef {import("./heard.js").Beat} Beat
 * @typedef {import("./heard.js").Heard} Heard
 * @typedef {import("./heard.js").Why} Why
 * @typedef {import("./store.js").Store} Store
 */

const DRAW_MS = 33;
const PARTS = ["drums", "bass", "chords", "melody", "texture", "voice"];
const WAITING = "Chord, key and tempo are shown here while it plays.";
const SILENT = "This engine does not say what it plays.";

const MARKUP = `
  <div class="score-now">
    <p class="score-chord" aria-hidden="true"><span class="root"></span><span class="kind"></span></p>
    <div class="score-time" aria-hidden="true">
      <ol class="score-beats"></ol>
      <p class="score-place"></p>
    </div>
    <dl class="score-facts">
      <div><dt>Key</dt><dd data-fact="key"></dd></div>
      <div><dt>Tempo</dt><dd data-fact="tempo"></dd></div>
      <div><dt>Metre</dt><dd data-fact="meter"></dd></div>
      <div><dt>Section</dt><dd data-fact="section"></dd></div>
    </dl>
    <p class="score-empty"></p>
  </div>
  <ul class="score-why" aria-label="What your words became"></ul>
  <figure class="score-roll">
    <canvas role="img" aria-label="Piano roll of the last ${BARS} bars"></canvas>
    <figcaption>
      ${PARTS.map((part) => `<span class="score-part" data-part="${part}">${part}</span>`).join(" ")}
      <button type="button" class="score-ask" aria-expanded="false">Describe it</button>
      <button type="button" class="score-obs" title="Copy the address that shows this jam in OBS">For OBS</button>
    </figcaption>
  </figure>
  <p class="score-said" role="status"></p>`;

export class Score extends HTMLElement {
  /** @type {Heard} what is heard; to be set before the element is put into a page, if it is not the page's own */
  heard = app.heard;
  /** @type {Store} */
  store = app.store;
  /** @type {AbortController | null} */
  #ends = null;
  #ticker = new Ticker(this, DRAW_MS, () => this.#draw());
  /** @type {PianoRoll | null} */
  #roll = null;
  /** @type {import("./pianoroll.js").RollColours} */
  #colours = { parts: new Map(), line: "", text: "", accent: "" };
  /** @type {Beat | null} what is shown */
  #shown = null;
  /** @type {Why[]} */
  #why = [];
  #playing = false;
  #over = true;

  connectedCallback() {
    if (!this.firstElementChild) this.innerHTML = MARKUP;
    const canvas = this.#$("canvas");
    this.#roll ??= new PianoRoll(/** @type {HTMLCanvasElement} */ (canvas));
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const sizes = new ResizeObserver(() => {
      if (this.#roll?.fit()) this.#draw();
    });
    sizes.observe(canvas);
    const ends = [
      () => sizes.disconnect(),
      watchColours(() => this.#takeColours()),
      this.store.watch("playback", ({ playback }) => this.#showPlayback(playback)),
    ];
    signal.addEventListener("abort", () => ends.forEach((end) => end()));
    this.heard.addEventListener("beat", (event) => this.#onBeat(/** @type {CustomEvent} */ (event).detail), { signal });
    this.heard.addEventListener("why", (event) => this.#showWhy(/** @type {CustomEvent} */ (event).detail), { signal });
    this.#$(".score-ask").addEventListener("click", () => this.#tell(), { signal });
    this.#$(".score-obs").addEventListener("click", () => void shareForObs(), { signal });
    this.#ticker.start();
  }

  disconnectedCallback() {
    this.#ends?.abort();
    this.#ticker.stop();
  }

  /** @returns {string} what plays, in words */
  describe() {
    const beat = this.heard.now() ?? this.#shown;
    if (!beat) return this.#playing ? SILENT : "Nothing plays.";
    const { bar, beat: count, bpm, meter, chord, key, section } = beat;
    const parts = this.#partsInWords(beat.frame);
    return [
      `Bar ${bar + 1}, beat ${count + 1} of ${this.#beatCount(beat)}.`,
      section && `Section ${section}.`,
      chord && `Chord ${chordInWords(chord)}${key ? `, in ${nameInWords(key)}` : ""}.`,
      `${Math.round(bpm)} beats a minute in ${meter.join("/")}.`,
      parts && `Playing: ${parts}.`,
      whyInWords(this.#why),
    ].filter(Boolean).join(" ");
  }

  /** @param {string} selector @returns {HTMLElement} */
  #$(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  /** Says what plays, or takes that away again. */
  #tell() {
    const open = this.#$(".score-said").textContent === "";
    this.#$(".score-said").textContent = open ? this.describe() : "";
    this.#$(".score-ask").setAttribute("aria-expanded", String(open));
    this.#$(".score-ask").textContent = open ? "Close" : "Describe it";
  }

  /** @param {number} frame @returns {string} parts of the last two bars, with their instruments */
  #partsInWords(frame) {
    /** @type {Map<string, Set<string>>} */
    const parts = new Map();
    for (const [, , , , part, instrument] of this.heard.notes(frame - 2 * this.#barFrames(), frame + 1)) {
      const instruments = parts.get(part) ?? new Set();
      parts.set(part, part === "drums" ? instruments : instruments.add(instrument.replace(/_/g, " ")));
    }
    const inWords = (/** @type {string} */ part) => {
      const instruments = [...(parts.get(part) ?? [])];
      return instruments.length ? `${part} (${instruments.join(", ")})` : part;
    };
    return PARTS.filter((part) => parts.has(part)).map(inWords).join(", ");
  }

  /** @param {import("./store.js").Playback} playback */
  #showPlayback(playback) {
    this.#playing = playback === "playing";
    this.dataset.playing = String(this.#playing);
    this.#over = playback === "stopped" || playback === "failed";
    if (this.#over) {
      this.#show(null);
      this.#showWhy([]);
      this.#roll?.clear();
    }
    this.#$(".score-empty").textContent = WAITING;
    this.#ticker.wake();
  }

  /** @param {Beat} beat */
  #onBeat(beat) {
    // Between the beats the ticker is more exact; it rests where nothing may move, and then a bar is one picture.
    if (!isStill() || this.#over) return;
    this.#show(beat);
    if (beat.beat === 0) this.#ticker.wake();
  }

  /** @returns {boolean} */
  #draw() {
    const { frame } = this.heard;
    const beat = this.#over ? null : this.heard.now();
    if (beat) this.#show(beat);
    if (frame !== null && beat && this.#roll && this.#$("canvas").clientWidth) {
      const window = this.#roll.window(frame, this.#barFrames());
      const music = { notes: this.heard.notes(...window), beats: this.heard.beats(...window) };
      this.#roll.draw(frame, window, music, this.#colours, isStill());
      this.#showParts(music.notes);
      this.#pulse(beat);
    } else if (frame !== null && this.#playing && !this.#shown) {
      this.#$(".score-empty").textContent = SILENT;
    }
    return this.#playing;
  }

  /** @param {Beat & {phase: number}} beat */
  #pulse({ beat, phase }) {
    const strength = this.#playing && !isStill() ? (1 - phase) ** 2 : 0.5;
    const dot = /** @type {HTMLElement | undefined} */ (this.#$(".score-beats").children[beat]);
    dot?.style.setProperty("--pulse", strength.toFixed(2));
  }

  /** @param {import("./heard.js").Note[]} notes */
  #showParts(notes) {
    const present = new Set(notes.map((note) => note[4]));
    for (const element of this.querySelectorAll(".score-part")) {
      const name = /** @type {HTMLElement} */ (element).dataset.part ?? "";
      element.classList.toggle("out", !present.has(name));
    }
  }

  /** @param {Beat | null} beat */
  #show(beat) {
    const old = this.#shown;
    if (beat && old && beat.frame === old.frame) return;
    this.#shown = beat;
    this.classList.toggle("empty", !beat);
    if (!beat) return;
    const { root, kind } = chordParts(beat.chord);
    this.#write(".root", root);
    this.#write(".kind", kind);
    this.#write("[data-fact=key]", withAccidentals(beat.key));
    this.#write("[data-fact=tempo]", `${Math.round(beat.bpm)} bpm`);
    this.#write("[data-fact=meter]", beat.meter.join("/"));
    this.#write("[data-fact=section]", beat.section);
    this.#write(".score-place", `Bar ${beat.bar + 1}`);
    this.#showBeats(beat);
  }

  /** @param {string} selector @param {string} text */
  #write(selector, text) {
    const element = this.#$(selector);
    if (element.textContent === text) return;
    element.textContent = text;
    if (element.parentElement?.parentElement?.tagName === "DL") element.parentElement.hidden = !text;
  }

  /** @param {Beat} beat */
  #showBeats(beat) {
    const list = this.#$(".score-beats");
    const count = this.#beatCount(beat);
    while (list.children.length > count) list.lastElementChild?.remove();
    while (list.children.length < count) list.append(document.createElement("li"));
    [...list.children].forEach((dot, index) => {
      dot.classList.toggle("on", index === beat.beat);
      dot.classList.toggle("past", index < beat.beat);
    });
  }

  /** @param {Beat} beat @returns {number} beats in its bar, as far as is known */
  #beatCount({ frame, bar, beat, meter }) {
    const recent = this.heard.beats(frame - 2 * this.#barFrames(meter), frame);
    const before = recent.findLast((other) => other.bar === bar - 1);
    const same = before && before.meter.join() === meter.join();
    return Math.max(beat + 1, same ? before.beat + 1 : beatsInBar(meter));
  }

  /** @param {[number, number]} [meter] @returns {number} length of a bar */
  #barFrames(meter = this.#shown?.meter ?? [4, 4]) {
    return (pulsesInBar(meter) * FRAMES_A_MINUTE) / (this.#shown?.bpm ?? 120);
  }

  /** @param {Why[]} why */
  #showWhy(why) {
    this.#why = why;
    const lines = readings(why);
    const named = lines.filter((reading) => reading.obvious).map((reading) => `“${reading.text}”`);
    const told = lines.filter((reading) => !reading.obvious).map((reading) => this.#whyLine(reading));
    const last = named.length ? [make("li", { className: "obvious" }, `${named.join(", ")}: known by name`)] : [];
    const list = this.#$(".score-why");
    const place = [...list.children].findIndex((line) => line.contains(document.activeElement));
    list.replaceChildren(...told, ...last);
    if (place >= 0) ((told[place] ?? told.at(-1))?.querySelector("summary") ?? this.#$(".score-ask")).focus();
  }

  /** @param {import("./why.js").Reading} reading @returns {HTMLElement} */
  #whyLine({ text, away, cards, more, reasons }) {
    const colour = this.store.state.prompts.find((prompt) => prompt.text.trim() === text)?.colour;
    const line = make("li", { className: away ? "away" : "" });
    if (colour) line.style.setProperty("--c", colour);
    const details = make("details");
    const summary = make("summary");
    const rest = more ? ` and ${more} more` : "";
    const arrow = make("span", { className: "arrow" }, away ? " keeps out " : " → ");
    summary.append(make("q", {}, text), arrow, `${cards || "nothing"}${rest}`);
    const list = make("ul");
    for (const { name, share, why } of reasons) list.append(make("li", {}, `${name} ${share}: ${why}`));
    details.append(summary, list);
    line.append(details);
    return line;
  }

  #takeColours() {
    const { color, accentColor, outlineColor } = getComputedStyle(this.#$("canvas"));
    const parts = new Map(PARTS.map((part) => {
      return [part, getComputedStyle(this.#$(`[data-part=${part}]`), "::before").color];
    }));
    this.#colours = { parts, text: color, line: outlineColor, accent: accentColor };
    this.#ticker.wake();
  }
}

/** Hands out the address of a page that shows this page's jam and makes no sound. */
async function shareForObs() {
  const { session, toasts, key } = app;
  if (!session.jam) {
    toasts.show("obs", "Press play first: the picture for OBS is of the jam that plays.");
    return;
  }
  const url = new URL("obs", location.href);
  url.search = "";
  url.hash = String(new URLSearchParams({ jam: session.jam, ...(key && { key }) }));
  const copied = await copyText(url.href);
  const what = "a Browser Source of OBS with it shows what plays here, and leaves the sound to this page.";
  toasts.show("obs", copied ? `Link copied: ${what}` : `Copy ${url.href} by hand: ${what}`, { lasting: !copied });
}

customElements.define("ej-score", Score);
