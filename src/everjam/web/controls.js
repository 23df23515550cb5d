/**
 * Controls for the music configuration, made from the server's own field table, so that they cannot disagree with it.
 * @module controls
 */

/**
 * @typedef {{name: string, wireName: string, kind: "float" | "int" | "bool" | "enum", minimum: number | null,
 *   maximum: number | null, default: number | boolean | string | null, help: string, values: string[] | null}} Field
 * @typedef {"exact" | "approximate" | "ignored"} Obedience
 * @typedef {import("./store.js").Store} Store
 */

const LABELS = /** @type {Record<string, string>} */ ({
  bpm: "Tempo",
  top_k: "Top K",
  scale: "Key",
  music_generation_mode: "Mode",
  only_bass_and_drums: "Only bass & drums",
});
const UNITS = /** @type {Record<string, string>} */ ({ bpm: " bpm" });
const ORDER = ["bpm", "scale", "density", "brightness", "mute_bass", "mute_drums", "only_bass_and_drums",
  "music_generation_mode", "guidance", "temperature", "top_k", "seed"];
const STEPS = 1000;
const AUTO = "Auto";

/**
 * Builds the controls, in an order that musicians like.
 * @param {Store} store
 * @param {HTMLElement} parent
 * @param {Field[]} fields
 * @param {Record<string, Obedience>} obeys how well the engine obeys each field
 */
export function bindControls(store, parent, fields, obeys) {
  const rank = (/** @type {Field} */ field) => (ORDER.includes(field.name) ? ORDER.indexOf(field.name) : ORDER.length);
  const toggles = document.createElement("div");
  toggles.className = "field toggles";
  for (const field of [...fields].sort((a, b) => rank(a) - rank(b))) {
    const ignored = obeys[field.name] === "ignored";
    if (field.kind === "bool") {
      if (!toggles.isConnected) parent.append(toggles);
      toggles.append(toggle(store, field, ignored));
    } else {
      parent.append(tile(store, field, ignored));
    }
  }
}

/** @param {string} value name of a scale or mode @returns {string} */
export function readable(value) {
  const words = value.split("_").map((word) => (word.length === 1 ? word : word.toLowerCase())).join(" ");
  const signed = words.replaceAll(" flat", "♭").replaceAll(" sharp", "♯").replace("major ", "major / ");
  return signed.charAt(0).toUpperCase() + signed.slice(1);
}

/** @param {Field} field @returns {string} */
function label(field) {
  const plain = field.name.replaceAll("_", " ");
  return LABELS[field.name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** @param {Store} store @param {Field} field @param {boolean} ignored @returns {HTMLElement} */
function toggle(store, field, ignored) {
  const element = document.createElement("label");
  element.className = "toggle";
  element.classList.toggle("ignored", ignored);
  element.title = ignored ? `${field.help} Not used by this engine.` : field.help;
  const input = document.createElement("input");
  input.type = "checkbox";
  input.name = field.wireName;
  input.setAttribute("role", "switch");
  input.onchange = () => store.setConfig(field.wireName, input.checked || null);
  const text = document.createElement("span");
  text.textContent = label(field);
  if (ignored) {
    const note = document.createElement("span");
    note.className = "visually-hidden";
    note.textContent = ", not used by this engine";
    text.append(note);
  }
  element.append(input, text);
  store.watch("config", ({ config }) => {
    input.checked = config[field.wireName] === true;
  });
  return element;
}

/** @param {Store} store @param {Field} field @param {boolean} ignored @returns {HTMLElement} */
function tile(store, field, ignored) {
  const element = document.createElement("div");
  element.className = "field";
  element.classList.toggle("ignored", ignored);
  const id = `field-${field.wireName}`;
  const name = document.createElement("label");
  name.htmlFor = id;
  name.textContent = label(field);
  const shown = document.createElement("span");
  shown.className = "field-value";
  shown.setAttribute("aria-hidden", "true"); // the slider says it
  const auto = document.createElement("button");
  auto.type = "button";
  auto.className = "auto";
  auto.textContent = AUTO;
  auto.setAttribute("aria-label", `${label(field)}: Auto`);
  auto.onclick = () => store.setConfig(field.wireName, null);
  const make = field.kind === "enum" ? enumInput : field.name === "seed" ? seedInput : rangeInput;
  const input = make(store, field);
  input.id = id;
  input.name = field.wireName;
  const help = document.createElement("p");
  help.id = `${id}-help`;
  help.className = "help";
  help.textContent = ignored ? `${field.help} Not used by this engine.` : field.help;
  input.setAttribute("aria-describedby", help.id);
  const head = document.createElement("div");
  head.className = "field-head";
  head.append(name, shown, auto);
  element.append(head, input, help);
  store.watch("config", ({ config }) => {
    const value = config[field.wireName];
    auto.setAttribute("aria-pressed", String(value === undefined));
    element.classList.toggle("set", value !== undefined);
    shown.textContent = typeof value === "number" && field.name !== "seed" ? format(field, value) : "";
  });
  return element;
}

/** @param {Field} field @param {number} value @returns {string} */
function format(field, value) {
  return (field.kind === "int" ? String(value) : value.toFixed(2)) + (UNITS[field.name] ?? "");
}

/** @param {Store} store @param {Field} field @returns {HTMLInputElement} */
function rangeInput(store, field) {
  const [low, high] = [Number(field.minimum), Number(field.maximum)];
  // A slider over three decades is of use only if it is logarithmic.
  const curved = low > 0 && high / low >= 100;
  const toValue = (/** @type {number} */ position) => {
    const value = curved ? low * (high / low) ** (position / STEPS) : low + ((high - low) * position) / STEPS;
    return field.kind === "int" ? Math.round(value) : Math.round(value * 100) / 100;
  };
  const toPosition = (/** @type {number} */ value) =>
    curved ? (STEPS * Math.log(value / low)) / Math.log(high / low) : (STEPS * (value - low)) / (high - low);
  const input = document.createElement("input");
  input.type = "range";
  input.className = "slider";
  if (curved) {
    input.max = String(STEPS);
  } else {
    input.min = String(low);
    input.max = String(high);
    input.step = field.kind === "int" ? "1" : "0.01";
  }
  const read = () => (curved ? toValue(input.valueAsNumber) : input.valueAsNumber);
  input.oninput = () => store.setConfig(field.wireName, read());
  const resting = typeof field.default === "number" ? field.default : (low + high) / 2;
  store.watch("config", ({ config }) => {
    const set = config[field.wireName];
    const value = typeof set === "number" ? set : resting;
    if (set === undefined || read() !== value) input.value = String(curved ? toPosition(value) : value);
    input.style.setProperty("--p", String(toPosition(value) / STEPS));
    input.setAttribute("aria-valuetext", set === undefined ? AUTO : format(field, value));
  });
  return input;
}

/** @param {Store} store @param {Field} field @returns {HTMLSelectElement} */
function enumInput(store, field) {
  const select = document.createElement("select");
  const chosen = (field.values ?? []).filter((value) => !value.endsWith("_UNSPECIFIED"));
  const usual = typeof field.default === "string" ? ` (${readable(field.default)})` : "";
  for (const value of ["", ...chosen]) select.add(new Option(value ? readable(value) : AUTO + usual, value));
  select.onchange = () => store.setConfig(field.wireName, select.value || null);
  store.watch("config", ({ config }) => {
    select.value = String(config[field.wireName] ?? "");
  });
  return select;
}

/** @param {Store} store @param {Field} field @returns {HTMLInputElement} */
function seedInput(store, field) {
  const input = document.createElement("input");
  input.type = "text";
  input.inputMode = "numeric";
  input.placeholder = "a new one each time";
  input.onchange = () => {
    const seed = Number.parseInt(input.value, 10);
    const clamped = Math.min(Math.max(seed, Number(field.minimum)), Number(field.maximum));
    store.setConfig(field.wireName, Number.isNaN(seed) ? null : clamped);
  };
  store.watch("config", ({ config }) => {
    input.value = String(config[field.wireName] ?? "");
  });
  return input;
}
