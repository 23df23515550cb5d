/**
 * The two ways in which a player gets its frames to the audio hardware: a ring buffer on the audio thread, and, where
 * a page may not have one, buffers that are scheduled one after the other.
 * @module sinks
 */
import { SAMPLE_RATE_HZ } from "./audio.js";

const PREROLL_SECONDS = 0.25;
/** Each underrun buys this much more distance, up to a limit. */
const MARGIN_STEP_SECONDS = 0.15;
const MARGIN_LIMIT_SECONDS = 0.75;
const FADE_SECONDS = 0.02;
const RISE_FRAMES = 480;
const DIP_SECONDS = 0.01;
const TRIM_WINDOW_SECONDS = 2;
/** More than this above the lead, for a whole window, is the debris of a stall. */
const TRIM_ABOVE_SECONDS = 0.25;
/** How long ago something may have been played and still be on its way to the ear. */
const KEPT_SECONDS = 3;
/** A context that sleeps plays nothing: what comes in meanwhile must not pile up for ever. */
const MAX_BUFFERED_SECONDS = 10;
const MAX_ANCHORS = 128;

/**
 * @typedef {{bufferedSeconds: number, underruns: number, trims: number, sounding: boolean}} PlayerStats
 * @typedef {{kind: string, push(pcm: Int16Array, frame: number | null): void, hold(held: boolean): void,
 *   flush(): void, stats(): PlayerStats, frameAt(seconds: number): number | null}} Sink `frameAt` tells which frame
 *   of the piece was or will be played at a time of the context; null if none
 * @typedef {{time: number, frame: number | null, moving: boolean}} Anchor
 * @typedef {{buffered: number, underruns: number, trims: number, sounding: boolean, flushes: number, time: number,
 *   frame: number | null}} RingReport from the audio thread: `buffered` in frames; at the context's `time` (seconds)
 *   the next frame of the piece to be played is `frame`, null if nothing is there
 */

/** @implements {Sink} */
export class WorkletSink {
  kind = "worklet";
  #stats = { bufferedSeconds: 0, underruns: 0, trims: 0, sounding: false };
  /** @type {Anchor[]} where in the piece the audio thread was, oldest first */
  #anchors = [];
  #flushes = 0;
  #node;

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  static async open(context, output, leadSeconds) {
    await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
    return new WorkletSink(context, output, leadSeconds);
  }

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  constructor(context, output, leadSeconds) {
    const leadFrames = Math.round(leadSeconds * SAMPLE_RATE_HZ);
    this.#node = new AudioWorkletNode(context, "everjam-ring", {
      numberOfInputs: 0,
      outputChannelCount: [2],
      processorOptions: { prerollFrames: leadFrames, leadFrames },
    });
    this.#node.port.onmessage = ({ data }) => this.#reported(data);
    this.#node.connect(output);
  }

  /** @param {Int16Array} pcm @param {number | null} frame */
  push(pcm, frame) {
    this.#node.port.postMessage({ pcm, frame }, [pcm.buffer]);
  }

  /** @param {boolean} held */
  hold(held) {
    this.#node.port.postMessage({ hold: held });
  }

  flush() {
    this.#flushes++;
    this.#anchors = [];
    this.#node.port.postMessage({ flush: this.#flushes });
  }

  stats() {
    return this.#stats;
  }

  /** @param {number} seconds */
  frameAt(seconds) {
    const index = this.#anchors.findLastIndex((anchor) => anchor.time <= seconds);
    if (index < 0) return this.#anchors[0]?.frame ?? null;
    const { time, frame, moving } = this.#anchors[index];
    if (frame === null || !moving) return frame;
    const reached = frame + (seconds - time) * SAMPLE_RATE_HZ;
    const next = this.#anchors[index + 1]?.frame ?? null;
    return next !== null && next >= frame ? Math.min(reached, next) : reached;
  }

  /** @param {RingReport} report */
  #reported({ buffered, underruns, trims, sounding, flushes, time, frame }) {
    this.#stats = { bufferedSeconds: buffered / SAMPLE_RATE_HZ, underruns, trims, sounding };
    if (flushes !== this.#flushes) return;
    this.#anchors.push({ time, frame, moving: sounding });
    if (this.#anchors.length > MAX_ANCHORS) this.#anchors.shift();
  }
}

/** @implements {Sink} */
export class ScheduledSink {
  kind = "scheduled";
  #context;
  #leadSeconds;
  #gain;
  /** Dips where what follows does not join on. */
  #joint;
  /** @type {Set<AudioBufferSourceNode>} */
  #sources = new Set();
  /** @type {{time: number, frame: number, frames: number}[]} what was scheduled when, oldest first */
  #scheduled = [];
  /** @type {number | null} */
  #following = null;
  #held = false;
  #silentFrom = 0;
  #endsAt = 0;
  #underruns = 0;
  #trims = 0;
  #lowestSeconds = Infinity;
  #windowBegan = 0;
  #excessSeconds = 0;
  #marginSeconds = 0;

  /** @param {AudioContext} context @param {AudioNode} output @param {number} leadSeconds */
  constructor(context, output, leadSeconds) {
    this.#context = context;
    this.#leadSeconds = leadSeconds;
    this.#gain = new GainNode(context);
    this.#joint = new GainNode(context);
    this.#joint.connect(this.#gain).connect(output);
  }

  /** @param {Int16Array} pcm @param {number | null} frame */
  push(pcm, frame) {
    const now = this.#context.currentTime;
    const frames = pcm.length / 2;
    const begin = frame ?? this.#following ?? 0;
    const late = this.#endsAt < now + 0.005;
    if (late) {
      if (this.#endsAt > 0) {
        this.#underruns++;
        this.#marginSeconds = Math.min(MARGIN_LIMIT_SECONDS, this.#marginSeconds + MARGIN_STEP_SECONDS);
      }
      this.#excessSeconds = 0;
      this.#endsAt = now + PREROLL_SECONDS + this.#marginSeconds;
      this.#restartWindow(now);
    } else if (this.#isTooFull(now, frames / SAMPLE_RATE_HZ)) {
      return;
    } else if (begin !== this.#following) {
      this.#dip(this.#endsAt);
    }
    this.#following = begin + frames;
    this.#schedule(pcm, late);
    this.#scheduled.push({ time: this.#endsAt, frame: begin, frames });
    while (this.#scheduled[1]?.time < now - KEPT_SECONDS) this.#scheduled.shift();
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
    this.#scheduled = [];
    this.#following = null;
    this.#endsAt = 0;
  }

  stats() {
    const bufferedSeconds = Math.max(0, this.#endsAt - this.#context.currentTime);
    return { bufferedSeconds, underruns: this.#underruns, trims: this.#trims, sounding: this.#sources.size > 0 };
  }

  /** @param {number} seconds */
  frameAt(seconds) {
    const chunk = this.#scheduled.findLast(({ time }) => time <= seconds) ?? this.#scheduled[0];
    if (!chunk) return null;
    return chunk.frame + Math.min(chunk.frames, Math.max(0, seconds - chunk.time) * SAMPLE_RATE_HZ);
  }

  /**
   * Whether a chunk is to be left out, because a stall has piled up more than is needed.
   * @param {number} now @param {number} chunkSeconds
   */
  #isTooFull(now, chunkSeconds) {
    const buffered = this.#endsAt - now;
    this.#lowestSeconds = Math.min(this.#lowestSeconds, buffered);
    if (now - this.#windowBegan >= TRIM_WINDOW_SECONDS) {
      const excess = this.#lowestSeconds - this.#leadSeconds - this.#marginSeconds;
      if (excess > TRIM_ABOVE_SECONDS) {
        this.#excessSeconds = excess;
        this.#trims++;
      }
      this.#restartWindow(now);
    }
    if (this.#excessSeconds < chunkSeconds) return buffered > MAX_BUFFERED_SECONDS;
    this.#excessSeconds -= chunkSeconds;
    return true;
  }

  /** @param {number} now */
  #restartWindow(now) {
    this.#lowestSeconds = Infinity;
    this.#windowBegan = now;
  }

  /** Falls to silence and rises again around a time. @param {number} time */
  #dip(time) {
    const { gain } = this.#joint;
    gain.setValueAtTime(1, Math.max(this.#context.currentTime, time - DIP_SECONDS));
    gain.linearRampToValueAtTime(0, time);
    gain.linearRampToValueAtTime(1, time + DIP_SECONDS);
  }

  /** @param {Int16Array} pcm @param {boolean} rises from silence */
  #schedule(pcm, rises) {
    const frames = pcm.length / 2;
    const buffer = this.#context.createBuffer(2, frames, SAMPLE_RATE_HZ);
    for (let channel = 0; channel < 2; channel++) {
      const data = buffer.getChannelData(channel);
      for (let frame = 0; frame < frames; frame++) data[frame] = pcm[2 * frame + channel] / 32768;
      if (rises) for (let frame = 0; frame < RISE_FRAMES; frame++) data[frame] *= frame / RISE_FRAMES;
    }
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#joint);
    source.onended = () => {
      source.disconnect();
      this.#sources.delete(source);
    };
    source.start(this.#endsAt);
    this.#sources.add(source);
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
