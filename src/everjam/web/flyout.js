/**
 * A panel that a button opens beside itself. The page goes on under it, keys and all; only Escape closes the panel
 * before it means anything else.
 * @module flyout
 */
import { placeBeside } from "./dom.js";

export class Flyout {
  #button;
  #panel;

  /** @param {HTMLButtonElement} button @param {HTMLElement} panel */
  constructor(button, panel) {
    this.#button = button;
    this.#panel = panel;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => this.show(panel.hidden));
  }

  /** @param {boolean} open */
  show(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) {
      placeBeside(this.#panel, this.#button);
      addEventListener("keydown", this.#close, true);
    } else {
      removeEventListener("keydown", this.#close, true);
    }
  }

  #close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
    event.preventDefault();
    event.stopPropagation();
    const inside = this.#panel.contains(document.activeElement);
    this.show(false);
    if (inside) this.#button.focus();
  };
}
