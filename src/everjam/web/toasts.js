/**
 * Short messages: one a cause, with what to do about it; read out by screen readers.
 * @module toasts
 */

const SHOWN_MS = 9000;

export class Toasts {
  /** @type {HTMLElement | null} */
  #region = null;
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /** @param {HTMLElement} region a live region; a page without one shows no messages */
  attach(region) {
    this.#region = region;
    region.append(...this.#shown.values());
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
    old?.remove();
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
    if (!lasting) setTimeout(() => this.#shown.get(cause) === toast && this.clear(cause), SHOWN_MS);
  }

  /** @param {string} cause */
  clear(cause) {
    this.#shown.get(cause)?.remove();
    this.#shown.delete(cause);
  }
}
