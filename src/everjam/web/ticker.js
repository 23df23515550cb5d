/**
 * Draws a view again and again while there is something to see: no faster than it has to be, and not at all while the
 * page is hidden, the view is out of sight, or whoever looks prefers stillness.
 * @module ticker
 */

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** @returns {boolean} whether nothing may move */
export function isStill() {
  return stillness.matches;
}

export class Ticker {
  #element;
  #everyMs;
  #draw;
  #request = 0;
  #drawnAt = -Infinity;
  #seen = true;
  #running = false;
  /** @type {IntersectionObserver | null} */
  #observer = null;

  /**
   * @param {Element} element
   * @param {number} everyMs
   * @param {(nowMs: number) => boolean} draw says whether it goes on; it does not for people who prefer stillness
   */
  constructor(element, everyMs, draw) {
    this.#element = element;
    this.#everyMs = everyMs;
    this.#draw = draw;
  }

  start() {
    this.#running = true;
    this.#observer = new IntersectionObserver((entries) => {
      this.#seen = entries[entries.length - 1].isIntersecting;
      this.wake();
    });
    this.#observer.observe(this.#element);
    stillness.addEventListener("change", this.wake);
    this.wake();
  }

  stop() {
    this.#running = false;
    this.#observer?.disconnect();
    stillness.removeEventListener("change", this.wake);
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  /** Draws soon: something has changed. */
  wake = () => {
    if (!this.#request && this.#running && this.#seen) this.#request = requestAnimationFrame(this.#frame);
  };

  #frame = (/** @type {number} */ nowMs) => {
    this.#request = 0;
    // Screens refresh a little before or after the time asked for.
    if (nowMs - this.#drawnAt < this.#everyMs - 5) return this.wake();
    this.#drawnAt = nowMs;
    if (this.#draw(nowMs) && !stillness.matches) this.wake();
  };
}

/**
 * Calls back now and whenever the colours of the page may have changed.
 * @param {() => void} callback
 * @returns {() => void} ends it
 */
export function watchColours(callback) {
  const scheme = matchMedia("(prefers-color-scheme: light)");
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true });
  scheme.addEventListener("change", callback);
  callback();
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", callback);
  };
}

/**
 * Gives a canvas as many pixels as it has on the screen; that empties it, so it is to be drawn again at once.
 * @param {HTMLCanvasElement} canvas
 * @returns {boolean} whether that was a change
 */
export function fitCanvas(canvas) {
  const scale = Math.min(2, devicePixelRatio || 1);
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (canvas.width === width && canvas.height === height) return false;
  [canvas.width, canvas.height] = [width, height];
  return true;
}
