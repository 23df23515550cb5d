/**
 * What is heard now: the server says with each chunk which beats and notes it holds, the player says which frame is at
 * the ear, and this puts the two together.
 * @module heard
 */
import { FRAMES_A_MINUTE, SAMPLE_RATE_HZ } from "./audio.js";

/**
 * @typedef {{frame: number, bar: number, beat: number, bpm: number, meter: [number, number], chord: string,
 *   section: string, key: string}} Beat
 * @typedef {[frame: number, durationFrames: number, pitch: number, velocity: number, part: string,
 *   instrument: string]} Note
 * @typedef {{text: string, weight: number, cards: {name: string, weight: number, why: string}[]}} Why
 * @typedef {{frame: number, frames: number, lateNotes: number, beats: Beat[], notes: Note[]}} ChunkReport
 */

const KEPT_SECONDS = 60;
const MAX_NOTES = 8192;
const MAX_BEATS = 1024;
const MAX_WHYS = 64;
const BACK_FRAMES = 9600;

/** Events: `beat` (detail: Beat) and `why` (detail: Why[]) when they are heard. */
export class Heard extends EventTarget {
  /** @type {Beat[]} */
  #beats = [];
  /** @type {Note[]} */
  #notes = [];
  /** @type {{frame: number, why: Why[]}[]} */
  #whys = [];
  #told = -1;
  #end = 0;
  #frameAtEar;

  /** @param {() => number | null} frameAtEar frame of the piece that is heard now, null in silence */
  constructor(frameAtEar) {
    super();
    this.#frameAtEar = frameAtEar;
  }

  /** @param {ChunkReport} report @param {Why[] | null} why */
  add(report, why) {
    if (report.frame < this.#end) this.#forgetFrom(report.frame);
    this.#end = report.frame + report.frames;
    this.#beats.push(...report.beats);
    this.#notes.push(...report.notes);
    if (why) this.#whys.push({ frame: report.frame, why });
    const oldest = report.frame - KEPT_SECONDS * SAMPLE_RATE_HZ;
    this.#beats = this.#beats.filter((beat) => beat.frame >= oldest).slice(-MAX_BEATS);
    this.#notes = this.#notes.filter((note) => note[0] + note[1] >= oldest).slice(-MAX_NOTES);
    this.#whys = this.#whys.slice(-MAX_WHYS);
  }

  /** Forgets everything: another piece begins. */
  forget() {
    this.#beats = [];
    this.#notes = [];
    this.#whys = [];
    this.#told = -1;
    this.#end = 0;
  }

  /** The piece goes on from an earlier frame than was expected. @param {number} frame */
  #forgetFrom(frame) {
    this.#beats = this.#beats.filter((beat) => beat.frame < frame);
    this.#notes = this.#notes.filter((note) => note[0] < frame);
    this.#whys = this.#whys.filter((why) => why.frame < frame);
    this.#told = Math.min(this.#told, frame - 1);
  }

  /** @returns {(Beat & {phase: number}) | null} the beat that sounds; `phase` is how much of it is over, 0 to 1 */
  now() {
    const frame = this.#frameAtEar();
    if (frame === null) return null;
    const index = this.#beats.findLastIndex((beat) => beat.frame <= frame);
    if (index < 0) return null;
    const beat = this.#beats[index];
    const length = (this.#beats[index + 1]?.frame ?? beat.frame + FRAMES_A_MINUTE / beat.bpm) - beat.frame;
    return { ...beat, phase: Math.min(1, (frame - beat.frame) / length) };
  }

  /** @returns {number | null} bar that is heard now, or was heard last; null if nobody knows */
  get bar() {
    return this.now()?.bar ?? null;
  }

  /** @returns {number | null} frame of the piece that is heard now */
  get frame() {
    return this.#frameAtEar();
  }

  /** @param {number} from frame @param {number} to frame @returns {Note[]} that sound anywhere between */
  notes(from, to) {
    return this.#notes.filter((note) => note[0] < to && note[0] + note[1] > from);
  }

  /** @param {number} from frame @param {number} to frame @returns {Beat[]} */
  beats(from, to) {
    return this.#beats.filter((beat) => beat.frame >= from && beat.frame < to);
  }

  /** Tells what has come to the ear since the last call; to be called some ten times a second. */
  tell() {
    const frame = this.#frameAtEar();
    if (frame === null) return;
    // Where the ear has gone back, what came just before is told again: a beat must not be missed.
    const before = frame < this.#told ? frame - BACK_FRAMES : this.#told;
    this.#told = frame;
    for (const beat of this.#beats) if (beat.frame > before && beat.frame <= frame) this.#emit("beat", beat);
    while (this.#whys.length && this.#whys[0].frame <= frame) this.#emit("why", this.#whys.shift()?.why);
  }

  /** @param {string} name @param {unknown} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
