/**
 * Sound out: PCM chunks in, loudspeaker out. Uses an AudioWorklet where the browser has one, and scheduled buffers
 * where it has none, as on a page from another machine without TLS.
 * @module player
 */

const SAMPLE_RATE_HZ = 48000;
const SCHEDULED_PREROLL_SECONDS = 0.25;
const FADE_SECONDS = 0.02;

/**
 * @typedef {{bufferedSeconds: number, underruns: number, trims: number, sounding: boolean}} PlayerStats
 * @typedef {{push(pcm: Int16Array): void, hold(held: boolean): void, flush(): void, stats(): PlayerStats,
 *   kind: string}} Sink
 */

export class Player {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Sink | null} */
  #sink = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {Promise<void> | null} */
  #opening = null;
  /** @type {Int16Array[]} chunks that arrive before the sink is there */
  #early = [];
  #held = false;

  /** @param {number} leadSeconds how far ahead the server stays; more than that is trimmed back after a stall */
  constructor(leadSeconds) {
    this.leadSeconds = leadSeconds;
  }

  /** Opens the output; to be called from a click or a key, or the browser keeps it silent. */
  async open() {
    this.#opening ??= this.#open();
    await this.#opening;
    if (this.#context?.state === "suspended") await this.#context.resume();
  }

  /** @param {Int16Array} pcm interleaved stereo at 48 kHz; not to be used afterwards */
  push(pcm) {
    if (this.#sink) this.#sink.push(pcm);
    else this.#early.push(pcm);
  }

  /** @param {boolean} held true fades out and keeps the position; false goes on from there */
  hold(held) {
    this.#held = held;
    this.#sink?.hold(held);
  }

  /** Fades out and forgets what is buffered. */
  flush() {
    this.#early = [];
    this.#sink?.flush();
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

  /** @returns {AnalyserNode | null} what is heard, for the eye */
  get analyser() {
    return this.#analyser;
  }

  async #open() {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: "interactive" });
    this.#context = context;
    const resumed = context.resume();
    this.#analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0.75 });
    this.#analyser.connect(context.destination);
    const sink = context.audioWorklet
      ? await WorkletSink.open(context, this.#analyser, this.leadSeconds)
      : new ScheduledSink(context, this.#analyser, this.leadSeconds);
    await resumed;
    this.#sink = sink;
    if (this.#held) sink.hold(true);
    for (const pcm of this.#early.splice(0)) sink.push(pcm);
  }
}

/** @implements {Sink} */
class WorkletSink {
  kind = "worklet";
  #stats = { bufferedSeconds: 0, underruns: 0, trims: 0, sounding: false };
  #node;

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  static async open(context, output, leadSeconds) {
    await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
    return new WorkletSink(context, output, leadSeconds);
  }

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  constructor(context, output, leadSeconds) {
    const frames = (/** @type {number} */ seconds) => Math.round(seconds * SAMPLE_RATE_HZ);
    this.#node = new AudioWorkletNode(context, "everjam-ring", {
      numberOfInputs: 0,
      outputChannelCount: [2],
      processorOptions: { prerollFrames: frames(leadSeconds), leadFrames: frames(leadSeconds) },
    });
    this.#node.port.onmessage = ({ data: { buffered, ...rest } }) => {
      this.#stats = { bufferedSeconds: buffered / SAMPLE_RATE_HZ, ...rest };
    };
    this.#node.connect(output);
  }

  /** @param {Int16Array} pcm */
  push(pcm) {
    this.#node.port.postMessage({ pcm }, [pcm.buffer]);
  }

  /** @param {boolean} held */
  hold(held) {
    this.#node.port.postMessage({ hold: held });
  }

  flush() {
    this.#node.port.postMessage({ flush: true });
  }

  stats() {
    return this.#stats;
  }
}

/** @implements {Sink} */
class ScheduledSink {
  kind = "scheduled";
  #context;
  #leadSeconds;
  #gain;
  /** @type {Set<AudioBufferSourceNode>} */
  #sources = new Set();
  #held = false;
  #silentFrom = 0;
  #endsAt = 0;
  #underruns = 0;
  #trims = 0;

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  constructor(context, output, leadSeconds) {
    this.#context = context;
    this.#leadSeconds = leadSeconds;
    this.#gain = new GainNode(context);
    this.#gain.connect(output);
  }

  /** @param {Int16Array} pcm */
  push(pcm) {
    const now = this.#context.currentTime;
    const frames = pcm.length / 2;
    const late = this.#endsAt < now + 0.005;
    if (!late && this.#endsAt - now > this.#leadSeconds + 1) {
      this.#trims++;
      return;
    }
    if (late) {
      if (this.#endsAt > 0) this.#underruns++;
      this.#endsAt = now + SCHEDULED_PREROLL_SECONDS;
    }
    const buffer = this.#context.createBuffer(2, frames, SAMPLE_RATE_HZ);
    for (let channel = 0; channel < 2; channel++) {
      const data = buffer.getChannelData(channel);
      for (let frame = 0; frame < frames; frame++) data[frame] = pcm[2 * frame + channel] / 32768;
      if (late) for (let frame = 0; frame < 480; frame++) data[frame] *= frame / 480;
    }
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#gain);
    source.onended = () => this.#sources.delete(source);
    source.start(this.#endsAt);
    this.#sources.add(source);
    this.#endsAt += frames / SAMPLE_RATE_HZ;
  }

  /** @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#ramp(held ? 0 : 1);
    this.#silentFrom = this.#context.currentTime + 4 * FADE_SECONDS; // the analyser's window included
    if (held) this.#suspendWhenSilent();
    else void this.#context.resume();
  }

  flush() {
    const stopAt = this.#context.currentTime + (this.#held ? 0 : FADE_SECONDS);
    this.#ramp(0);
    for (const source of this.#sources) source.stop(stopAt);
    if (!this.#held) this.#gain.gain.setValueAtTime(1, stopAt + 0.001);
    this.#endsAt = 0;
  }

  stats() {
    const bufferedSeconds = Math.max(0, this.#endsAt - this.#context.currentTime);
    return { bufferedSeconds, underruns: this.#underruns, trims: this.#trims, sounding: this.#sources.size > 0 };
  }

  #suspendWhenSilent() {
    if (!this.#held) return;
    if (this.#context.currentTime > this.#silentFrom) void this.#context.suspend();
    else setTimeout(() => this.#suspendWhenSilent(), 1000 * FADE_SECONDS);
  }

  /** @param {number} gain */
  #ramp(gain) {
    const { gain: parameter } = this.#gain;
    const now = this.#context.currentTime;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(parameter.value, now);
    parameter.linearRampToValueAtTime(gain, now + FADE_SECONDS);
  }
}
