/**
 * `<ej-help>`: the keys, on "?".
 * @module help
 */
import { make } from "./dom.js";
import { KEYS } from "./keyboard.js";

class Help extends HTMLElement {
  #dialog = make("dialog", { className: "help-dialog", "aria-labelledby": "help-title" });

  connectedCallback() {
    const keys = KEYS.map(({ keys: names, does }) =>
      make("div", {}, make("dt", {}, make("kbd", {}, names)), make("dd", {}, does)));
    const close = make("button", { type: "button", className: "ghost", onclick: () => this.#dialog.close() }, "Close");
    this.#dialog.append(
      make("h2", { id: "help-title" }, "Keys"),
      make("dl", {}, ...keys),
      make("p", {}, "Every control can also be reached with Tab. A double click on a fader sets it to 1."),
      close,
    );
    this.#dialog.onclick = ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    };
    this.append(this.#dialog);
  }

  disconnectedCallback() {
    this.#dialog.replaceChildren();
    this.replaceChildren();
  }

  /** Shows it. */
  open() {
    this.#dialog.showModal();
  }
}

customElements.define("ej-help", Help);
