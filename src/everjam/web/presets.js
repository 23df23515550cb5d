/**
 * `<ej-presets>`: step back and forth, share by address, and keep steerings under a name.
 * @module presets
 */
import { store, toasts } from "./app.js";
import { copyText } from "./copy.js";
import { enable, icon, make } from "./dom.js";
import { FACTORY } from "./factory.js";
import { MAX_NAME, PresetBook } from "./presetbook.js";
import { toFragment } from "./share.js";
import { storage } from "./storage.js";

/** @typedef {import("./presetbook.js").Preset} Preset */

const UNDO = "M9 7 4 12l5 5M4.5 12H14a6 6 0 0 1 6 6v1";
const REDO = "m15 7 5 5-5 5m4.5-5H10a6 6 0 0 0-6 6v1";
const SHARE = "M12 15V4m0 0L8 8m4-4 4 4M5 13v6h14v-6";
const BOOK = "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3Zm0 13a3 3 0 0 1 3-3h11";

export class PresetsElement extends HTMLElement {
  #book = new PresetBook(storage());
  #dialog = make("dialog", { className: "panel presets-dialog", "aria-labelledby": "presets-title" });
  #own = make("ul", { className: "presets-list", "aria-label": "Your presets" });
  #none = make("p", { className: "presets-none", textContent: "None yet. Save what plays now under a name." });

  connectedCallback() {
    if (this.childElementCount) return;
    const undo = button("icon", UNDO, "Undo", "Z", () => store.undo());
    const redo = button("icon", REDO, "Redo", "Shift+Z", () => store.redo());
    const share = button("ghost", SHARE, "Share", "S", () => void this.share());
    const open = button("ghost", BOOK, "Presets", null, () => this.#dialog.showModal());
    open.setAttribute("aria-haspopup", "dialog");
    this.#build();
    this.append(undo, redo, share, open, this.#dialog);
    store.watch("history", ({ canUndo, canRedo }) => {
      enable(undo, canUndo);
      enable(redo, canRedo);
    });
    this.#book.addEventListener("change", () => this.#list());
    this.#list();
  }

  /** Makes an address of all that is steered, seed included, and hands it on. */
  async share() {
    const address = sharedAddress();
    if (matchMedia("(pointer: coarse)").matches && navigator.share) {
      try {
        await navigator.share({ title: document.title, url: address });
        return;
      } catch (error) {
        if (/** @type {Error} */ (error).name === "AbortError") return;
      }
    }
    if (await copyText(address)) {
      toasts.show("share", "Link copied. Whoever opens it hears this steering, from its first bar, with this seed.");
    } else {
      history.replaceState(null, "", address);
      toasts.show("share", "The browser lets nobody copy here. The link stands in the address bar now: copy it there.");
    }
  }

  #build() {
    const name = make("input", { className: "box", maxLength: MAX_NAME, required: true, id: "preset-name" });
    name.autocomplete = "off";
    const save = make("form", { className: "presets-save" },
      make("label", { htmlFor: "preset-name", textContent: "Save what plays now as" }),
      name, make("button", { className: "ghost", textContent: "Save" }));
    save.onsubmit = (event) => {
      event.preventDefault();
      if (this.#book.save(name.value, store.sketch())) name.value = "";
      else toasts.show("preset", "There is no room for more presets. Delete one first.");
    };
    const factory = make("ul", { className: "presets-list", "aria-label": "Presets to begin with" },
      ...FACTORY.map((preset) => make("li", { className: "preset" }, this.#loader(preset))));
    const chosen = make("input", { type: "file", accept: "application/json,.json", hidden: true });
    chosen.onchange = () => void this.#import(chosen);
    const close = plain("icon close", "×", "Close presets", () => this.#dialog.close());
    const take = plain("ghost", "Import a file", null, () => chosen.click());
    const give = plain("ghost", "Export to a file", null, () => this.#export());
    this.#dialog.append(
      make("header", { className: "presets-head" }, make("h2", { id: "presets-title", textContent: "Presets" }), close),
      save, make("h3", { textContent: "Yours" }), this.#none, this.#own,
      make("div", { className: "presets-files" }, give, take, chosen),
      make("h3", { textContent: "To begin with" }), factory,
    );
    this.#dialog.onclick = (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    };
  }

  #list() {
    this.#none.hidden = this.#book.presets.length > 0;
    this.#own.replaceChildren(...this.#book.presets.map((preset) => this.#row(preset)));
  }

  /** @param {Preset} preset @returns {HTMLLIElement} */
  #row(preset) {
    const rename = plain("link", "Rename", `Rename ${preset.name}`, () => this.#rename(row, preset));
    const remove = plain("link", "Delete", `Delete ${preset.name}`, () => {
      const focused = row.nextElementSibling ?? row.previousElementSibling;
      const index = focused ? [...this.#own.children].indexOf(focused) - (row.nextElementSibling ? 1 : 0) : -1;
      this.#book.remove(preset.name);
      const next = this.#own.children[index]?.querySelector("button") ?? this.#dialog.querySelector("#preset-name");
      /** @type {HTMLElement} */ (next).focus();
    });
    const row = make("li", { className: "preset" }, this.#loader(preset), rename, remove);
    return row;
  }

  /** @param {HTMLLIElement} row @param {Preset} preset */
  #rename(row, preset) {
    const input = make("input", { className: "box", value: preset.name, maxLength: MAX_NAME });
    input.setAttribute("aria-label", `New name of ${preset.name}`);
    const done = make("button", { className: "ghost", textContent: "Rename" });
    const form = make("form", { className: "presets-save" }, input, done);
    const leave = (/** @type {string} */ name) => {
      this.#list();
      const renames = [...this.#own.querySelectorAll("button")];
      const own = renames.find((button) => button.getAttribute("aria-label") === `Rename ${name}`);
      (own ?? /** @type {HTMLElement} */ (this.#dialog.querySelector("#preset-name"))).focus();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      if (this.#book.rename(preset.name, input.value)) {
        leave(input.value.trim());
      } else {
        input.setCustomValidity("Another preset has this name, or there is none.");
        input.reportValidity();
      }
    };
    input.oninput = () => input.setCustomValidity("");
    input.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // the dialog stays
      leave(preset.name);
    };
    row.replaceChildren(form);
    input.select();
  }

  /** @param {Preset} preset @returns {HTMLButtonElement} */
  #loader(preset) {
    const heard = preset.sketch.prompts.filter(({ weight, text }) => weight !== 0 && text);
    const texts = heard.map(({ weight, text }) => (weight < 0 ? `no ${text}` : text));
    const load = make("button", { className: "preset-load", type: "button" },
      make("span", { className: "preset-name", textContent: preset.name }),
      make("span", { className: "preset-prompts", textContent: texts.join(", ") || "nothing on" }));
    load.onclick = () => {
      store.replaceSteering(preset.sketch);
      this.#dialog.close();
      toasts.show("preset", `“${preset.name}” it is. Undo brings back what you had.`);
    };
    return load;
  }

  #export() {
    const url = URL.createObjectURL(new Blob([this.#book.toText()], { type: "application/json" }));
    make("a", { href: url, download: "everjam-presets.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** @param {HTMLInputElement} chosen */
  async #import(chosen) {
    const [file] = chosen.files ?? [];
    chosen.value = "";
    if (!file) return;
    try {
      const count = this.#book.addText(await file.text());
      toasts.show("preset", `${count} ${count === 1 ? "preset" : "presets"} taken in.`);
    } catch (error) {
      toasts.show("preset", `${file.name} was not taken in. ${/** @type {Error} */ (error).message}`);
    }
  }
}

/** @returns {string} an address that brings back all that is steered; never with this server's key */
export function sharedAddress() {
  return `${location.origin}${location.pathname}#${toFragment(store.sketch(), store.state.seed)}`;
}

/**
 * @param {string} className @param {string} picture @param {string} name @param {string | null} keys
 * @param {() => void} action
 * @returns {HTMLButtonElement}
 */
function button(className, picture, name, keys, action) {
  const element = make("button", { className, type: "button", onclick: action }, icon(picture));
  element.title = keys ? `${name} (${keys})` : name;
  if (className === "icon") element.setAttribute("aria-label", name);
  else element.append(name);
  if (keys) element.setAttribute("aria-keyshortcuts", keys);
  return element;
}

/**
 * @param {string} className @param {string} text @param {string | null} name where the text alone says too little
 * @param {() => void} action
 * @returns {HTMLButtonElement}
 */
function plain(className, text, name, action) {
  const element = make("button", { className, type: "button", textContent: text, onclick: action });
  if (name) element.setAttribute("aria-label", name);
  return element;
}

customElements.define("ej-presets", PresetsElement);
