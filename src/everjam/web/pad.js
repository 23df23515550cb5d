/**
 * `<ej-pad>`: the prompts as points on a plane. A puck among them mixes those that are near; it can be moved, and left
 * to drift. Points can be moved too. Negative prompts are left alone: they are set on purpose.
 * @module pad
 */
import { store } from "./app.js";
import { handOn, make } from "./dom.js";
import { driftedFrom, firstPlace, inside, mixAt, reach } from "./padmath.js";
import { isNegative, shownWeight } from "./slot.js";
import { MAX_WEIGHT } from "./store.js";

/**
 * @typedef {import("./padmath.js").Place} Place
 * @typedef {import("./store.js").Prompt} Prompt
 */

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.02;
const FINE_STEP = 0.005;
const DRIFT_MS = 100;
const CALM_DRIFT_MS = 700;
/** At the slowest and at the fastest, seconds of the path in a second. */
const SPEEDS = [0.15, 1.5];
const ARROWS = /** @type {Record<string, Place>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});

class Pad extends HTMLElement {
  #field = make("div", { className: "pad-field", role: "group", "aria-label": "Pad" });
  #lines = document.createElementNS(SVG, "svg");
  #halo = make("span", { className: "pad-halo", "aria-hidden": "true" });
  #puck = handle("puck", "Puck");
  #drift = make("input", { id: "drift", type: "range", className: "slider", min: "0", max: "1", step: "0.05" });
  /** @type {Map<number, {point: HTMLElement, line: SVGLineElement}>} */
  #points = new Map();
  /** @type {(() => void)[]} */
  #endings = [];
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #timer = 0;
  /** @type {{start: Place, seconds: number, at: number} | null} how far the drift has come since it began somewhere */
  #path = null;
  #held = false;
  /** Weights as the pad has set them, to tell when somebody else does. */
  #mixed = "";

  connectedCallback() {
    this.#lines.setAttribute("class", "pad-lines");
    this.#lines.setAttribute("aria-hidden", "true");
    this.#field.append(this.#lines, this.#halo, this.#puck);
    const spread = make("button", { type: "button", className: "ghost" }, "Spread the points");
    spread.onclick = () => store.setPad({ points: {} });
    this.append(
      this.#field,
      make("div", { className: "pad-bar" },
        make("p", { className: "pad-hint" }, "Move the puck: the nearer a prompt, the louder."),
        make("label", { htmlFor: "drift" }, "Drift"), this.#drift, spread),
    );
    this.#field.onpointerdown = (event) => this.#grab(event, this.#field, (place) => this.#movePuck(place));
    this.#puck.onkeydown = (event) => this.#key(event, store.state.pad.puck, (place) => this.#movePuck(place));
    this.#drift.oninput = () => store.setPad({ drift: this.#drift.valueAsNumber });
    const motion = () => this.#restart();
    this.#still.addEventListener("change", motion);
    this.#endings = [
      store.watch("prompts", () => this.#promptsChanged()),
      store.watch("pad", () => this.#show()),
      store.watch("pad", () => this.#schedule()),
      store.watch("playback", () => this.#schedule()),
      () => this.#still.removeEventListener("change", motion),
    ];
  }

  disconnectedCallback() {
    for (const end of this.#endings.splice(0)) end();
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#points.clear();
    this.#lines.replaceChildren();
    this.#field.replaceChildren();
    this.replaceChildren();
  }

  /** @param {Prompt} prompt @param {number} index @returns {Place} */
  #placeOf({ id }, index) {
    return store.state.pad.points[id] ?? firstPlace(index, store.state.prompts.length);
  }

  /** @param {Place} place @param {boolean} byDrift */
  #movePuck(place, byDrift = false) {
    if (!byDrift) this.#path = null;
    store.setPad({ puck: place });
    this.#mix();
  }

  /** @param {number} id @param {Place} place */
  #movePoint(id, place) {
    store.setPad({ points: { ...store.state.pad.points, [id]: place } });
    this.#mix();
  }

  #mix() {
    /** @type {Map<number, Place>} */
    const points = new Map();
    for (const [index, prompt] of store.state.prompts.entries()) {
      if (!isNegative(prompt.weight)) points.set(prompt.id, this.#placeOf(prompt, index));
    }
    const weights = mixAt(store.state.pad.puck, points);
    const mixed = store.state.prompts.map(({ id, weight }) => ({ id, weight: weights.get(id) ?? weight }));
    this.#mixed = fingerprint(mixed);
    if (this.#mixed !== fingerprint(store.state.prompts)) store.setWeights(weights, "pad");
  }

  #promptsChanged() {
    const { prompts, pad } = store.state;
    // Whoever sets a weight by hand wants it to stay.
    if (pad.drift && this.#path && fingerprint(prompts) !== this.#mixed) store.setPad({ drift: 0 });
    this.#show();
  }

  #show() {
    const { prompts, pad } = store.state;
    const ids = new Set(prompts.map(({ id }) => id));
    for (const [id, { point, line }] of this.#points) {
      if (ids.has(id)) continue;
      handOn(point, this.#puck);
      point.remove();
      line.remove();
      this.#points.delete(id);
    }
    const heardNow = new Set(store.activePrompts().map(({ id }) => id));
    for (const [index, prompt] of prompts.entries()) {
      this.#showPoint(prompt, this.#placeOf(prompt, index), heardNow.has(prompt.id));
    }
    put(this.#puck, pad.puck);
    put(this.#halo, pad.puck);
    this.#halo.style.setProperty("--reach", String(reach(prompts.length)));
    const loud = store.activePrompts().sort((a, b) => b.weight - a.weight).slice(0, 3);
    const mix = loud.map(({ text, weight }) => `${text} ${shownWeight(weight)}`).join(", ") || "nothing";
    this.#puck.setAttribute("aria-valuetext", `${spoken(pad.puck)}: ${mix}`);
    this.#puck.setAttribute("aria-valuenow", String(Math.round(pad.puck[0] * 100)));
    if (this.#drift.valueAsNumber !== pad.drift) this.#drift.value = String(pad.drift);
    this.#drift.style.setProperty("--p", String(pad.drift));
    const speed = pad.drift === 0 ? "still" : pad.drift < 0.5 ? "calm" : "lively";
    this.#drift.setAttribute("aria-valuetext", speed);
  }

  /** @param {Prompt} prompt @param {Place} place @param {boolean} sounds */
  #showPoint({ id, text, weight, colour }, place, sounds) {
    const { point, line } = this.#points.get(id) ?? this.#newPoint(id);
    const { puck } = store.state.pad;
    const strength = Math.abs(weight) / MAX_WEIGHT;
    put(point, place);
    for (const element of [point, line]) {
      element.style.setProperty("--c", colour);
      element.style.setProperty("--w", String(sounds ? strength : 0));
    }
    point.classList.toggle("negative", isNegative(weight));
    point.classList.toggle("silent", !sounds && weight !== 0);
    point.classList.toggle("off", weight === 0);
    point.lastElementChild?.replaceChildren(text);
    point.setAttribute("aria-label", `Point of ${text}`);
    point.setAttribute("aria-valuetext", `${spoken(place)}, weight ${shownWeight(weight)}`);
    point.setAttribute("aria-valuenow", String(Math.round(place[0] * 100)));
    for (const [name, value] of Object.entries({ x1: puck[0], y1: puck[1], x2: place[0], y2: place[1] })) {
      line.setAttribute(name, `${value * 100}%`);
    }
  }

  /** @param {number} id */
  #newPoint(id) {
    const point = handle("point lit", "");
    for (const className of ["point-dot", "point-text"]) {
      point.append(make("span", { className, "aria-hidden": "true" }));
    }
    const line = document.createElementNS(SVG, "line");
    line.setAttribute("class", "lit");
    const move = (/** @type {Place} */ place) => this.#movePoint(id, place);
    point.onpointerdown = (event) => this.#grab(event, point, move);
    point.onkeydown = (event) => {
      const index = store.state.prompts.findIndex((prompt) => prompt.id === id);
      this.#key(event, this.#placeOf(store.state.prompts[index], index), move);
    };
    this.#points.set(id, { point, line });
    this.#lines.append(line);
    this.#field.append(point);
    return { point, line };
  }

  /** @param {PointerEvent} begin @param {HTMLElement} taker @param {(place: Place) => void} move */
  #grab(begin, taker, move) {
    if (begin.button !== 0) return;
    begin.preventDefault();
    begin.stopPropagation();
    (taker === this.#field ? this.#puck : taker).focus({ preventScroll: true });
    taker.setPointerCapture(begin.pointerId);
    const end = new AbortController();
    const follow = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const box = this.#field.getBoundingClientRect();
      move(inside([(clientX - box.left) / box.width, (clientY - box.top) / box.height]));
    };
    const finish = () => {
      end.abort();
      this.#held = false;
      this.#restart();
    };
    this.#held = true;
    if (taker === this.#field) follow(begin);
    taker.addEventListener("pointermove", follow, { signal: end.signal });
    taker.addEventListener("pointerup", finish, { signal: end.signal });
    taker.addEventListener("pointercancel", finish, { signal: end.signal });
  }

  /** @param {KeyboardEvent} event @param {Place} from @param {(place: Place) => void} move */
  #key(event, from, move) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const step = event.shiftKey ? FINE_STEP : STEP;
    move(inside([from[0] + arrow[0] * step, from[1] + arrow[1] * step]));
  }

  #restart() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#path = null;
    this.#schedule();
  }

  /** Lets the puck drift while there is music, and only then. */
  #schedule() {
    const drifts = store.state.pad.drift > 0 && store.state.playback === "playing";
    if (drifts === this.#timer > 0) return;
    clearInterval(this.#timer);
    this.#timer = drifts ? setInterval(() => this.#driftOn(), this.#still.matches ? CALM_DRIFT_MS : DRIFT_MS) : 0;
    this.#path = null;
  }

  #driftOn() {
    if (this.#held) return;
    const { puck, drift } = store.state.pad;
    const now = performance.now();
    this.#path ??= { start: puck, seconds: 0, at: now };
    // A page in the background is woken seldom, and must not jump.
    const passed = Math.min((now - this.#path.at) / 1000, 2 * (CALM_DRIFT_MS / 1000));
    this.#path.seconds += passed * (SPEEDS[0] + (SPEEDS[1] - SPEEDS[0]) * drift);
    this.#path.at = now;
    this.#movePuck(driftedFrom(this.#path.start, this.#path.seconds), true);
  }
}

/** @param {string} className @param {string} label @returns {HTMLElement} what has a place, for hand and keyboard */
function handle(className, label) {
  return make("div", {
    className, tabIndex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100,
  });
}

/** @param {HTMLElement} element @param {Place} place */
function put(element, [x, y]) {
  element.style.setProperty("left", `${x * 100}%`);
  element.style.setProperty("top", `${y * 100}%`);
}

/** @param {Place} place @returns {string} */
function spoken([x, y]) {
  return `${Math.round(x * 100)} across, ${Math.round((1 - y) * 100)} up`;
}

/** @param {{id: number, weight: number}[]} prompts @returns {string} */
function fingerprint(prompts) {
  return prompts.map(({ id, weight }) => `${id}:${weight}`).join();
}

customElements.define("ej-pad", Pad);
