/**
 * Short messages: one a cause, with what to do about it; read out by screen readers.
 * @module toasts
 */
import { handOn } from "./dom.js";

const SHOWN_MS = 9000;

export class Toasts {
  /** @type {HTMLElement | null} */
  #region = null;
  /** @type {HTMLElement | null} what has the focus when the last message is closed, if it came from nowhere */
  #home = null;
  /** @type {Element | null} what had the focus before it came to a message */
  #before = null;
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /**
   * @param {HTMLElement} region a live region; a page without one shows no messages
   * @param {HTMLElement | null} home
   */
  attach(region, home) {
    this.#region = region;
    this.#home = home;
    region.append(...this.#shown.values());
    region.addEventListener("focusin", ({ relatedTarget }) => {
      const from = /** @type {Element | null} */ (relatedTarget);
      if (!from || !region.contains(from)) this.#before = from;
    });
  }

  /**
   * Shows a message, or keeps the one that is already there for the same cause up to date.
   * @param {string} cause
   * @param {string} text
   * @param {{lasting?: boolean}} [options] lasting: until `clear` or the listener closes it
   */
  show(cause, text, { lasting = false } = {}) {
    const old = this.#shown.get(cause);
    if (old?.firstChild?.textContent === text) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    const message = document.createElement("p");
    message.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.setAttribute("aria-label", "Close this message");
    close.textContent = "×";
    close.onclick = () => this.clear(cause);
    toast.append(message, close);
    this.#shown.set(cause, toast);
    this.#region?.append(toast);
    if (old) handOn(old, close);
    old?.remove();
    if (!lasting) setTimeout(() => this.#shown.get(cause) === toast && this.clear(cause), SHOWN_MS);
  }

  /** @param {string} cause */
  clear(cause) {
    const toast = this.#shown.get(cause);
    if (!toast) return;
    handOn(toast, this.#after(toast));
    toast.remove();
    this.#shown.delete(cause);
  }

  /** @param {HTMLElement} toast @returns {HTMLElement | null} what has the focus when it is closed */
  #after(toast) {
    const other = (toast.nextElementSibling ?? toast.previousElementSibling)?.querySelector("button");
    if (other) return other;
    const before = this.#before;
    const isThere = before instanceof HTMLElement && before !== document.body && before.getClientRects().length > 0;
    return isThere ? before : this.#home;
  }
}
