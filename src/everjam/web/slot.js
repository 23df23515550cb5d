/**
 * One prompt of the mixer: its words, its weight as a column of light in its own colour, mute, solo, and more.
 * @module slot
 */
import { icon, make } from "./dom.js";
import { MAX_TEXT, MAX_WEIGHT } from "./store.js";

/**
 * @typedef {import("./store.js").Prompt} Prompt
 * @typedef {import("./store.js").Store} Store
 * @typedef {"heard" | "off" | "muted" | "shadowed" | "filtered"} Standing shadowed = silent because others are soloed
 */

const MORE = "M5 12h.01M12 12h.01M19 12h.01";
const SAID = {
  heard: "",
  off: ", off",
  muted: ", muted",
  shadowed: ", silent while others are solo",
  filtered: ", left out by the server",
};

/** @param {number} weight @returns {boolean} also true for -0, which is a negative prompt that has been turned down */
export function isNegative(weight) {
  return weight < 0 || Object.is(weight, -0);
}

/** @param {number} weight @returns {string} as it is shown */
export function shownWeight(weight) {
  return `${isNegative(weight) ? "−" : ""}${Math.abs(weight).toFixed(2)}`;
}

export class Slot {
  element = make("li", { className: "slot lit" });
  /** What a drag takes hold of; the number is also the key that switches the slot. */
  grip = make("span", { className: "grip", "aria-hidden": "true", title: "Drag to reorder" });
  text = make("input", {
    className: "slot-text", type: "text", maxLength: MAX_TEXT, spellcheck: false, enterKeyHint: "done",
  });
  fader = make("input", { className: "fader", type: "range", min: "0", max: String(MAX_WEIGHT), step: "0.01" });
  more = make("button", { className: "slot-button more", type: "button", "aria-haspopup": "menu" }, icon(MORE));
  #words = make("span", { className: "slot-words", "aria-hidden": "true" });
  #value = make("span", { className: "slot-value figures", "aria-hidden": "true" }); // the fader says it
  #mute = make("button", { className: "slot-button mute", type: "button", title: "Mute" }, "M");
  #solo = make("button", { className: "slot-button solo", type: "button", title: "Solo" }, "S");
  #light = make("span", { className: "slot-light", "aria-hidden": "true" });
  #negative = false;
  #given = "";
  #shown = { prompt: /** @type {Prompt | null} */ (null), place: -1, standing: "" };

  /**
   * @param {Store} store
   * @param {number} id of its prompt
   */
  constructor(store, id) {
    this.id = id;
    const name = make("span", { className: "slot-name" }, this.#words, this.text);
    const buttons = make("span", { className: "slot-buttons" }, this.#mute, this.#solo, this.more);
    this.element.append(this.#light, this.grip, this.#value, name, this.fader, buttons);
    this.text.onchange = () => this.commit(store);
    this.text.onfocus = () => this.text.select();
    this.text.onblur = () => this.#showWords();
    this.text.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.text.value = this.#given;
      if (key === "Enter" || key === "Escape") this.fader.focus();
    });
    this.fader.oninput = () => {
      const weight = this.fader.valueAsNumber;
      // Turned down, a negative prompt becomes -0 and so stays negative: only the switch changes its sign.
      store.changePrompt(id, { weight: this.#negative ? -weight : weight });
    };
    this.fader.ondblclick = () => store.changePrompt(id, { weight: this.#negative ? -1 : 1 });
    this.#mute.onclick = () => store.changePrompt(id, { muted: this.#mute.ariaPressed !== "true" });
    this.#solo.onclick = () => store.changePrompt(id, { solo: this.#solo.ariaPressed !== "true" });
  }

  /** Gives the words in the field to the store; an empty field takes the old ones back. @param {Store} store */
  commit(store) {
    const text = this.text.value.trim();
    if (text && text !== this.#given) store.changePrompt(this.id, { text });
    else this.#showWords();
  }

  /**
   * @param {Prompt} prompt
   * @param {number} place from 0
   * @param {Standing} standing
   */
  show(prompt, place, standing) {
    const old = this.#shown;
    if (old.prompt === prompt && old.place === place && old.standing === standing) return;
    this.#shown = { prompt, place, standing };
    const { text, weight, colour, muted, solo } = prompt;
    this.#negative = isNegative(weight);
    this.#given = text;
    const size = Math.abs(weight);
    const { dataset, style } = this.element;
    style.setProperty("--c", colour);
    style.setProperty("--w", String(size / MAX_WEIGHT));
    dataset.standing = standing;
    this.element.classList.toggle("negative", this.#negative);
    this.grip.textContent = String(place + 1);
    this.#showWords();
    this.text.setAttribute("aria-label", `Prompt ${place + 1}`);
    if (this.fader.valueAsNumber !== size) this.fader.value = String(size);
    this.fader.setAttribute("aria-label", `Weight of ${text}`);
    const spoken = `${text}, ${this.#negative ? "minus " : ""}${size.toFixed(2)}`;
    this.fader.setAttribute("aria-valuetext", standing === "off" ? `${text}, off` : spoken + SAID[standing]);
    this.#value.textContent = standing === "off" ? "off" : shownWeight(weight);
    const switches = /** @type {const} */ ([[this.#mute, muted, "Mute"], [this.#solo, solo, "Solo"]]);
    for (const [button, pressed, does] of switches) {
      button.setAttribute("aria-pressed", String(pressed));
      button.setAttribute("aria-label", `${does} ${text}`);
    }
    this.more.setAttribute("aria-label", `More for ${text}`);
  }

  /** A short flash with the beat. */
  pulse() {
    this.#light.animate([{ opacity: 1 }, { opacity: 0.5 }], { duration: 480, easing: "ease-out" });
  }

  #showWords() {
    this.#words.textContent = this.#given;
    this.text.title = this.#given;
    if (document.activeElement === this.text) return;
    this.text.value = this.text.defaultValue = this.#given;
  }
}
