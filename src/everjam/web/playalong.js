/**
 * Notes of a keyboard, played along in key: each goes to the nearest one that the music itself uses just now.
 * @module playalong
 */

/** @typedef {import("./heard.js").Note} Note */

const MAX_VOICES = 12;
const RELEASE_SECONDS = 0.25;
/** A context that runs takes power, and some ten milliseconds to start again. */
const IDLE_MS = 10_000;
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
  #idleTimer = 0;

  /**
   * @param {number} key that is held
   * @param {number} pitch that sounds
   * @param {number} velocity 0 to 1
   * @returns {boolean} false where the browser wants a click or a key on the page first
   */
  on(key, pitch, velocity) {
    if (navigator.userActivation?.hasBeenActive === false) return false;
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    const context = this.#context;
    this.off(key);
    clearTimeout(this.#idleTimer);
    if (context.state !== "running") void context.resume();
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
    return true;
  }

  /** @param {number} key that is let go */
  off(key) {
    this.#held.get(key)?.stop(this.#context?.currentTime ?? 0);
    this.#held.delete(key);
    clearTimeout(this.#idleTimer);
    if (!this.#held.size) this.#idleTimer = setTimeout(() => void this.#context?.suspend(), IDLE_MS);
  }

  /** Lets everything go. */
  silence() {
    for (const key of [...this.#held.keys()]) this.off(key);
  }
}
