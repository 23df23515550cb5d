/**
 * The listener's presets: steerings under a name, kept in this browser, and carried to others as a file.
 * @module presetbook
 */
import { isWeight, keptWeight, MAX_PROMPTS } from "./store.js";

/**
 * @typedef {import("./store.js").Sketch} Sketch
 * @typedef {{name: string, sketch: Sketch}} Preset
 */

const KEY = "everjam.presets.1";
const KIND = "everjam presets";
export const MAX_PRESETS = 200;
export const MAX_NAME = 60;

/** Event: `change`. */
export class PresetBook extends EventTarget {
  #storage;
  /** @type {Preset[]} */
  #presets;

  /** @param {Storage | null} storage null keeps them only as long as the page is open */
  constructor(storage) {
    super();
    this.#storage = storage;
    this.#presets = this.#load();
  }

  /** @returns {readonly Preset[]} by name */
  get presets() {
    return this.#presets;
  }

  /**
   * @param {string} name one that is there already is replaced
   * @param {Sketch} sketch
   * @returns {boolean} false without a name, or where there is no room
   */
  save(name, sketch) {
    const trimmed = name.trim().slice(0, MAX_NAME);
    this.#refresh();
    const others = this.#presets.filter((preset) => preset.name !== trimmed);
    if (!trimmed || others.length >= MAX_PRESETS) return false;
    this.#set([...others, { name: trimmed, sketch: structuredClone(sketch) }]);
    return true;
  }

  /** @param {string} name @param {string} newName @returns {boolean} false if that is taken, or no name */
  rename(name, newName) {
    const trimmed = newName.trim().slice(0, MAX_NAME);
    if (trimmed === name) return true;
    this.#refresh();
    if (!trimmed || this.#presets.some((preset) => preset.name === trimmed)) return false;
    this.#set(this.#presets.map((preset) => (preset.name === name ? { ...preset, name: trimmed } : preset)));
    return true;
  }

  /** @param {string} name */
  remove(name) {
    this.#refresh();
    this.#set(this.#presets.filter((preset) => preset.name !== name));
  }

  /** @returns {string} all of them, as the text of a file */
  toText() {
    return `${JSON.stringify({ kind: KIND, version: 1, presets: this.#presets }, keptWeight, 2)}\n`;
  }

  /**
   * Takes in the presets of a file; those of the same name are replaced.
   * @param {string} text
   * @returns {number} how many
   * @throws {Error} it is no such file
   */
  addText(text) {
    const presets = presetsFrom(text);
    if (!presets) throw new Error("This is no file of everjam presets.");
    this.#refresh();
    const names = new Set(presets.map((preset) => preset.name));
    const others = this.#presets.filter((preset) => !names.has(preset.name));
    const room = presets.slice(0, MAX_PRESETS - others.length);
    this.#set([...others, ...room]);
    return room.length;
  }

  /** Another tab may have changed them. */
  #refresh() {
    if (this.#storage) this.#presets = this.#load();
  }

  /** @param {Preset[]} presets */
  #set(presets) {
    this.#presets = presets.sort((a, b) => a.name.localeCompare(b.name));
    try {
      this.#storage?.setItem(KEY, this.toText());
    } catch {
      this.#storage = null;
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {Preset[]} */
  #load() {
    try {
      return presetsFrom(this.#storage?.getItem(KEY) ?? "") ?? [];
    } catch {
      return [];
    }
  }
}

/** @param {string} text @returns {Preset[] | null} null if it is something else */
function presetsFrom(text) {
  try {
    const file = JSON.parse(text);
    if (file?.kind !== KIND || !Array.isArray(file.presets)) return null;
    return file.presets.filter(isPreset).slice(0, MAX_PRESETS);
  } catch {
    return null;
  }
}

/** @param {any} preset @returns {boolean} */
function isPreset(preset) {
  const { prompts, config } = preset?.sketch ?? {};
  return (
    typeof preset?.name === "string" && preset.name.trim() !== "" && preset.name.length <= MAX_NAME &&
    Array.isArray(prompts) && prompts.length <= MAX_PROMPTS &&
    prompts.every((prompt) => typeof prompt?.text === "string" && isWeight(prompt.weight)) &&
    config !== null && typeof config === "object" &&
    Object.values(config).every((value) => ["number", "string", "boolean"].includes(typeof value))
  );
}
