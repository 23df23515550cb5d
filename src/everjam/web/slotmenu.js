/**
 * What else can be done with a prompt, in a menu that serves all slots, and by keys.
 * @module slotmenu
 */
import { enable, make, placeBeside } from "./dom.js";
import { isNegative } from "./slot.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {{name: string, key: string, run: (id: number) => void, checked?: boolean, disabled?: boolean}} Item
 */

export class SlotMenu {
  element = make("div", { className: "menu", role: "menu", popover: "auto" });
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {number} id of the prompt @param {HTMLElement} opener */
  open(id, opener) {
    const { prompts } = this.#store.state;
    const place = this.#place(id);
    this.element.setAttribute("aria-label", `More for ${prompts[place].text}`);
    const checked = isNegative(prompts[place].weight);
    const items = [
      { name: "Less of it (negative)", key: "−", run: () => this.changeSign(id), checked },
      { name: "Move back", key: "Alt ←", run: () => this.move(id, -1), disabled: place === 0 },
      { name: "Move on", key: "Alt →", run: () => this.move(id, 1), disabled: place === prompts.length - 1 },
      { name: "Remove", key: "Del", run: () => this.remove(id) },
    ];
    this.element.replaceChildren(...items.map((item) => this.#item(item, id, opener)));
    this.element.showPopover();
    placeBeside(this.element, opener);
    /** @type {HTMLElement} */ (this.element.firstElementChild).focus();
  }

  /** Makes a prompt negative, or positive again. A prompt that is off is given some weight. @param {number} id */
  changeSign(id) {
    const { weight } = this.#store.state.prompts[this.#place(id)];
    this.#store.changePrompt(id, { weight: weight === 0 ? (isNegative(weight) ? 1 : -1) : -weight });
  }

  /** @param {number} id @param {number} step */
  move(id, step) {
    this.#store.movePrompt(id, Math.max(0, this.#place(id) + step));
  }

  /** @param {number} id */
  remove(id) {
    this.#store.removePrompt(id);
  }

  /** @param {number} id @returns {number} */
  #place(id) {
    return this.#store.state.prompts.findIndex((prompt) => prompt.id === id);
  }

  /** @param {Item} item @param {number} id @param {HTMLElement} opener @returns {HTMLElement} */
  #item({ name, key, run, checked, disabled = false }, id, opener) {
    const parts = [make("span", {}, name), make("kbd", {}, key)];
    const button = make("button", { type: "button", tabIndex: -1 }, ...parts);
    enable(button, !disabled);
    button.setAttribute("role", checked === undefined ? "menuitem" : "menuitemcheckbox");
    if (checked !== undefined) button.setAttribute("aria-checked", String(checked));
    button.onclick = () => {
      this.element.hidePopover();
      opener.focus();
      run(id);
    };
    return button;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = /** @type {HTMLButtonElement[]} */ ([...this.element.children]);
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.element.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }
}
