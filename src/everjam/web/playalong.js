/**
 * Notes of a keyboard, played along in key: each goes to the nearest one that the music itself uses just now.
 * @module playalong
 */

/** @typedef {import("./heard.js").Note} Note */

const MAX_VOICES = 12;
const RELEASE_SECONDS = 0.25;
const DRUMS = "drums";
/** Fewer say nothing about the key. */
const LEAST_CLASSES = 4;
const MOST_CLASSES = 7;

/**
 * The pitch classes that the music uses, those that sound longest first.
 * @param {Note[]} notes of the last bars
 * @returns {Set<number>} at most seven; empty where there is too little to tell
 */
export function pitchClasses(notes) {
  /** @type {number[]} */
  const frames = new Array(12).fill(0);
  for (const [, length, pitch, , part] of notes) if (part !== DRUMS) frames[pitch % 12] += length;
  const used = frames.map((length, pitch) => ({ length, pitch })).filter(({ length }) => length > 0);
  used.sort((a, b) => b.length - a.length);
  return used.length < LEAST_CLASSES ? new Set() : new Set(used.slice(0, MOST_CLASSES).map(({ pitch }) => pitch));
}

/**
 * @param {number} pitch MIDI key
 * @param {Set<number>} classes from `pitchClasses`
 * @returns {number} the nearest key that is among them, the lower of two; the key itself if there are none
 */
export function inKey(pitch, classes) {
  if (!classes.size) return pitch;
  for (let away = 0; away <= 6; away++) {
    if (classes.has((pitch - away + 120) % 12)) return pitch - away;
    if (classes.has((pitch + away) % 12)) return pitch + away;
  }
  return pitch;
}

/** A soft electric piano on this machine: heard at once, and not part of the jam. */
export class Voices {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Map<number, {stop(at: number): void}>} by the key that is held */
  #held = new Map();

  /** To be called from a click or a key, or the browser keeps it silent. */
  open() {
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    void this.#context.resume();
  }

  /** @param {number} key that is held @param {number} pitch that sounds @param {number} velocity 0 to 1 */
  on(key, pitch, velocity) {
    const context = this.#context;
    if (!context) return;
    this.off(key);
    const now = context.currentTime;
    if (this.#held.size >= MAX_VOICES) this.off(/** @type {number} */ (this.#held.keys().next().value));
    const hz = 440 * 2 ** ((pitch - 69) / 12);
    const amplitude = new GainNode(context, { gain: 0 });
    const bell = new GainNode(context, { gain: hz * 0.9 * velocity });
    const modulator = new OscillatorNode(context, { frequency: hz * 2 });
    const carrier = new OscillatorNode(context, { frequency: hz });
    modulator.connect(bell).connect(carrier.frequency);
    carrier.connect(amplitude).connect(context.destination);
    bell.gain.setTargetAtTime(hz * 0.1 * velocity, now, 0.25);
    amplitude.gain.setTargetAtTime(0.22 * velocity, now, 0.004);
    amplitude.gain.setTargetAtTime(0.1 * velocity, now + 0.05, 0.9);
    for (const oscillator of [modulator, carrier]) oscillator.start(now);
    this.#held.set(key, {
      stop(at) {
        amplitude.gain.cancelScheduledValues(at);
        amplitude.gain.setTargetAtTime(0, at, RELEASE_SECONDS / 5);
        for (const oscillator of [modulator, carrier]) oscillator.stop(at + RELEASE_SECONDS);
      },
    });
  }

  /** @param {number} key that is let go */
  off(key) {
    this.#held.get(key)?.stop(this.#context?.currentTime ?? 0);
    this.#held.delete(key);
  }

  /** Lets everything go. */
  silence() {
    for (const key of [...this.#held.keys()]) this.off(key);
  }
}
