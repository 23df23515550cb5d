/**
 * What a controller may move on this page: finds it for learning, reads where it stands, and moves or presses it as a
 * hand would.
 * @module miditarget
 */
import { store } from "./app.js";
import { isNegative } from "./slot.js";
import { MAX_WEIGHT } from "./store.js";

/** @typedef {import("./midimap.js").Target} Target */

/**
 * @param {Element} element that was clicked or has the focus
 * @returns {Target | null} what a controller would move there
 */
export function targetAt(element) {
  const slot = element.closest(".slot");
  const place = slot ? [...document.querySelectorAll(".slot")].indexOf(slot) : -1;
  if (slot && element.closest(".mute")) return { kind: "mute", place };
  if (slot && element.closest(".solo")) return { kind: "solo", place };
  if (slot) return { kind: "slot", place };
  const field = element.closest("ej-config")?.querySelector(":is(input, select):is(:focus, :hover, :active)");
  const near = element.closest(".field, .toggle")?.querySelector("input, select") ?? field;
  const name = near?.getAttribute("name");
  if (name) return { kind: "config", name };
  const keys = element.closest("button[aria-keyshortcuts]")?.getAttribute("aria-keyshortcuts");
  return keys ? { kind: "button", keys } : null;
}

/** @param {Target} target @returns {string} for people */
export function nameOf(target) {
  if (target.kind === "button") {
    const found = button(target.keys);
    return found?.getAttribute("aria-label") ?? found?.textContent?.trim() ?? target.keys;
  }
  if (target.kind === "config") return control(target.name)?.labels?.[0]?.textContent?.trim() ?? target.name;
  const text = store.state.prompts[target.place]?.text ?? "";
  const does = { slot: "Weight", mute: "Mute", solo: "Solo" }[target.kind];
  return `${does} of prompt ${target.place + 1}${text ? `, ${text}` : ""}`;
}

/** @param {Target} target @returns {number | null} where it stands, 0 to 1; null for what is pressed, or not there */
export function positionOf(target) {
  if (target.kind === "slot") {
    const prompt = store.state.prompts[target.place];
    return prompt ? Math.abs(prompt.weight) / MAX_WEIGHT : null;
  }
  const input = target.kind === "config" ? control(target.name) : null;
  if (input instanceof HTMLSelectElement) return input.selectedIndex / Math.max(1, input.options.length - 1);
  if (!input || input.type !== "range") return null;
  return (input.valueAsNumber - Number(input.min)) / (Number(input.max) - Number(input.min));
}

/** @param {Target} target that has a position @param {number} value 0 to 1 */
export function move(target, value) {
  if (target.kind === "slot") moveSlot(target.place, value);
  if (target.kind === "config") moveField(target.name, value);
}

/** @param {Target} target that has no position */
export function press(target) {
  if (target.kind === "button") return button(target.keys)?.click();
  if (target.kind === "config") {
    const input = control(target.name);
    return input?.type === "checkbox" ? input.click() : undefined;
  }
  const prompt = store.state.prompts[target.place];
  if (prompt && target.kind === "mute") store.changePrompt(prompt.id, { muted: !prompt.muted });
  if (prompt && target.kind === "solo") store.changePrompt(prompt.id, { solo: !prompt.solo });
  return undefined;
}

/** @param {number} place @param {number} value */
function moveSlot(place, value) {
  const prompt = store.state.prompts[place];
  if (!prompt) return;
  store.changePrompt(prompt.id, { weight: value * MAX_WEIGHT * (isNegative(prompt.weight) ? -1 : 1) });
}

/** @param {string} name @param {number} value */
function moveField(name, value) {
  const input = control(name);
  if (input instanceof HTMLSelectElement) {
    input.selectedIndex = Math.round(value * (input.options.length - 1));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (input?.type === "range") {
    input.value = String(Number(input.min) + value * (Number(input.max) - Number(input.min)));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {string} name @returns {HTMLInputElement | HTMLSelectElement | null} */
function control(name) {
  return document.querySelector(`ej-config [name="${CSS.escape(name)}"]`);
}

/** @param {string} keys @returns {HTMLElement | null} */
function button(keys) {
  return document.querySelector(`button[aria-keyshortcuts="${CSS.escape(keys)}"]`);
}
