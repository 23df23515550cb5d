/**
 * Elements in one expression, and where the keyboard's focus goes when they come and go. What is of no use for now keeps
 * the focus; what goes away hands it on. Nothing lets it fall back to the top of the page.
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
 * Lets something be used, or not for now. Unlike `disabled`, which drops the focus, this leaves it where it is: who is
 * on it is told that it is unavailable, and may go on from there.
 * @param {HTMLElement} control
 * @param {boolean} on
 */
export function enable(control, on) {
  if (on) control.removeAttribute("aria-disabled");
  else control.setAttribute("aria-disabled", "true");
  if (control instanceof HTMLInputElement) control.readOnly = !on;
  control.addEventListener("click", refuse, true);
}

/** @param {Element} control @returns {boolean} */
export function isEnabled(control) {
  return control.getAttribute("aria-disabled") !== "true";
}

/** @param {Event} event */
function refuse(event) {
  if (isEnabled(/** @type {Element} */ (event.currentTarget))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/**
 * Moves the focus away from what is about to be hidden or removed.
 * @param {Element} leaving
 * @param {HTMLElement | null | undefined} next
 */
export function handOn(leaving, next) {
  if (leaving.contains(document.activeElement)) next?.focus({ preventScroll: true });
}

/**
 * Shows or hides something.
 * @param {HTMLElement} element
 * @param {boolean} on
 * @param {HTMLElement | null | undefined} next what has the focus afterwards, if it was within
 */
export function reveal(element, on, next) {
  if (!on) handOn(element, next);
  element.hidden = !on;
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
