/**
 * The audio thread's side of the player: a ring buffer that never clicks. It starts when the whole lead is there (which
 * comes at once, unless the server is cold and would leave a gap after the first chunk), fades before it runs out,
 * holds its position while paused, cuts back what a stall has piled up, and knows which frame of the piece it is at.
 *
 * Messages in: `{pcm: Int16Array, frame: number | null}`, `{hold: boolean}`, `{flush: number}` (a number that the
 * reports carry from then on). Messages out: `RingReport` of sinks.js.
 */
import { FRAMES_A_MINUTE, SAMPLE_RATE_HZ } from "./audio.js";

const RING_FRAMES = 1 << 19; // 10.9 s at 48 kHz
const FADE_FRAMES = 480;
const SPLICE_FRAMES = 960;
const REPORT_EVERY_FRAMES = 2048;
const TRIM_WINDOW_FRAMES = 96000;
/** More than this above the usual level, for a whole window, is the debris of a stall. */
const TRIM_ABOVE_FRAMES = 12000;
/** Each underrun buys this much more distance, up to a limit; a minute without one gives it back. */
const MARGIN_STEP_FRAMES = 7200;
const MARGIN_LIMIT_FRAMES = 36000;
const CALM_FRAMES = FRAMES_A_MINUTE;
/** Chunks that wait for the end of a fade, at most; there are more only if the context sleeps. */
const MAX_WAITING = 64;
const MAX_SEGMENTS = 64;

class RingPlayer extends AudioWorkletProcessor {
  /** @param {{processorOptions: {prerollFrames: number, leadFrames: number}}} options */
  constructor(options) {
    super();
    this.prerollFrames = options.processorOptions.prerollFrames;
    this.leadFrames = options.processorOptions.leadFrames;
    this.left = new Float32Array(RING_FRAMES);
    this.right = new Float32Array(RING_FRAMES);
    this.read = 0; // both count up for ever; a double is exact for 5,000 years of frames
    this.written = 0;
    /** Which frame of the piece lies where: from `at` on, frame by frame. @type {{at: number, frame: number}[]} */
    this.segments = [];
    /** Frame of the piece that would join on to what is written. @type {number | null} */
    this.following = null;
    /** @type {{pcm: Int16Array, frame: number | null}[]} what came in while the old piece fades out */
    this.waiting = [];
    this.gain = 0;
    this.running = false;
    this.held = false;
    this.flushing = false;
    this.flushes = 0;
    this.spliceFrom = 0;
    this.spliceLeft = 0;
    this.lowest = Infinity;
    this.windowFrames = 0;
    this.marginFrames = 0;
    this.calmFrames = 0;
    this.sinceReport = 0;
    this.sounded = false;
    this.jumped = false;
    this.underruns = 0;
    this.trims = 0;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /** @param {any} message */
  receive(message) {
    if (message.pcm) this.accept(message);
    if (message.hold !== undefined) this.held = message.hold;
    if (message.flush !== undefined) {
      this.flushing = true;
      this.flushes = message.flush;
      this.waiting = [];
    }
  }

  /** @param {{pcm: Int16Array, frame: number | null}} chunk */
  accept(chunk) {
    if (!this.flushing) this.write(chunk);
    else if (this.waiting.push(chunk) > MAX_WAITING) this.clear();
  }

  /** @param {{pcm: Int16Array, frame: number | null}} chunk interleaved stereo, and the frame that it begins with */
  write({ pcm, frame }) {
    const frames = pcm.length / 2;
    const excess = this.written - this.read + frames - RING_FRAMES;
    if (excess > 0) {
      this.read += excess;
      this.jumped = true;
    }
    const begin = frame ?? this.following ?? 0;
    const joins = begin === this.following;
    // What does not join on to what is there takes over from it within some milliseconds.
    const overlap = joins ? 0 : Math.max(0, Math.min(SPLICE_FRAMES, frames, this.written - this.read));
    const from = this.written - overlap;
    if (!joins) this.segments.push({ at: from, frame: begin });
    if (this.segments.length > MAX_SEGMENTS) this.segments.shift();
    for (let index = 0; index < frames; index++) {
      const at = (from + index) % RING_FRAMES;
      const old = index < overlap ? 1 - (index + 1) / (overlap + 1) : 0;
      this.left[at] = (pcm[2 * index] / 32768) * (1 - old) + (old && this.left[at] * old);
      this.right[at] = (pcm[2 * index + 1] / 32768) * (1 - old) + (old && this.right[at] * old);
    }
    this.written = from + frames;
    this.following = begin + frames;
  }

  clear() {
    this.read = this.written;
    this.segments = [];
    this.following = null;
    this.running = false;
    this.flushing = false;
    this.spliceLeft = 0;
    this.gain = 0;
    this.jumped = true;
    this.restartWindow();
    for (const chunk of this.waiting.splice(0)) this.write(chunk);
  }

  restartWindow() {
    this.lowest = Infinity;
    this.windowFrames = 0;
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const [left, right] = outputs[0];
    const frames = left.length;
    const buffered = this.written - this.read;
    if (!this.running && !this.held && buffered >= this.prerollFrames + this.marginFrames) {
      this.running = true;
      this.restartWindow();
    }
    const dry = buffered < FADE_FRAMES + frames;
    const target = this.running && !this.held && !this.flushing && !dry ? 1 : 0;
    for (let frame = 0; frame < frames; frame++) this.sample(left, right ?? left, frame, target);
    if (this.gain === 0) this.silent(dry);
    else this.watchLevel(buffered, frames);
    this.report(frames);
    return true;
  }

  /** @param {Float32Array} left @param {Float32Array} right @param {number} frame @param {number} target gain */
  sample(left, right, frame, target) {
    const step = 1 / FADE_FRAMES;
    this.gain = target ? Math.min(1, this.gain + step) : Math.max(0, this.gain - step);
    if (this.gain === 0) return; // the buffers come zeroed, and the position is held
    const at = this.read++ % RING_FRAMES;
    let l = this.left[at];
    let r = this.right[at];
    if (this.spliceLeft > 0) {
      const old = this.spliceFrom++ % RING_FRAMES;
      const share = this.spliceLeft-- / SPLICE_FRAMES;
      l += (this.left[old] - l) * share;
      r += (this.right[old] - r) * share;
    }
    left[frame] = l * this.gain;
    right[frame] = r * this.gain;
  }

  /** @param {boolean} dry */
  silent(dry) {
    if (this.flushing) this.clear();
    else if (this.running && dry && !this.held) {
      this.running = false;
      this.underruns++;
      this.calmFrames = 0;
      this.marginFrames = Math.min(MARGIN_LIMIT_FRAMES, this.marginFrames + MARGIN_STEP_FRAMES);
    }
  }

  /** @param {number} buffered @param {number} frames */
  watchLevel(buffered, frames) {
    this.lowest = Math.min(this.lowest, buffered);
    this.windowFrames += frames;
    this.calmFrames += frames;
    if (this.calmFrames >= CALM_FRAMES) {
      this.calmFrames = 0;
      this.marginFrames = Math.max(0, this.marginFrames - MARGIN_STEP_FRAMES);
    }
    if (this.windowFrames < TRIM_WINDOW_FRAMES) return;
    const excess = this.lowest - this.leadFrames - this.marginFrames;
    this.restartWindow();
    if (excess > TRIM_ABOVE_FRAMES && !this.spliceLeft) {
      this.spliceFrom = this.read;
      this.spliceLeft = SPLICE_FRAMES;
      this.read += excess;
      this.jumped = true;
      this.trims++;
    }
  }

  /** @param {number} frames that have just been played */
  report(frames) {
    while (this.segments.length > 1 && this.segments[1].at <= this.read) {
      this.segments.shift();
      this.jumped = true;
    }
    const sounding = this.gain > 0;
    this.sinceReport += frames;
    if (this.sinceReport < REPORT_EVERY_FRAMES && sounding === this.sounded && !this.jumped) return;
    this.sinceReport = 0;
    this.sounded = sounding;
    this.jumped = false;
    const [segment] = this.segments;
    const { read, written, underruns, trims, flushes } = this;
    const time = currentTime + frames / SAMPLE_RATE_HZ;
    const frame = segment ? segment.frame + read - segment.at : null;
    this.port.postMessage({ buffered: written - read, underruns, trims, sounding, flushes, time, frame });
  }
}

registerProcessor("everjam-ring", RingPlayer);
