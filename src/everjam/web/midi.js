/**
 * `<ej-midi>`: controllers and clocks. Asks the browser for permission only when somebody asks for MIDI.
 * @module midi
 */
import { heard, schema, store, toasts } from "./app.js";
import { SAMPLE_RATE_HZ } from "./audio.js";
import { icon, make, reveal } from "./dom.js";
import { Flyout } from "./flyout.js";
import { ClockIn, ClockOut } from "./midiclock.js";
import { controlOf, MidiMap, Takeover } from "./midimap.js";
import { move, nameOf, positionOf, press, targetAt } from "./miditarget.js";
import { inKey, pitchClasses, Voices } from "./playalong.js";
import { storage } from "./storage.js";

/**
 * @typedef {import("./midimap.js").Target} Target
 * @typedef {import("./midimap.js").Touch} Touch
 * @typedef {{on: boolean, clockIn: boolean, clockOut: string, notes: boolean}} Choices
 */

const KEY = "everjam.midi.choices.1";
const PLUG = "M9 3v6m6-6v6M6 9h12v3a6 6 0 0 1-12 0Zm6 9v3";
const FLASH_MS = 120;
const KEY_FRAMES = 12 * SAMPLE_RATE_HZ;
const CLOCK = 0xf8;
const CLOCK_OUT_MS = 100;
const CLOCK_OUT_FRAMES = 2 * SAMPLE_RATE_HZ;

export class MidiElement extends HTMLElement {
  #open = make("button", { className: "icon", type: "button", "aria-label": "MIDI" });
  #learn = make("button", { className: "ghost", type: "button", textContent: "Learn", "aria-keyshortcuts": "L" });
  #panel = make("div", { className: "panel midi-panel", role: "group", "aria-label": "MIDI" });
  #flyout = new Flyout(this.#open, this.#panel);
  #ask = make("button", { className: "ghost", type: "button", textContent: "Use MIDI controllers" });
  #said = make("p", { className: "midi-said", role: "status" });
  #inputs = make("ul", { className: "midi-devices", "aria-label": "Controllers" });
  #bindings = make("ul", { className: "midi-bindings", "aria-label": "What has been learned" });
  #clear = make("button", { className: "link", type: "button", textContent: "Forget all that was learned" });
  #more = make("div", { className: "midi-more", hidden: true });
  #clockOut = make("select", { className: "box", id: "midi-clock-out" });
  /** @type {MIDIAccess | null} */
  #access = null;
  /** @type {Map<string, MidiMap>} by name of the device */
  #maps = new Map();
  #takeover = new Takeover();
  #clockIn = new ClockIn();
  /** @type {ClockOut | null} */
  #out = null;
  /** @type {MIDIOutput | null} where the clock goes */
  #port = null;
  #voices = new Voices();
  /** @type {Choices} */
  #choices = { on: false, clockIn: false, clockOut: "", notes: false, ...kept() };
  #learning = false;
  /** @type {Target | null} */
  #armed = null;
  #flashTimer = 0;
  #outTimer = 0;

  connectedCallback() {
    if (this.childElementCount) return;
    this.#open.append(icon(PLUG));
    this.#open.title = "MIDI";
    this.#ask.onclick = () => void this.#start();
    this.#learn.title = "Learn (L)";
    this.#learn.setAttribute("aria-pressed", "false");
    this.#learn.onclick = () => this.learn();
    this.#clear.onclick = () => this.#forgetAll();
    this.#clockOut.onchange = () => this.#choose({ clockOut: this.#clockOut.value });
    this.#more.append(
      this.#inputs, make("p", {}, this.#learn), this.#bindings, this.#clear,
      this.#choice("clockIn", "MIDI clock sets the tempo"),
      this.#choice("notes", "Notes play along, in key"),
      make("p", { className: "midi-line" },
        make("label", { htmlFor: "midi-clock-out" }, "Send clock to "), this.#clockOut),
    );
    this.#panel.append(make("h2", { textContent: "MIDI" }), this.#ask, this.#said, this.#more);
    this.append(this.#open, this.#panel);
    store.watch("playback", ({ playback }) => {
      if (playback !== "playing") this.#out?.stop();
    });
    if (!navigator.requestMIDIAccess) this.#explainAbsence();
    else if (this.#choices.on) void this.#startAgain();
  }

  /** Arms learning: the next control that is clicked takes the next knob that is moved; once more ends it. */
  learn() {
    if (!this.#access) {
      this.#flyout.show(true);
      this.#ask.focus();
      return;
    }
    this.#setLearning(!this.#learning);
  }

  // Permission and devices ─────────────────────────────────────────────────────────────────────────

  /** Without a question: only where the listener had it on, and the browser remembers that it may. */
  async #startAgain() {
    try {
      const { state } = await navigator.permissions.query({ name: /** @type {any} */ ("midi") });
      if (state === "granted") await this.#start();
    } catch {
      // A browser that cannot be asked quietly is not asked.
    }
  }

  async #start() {
    try {
      this.#access = await navigator.requestMIDIAccess();
    } catch (error) {
      this.#said.textContent = `The browser gives no MIDI (${/** @type {Error} */ (error).message}). ` +
        "Allow it in the settings of this page, beside its address, and try again.";
      return;
    }
    this.#access.onstatechange = () => this.#plug();
    this.#choose({ on: true });
    this.#more.hidden = false;
    reveal(this.#ask, false, this.#learn);
    this.#plug();
  }

  #explainAbsence() {
    this.#ask.hidden = true;
    this.#said.textContent = globalThis.isSecureContext
      ? "This browser knows no MIDI. Chrome, Edge, Opera and Firefox do."
      : "Browsers give MIDI to secure pages only: open this page by https, or on the machine that serves it.";
  }

  /** Listens to what is plugged in now. */
  #plug() {
    if (!this.#access) return;
    const inputs = [...this.#access.inputs.values()].filter((input) => input.state !== "disconnected");
    const outputs = [...this.#access.outputs.values()].filter((output) => output.state !== "disconnected");
    for (const input of inputs) {
      const name = input.name ?? "controller";
      this.#mapOf(name);
      input.onmidimessage = (event) => this.#hear(name, /** @type {MIDIMessageEvent} */ (event));
    }
    if (inputs.length < this.#inputs.childElementCount) this.#voices.silence(); // no note-off comes from what is gone
    this.#inputs.replaceChildren(...inputs.map((input) => device(input.name ?? "controller")));
    this.#said.textContent = inputs.length ? "" : "Nothing is plugged in. Plug a controller in: it is found at once.";
    const names = outputs.map((output) => output.name ?? "output");
    this.#clockOut.replaceChildren(new Option("nobody", ""), ...names.map((name) => new Option(name, name)));
    this.#clockOut.value = names.includes(this.#choices.clockOut) ? this.#choices.clockOut : "";
    this.#sendTo(outputs.find((output) => output.name === this.#clockOut.value) ?? null);
    this.#showBindings();
  }

  /** @param {MIDIOutput | null} port for the clock; the one that has it already goes on undisturbed */
  #sendTo(port) {
    if (port?.id === this.#port?.id) return;
    if (this.#port?.state !== "disconnected") this.#out?.stop();
    clearInterval(this.#outTimer);
    this.#port = port;
    this.#out = port && new ClockOut(port);
    if (port) this.#outTimer = setInterval(() => this.#sendClock(), CLOCK_OUT_MS);
  }

  #sendClock() {
    const { frame } = heard;
    if (frame !== null && store.state.playback === "playing") {
      const beats = heard.beats(frame - CLOCK_OUT_FRAMES / 20, frame + CLOCK_OUT_FRAMES);
      this.#out?.advance(frame, performance.now(), beats);
    }
  }

  // Messages ─────────────────────────────────────────────────────────────────────────────────────────

  /** @param {string} name of the device @param {MIDIMessageEvent} event */
  #hear(name, event) {
    const [status = 0, number = 0, value = 0] = event.data ?? [];
    if (status === CLOCK) {
      const bpm = this.#choices.clockIn ? this.#clockIn.pulse(event.timeStamp) : null;
      if (bpm !== null) void this.#setTempo(bpm);
      return;
    }
    const kind = { 0x80: "note", 0x90: "note", 0xb0: "cc" }[status & 0xf0];
    if (!kind) return;
    this.#flash(name);
    const down = (status & 0xf0) === 0x80 ? 0 : value;
    this.#touch(name, { kind: /** @type {"cc" | "note"} */ (kind), channel: (status & 0x0f) + 1, number, value: down });
  }

  /** @param {number} bpm */
  async #setTempo(bpm) {
    const field = (await schema)?.fields.find(({ name }) => name === "bpm");
    if (field) store.setConfig(field.wireName, Math.min(field.maximum ?? bpm, Math.max(field.minimum ?? bpm, bpm)));
  }

  /** @param {string} name @param {Touch} touch */
  #touch(name, touch) {
    const map = this.#mapOf(name);
    const control = `${name} ${controlOf(touch)}`;
    const value = touch.value / 127;
    if (this.#learning && this.#armed && value > 0) {
      this.#learned(map, touch, this.#armed);
      return this.#takeover.saw(control, value);
    }
    const target = map.targetOf(touch);
    if (!target) return touch.kind === "note" ? this.#playAlong(touch) : undefined;
    const current = positionOf(target);
    const struck = touch.kind === "note";
    if (struck && value === 0) return undefined; // let go: what was set stays
    if (current === null) {
      if (struck || this.#takeover.presses(control, value)) press(target);
    } else if (struck) {
      move(target, value);
    } else if (this.#takeover.moves(control, value, current)) {
      move(target, value);
      this.#takeover.leaves(control, positionOf(target));
    }
    return undefined;
  }

  /** @param {Touch} touch */
  #playAlong({ number, value }) {
    if (!this.#choices.notes) return;
    if (value === 0) return void this.#voices.off(number);
    const frame = heard.frame;
    const classes = pitchClasses(frame === null ? [] : heard.notes(frame - KEY_FRAMES, frame));
    if (this.#voices.on(number, inKey(number, classes), value / 127)) return;
    toasts.show("notes", "Your keys play along as soon as you have clicked on this page: browsers want it so.");
  }

  // Learning ─────────────────────────────────────────────────────────────────────────────────────────

  /** @param {boolean} on */
  #setLearning(on) {
    this.#learning = on;
    this.#armed = null;
    this.#learn.setAttribute("aria-pressed", String(on));
    document.body.toggleAttribute("data-learning", on);
    const listen = on ? addEventListener : removeEventListener;
    listen("pointerdown", this.#arm, true);
    listen("focusin", this.#arm, true);
    document.querySelector("[data-armed]")?.removeAttribute("data-armed");
    if (on) toasts.show("learn", "Choose a control on the page, then move a knob. L again ends it.", { lasting: true });
    else toasts.clear("learn");
  }

  #arm = (/** @type {Event} */ event) => {
    const element = /** @type {Element} */ (event.target);
    if (!(element instanceof Element) || this.contains(element)) return;
    const target = targetAt(element);
    if (!target) return;
    this.#armed = target;
    document.querySelector("[data-armed]")?.removeAttribute("data-armed");
    (element.closest(".slot, .field, .toggle, button") ?? element).setAttribute("data-armed", "");
    toasts.show("learn", `${nameOf(target)}: now move a knob, or strike a key.`, { lasting: true });
  };

  /** @param {MidiMap} map @param {Touch} touch @param {Target} target */
  #learned(map, touch, target) {
    map.learn(touch, target);
    this.#takeover.forget();
    this.#showBindings();
    this.#setLearning(false);
    toasts.show("learned", `${nameOf(target)} listens to ${controlText(controlOf(touch))}.`);
  }

  #showBindings() {
    const rows = [...this.#maps].flatMap(([name, map]) => map.bindings.map(({ control, target }) => {
      const text = `${controlText(control)} of ${name}: ${nameOf(target)}`;
      const forget = make("button", { className: "icon", type: "button", textContent: "×" });
      forget.setAttribute("aria-label", `Forget ${text}`);
      const row = make("li", { className: "midi-binding" }, make("span", { textContent: text }), forget);
      forget.onclick = () => {
        map.forget(control);
        this.#takeover.forget();
        this.#showBindings();
      };
      return row;
    }));
    const place = [...this.#bindings.children].findIndex((row) => row.contains(document.activeElement));
    this.#bindings.replaceChildren(...rows);
    if (place >= 0) ((rows[place] ?? rows.at(-1))?.querySelector("button") ?? this.#open).focus();
    reveal(this.#clear, rows.length > 0, this.#open);
  }

  #forgetAll() {
    for (const map of this.#maps.values()) map.clear();
    this.#takeover.forget();
    this.#showBindings();
  }

  /** @param {string} name @returns {MidiMap} */
  #mapOf(name) {
    const map = this.#maps.get(name) ?? new MidiMap(name, storage());
    this.#maps.set(name, map);
    return map;
  }

  // The panel ────────────────────────────────────────────────────────────────────────────────────────

  /** @param {"clockIn" | "notes"} name @param {string} text @returns {HTMLElement} */
  #choice(name, text) {
    const input = make("input", { type: "checkbox", checked: this.#choices[name] });
    input.onchange = () => this.#choose({ [name]: input.checked });
    return make("label", { className: "midi-line" }, input, text);
  }

  /** @param {Partial<Choices>} change */
  #choose(change) {
    Object.assign(this.#choices, change);
    if (change.notes === false) this.#voices.silence();
    if ("clockOut" in change) this.#plug();
    try {
      storage()?.setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  }

  /** @param {string} name */
  #flash(name) {
    const row = [...this.#inputs.children].find((item) => item.textContent === name);
    for (const light of [this.#open, row]) light?.setAttribute("data-active", "");
    clearTimeout(this.#flashTimer);
    this.#flashTimer = setTimeout(() => {
      for (const light of [this.#open, ...this.#inputs.children]) light.removeAttribute("data-active");
    }, FLASH_MS);
  }
}

/** @param {string} name @returns {HTMLLIElement} */
function device(name) {
  return make("li", { className: "midi-device", textContent: name });
}

/** @param {string} control as `controlOf` names it @returns {string} */
function controlText(control) {
  const [kind, channel, number] = control.split(" ");
  return `${kind === "cc" ? "CC" : "note"} ${number} on channel ${channel}`;
}

/** @returns {Partial<Choices>} */
function kept() {
  try {
    return JSON.parse(storage()?.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

customElements.define("ej-midi", MidiElement);
