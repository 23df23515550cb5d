/**
 * The prompts: one strip each, with its words, its weight and its colour; and suggestions.
 * @module prompts
 */
import { SLOTS } from "./palette.js";
import { MAX_WEIGHT } from "./store.js";

/** @typedef {import("./store.js").Prompt} Prompt */

/**
 * @param {import("./store.js").Store} store
 * @param {{list: HTMLElement, form: HTMLFormElement, chips: HTMLElement}} elements
 */
export function bindPrompts(store, { list, form, chips }) {
  /** @type {Map<number, Strip>} */
  const strips = new Map();
  store.watch("prompts", ({ prompts }) => {
    const ids = new Set(prompts.map((prompt) => prompt.id));
    for (const [id, strip] of strips) {
      if (!ids.has(id)) {
        strip.element.remove();
        strips.delete(id);
      }
    }
    for (const prompt of prompts) {
      const strip = strips.get(prompt.id) ?? new Strip(store, prompt, list);
      strips.set(prompt.id, strip);
      strip.show(prompt);
    }
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("add-text"));
    const prompt = store.addPrompt(input.value, 1);
    if (prompt) input.value = "";
    else input.focus();
  });

  for (const [text, colour] of SLOTS) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = text;
    chip.style.setProperty("--c", colour);
    chip.onclick = () => {
      const prompt = store.addPrompt(text, 1);
      if (prompt) strips.get(prompt.id)?.focus();
    };
    store.watch("prompts", ({ prompts }) => {
      chip.hidden = prompts.some((prompt) => prompt.text.trim().toLowerCase() === text.toLowerCase());
    });
    chips.append(chip);
  }
}

class Strip {
  /** @param {import("./store.js").Store} store @param {Prompt} prompt @param {HTMLElement} list */
  constructor(store, prompt, list) {
    this.element = document.createElement("li");
    this.element.className = "strip";
    this.text = document.createElement("input");
    this.fader = document.createElement("input");
    this.value = document.createElement("span");
    this.remove = document.createElement("button");

    this.text.className = "strip-text";
    this.text.type = "text";
    this.text.maxLength = 200;
    this.text.spellcheck = false;
    this.text.enterKeyHint = "done";
    this.text.onchange = () => store.changePrompt(prompt.id, { text: this.text.value });
    this.text.onkeydown = ({ key }) => {
      if (key === "Enter") this.text.blur();
    };

    this.fader.className = "fader";
    this.fader.type = "range";
    this.fader.min = "0";
    this.fader.max = String(MAX_WEIGHT);
    this.fader.step = "0.01";
    this.fader.oninput = () => store.changePrompt(prompt.id, { weight: this.fader.valueAsNumber });

    this.value.className = "strip-value";
    this.value.setAttribute("aria-hidden", "true"); // the fader says it
    this.remove.type = "button";
    this.remove.className = "close";
    this.remove.textContent = "×";
    this.remove.onclick = () => {
      const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
      store.removePrompt(prompt.id);
      const target = next?.querySelector(".fader") ?? document.getElementById("add-text");
      /** @type {HTMLElement | null} */ (target)?.focus();
    };

    this.element.append(this.text, this.value, this.remove, this.fader);
    list.append(this.element);
  }

  /** @param {Prompt} prompt */
  show({ text, weight, colour }) {
    const shown = weight.toFixed(2);
    this.element.style.setProperty("--c", colour);
    this.element.style.setProperty("--w", String(weight / MAX_WEIGHT));
    this.element.classList.toggle("off", weight === 0);
    if (document.activeElement !== this.text) this.text.value = text;
    this.text.setAttribute("aria-label", `Prompt: ${text}`);
    if (this.fader.valueAsNumber !== weight) this.fader.value = String(weight);
    this.fader.setAttribute("aria-label", `Weight of ${text}`);
    this.fader.setAttribute("aria-valuetext", weight === 0 ? `${text}, off` : `${text}, ${shown}`);
    this.value.textContent = weight === 0 ? "off" : shown;
    this.remove.setAttribute("aria-label", `Remove ${text}`);
  }

  focus() {
    this.fader.focus();
  }
}
