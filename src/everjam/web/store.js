/**
 * The one place where the page keeps what is steered and what is going on. Views read it and listen; nothing is kept
 * in the DOM. What the listener steers can be undone.
 * @module store
 */
import { colourFor, SLOTS } from "./palette.js";

/**
 * @typedef {{id: number, text: string, weight: number, colour: string, muted: boolean, solo: boolean}} Prompt
 *   weight from -2 to 2; 0 is left out
 * @typedef {Record<string, number | string | boolean>} Config wire name to value; a field that is not set is left out
 * @typedef {"stopped" | "connecting" | "buffering" | "playing" | "paused" | "reconnecting" | "failed"} Playback
 * @typedef {"mixer" | "pad"} View
 * @typedef {"auto" | "dark" | "light"} Theme
 * @typedef {{points: Record<string, [x: number, y: number]>, puck: [x: number, y: number], drift: number}} Pad
 *   places from 0 to 1, points by prompt id; drift from 0 (the puck stays) to 1
 * @typedef {{prompts: Prompt[], config: Config, playback: Playback, seed: number | null, view: View, pad: Pad,
 *   theme: Theme, volume: number, canUndo: boolean, canRedo: boolean}} State volume of this page, 0 to 1
 * @typedef {"prompts" | "config" | "playback" | "seed" | "view" | "pad" | "theme" | "volume" | "history"} Topic
 * @typedef {{text: string, weight: number, muted?: boolean, solo?: boolean, colour?: string}} PromptSketch
 * @typedef {{prompts: PromptSketch[], config: Config}} Sketch steering without the page's own ids
 * @typedef {{prompts: Prompt[], config: Config}} Moment
 */

const KEY = "everjam.page.2";
const OPENING = new Map([["Bossa Nova", 1], ["Lush Strings", 1]]);
const MAX_UNDO = 100;
/** Changes of one control that follow each other sooner than this are one step back. */
const GESTURE_MS = 800;
export const MIN_WEIGHT = -2;
export const MAX_WEIGHT = 2;
export const MAX_PROMPTS = 64;
export const MAX_TEXT = 200;

export class Store extends EventTarget {
  #nextId = 1;
  /** @type {State} */
  #state;
  /** @type {Storage | null} */
  #storage;
  /** @type {Moment[]} */
  #past = [];
  /** @type {Moment[]} */
  #future = [];
  /** @type {{name: string, at: number}} what was changed last */
  #gesture = { name: "", at: 0 };

  /** @param {Storage | null} storage keeps the steering from one visit to the next; null keeps nothing */
  constructor(storage) {
    super();
    this.#storage = storage;
    const saved = this.#load();
    const sketch = saved?.prompts ?? SLOTS.map(([text]) => ({ text, weight: OPENING.get(text) ?? 0 }));
    const prompts = this.#promptsFrom(sketch);
    this.#state = {
      prompts,
      config: saved?.config ?? {},
      playback: "stopped",
      seed: null,
      view: saved?.view === "pad" ? "pad" : "mixer",
      pad: { points: pointsFrom(prompts, saved?.places), puck: [0.5, 0.5], drift: 0 },
      theme: saved?.theme === "dark" || saved?.theme === "light" ? saved.theme : "auto",
      volume: Number.isFinite(saved?.volume) ? clamped(saved?.volume ?? 1, 0, 1) : 1,
      canUndo: false,
      canRedo: false,
    };
  }

  /** @returns {Readonly<State>} */
  get state() {
    return this.#state;
  }

  /**
   * Calls back now and after every change of a topic.
   * @param {Topic} topic
   * @param {(state: Readonly<State>) => void} callback
   * @returns {() => void} ends it
   */
  watch(topic, callback) {
    const listener = () => callback(this.#state);
    this.addEventListener(topic, listener);
    listener();
    return () => this.removeEventListener(topic, listener);
  }

  // Prompts ──────────────────────────────────────────────────────────────────────────────────────────

  /**
   * @param {string} text
   * @param {number} weight
   * @returns {Prompt | null} null if there is no room or no text
   */
  addPrompt(text, weight) {
    if (!text.trim() || this.#state.prompts.length >= MAX_PROMPTS) return null;
    this.#begin("add");
    const used = this.#state.prompts.map((prompt) => prompt.colour);
    const prompt = this.#prompt({ text: text.trim(), weight }, used);
    this.#setPrompts([...this.#state.prompts, prompt]);
    return prompt;
  }

  /** @param {number} id @param {Partial<Pick<Prompt, "text" | "weight" | "muted" | "solo">>} change */
  changePrompt(id, change) {
    this.#begin(`${Object.keys(change).join()} ${id}`);
    const sound = change.weight === undefined ? change : { ...change, weight: withinRange(change.weight) };
    this.#setPrompts(this.#state.prompts.map((prompt) => (prompt.id === id ? { ...prompt, ...sound } : prompt)));
  }

  /**
   * Sets several weights at once, as one step of a gesture.
   * @param {Map<number, number>} weights by prompt id
   * @param {string} gesture what the listener is doing, so that it can be undone in one step
   */
  setWeights(weights, gesture) {
    this.#begin(gesture);
    const weighted = (/** @type {Prompt} */ prompt) => withinRange(weights.get(prompt.id) ?? prompt.weight);
    this.#setPrompts(this.#state.prompts.map((prompt) => ({ ...prompt, weight: weighted(prompt) })));
  }

  /** @param {number} id */
  removePrompt(id) {
    this.#begin("remove");
    this.#setPrompts(this.#state.prompts.filter((prompt) => prompt.id !== id));
  }

  /** @param {number} id @param {number} index place that it has afterwards */
  movePrompt(id, index) {
    const prompt = this.#state.prompts.find((one) => one.id === id);
    if (!prompt) return;
    this.#begin(`move ${id}`);
    const rest = this.#state.prompts.filter((one) => one.id !== id);
    rest.splice(Math.max(0, Math.min(index, rest.length)), 0, prompt);
    this.#setPrompts(rest);
  }

  /** @returns {Prompt[]} those that are heard: with text and weight, not muted, and soloed if any is */
  activePrompts() {
    const present = this.#state.prompts.filter((prompt) => prompt.text.trim() && prompt.weight !== 0);
    const soloed = present.filter((prompt) => prompt.solo);
    return (soloed.length ? soloed : present).filter((prompt) => !prompt.muted || prompt.solo);
  }

  /** @returns {{text: string, weight: number}[]} what is sent */
  steeredPrompts() {
    return this.activePrompts().map(({ text, weight }) => ({ text: text.trim(), weight }));
  }

  // Configuration ────────────────────────────────────────────────────────────────────────────────────

  /** @param {string} wireName @param {number | string | boolean | null} value null leaves it to the engine */
  setConfig(wireName, value) {
    this.#begin(`config ${wireName}`);
    const { [wireName]: _old, ...rest } = this.#state.config;
    this.#set({ config: value === null ? rest : { ...rest, [wireName]: value } }, "config");
  }

  /** Leaves every field to the engine. */
  clearConfig() {
    this.#begin("clear");
    this.#set({ config: {} }, "config");
  }

  /**
   * Puts in a whole steering, as of a preset or a shared link.
   * @param {Sketch} sketch
   */
  replaceSteering({ prompts, config }) {
    this.#begin("replace");
    this.#set({ prompts: this.#promptsFrom(prompts), config: { ...config } }, "prompts", "config");
  }

  /** @returns {Sketch} the whole steering, to be kept or shared */
  sketch() {
    const prompts = this.#state.prompts.map(({ id: _id, ...rest }) => rest);
    return { prompts, config: { ...this.#state.config } };
  }

  // Undo ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Goes one gesture back. */
  undo() {
    this.#travel(this.#past, this.#future);
  }

  /** Takes the last step back again. */
  redo() {
    this.#travel(this.#future, this.#past);
  }

  // The page itself ──────────────────────────────────────────────────────────────────────────────────

  /** @param {View} view */
  setView(view) {
    if (view !== this.#state.view) this.#set({ view }, "view");
  }

  /** @param {Partial<Pad>} change */
  setPad(change) {
    this.#set({ pad: { ...this.#state.pad, ...change } }, "pad");
  }

  /** @param {Theme} theme */
  setTheme(theme) {
    if (theme !== this.#state.theme) this.#set({ theme }, "theme");
  }

  /** @param {number} volume 0 to 1 */
  setVolume(volume) {
    if (volume !== this.#state.volume) this.#set({ volume: clamped(volume, 0, 1) }, "volume");
  }

  /** @param {Playback} playback */
  setPlayback(playback) {
    if (playback !== this.#state.playback) this.#set({ playback }, "playback");
  }

  /** @param {number | null} seed of the piece that plays */
  setSeed(seed) {
    if (seed !== this.#state.seed) this.#set({ seed }, "seed");
  }

  /** @param {string} name of the gesture that begins or goes on */
  #begin(name) {
    const now = performance.now();
    const goesOn = name === this.#gesture.name && now - this.#gesture.at < GESTURE_MS;
    this.#gesture = { name, at: now };
    if (goesOn) return;
    this.#past.push({ prompts: this.#state.prompts, config: this.#state.config });
    if (this.#past.length > MAX_UNDO) this.#past.shift();
    this.#future = [];
    this.#tellHistory();
  }

  /** @param {Moment[]} from @param {Moment[]} to */
  #travel(from, to) {
    const moment = from.pop();
    if (!moment) return;
    to.push({ prompts: this.#state.prompts, config: this.#state.config });
    this.#gesture = { name: "", at: 0 };
    this.#tellHistory();
    this.#set(moment, "prompts", "config");
  }

  #tellHistory() {
    this.#set({ canUndo: this.#past.length > 0, canRedo: this.#future.length > 0 }, "history");
  }

  /** @param {Prompt[]} prompts */
  #setPrompts(prompts) {
    this.#set({ prompts }, "prompts");
  }

  /** @param {Partial<State>} change @param {Topic[]} topics */
  #set(change, ...topics) {
    Object.assign(this.#state, change);
    if (!topics.every((topic) => ["playback", "seed", "history"].includes(topic))) this.#save();
    for (const topic of topics) this.dispatchEvent(new Event(topic));
  }

  /** @param {PromptSketch[]} sketches @returns {Prompt[]} */
  #promptsFrom(sketches) {
    /** @type {Prompt[]} */
    const prompts = [];
    for (const sketch of sketches.slice(0, MAX_PROMPTS)) {
      prompts.push(this.#prompt(sketch, prompts.map((prompt) => prompt.colour)));
    }
    return prompts;
  }

  /** @param {PromptSketch} sketch @param {string[]} used colours @returns {Prompt} */
  #prompt({ text, weight, muted = false, solo = false, colour }, used) {
    const shown = /^#[0-9a-f]{6}$/i.test(colour ?? "") ? /** @type {string} */ (colour) : colourFor(text, used);
    const number = Number(weight);
    const sound = withinRange(Number.isNaN(number) ? 0 : number);
    return { id: this.#nextId++, text: text.slice(0, MAX_TEXT), weight: sound, colour: shown, muted, solo };
  }

  #save() {
    const { view, pad, theme, volume, prompts } = this.#state;
    const places = prompts.map((prompt) => pad.points[prompt.id] ?? null);
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ ...this.sketch(), view, theme, volume, places }, keptWeight));
    } catch {
      this.#storage = null;
    }
  }

  /** @returns {(Sketch & {view?: string, theme?: string, volume?: number, places?: unknown}) | null} */
  #load() {
    try {
      const saved = JSON.parse(this.#storage?.getItem(KEY) ?? "null");
      const whole = (/** @type {any} */ prompt) => typeof prompt?.text === "string" && isWeight(prompt.weight);
      const good = Array.isArray(saved?.prompts) && saved.prompts.every(whole);
      return good && saved.config && typeof saved.config === "object" ? saved : null;
    } catch {
      return null;
    }
  }
}

/**
 * @param {Prompt[]} prompts
 * @param {unknown} places of the prompts, as they were saved
 * @returns {Pad["points"]}
 */
function pointsFrom(prompts, places) {
  /** @type {Pad["points"]} */
  const points = {};
  for (const [index, { id }] of prompts.entries()) {
    const place = Array.isArray(places) ? places[index] : null;
    const whole = Array.isArray(place) && place.length === 2 && place.every((part) => part >= 0 && part <= 1);
    if (whole) points[id] = [place[0], place[1]];
  }
  return points;
}

/**
 * For `JSON.stringify`, which knows no -0: that is a negative prompt that has been turned down.
 * @param {string} _key @param {unknown} value @returns {unknown}
 */
export function keptWeight(_key, value) {
  return Object.is(value, -0) ? "-0" : value;
}

/** @param {unknown} weight as it was kept @returns {boolean} */
export function isWeight(weight) {
  return weight === "-0" || Number.isFinite(weight);
}

/** @param {number} weight @returns {number} */
function withinRange(weight) {
  return clamped(Math.round(weight * 100) / 100, MIN_WEIGHT, MAX_WEIGHT);
}

/** @param {number} value @param {number} low @param {number} high @returns {number} */
function clamped(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
