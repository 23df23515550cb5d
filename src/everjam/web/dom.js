/**
 * Elements in one expression.
 * @module dom
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [properties] names with a dash, and `role`, are attributes; the others properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, String(value));
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * A picture of lines on a square of 24, for inside a button.
 * @param {string} path
 * @returns {SVGSVGElement}
 */
export function icon(path) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  picture.append(line);
  return picture;
}

/**
 * Puts something that lies on top beside what it belongs to, inside the window.
 * @param {HTMLElement} floating shown already
 * @param {Element} anchor
 */
export function placeBeside(floating, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = floating.getBoundingClientRect();
  const room = 8;
  const below = at.bottom + 4 + height <= innerHeight - room;
  const top = below ? at.bottom + 4 : Math.max(room, at.top - 4 - height);
  const left = Math.max(room, Math.min(at.left, innerWidth - width - room));
  floating.style.setProperty("top", `${top}px`);
  floating.style.setProperty("left", `${left}px`);
}
