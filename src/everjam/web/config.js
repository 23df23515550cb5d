/**
 * `<ej-config>`: controls for the music configuration, made from the server's own field table, so that they cannot
 * disagree with it.
 * @module config
 */
import { schema, store } from "./app.js";
import { make } from "./dom.js";

/**
 * @typedef {import("./app.js").Field} Field
 * @typedef {import("./app.js").Obedience} Obedience
 */

const LABELS = /** @type {Record<string, string>} */ ({
  bpm: "Tempo",
  top_k: "Top K",
  scale: "Key",
  music_generation_mode: "Mode",
  only_bass_and_drums: "Only bass & drums",
});
const UNITS = /** @type {Record<string, string>} */ ({ bpm: " bpm" });
/** In an order that musicians like; what is not here comes last. */
const ORDER = ["bpm", "density", "brightness", "guidance", "temperature", "top_k", "scale", "music_generation_mode",
  "seed", "mute_bass", "mute_drums", "only_bass_and_drums"];
const STEPS = 1000;
const AUTO = "Auto";

class Config extends HTMLElement {
  /** @type {(() => void)[]} */
  #endings = [];

  connectedCallback() {
    void schema.then((known) => {
      if (known && this.isConnected) this.#build(known.fields, known.engine?.obeys ?? {});
    });
  }

  disconnectedCallback() {
    for (const end of this.#endings.splice(0)) end();
    this.replaceChildren();
  }

  /** @param {Field[]} fields @param {Record<string, Obedience>} obeys how well the engine obeys each field */
  #build(fields, obeys) {
    const rank = (/** @type {Field} */ { name }) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
    const toggles = make("div", { className: "field toggles" });
    this.replaceChildren();
    for (const field of [...fields].sort((a, b) => rank(a) - rank(b))) {
      const ignored = obeys[field.name] === "ignored";
      if (field.kind === "bool") toggles.append(this.#toggle(field, ignored));
      else this.append(this.#tile(field, ignored));
    }
    if (toggles.childElementCount) this.append(toggles);
  }

  /** @param {(config: import("./store.js").Config) => void} show called now and after every change */
  #watch(show) {
    this.#endings.push(store.watch("config", ({ config }) => show(config)));
  }

  /** @param {Field} field @param {boolean} ignored @returns {HTMLElement} */
  #toggle(field, ignored) {
    const input = make("input", { type: "checkbox", name: field.wireName, role: "switch" });
    input.onchange = () => store.setConfig(field.wireName, input.checked || null);
    const text = make("span", {}, label(field));
    if (ignored) text.append(make("span", { className: "visually-hidden" }, ", not used by this engine"));
    const element = make("label", { className: "toggle", title: helpOn(field, ignored) }, input, text);
    element.classList.toggle("ignored", ignored);
    this.#watch((config) => {
      input.checked = config[field.wireName] === true;
    });
    return element;
  }

  /** @param {Field} field @param {boolean} ignored @returns {HTMLElement} */
  #tile(field, ignored) {
    const id = `field-${field.wireName}`;
    const shown = make("span", { className: "field-value figures", "aria-hidden": "true" }); // the slider says it
    const auto = make("button", { type: "button", className: "auto", "aria-label": `${label(field)}: Auto` }, AUTO);
    auto.onclick = () => store.setConfig(field.wireName, null);
    const input = this.#input(field);
    Object.assign(input, { id, name: field.wireName });
    input.setAttribute("aria-describedby", `${id}-help`);
    const help = make("p", { id: `${id}-help`, className: "help" }, helpOn(field, ignored));
    const name = make("label", { htmlFor: id, title: helpOn(field, ignored) }, label(field));
    const head = make("div", { className: "field-head" }, name, shown, auto);
    const element = make("div", { className: "field" }, head, input, help);
    element.classList.toggle("ignored", ignored);
    this.#watch((config) => {
      const value = config[field.wireName];
      auto.setAttribute("aria-pressed", String(value === undefined));
      element.classList.toggle("set", value !== undefined);
      shown.textContent = typeof value === "number" && field.name !== "seed" ? format(field, value) : "";
    });
    return element;
  }

  /** @param {Field} field @returns {HTMLInputElement | HTMLSelectElement} */
  #input(field) {
    if (field.kind === "enum") return this.#choice(field);
    return field.name === "seed" ? this.#number(field) : this.#range(field);
  }

  /** @param {Field} field @returns {HTMLInputElement} */
  #range(field) {
    const [low, high] = [Number(field.minimum), Number(field.maximum)];
    // A slider over three decades is of use only if it is logarithmic.
    const curved = low > 0 && high / low >= 100;
    const toValue = (/** @type {number} */ position) => {
      const value = curved ? low * (high / low) ** (position / STEPS) : low + ((high - low) * position) / STEPS;
      return field.kind === "int" ? Math.round(value) : Math.round(value * 100) / 100;
    };
    const toPosition = (/** @type {number} */ value) =>
      curved ? (STEPS * Math.log(value / low)) / Math.log(high / low) : (STEPS * (value - low)) / (high - low);
    const bounds = curved
      ? { min: "0", max: String(STEPS), step: "1" }
      : { min: String(low), max: String(high), step: field.kind === "int" ? "1" : "0.01" };
    const input = make("input", { type: "range", className: "slider", ...bounds });
    const read = () => (curved ? toValue(input.valueAsNumber) : input.valueAsNumber);
    input.oninput = () => store.setConfig(field.wireName, read());
    const resting = typeof field.default === "number" ? field.default : (low + high) / 2;
    this.#watch((config) => {
      const set = config[field.wireName];
      const value = typeof set === "number" ? set : resting;
      if (set === undefined || read() !== value) input.value = String(curved ? toPosition(value) : value);
      input.style.setProperty("--p", String(toPosition(value) / STEPS));
      input.setAttribute("aria-valuetext", set === undefined ? AUTO : format(field, value));
    });
    return input;
  }

  /** @param {Field} field @returns {HTMLSelectElement} */
  #choice(field) {
    const select = make("select", { className: "box" });
    const chosen = (field.values ?? []).filter((value) => !value.endsWith("_UNSPECIFIED"));
    const usual = typeof field.default === "string" ? ` (${readable(field.default)})` : "";
    for (const value of ["", ...chosen]) select.add(new Option(value ? readable(value) : AUTO + usual, value));
    select.onchange = () => store.setConfig(field.wireName, select.value || null);
    this.#watch((config) => {
      select.value = String(config[field.wireName] ?? "");
    });
    return select;
  }

  /** @param {Field} field @returns {HTMLInputElement} */
  #number(field) {
    const input = make("input", {
      type: "text", className: "box figures", inputMode: "numeric", placeholder: "new each time", autocomplete: "off",
    });
    input.onchange = () => {
      const number = Number.parseInt(input.value, 10);
      const clamped = Math.min(Math.max(number, Number(field.minimum)), Number(field.maximum));
      store.setConfig(field.wireName, Number.isNaN(number) ? null : clamped);
    };
    this.#watch((config) => {
      input.value = String(config[field.wireName] ?? "");
    });
    return input;
  }
}

/** @param {string} value name of a scale or mode @returns {string} */
function readable(value) {
  const words = value.split("_").map((word) => (word.length === 1 ? word : word.toLowerCase())).join(" ");
  const signed = words.replaceAll(" flat", "♭").replaceAll(" sharp", "♯").replace("major ", "major / ");
  return signed.charAt(0).toUpperCase() + signed.slice(1);
}

/** @param {Field} field @returns {string} */
function label(field) {
  const plain = field.name.replaceAll("_", " ");
  return LABELS[field.name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** @param {Field} field @param {boolean} ignored @returns {string} */
function helpOn(field, ignored) {
  return ignored ? `${field.help} Not used by this engine.` : field.help;
}

/** @param {Field} field @param {number} value @returns {string} */
function format(field, value) {
  return (field.kind === "int" ? String(value) : value.toFixed(2)) + (UNITS[field.name] ?? "");
}

customElements.define("ej-config", Config);
