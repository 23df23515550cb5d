/**
 * `<ej-mixer>`: the prompts side by side, to be mixed, edited, reordered and removed.
 * @module mixer
 */
import { heard, session, store } from "./app.js";
import { make } from "./dom.js";
import { Slot } from "./slot.js";
import { SlotMenu } from "./slotmenu.js";
import { suggestions } from "./suggest.js";

/** @typedef {import("./store.js").Prompt} Prompt */

const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 });

class Mixer extends HTMLElement {
  /** @type {Map<number, Slot>} */
  #slots = new Map();
  #list = make("ol", { id: "slots", className: "slots" });
  #menu = new SlotMenu(store);
  /** What the server has refused, as it was written. @type {Set<string>} */
  #refused = new Set();
  /** @type {(() => void)[]} */
  #endings = [];
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  connectedCallback() {
    this.#list.setAttribute("aria-label", "Prompts");
    this.append(this.#list, this.#menu.element);
    const onFiltered = (/** @type {Event} */ event) => {
      this.#refused.add(/** @type {CustomEvent<{text: string}>} */ (event).detail.text.trim());
      this.#show();
    };
    const onBeat = () => this.#pulse();
    session.addEventListener("filtered", onFiltered);
    heard.addEventListener("beat", onBeat);
    this.#endings = [
      store.watch("prompts", () => this.#show()),
      () => session.removeEventListener("filtered", onFiltered),
      () => heard.removeEventListener("beat", onBeat),
    ];
  }

  disconnectedCallback() {
    for (const end of this.#endings.splice(0)) end();
    this.#slots.clear();
    this.#list.replaceChildren();
    this.replaceChildren();
  }

  /** @returns {Slot[]} in the order in which they stand */
  get slots() {
    return store.state.prompts.map(({ id }) => /** @type {Slot} */ (this.#slots.get(id)));
  }

  #show() {
    const { prompts } = store.state;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const focusedPlace = [...this.#list.children].findIndex((slot) => slot.contains(focused));
    const ids = new Set(prompts.map(({ id }) => id));
    for (const [id, slot] of this.#slots) {
      if (ids.has(id)) continue;
      slot.element.remove();
      this.#slots.delete(id);
    }
    const heardNow = new Set(store.activePrompts().map(({ id }) => id));
    for (const [place, prompt] of prompts.entries()) {
      const slot = this.#slots.get(prompt.id) ?? this.#newSlot(prompt.id);
      const there = this.#list.children[place] ?? null;
      if (there !== slot.element) this.#list.insertBefore(slot.element, there);
      slot.show(prompt, place, this.#standing(prompt, heardNow));
    }
    this.dataset.many = String(prompts.length > 16);
    if (focusedPlace < 0 || focused === document.activeElement) return;
    // What moves within the document loses the focus.
    if (focused && this.contains(focused)) focused.focus();
    else this.#focusAfter(focusedPlace);
  }

  /** @param {Prompt} prompt @param {Set<number>} heardNow @returns {import("./slot.js").Standing} */
  #standing({ id, text, weight, muted, solo }, heardNow) {
    if (weight === 0 || !text.trim()) return "off";
    if (heardNow.has(id)) return this.#refused.has(text.trim()) ? "filtered" : "heard";
    return muted && !solo ? "muted" : "shadowed";
  }

  /** @param {number} id @returns {Slot} */
  #newSlot(id) {
    const slot = new Slot(store, id);
    this.#slots.set(id, slot);
    suggestions.attach(slot.text, () => {
      slot.commit(store);
      slot.fader.focus();
    });
    slot.more.onclick = () => this.#menu.open(id, slot.more);
    slot.element.addEventListener("keydown", (event) => this.#key(event, id));
    slot.grip.addEventListener("pointerdown", (event) => this.#drag(event, slot));
    return slot;
  }

  /** @param {KeyboardEvent} event @param {number} id */
  #key(event, id) {
    const step = STEPS[event.key];
    const { classList } = /** @type {HTMLElement} */ (event.target);
    const onFader = classList.contains("fader");
    // In a field these keys go from word to word.
    if (event.altKey && step && !classList.contains("slot-text")) {
      event.preventDefault();
      this.#menu.move(id, step);
    } else if (onFader && event.key === "-") {
      event.preventDefault();
      this.#menu.changeSign(id);
    } else if (onFader && event.key === "Delete") {
      event.preventDefault();
      this.#menu.remove(id);
    }
  }

  /** Follows a drag, and moves the prompt to where it is let go of. @param {PointerEvent} begin @param {Slot} slot */
  #drag(begin, slot) {
    if (begin.button !== 0) return;
    begin.preventDefault();
    const { element, grip } = slot;
    grip.setPointerCapture(begin.pointerId);
    element.classList.add("dragged");
    const end = new AbortController();
    /** @type {Slot | null} */
    let target = null;
    const aim = (/** @type {Slot | null} */ next) => {
      target?.element.classList.remove("target");
      target = next;
      target?.element.classList.add("target");
    };
    const follow = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      element.style.setProperty("translate", `${clientX - begin.clientX}px ${clientY - begin.clientY}px`);
      const others = this.slots.filter((other) => other !== slot);
      aim(others.find((other) => contains(other.element.getBoundingClientRect(), clientX, clientY)) ?? null);
    };
    const finish = (/** @type {boolean} */ done) => {
      end.abort();
      const place = target ? store.state.prompts.findIndex(({ id }) => id === target?.id) : -1;
      aim(null);
      element.classList.remove("dragged");
      element.style.removeProperty("translate");
      if (done && place >= 0) store.movePrompt(slot.id, place);
    };
    const { signal } = end;
    grip.addEventListener("pointermove", follow, { signal });
    grip.addEventListener("pointerup", () => finish(true), { signal });
    grip.addEventListener("pointercancel", () => finish(false), { signal });
  }

  /** Puts the focus where one goes on after a prompt is gone. @param {number} place that it had */
  #focusAfter(place) {
    const next = this.slots[Math.min(place, this.slots.length - 1)];
    if (next) next.fader.focus();
    else document.getElementById("add-text")?.focus();
  }

  #pulse() {
    if (this.#still.matches || this.hidden) return;
    for (const { id } of store.activePrompts()) this.#slots.get(id)?.pulse();
  }
}

/** @param {DOMRect} box @param {number} x @param {number} y @returns {boolean} */
function contains(box, x, y) {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

customElements.define("ej-mixer", Mixer);
