/**
 * Steering as the fragment of an address, which browsers never send to a server:
 * `#p=1~Bossa+Nova&p=0.5~Funk&bpm=84&seed=42`. People can read it, and write it.
 * @module share
 */
import { keptWeight, MAX_PROMPTS, MAX_TEXT } from "./store.js";

/**
 * @typedef {import("./store.js").Sketch} Sketch
 * @typedef {import("./store.js").PromptSketch} PromptSketch
 * @typedef {import("./app.js").Field} Field
 */

/**
 * @param {Sketch} sketch
 * @param {number | null} seed of the piece that is heard: it wins over the one for the next
 * @returns {string} without "#"
 */
export function toFragment({ prompts, config }, seed) {
  const parts = new URLSearchParams();
  for (const { text, weight, muted, solo } of prompts) {
    parts.append("p", `${keptWeight("", weight)}${muted ? "m" : ""}${solo ? "s" : ""}~${text}`);
  }
  for (const [name, value] of Object.entries({ ...config, ...(seed !== null && { seed }) })) {
    parts.append(name, String(value));
  }
  return String(parts);
}

/**
 * @param {string} fragment with or without "#"
 * @param {Field[]} fields what a configuration may hold; the rest is left out
 * @returns {Sketch | null} null if it holds no steering
 */
export function fromFragment(fragment, fields) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const prompts = parts.getAll("p").slice(0, MAX_PROMPTS).map(promptFrom).filter((prompt) => prompt !== null);
  /** @type {import("./store.js").Config} */
  const config = {};
  for (const field of fields) {
    const value = valueFrom(field, parts.get(field.wireName));
    if (value !== null) config[field.wireName] = value;
  }
  return prompts.length || Object.keys(config).length ? { prompts, config } : null;
}

/** @param {string} text @returns {PromptSketch | null} */
function promptFrom(text) {
  const match = /^(-?\d*\.?\d+)(m?)(s?)~(.*)$/s.exec(text);
  if (!match) return text.trim() ? { text: text.slice(0, MAX_TEXT), weight: 1 } : null;
  const [, weight, muted, solo, words] = match;
  return words.trim() ? { text: words, weight: Number(weight), muted: muted !== "", solo: solo !== "" } : null;
}

/** @param {Field} field @param {string | null} text @returns {number | string | boolean | null} */
function valueFrom(field, text) {
  if (text === null) return null;
  if (field.kind === "bool") return text === "true" ? true : null;
  if (field.kind === "enum") return field.values?.includes(text) ? text : null;
  const number = Number(text);
  if (!text.trim() || !Number.isFinite(number)) return null;
  const inside = Math.min(Math.max(number, field.minimum ?? number), field.maximum ?? number);
  return field.kind === "int" ? Math.round(inside) : inside;
}
