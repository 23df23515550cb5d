/**
 * Which control of a controller moves what: learned, or by its number. Knows nothing of devices or of the page.
 * @module midimap
 */

/**
 * @typedef {{kind: "slot", place: number} | {kind: "config", name: string} | {kind: "mute", place: number}
 *   | {kind: "solo", place: number} | {kind: "button", keys: string}} Target
 *   place from 0; keys as in `aria-keyshortcuts` of the button
 * @typedef {{kind: "cc" | "note", channel: number, number: number, value: number}} Touch
 *   channel 1 to 16, value 0 to 127; a note that is let go has value 0
 * @typedef {{control: string, target: Target}} Binding control as `controlOf` names it
 */

const KEY = "everjam.midi.1";
const MAX_DEVICES = 32;
const MAX_BINDINGS = 256;
const MAX_CONTROLS = 2048;
const PRESSED = 0.5;
/** A knob that is this near to what it moves has caught it. */
const CATCH = 0.025;
/** What it moves may be rounded a moment after it was moved. */
const SAME = 0.02;

/** @param {Touch} touch @returns {string} "cc 1 21", "note 10 36" */
export function controlOf({ kind, channel, number }) {
  return `${kind} ${channel} ${number}`;
}

/** The bindings of one device, kept under its name. */
export class MidiMap {
  #storage;
  #device;
  /** @type {Map<string, Target>} */
  #bindings;

  /** @param {string} device its name @param {Storage | null} storage */
  constructor(device, storage) {
    this.#storage = storage;
    this.#device = device;
    this.#bindings = new Map(read(storage)[device] ?? []);
  }

  /** @returns {Binding[]} what has been learned */
  get bindings() {
    return [...this.#bindings].map(([control, target]) => ({ control, target }));
  }

  /** @param {Touch} touch @returns {Target | null} learned, or for controller n slot n, on any channel */
  targetOf(touch) {
    const learned = this.#bindings.get(controlOf(touch));
    if (learned) return learned;
    if (touch.kind !== "cc") return null;
    const place = touch.number;
    const taken = [...this.#bindings.values()].some((target) => target.kind === "slot" && target.place === place);
    return taken ? null : { kind: "slot", place };
  }

  /** @param {Touch} touch @param {Target} target what it moves from now on, and nothing else does */
  learn(touch, target) {
    const wanted = JSON.stringify(target);
    for (const [control, old] of this.#bindings) if (JSON.stringify(old) === wanted) this.#bindings.delete(control);
    if (this.#bindings.size < MAX_BINDINGS) this.#bindings.set(controlOf(touch), target);
    this.#keep();
  }

  /** @param {string} control */
  forget(control) {
    this.#bindings.delete(control);
    this.#keep();
  }

  /** Back to controller n for slot n. */
  clear() {
    this.#bindings.clear();
    this.#keep();
  }

  #keep() {
    const all = Object.entries(read(this.#storage)).filter(([device]) => device !== this.#device);
    if (this.#bindings.size) all.push([this.#device, [...this.#bindings]]);
    try {
      this.#storage?.setItem(KEY, JSON.stringify(Object.fromEntries(all.slice(-MAX_DEVICES))));
    } catch {
      this.#storage = null;
    }
  }
}

/**
 * Soft takeover: a knob that stands elsewhere than what it moves does nothing until it has passed it, so that nothing
 * jumps. And a knob that presses does so once, on its way up.
 */
export class Takeover {
  /** @type {Map<string, {at: number, left: number | null}>} where a control was, and where it left what it moved */
  #controls = new Map();

  /**
   * @param {string} control
   * @param {number} at where it is now, 0 to 1
   * @param {number} current value of what it moves, 0 to 1
   * @returns {boolean} whether it moves it
   */
  moves(control, at, current) {
    const before = this.#controls.get(control);
    const holds = before !== undefined && before.left !== null && Math.abs(before.left - current) <= SAME;
    const passes = before !== undefined && (before.at - current) * (at - current) <= 0;
    this.saw(control, at);
    return holds || passes || Math.abs(at - current) <= CATCH;
  }

  /**
   * To be called after a move: what is moved may snap, and so stand elsewhere than the knob.
   * @param {string} control
   * @param {number | null} position of what it moved, 0 to 1
   */
  leaves(control, position) {
    const seen = this.#controls.get(control);
    if (seen) seen.left = position;
  }

  /** @param {string} control @param {number} at where it is now, 0 to 1 @returns {boolean} whether it just came up */
  presses(control, at) {
    const before = this.#controls.get(control)?.at ?? 0;
    this.saw(control, at);
    return before < PRESSED && at >= PRESSED;
  }

  /** @param {string} control @param {number} at where it is now, 0 to 1, whatever it moves */
  saw(control, at) {
    this.#controls.delete(control); // so that those that are touched stay longest
    this.#controls.set(control, { at, left: null });
    if (this.#controls.size > MAX_CONTROLS) {
      this.#controls.delete(/** @type {string} */ (this.#controls.keys().next().value));
    }
  }

  /** Every knob has to catch again what it moves, as after another mapping. */
  forget() {
    for (const seen of this.#controls.values()) seen.left = null;
  }
}

/** @param {Storage | null} storage @returns {Record<string, [string, Target][]>} */
function read(storage) {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
    const good = Object.entries(kept ?? {}).filter(([, pairs]) => Array.isArray(pairs) && pairs.every(isPair));
    return Object.fromEntries(good);
  } catch {
    return {};
  }
}

/** @param {any} pair @returns {boolean} */
function isPair(pair) {
  const kinds = ["slot", "config", "mute", "solo", "button"];
  return Array.isArray(pair) && typeof pair[0] === "string" && kinds.includes(pair[1]?.kind);
}
