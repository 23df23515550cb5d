/**
 * Sound out: PCM chunks in, loudspeaker out, and which frame of the piece is at the ear.
 * @module player
 */
import { SAMPLE_RATE_HZ } from "./audio.js";
import { ScheduledSink, WorkletSink } from "./sinks.js";

const RAMP_SECONDS = 0.02;
const UNFADE_SECONDS = 0.3;
/** An open output keeps computers awake: it is closed when it has been silent for a while. */
const REST_MS = 5000;
/** Chunks that are kept while the sound path is being opened. */
const MAX_EARLY = 50;
const RAMP_POINTS = 65;
/** The context's clock moves in steps; the page's own clock fills them, as long as the two agree this well. */
const CLOCK_TOLERANCE_SECONDS = 0.1;
const CLOCK_CATCH_UP = 0.01;

/**
 * @typedef {import("./sinks.js").PlayerStats} PlayerStats
 * @typedef {import("./sinks.js").Sink} Sink
 */

export class Player {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Sink | null} */
  #sink = null;
  /** @type {GainNode | null} */
  #fader = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {GainNode | null} */
  #output = null;
  /** @type {Promise<void> | null} */
  #opening = null;
  /** @type {{pcm: Int16Array, frame: number | null}[]} chunks that arrive before the sink is there */
  #early = [];
  #held = false;
  #volume = 1;
  /** The last fade, out or in. @type {{began: number, seconds: number, from: number, to: number}} */
  #ramp = { began: 0, seconds: 0, from: 1, to: 1 };
  #fadeTimer = 0;
  #restTimer = 0;
  /** @type {(whole: boolean) => void} */
  #fadeDone = () => {};
  #clock = { context: 0, page: 0 };

  /** @param {number} leadSeconds how far ahead the server stays; more than that is trimmed back after a stall */
  constructor(leadSeconds) {
    this.leadSeconds = leadSeconds;
  }

  /** Opens the output; to be called from a click or a key, or the browser keeps it silent. */
  async open() {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      throw error;
    });
    await this.#opening;
    await this.#wake();
  }

  /**
   * @param {Int16Array} pcm interleaved stereo at 48 kHz; not to be used afterwards
   * @param {number | null} [frame] of the piece that it begins with; null: it goes on from the chunk before
   */
  push(pcm, frame = null) {
    if (!this.#held) this.#wakeQuietly();
    if (this.#sink) this.#sink.push(pcm, frame);
    else if (this.#early.push({ pcm, frame }) > MAX_EARLY) this.#early.shift();
  }

  /** @param {boolean} held true fades out and keeps the position; false goes on from there, and ends a fade */
  hold(held) {
    this.#held = held;
    this.#sink?.hold(held);
    if (held) {
      this.#restLater();
    } else {
      this.unfade();
      this.#wakeQuietly();
    }
  }

  /** Fades out and forgets what is buffered. */
  flush() {
    this.#early = [];
    this.#sink?.flush();
    this.#restLater();
  }

  /**
   * Lets the sound fade away; `unfade` and `hold(false)` bring it back.
   * @param {number} seconds
   * @returns {Promise<boolean>} at the end; false if something else came between
   */
  fade(seconds) {
    this.#endFade(false);
    const length = Math.max(RAMP_SECONDS, seconds);
    this.#rampTo(0, length);
    return new Promise((done) => {
      this.#fadeDone = done;
      this.#fadeTimer = setTimeout(() => this.#endFade(true), length * 1000);
    });
  }

  /** Ends a fade: the sound comes back quickly, but not at once. */
  unfade() {
    this.#endFade(false);
    if (this.#ramp.to !== 1) this.#rampTo(1, UNFADE_SECONDS);
  }

  /** @returns {PlayerStats} */
  stats() {
    return this.#sink?.stats() ?? { bufferedSeconds: 0, underruns: 0, trims: 0, sounding: false };
  }

  /** @returns {string} "worklet", "scheduled", or "" before `open` */
  get kind() {
    return this.#sink?.kind ?? "";
  }

  /** @returns {number} from this program to the ear, as far as the browser knows */
  get outputSeconds() {
    return this.#context ? (this.#context.baseLatency || 0) + (this.#context.outputLatency || 0) : 0;
  }

  /**
   * @returns {number | null} frame of the piece that is heard now, fractions included; it stands still while the music
   *   is paused or has run dry, and is null as long as nothing has been heard
   */
  get frameAtEar() {
    return this.#sink?.frameAt(this.#now() - this.outputSeconds) ?? null;
  }

  /** @returns {AnalyserNode | null} what is heard, before the volume, for the eye */
  get analyser() {
    return this.#analyser;
  }

  /** @returns {number} 0 to 1, as it is felt */
  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    const now = this.#context?.currentTime ?? 0;
    this.#output?.gain.setTargetAtTime(this.#volume ** 2, now, RAMP_SECONDS / 3);
  }

  async #open() {
    // Tells Safari that this is music: it plays although the phone is switched to silent.
    const { audioSession } = /** @type {any} */ (navigator);
    if (audioSession) audioSession.type = "playback";
    const context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: "interactive" });
    // Without a click the browser keeps this waiting for one; the sound path is ready all the same.
    context.resume().catch(() => {});
    try {
      this.#fader = new GainNode(context);
      this.#analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0.75 });
      this.#output = new GainNode(context, { gain: this.#volume ** 2 });
      this.#fader.connect(this.#analyser).connect(this.#output).connect(context.destination);
      const sink = context.audioWorklet
        ? await WorkletSink.open(context, this.#fader, this.leadSeconds)
        : new ScheduledSink(context, this.#fader, this.leadSeconds);
      this.#context = context;
      this.#sink = sink;
    } catch (error) {
      void context.close();
      throw error;
    }
    if (this.#held) this.#sink.hold(true);
    for (const { pcm, frame } of this.#early.splice(0)) this.#sink.push(pcm, frame);
  }

  #restLater() {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => void this.#context?.suspend(), REST_MS);
  }

  async #wake() {
    clearTimeout(this.#restTimer);
    if (this.#context && this.#context.state !== "running") await this.#context.resume();
  }

  #wakeQuietly() {
    // Where the system keeps the sound to itself for now, `open` says so to whoever asks.
    this.#wake().catch(() => {});
  }

  /** @returns {number} the context's time, in seconds, without its steps */
  #now() {
    if (!this.#context) return 0;
    const { currentTime, state } = this.#context;
    const page = performance.now() / 1000;
    const elapsed = state === "running" ? page - this.#clock.page : 0;
    const expected = this.#clock.context + elapsed;
    const off = currentTime - expected;
    const lost = off > 0 || off < -CLOCK_TOLERANCE_SECONDS;
    this.#clock = { context: lost ? currentTime : expected + off * CLOCK_CATCH_UP, page };
    return this.#clock.context;
  }

  /** @param {number} to gain @param {number} seconds */
  #rampTo(to, seconds) {
    const { began, ...before } = this.#ramp;
    const now = performance.now();
    const share = before.seconds ? Math.min(1, (now - began) / 1000 / before.seconds) : 1;
    const from = rampGain(before, share);
    this.#ramp = { began: now, seconds, from, to };
    if (!this.#fader || !this.#context) return;
    const curve = Float32Array.from({ length: RAMP_POINTS }, (_, at) => rampGain({ from, to }, at / (RAMP_POINTS - 1)));
    this.#fader.gain.cancelScheduledValues(0);
    this.#fader.gain.setValueCurveAtTime(curve, this.#context.currentTime, seconds);
  }

  /** @param {boolean} whole */
  #endFade(whole) {
    clearTimeout(this.#fadeTimer);
    this.#fadeDone(whole);
  }
}

/**
 * How loud a fade is at a share of its length: about even steps for the ear.
 * @param {{from: number, to: number}} ramp @param {number} share
 */
function rampGain({ from, to }, share) {
  return to + (from - to) * (1 - share) ** 2;
}
