/**
 * Suggestions under a text field while somebody types: a combobox as the ARIA Authoring Practices describe it.
 * @module suggest
 */
import { make, placeBeside } from "./dom.js";

/** @typedef {{text: string, kind: string}} Suggestion */

const MAX_SHOWN = 8;
const LIST_ID = "suggested";

/**
 * The suggestions that fit best: those that begin with the words, then those with a word that does, then the rest.
 * @param {readonly Suggestion[]} all
 * @param {string} typed "" finds what is spread over all of them
 * @returns {Suggestion[]} at most eight
 */
export function matching(all, typed) {
  const words = typed.trim().toLowerCase();
  if (!words) return spread(all);
  const rank = (/** @type {string} */ text) => {
    const at = ` ${text}`.indexOf(` ${words}`);
    return at === 0 ? 0 : at > 0 ? 1 : text.includes(words) ? 2 : 3;
  };
  return all
    .map((suggestion) => ({ suggestion, rank: rank(suggestion.text.toLowerCase()) }))
    .filter(({ rank: place }) => place < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_SHOWN)
    .map(({ suggestion }) => suggestion);
}

/** @param {readonly Suggestion[]} all @returns {Suggestion[]} */
function spread(all) {
  const step = all.length / MAX_SHOWN;
  const start = Math.random() * step;
  return Array.from({ length: Math.min(MAX_SHOWN, all.length) }, (_, index) => all[Math.floor(start + index * step)]);
}

/** One list that serves all fields of a page, one at a time. */
class Suggestions {
  /** @type {readonly Suggestion[]} */
  #all = [];
  #list = make("ul", { id: LIST_ID, className: "menu suggestions", role: "listbox", popover: "manual" });
  /** @type {HTMLInputElement | null} */
  #field = null;
  #chosen = -1;

  constructor() {
    this.#list.setAttribute("aria-label", "Suggestions");
  }

  /** @param {readonly Suggestion[]} all */
  offer(all) {
    this.#all = all;
  }

  /**
   * @param {HTMLInputElement} field
   * @param {() => void} take what to do once a suggestion has been put into the field
   */
  attach(field, take) {
    if (!this.#list.isConnected) (document.querySelector("main") ?? document.body).append(this.#list);
    field.autocomplete = "off";
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", LIST_ID);
    field.addEventListener("input", () => this.#open(field, take, field.value));
    field.addEventListener("blur", () => this.close());
    // Before the field's own keys: Enter and Escape are the list's as long as it is open.
    field.addEventListener("keydown", (event) => this.#key(event, field, take), { capture: true });
  }

  /** Takes the list away. */
  close() {
    if (!this.#field) return;
    this.#field.setAttribute("aria-expanded", "false");
    this.#field.removeAttribute("aria-activedescendant");
    this.#field = null;
    this.#list.hidePopover();
    this.#list.replaceChildren();
  }

  /** @param {HTMLInputElement} field @param {() => void} take @param {string} typed */
  #open(field, take, typed) {
    const found = matching(this.#all, typed);
    if (!found.length || field.readOnly) return this.close();
    this.#field = field;
    this.#chosen = -1;
    field.removeAttribute("aria-activedescendant");
    this.#list.replaceChildren(...found.map((suggestion, index) => this.#option(suggestion, index, take)));
    field.setAttribute("aria-expanded", "true");
    this.#list.showPopover();
    placeBeside(this.#list, field);
  }

  /** @param {Suggestion} suggestion @param {number} index @param {() => void} take */
  #option({ text, kind }, index, take) {
    const option = make("li", { id: `${LIST_ID}-${index}`, role: "option", "aria-selected": "false" });
    option.append(make("span", {}, text), make("span", { className: "suggestion-kind" }, kind));
    // Before the field loses the focus, and the list with it.
    option.onpointerdown = (event) => event.preventDefault();
    option.onclick = () => this.#take(text, take);
    return option;
  }

  /** @param {string} text @param {() => void} take */
  #take(text, take) {
    if (!this.#field) return;
    this.#field.value = text;
    this.close();
    take();
  }

  /** @param {KeyboardEvent} event @param {HTMLInputElement} field @param {() => void} take */
  #key(event, field, take) {
    const open = this.#field === field;
    const options = /** @type {HTMLElement[]} */ ([...this.#list.children]);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return this.#open(field, take, field.value === field.defaultValue ? "" : field.value);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are options: none of them is a choice too.
      this.#choose(options, ((this.#chosen + 1 + step + options.length + 1) % (options.length + 1)) - 1);
    } else if (open && event.key === "Escape") {
      event.stopImmediatePropagation();
      this.close();
    } else if (open && event.key === "Enter" && this.#chosen >= 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#take(options[this.#chosen].firstElementChild?.textContent ?? "", take);
    } else if (event.key === "Enter") {
      this.close();
    }
  }

  /** @param {HTMLElement[]} options @param {number} index */
  #choose(options, index) {
    this.#chosen = index;
    for (const [at, option] of options.entries()) option.setAttribute("aria-selected", String(at === index));
    if (index < 0) this.#field?.removeAttribute("aria-activedescendant");
    else this.#field?.setAttribute("aria-activedescendant", `${LIST_ID}-${index}`);
  }
}

export const suggestions = new Suggestions();
