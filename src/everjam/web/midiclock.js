/**
 * MIDI clock: the tempo of one that comes in, and one that goes out with what is heard.
 * @module midiclock
 */
import { FRAMES_A_MINUTE, SAMPLE_RATE_HZ } from "./audio.js";
import { pulseQuarters } from "./notation.js";

/**
 * @typedef {import("./heard.js").Beat} Beat
 * @typedef {{send(data: number[], at?: number): void, clear?(): void}} Output not every browser can clear
 */

const PULSES_PER_QUARTER = 24;
const CLOCK = 0xf8;
const START = 0xfa;
const STOP = 0xfc;
/** Two quarters: less shakes, more limps behind. */
const WINDOW = 2 * PULSES_PER_QUARTER;
const SILENCE_MS = 500;
/** A tempo has to leave the whole number that it stands at by this much before another one counts. */
const HYSTERESIS_BPM = 0.65;
const AHEAD_FRAMES = 0.35 * SAMPLE_RATE_HZ;
const LATE_FRAMES = 0.05 * SAMPLE_RATE_HZ;

/** Finds the tempo of a clock. */
export class ClockIn {
  /** @type {number[]} */
  #times = [];
  /** @type {number | null} */
  #bpm = null;

  /**
   * @param {number} atMs of one pulse
   * @returns {number | null} the tempo, where it is another than before: whole bpm
   */
  pulse(atMs) {
    const last = this.#times.at(-1);
    if (last !== undefined && atMs - last > SILENCE_MS) this.#times = [];
    this.#times.push(atMs);
    if (this.#times.length > WINDOW + 1) this.#times.shift();
    if (this.#times.length <= WINDOW) return null;
    const quarters = (this.#times.length - 1) / PULSES_PER_QUARTER;
    const bpm = (60_000 * quarters) / (atMs - this.#times[0]);
    if (this.#bpm !== null && Math.abs(bpm - this.#bpm) < HYSTERESIS_BPM) return null;
    const whole = Math.round(bpm);
    if (whole === this.#bpm) return null;
    this.#bpm = whole;
    return whole;
  }
}

/** Sends a clock that beats with what is heard: its pulses are handed over ahead of time, each with its moment. */
export class ClockOut {
  #output;
  #running = false;
  #sentTo = -1;
  /** Moment of the last message that was handed over, on the clock of `performance.now`. */
  #lastMs = 0;

  /** @param {Output} output */
  constructor(output) {
    this.#output = output;
  }

  /**
   * Hands over the pulses of the next beats; to be called some ten times a second.
   * @param {number} frame that is heard now
   * @param {number} nowMs on the clock of `performance.now`
   * @param {Beat[]} beats from this one on, in order
   */
  advance(frame, nowMs, beats) {
    const toMs = (/** @type {number} */ at) => nowMs + ((at - frame) * 1000) / SAMPLE_RATE_HZ;
    if (frame < this.#sentTo - AHEAD_FRAMES * 4) this.stop(); // another piece
    beats.forEach((beat, index) => {
      if (beat.frame <= this.#sentTo || beat.frame > frame + AHEAD_FRAMES || beat.frame < frame - LATE_FRAMES) return;
      // Those who listen count from the first beat of a bar, and a STOP may still be on its way to them.
      if (!this.#running && (beat.beat !== 0 || toMs(beat.frame) <= this.#lastMs)) return;
      if (!this.#running) this.#output.send([START], toMs(beat.frame));
      this.#running = true;
      this.#sentTo = beat.frame;
      const usual = FRAMES_A_MINUTE / beat.bpm;
      const length = (beats[index + 1]?.frame ?? beat.frame + usual) - beat.frame;
      const pulses = Math.round((length / usual) * pulseQuarters(beat.meter) * PULSES_PER_QUARTER);
      for (let pulse = 0; pulse < pulses; pulse++) {
        this.#lastMs = toMs(beat.frame + (pulse * length) / pulses);
        this.#output.send([CLOCK], this.#lastMs);
      }
    });
  }

  /** The music holds: at once where what was handed over can be taken back, else after it. */
  stop() {
    if (this.#running && this.#output.clear) {
      this.#output.clear();
      this.#lastMs = 0;
    }
    if (this.#running) this.#output.send([STOP], this.#lastMs);
    this.#running = false;
    this.#sentTo = -1;
  }
}
