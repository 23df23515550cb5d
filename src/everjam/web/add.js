/**
 * `<ej-add>`: a field for a prompt of one's own.
 * @module add
 */
import { store } from "./app.js";
import { enable, make } from "./dom.js";
import { MAX_PROMPTS, MAX_TEXT } from "./store.js";
import { suggestions } from "./suggest.js";

class Add extends HTMLElement {
  #end = () => {};

  connectedCallback() {
    const field = make("input", {
      id: "add-text", className: "box", type: "text", maxLength: MAX_TEXT, enterKeyHint: "done",
      placeholder: "Add: rainy night, ocarina …", "aria-label": "A prompt of your own",
    });
    const button = make("button", { className: "ghost", type: "submit" }, "Add");
    const form = make("form", { className: "add" }, field, button);
    const add = () => {
      if (store.addPrompt(field.value, 1)) field.value = "";
      field.focus();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      add();
    };
    suggestions.attach(field, add);
    this.append(form);
    this.#end = store.watch("prompts", ({ prompts }) => {
      for (const control of [field, button]) enable(control, prompts.length < MAX_PROMPTS);
    });
  }

  disconnectedCallback() {
    this.#end();
    this.replaceChildren();
  }
}

customElements.define("ej-add", Add);
