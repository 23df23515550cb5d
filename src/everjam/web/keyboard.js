/**
 * The page's keys. Each presses the button that says so with `aria-keyshortcuts`, so that a key and its button cannot
 * come to disagree, and whoever makes a button also makes its key. Keys rest while somebody types.
 * @module keyboard
 */
import { store } from "./app.js";

/** @typedef {{keys: string, does: string, button?: string}} Key `button` as in `aria-keyshortcuts` */

/** @type {readonly Key[]} */
export const KEYS = [
  { keys: "Space", does: "Play, pause", button: "Space" },
  { keys: "Esc", does: "Stop", button: "Escape" },
  { keys: "1–9", does: "Prompt on or off" },
  { keys: "Shift 1–9", does: "Solo" },
  { keys: "↑ ↓ ← →", does: "Weight of a prompt; the puck" },
  { keys: "Alt + arrows", does: "Move a prompt" },
  { keys: "−", does: "Less of it (negative)" },
  { keys: "P", does: "Mixer or pad", button: "P" },
  { keys: "Z", does: "Undo", button: "Z" },
  { keys: "Shift Z", does: "Redo", button: "Shift+Z" },
  { keys: "R", does: "Record", button: "R" },
  { keys: "G", does: "Grab the last bars", button: "G" },
  { keys: "L", does: "Learn MIDI", button: "L" },
  { keys: "S", does: "Share", button: "S" },
  { keys: "?", does: "These keys", button: "?" },
];

const TYPING = "textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])";
/** What Space already works. */
const PRESSED_BY_SPACE = "button, select, summary, a, input[type=checkbox], input[type=radio]";

/** Listens from now on. */
export function listenForKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest?.(TYPING)) return;
    if (event.key === " " && target.closest?.(PRESSED_BY_SPACE)) return;
    // What lies on top has the keys for itself.
    if (document.querySelector("dialog[open], :popover-open")) return;
    if (digit(event) || press(event)) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @returns {boolean} whether it was one of the digits */
function digit(event) {
  const place = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (!place) return false;
  const prompt = store.state.prompts[Number(place) - 1];
  if (!prompt || event.repeat) return true;
  if (event.shiftKey) store.changePrompt(prompt.id, { solo: !prompt.solo });
  else if (prompt.weight === 0) store.changePrompt(prompt.id, { weight: 1, muted: false });
  else store.changePrompt(prompt.id, { muted: !prompt.muted });
  return true;
}

/** @param {KeyboardEvent} event @returns {boolean} whether there is such a button */
function press(event) {
  const plain = { " ": "Space", "?": "?" }[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  const name = event.shiftKey && plain !== "?" ? `Shift+${plain}` : plain;
  for (const button of document.querySelectorAll("button[aria-keyshortcuts]")) {
    if (!button.getAttribute("aria-keyshortcuts")?.split(" ").includes(name)) continue;
    if (!event.repeat) /** @type {HTMLButtonElement} */ (button).click();
    return true;
  }
  return false;
}
