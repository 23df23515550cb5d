/**
 * The one place where the page keeps what is steered and what is going on. Views read it and listen; nothing is kept
 * in the DOM.
 * @module store
 */
import { colourFor } from "./palette.js";

/**
 * @typedef {{id: number, text: string, weight: number, colour: string}} Prompt weight from 0 to 2; 0 is left out
 * @typedef {Record<string, number | string | boolean>} Config wire name to value; a field that is not set is left out
 * @typedef {"stopped" | "connecting" | "buffering" | "playing" | "paused" | "reconnecting" | "failed"} Playback
 * @typedef {{prompts: Prompt[], config: Config, playback: Playback, seed: number | null}} State
 * @typedef {"prompts" | "config" | "playback" | "seed"} Topic
 */

const KEY = "everjam.steering.1";
const FIRST_PROMPTS = [["Bossa Nova", 1], ["Lush Strings", 1], ["Trip Hop", 0], ["Sparkling Arpeggios", 0]];
export const MAX_WEIGHT = 2;
export const MAX_PROMPTS = 64;

export class Store extends EventTarget {
  #nextId = 1;
  /** @type {State} */
  #state = { prompts: [], config: {}, playback: "stopped", seed: null };
  #storage;

  /** @param {Storage | null} storage keeps prompts and configuration from one visit to the next; null keeps nothing */
  constructor(storage) {
    super();
    this.#storage = storage;
    const saved = this.#load();
    for (const [text, weight] of saved?.prompts ?? FIRST_PROMPTS) this.#append(String(text), Number(weight));
    this.#state.config = saved?.config ?? {};
  }

  /** @returns {Readonly<State>} */
  get state() {
    return this.#state;
  }

  /**
   * Calls back now and after every change of a topic.
   * @param {Topic} topic
   * @param {(state: Readonly<State>) => void} callback
   */
  watch(topic, callback) {
    this.addEventListener(topic, () => callback(this.#state));
    callback(this.#state);
  }

  /**
   * @param {string} text
   * @param {number} weight
   * @returns {Prompt | null} null if there is no room or no text
   */
  addPrompt(text, weight) {
    if (!text.trim() || this.#state.prompts.length >= MAX_PROMPTS) return null;
    const prompt = this.#append(text.trim(), weight);
    this.#changed("prompts");
    return prompt;
  }

  /** @param {number} id @param {Partial<Pick<Prompt, "text" | "weight">>} change */
  changePrompt(id, change) {
    this.#state.prompts = this.#state.prompts.map((prompt) => (prompt.id === id ? { ...prompt, ...change } : prompt));
    this.#changed("prompts");
  }

  /** @param {number} id */
  removePrompt(id) {
    this.#state.prompts = this.#state.prompts.filter((prompt) => prompt.id !== id);
    this.#changed("prompts");
  }

  /** @param {string} wireName @param {number | string | boolean | null} value null leaves it to the engine */
  setConfig(wireName, value) {
    const { [wireName]: _old, ...rest } = this.#state.config;
    this.#state.config = value === null ? rest : { ...rest, [wireName]: value };
    this.#changed("config");
  }

  /** Leaves every field to the engine. */
  clearConfig() {
    this.#state.config = {};
    this.#changed("config");
  }

  /** @param {Playback} playback */
  setPlayback(playback) {
    if (playback === this.#state.playback) return;
    this.#state.playback = playback;
    this.#changed("playback");
  }

  /** @param {number | null} seed */
  setSeed(seed) {
    if (seed === this.#state.seed) return;
    this.#state.seed = seed;
    this.#changed("seed");
  }

  /** @returns {Prompt[]} those that are heard */
  activePrompts() {
    return this.#state.prompts.filter((prompt) => prompt.text.trim() && prompt.weight !== 0);
  }

  /** @param {string} text @param {number} weight @returns {Prompt} */
  #append(text, weight) {
    const used = this.#state.prompts.map((prompt) => prompt.colour);
    const prompt = { id: this.#nextId++, text, weight, colour: colourFor(text, used) };
    this.#state.prompts = [...this.#state.prompts, prompt];
    return prompt;
  }

  /** @param {Topic} topic */
  #changed(topic) {
    if (topic === "prompts" || topic === "config") this.#save();
    this.dispatchEvent(new Event(topic));
  }

  #save() {
    const { prompts, config } = this.#state;
    try {
      this.#storage?.setItem(KEY, JSON.stringify({ prompts: prompts.map((p) => [p.text, p.weight]), config }));
    } catch {
      this.#storage = null;
    }
  }

  /** @returns {{prompts: [string, number][], config: Config} | null} */
  #load() {
    try {
      const saved = JSON.parse(this.#storage?.getItem(KEY) ?? "null");
      const whole = (/** @type {any} */ prompt) => Number.isFinite(prompt?.[1]);
      const good = Array.isArray(saved?.prompts) && saved.prompts.every(whole);
      return good && saved.config && typeof saved.config === "object" ? saved : null;
    } catch {
      return null;
    }
  }
}
