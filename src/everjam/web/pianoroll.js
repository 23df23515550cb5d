/**
 * The parts as a piano roll that runs past a line that is now: eight bars, a colour a part, the drums in a lane of
 * their own. Draws what it is given.
 * @module pianoroll
 */
import { chordParts } from "./notation.js";
import { fitCanvas } from "./ticker.js";

/**
 * @typedef {import("./heard.js").Note} Note
 * @typedef {import("./heard.js").Beat} Beat
 * @typedef {{parts: Map<string, string>, line: string, text: string, accent: string}} RollColours CSS colours
 */

export const BARS = 8;
/** Where "now" is, in shares of the width: the little that is known of the future is to the right of it. */
const NOW = 0.94;
const UNHEARD_ALPHA = 0.28;
const DRUM_SHARE = 0.2;
const LEAST_SPAN = 28;
/** In shares of the page's type size: the room for labels above the notes, and their size. */
const LABEL_ROOM = 1.15;
const LABEL_SIZE = 0.74;
/** Fastest that the edges of the picture follow: the music is to move, not the paper. */
const EASE = 0.04;
/** General MIDI's drum keys by where they lie in the lane; what is not here lies on top. */
const DRUM_ROWS = [
  new Set([35, 36]),
  new Set([37, 38, 39, 40, 41, 43, 45, 47, 48, 50]),
  new Set([42, 44, 46, 54, 69, 70, 82]),
];

export class PianoRoll {
  #canvas;
  #low = 40;
  #high = 40 + LEAST_SPAN;
  #length = 0;
  #fresh = true;
  #typePx = 16;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Takes on the size that the page gives the canvas. @returns {boolean} whether it is to be drawn again */
  fit() {
    this.#typePx = Number.parseFloat(getComputedStyle(this.#canvas).fontSize) || this.#typePx;
    return fitCanvas(this.#canvas);
  }

  /** Begins again with another piece. */
  clear() {
    this.#fresh = true;
    this.#canvas.getContext("2d")?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /**
   * Which stretch of the piece is in the picture.
   * @param {number} frame that is heard now
   * @param {number} barFrames length of a bar
   * @returns {[from: number, to: number]}
   */
  window(frame, barFrames) {
    const wanted = BARS * barFrames;
    this.#length += (wanted - this.#length) * (this.#length && !this.#fresh ? EASE : 1);
    return [frame - NOW * this.#length, frame + (1 - NOW) * this.#length];
  }

  /**
   * @param {number} frame that is heard now
   * @param {[number, number]} window from `window`
   * @param {{notes: Note[], beats: Beat[]}} music in the window
   * @param {RollColours} colours
   * @param {boolean} still jump rather than glide
   */
  draw(frame, [from, to], { notes, beats }, colours, still) {
    const context = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    if (!context || !width) return;
    const scale = width / this.#canvas.clientWidth;
    const x = (/** @type {number} */ at) => ((at - from) / (to - from)) * width;
    context.clearRect(0, 0, width, height);
    this.#follow(notes, still);
    const top = Math.round(LABEL_ROOM * this.#typePx * scale);
    const lane = Math.round((height - top) * DRUM_SHARE);
    this.#grid(context, beats, x, { top, lane, scale }, colours);
    const tones = { top, height: height - top - lane - 4 * scale, scale };
    for (const note of notes) {
      const [start, length, pitch, velocity, part] = note;
      const left = x(start);
      const right = Math.max(left + 2.5 * scale, x(start + length) - scale);
      const sounds = start <= frame && start + length > frame;
      const past = (0.5 + 0.45 * velocity) * (0.35 + (0.65 * left) / width);
      context.globalAlpha = sounds ? 1 : start > frame ? UNHEARD_ALPHA : past;
      context.fillStyle = colours.parts.get(part) ?? colours.text;
      if (part === "drums") drum(context, left, pitch, velocity, { top: height - lane, height: lane, scale });
      else this.#tone(context, left, right, pitch, tones, sounds);
    }
    context.globalAlpha = 1;
    context.fillStyle = colours.accent;
    context.fillRect(Math.round(x(frame)), top * 0.4, Math.max(1, scale), height);
    this.#fresh = false;
  }

  /** @param {Note[]} notes @param {boolean} still */
  #follow(notes, still) {
    let [low, high] = [127, 0];
    for (const [, , pitch, , part] of notes) {
      if (part === "drums") continue;
      low = Math.min(low, pitch);
      high = Math.max(high, pitch);
    }
    if (low > high) return;
    const room = Math.max(0, LEAST_SPAN - (high - low)) / 2 + 1.5;
    const ease = still || this.#fresh ? 1 : EASE;
    this.#low += (low - room - this.#low) * ease;
    this.#high += (high + room - this.#high) * ease;
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {number} left @param {number} right @param {number} pitch
   * @param {{top: number, height: number, scale: number}} box @param {boolean} sounds
   */
  #tone(context, left, right, pitch, { top, height, scale }, sounds) {
    const row = height / (this.#high - this.#low);
    const y = top + (this.#high - pitch - 0.5) * row;
    const thick = Math.max(2.5 * scale, Math.min(row * 1.1, 10 * scale));
    if (sounds) {
      const alpha = context.globalAlpha;
      context.globalAlpha = 0.28;
      pill(context, left - 2 * scale, y - 3 * scale, right - left + 4 * scale, thick + 6 * scale);
      context.globalAlpha = alpha;
    }
    pill(context, left, y, right - left, thick);
  }

  /**
   * Lines where bars begin, and above them what changes there.
   * @param {CanvasRenderingContext2D} context @param {Beat[]} beats @param {(frame: number) => number} x
   * @param {{top: number, lane: number, scale: number}} box @param {RollColours} colours
   */
  #grid(context, beats, x, { top, lane, scale }, colours) {
    const { width, height } = this.#canvas;
    context.fillStyle = colours.line;
    context.globalAlpha = 0.55;
    context.fillRect(0, Math.round(height - lane - 2 * scale), width, Math.max(1, scale));
    let [chord, section, free] = ["", "", -Infinity];
    context.font = `600 ${LABEL_SIZE * this.#typePx * scale}px ui-sans-serif, system-ui, sans-serif`;
    context.textBaseline = "middle";
    for (const beat of beats) {
      const left = Math.round(x(beat.frame));
      context.fillStyle = colours.line;
      context.globalAlpha = beat.beat === 0 ? 1 : 0.35;
      context.fillRect(left, top, Math.max(1, scale), height - top);
      const label = beat.chord === chord ? "" : Object.values(chordParts(beat.chord)).join("");
      const change = section && beat.section !== section ? `${beat.section}  ` : "";
      [chord, section] = [beat.chord, beat.section];
      if (!label && !change) continue;
      if (left < free || left > width * NOW) continue;
      context.globalAlpha = 0.4 + (0.6 * left) / width;
      context.fillStyle = colours.accent;
      context.fillText(change, left + 3 * scale, top / 2);
      const after = left + 3 * scale + context.measureText(change).width;
      context.fillStyle = colours.text;
      context.fillText(label, after, top / 2);
      free = after + context.measureText(label).width + 8 * scale;
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} left @param {number} pitch @param {number} velocity
 * @param {{top: number, height: number, scale: number}} box
 */
function drum(context, left, pitch, velocity, { top, height, scale }) {
  const found = DRUM_ROWS.findIndex((keys) => keys.has(pitch));
  const row = height / (DRUM_ROWS.length + 1);
  const y = top + height - ((found < 0 ? DRUM_ROWS.length : found) + 0.5) * row;
  const size = Math.min(row * 0.8, (4 + 5 * velocity) * scale);
  pill(context, left, y - size / 2, Math.max(2.5 * scale, size * 0.6), size);
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width
 * @param {number} height
 */
function pill(context, x, y, width, height) {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(width, height) * 0.4);
  context.fill();
}
