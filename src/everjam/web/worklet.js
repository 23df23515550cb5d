/**
 * The audio thread's side of the player: a ring buffer that never clicks. It starts when the whole lead is there (which
 * comes at once, unless the server is cold and would leave a gap after the first chunk), fades before it runs out,
 * holds its position while paused, and cuts back what a stall has piled up.
 *
 * Messages in: `{pcm: Int16Array}`, `{hold: boolean}`, `{flush: true}`. Messages out: `Stats`.
 * @typedef {{buffered: number, underruns: number, trims: number, sounding: boolean}} Stats `buffered` in frames
 */

const RING_FRAMES = 1 << 19; // 10.9 s at 48 kHz
const FADE_FRAMES = 480;
const SPLICE_FRAMES = 960;
const STATS_EVERY_FRAMES = 2048;
const TRIM_WINDOW_FRAMES = 96000;
/** More than this above the usual level, for a whole window, is the debris of a stall. */
const TRIM_ABOVE_FRAMES = 12000;
/** Each underrun buys this much more distance, up to a limit; a minute without one gives it back. */
const MARGIN_STEP_FRAMES = 7200;
const MARGIN_LIMIT_FRAMES = 36000;
const CALM_FRAMES = 2880000;

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
    this.gain = 0;
    this.running = false;
    this.held = false;
    this.flushing = false;
    this.spliceFrom = 0;
    this.spliceLeft = 0;
    this.lowest = Infinity;
    this.windowFrames = 0;
    this.marginFrames = 0;
    this.calmFrames = 0;
    this.sinceStats = 0;
    this.underruns = 0;
    this.trims = 0;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /** @param {any} message */
  receive(message) {
    if (message.pcm) this.write(message.pcm);
    if (message.hold !== undefined) this.held = message.hold;
    if (message.flush) this.flushing = true;
  }

  /** @param {Int16Array} pcm interleaved stereo */
  write(pcm) {
    if (this.flushing) this.clear();
    const frames = pcm.length / 2;
    if (this.written - this.read + frames > RING_FRAMES) this.read = this.written + frames - RING_FRAMES;
    for (let frame = 0; frame < frames; frame++) {
      const at = (this.written + frame) % RING_FRAMES;
      this.left[at] = pcm[2 * frame] / 32768;
      this.right[at] = pcm[2 * frame + 1] / 32768;
    }
    this.written += frames;
  }

  clear() {
    this.read = this.written;
    this.running = false;
    this.flushing = false;
    this.spliceLeft = 0;
    this.gain = 0;
    this.restartWindow();
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
      this.trims++;
    }
  }

  /** @param {number} frames */
  report(frames) {
    this.sinceStats += frames;
    if (this.sinceStats < STATS_EVERY_FRAMES) return;
    this.sinceStats = 0;
    const { underruns, trims } = this;
    this.port.postMessage({ buffered: this.written - this.read, underruns, trims, sounding: this.gain > 0 });
  }
}

registerProcessor("everjam-ring", RingPlayer);
