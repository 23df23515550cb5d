/**
 * `<ej-takes>`: keep the good moment. Records from bar to bar, or grabs the bars that have just been heard.
 * @module takes
 */
import { heard, schema, session, store, toasts } from "./app.js";
import { SAMPLE_RATE_HZ } from "./audio.js";
import { enable, handOn, icon, isEnabled, make } from "./dom.js";
import { Flyout } from "./flyout.js";
import { storage } from "./storage.js";
import {
  beginRecording, fileAddress, forgetRecording, Gone, lookAtTake, orderTake, Refused, removeTake,
} from "./takeapi.js";

/** @typedef {import("./takeapi.js").Take} Take */
/**
 * `warned` that it ends soon; `full` after an hour; `over` when its jam begins anew: then the server forgets it.
 * @typedef {import("./takeapi.js").Recording & {warned: boolean, full: boolean, over: boolean}} Recording
 */

const KEY = "everjam.takes.1";
const POLL_MS = 400;
/** For so long a take is asked after without an answer. */
const PATIENCE_MS = 60_000;
const CLOCK_MS = 250;
const GRABS = [2, 4, 8, 16];
const FORMATS = /** @type {Record<string, string>} */ ({
  wav: "WAV", flac: "FLAC", mp3: "MP3", ogg: "Ogg Vorbis", opus: "Opus",
});
const MAX_SECONDS = 3600;
const WARN_SECONDS = 3300;
const MAX_LISTED = 12;
const ENDS_SOON = "A recording ends after an hour: less than five minutes are left.";
const STILL_THERE = "The recording is still there: press R to ask for it again.";
const LOST = "The music has begun anew: what was recorded before is lost. Press R to record again.";
const CHOICES = "M5 8h9m4 0h1M5 16h1m4 0h9M16 6v4M8 14v4";
const GRAB = "M4 5v14M20 5v14M8 12h8m-3-3 3 3-3 3";

export class TakesElement extends HTMLElement {
  #record = make("button", { className: "ghost takes-record", type: "button" });
  #recordText = make("span", { textContent: "Record" });
  #clock = make("span", { className: "takes-clock figures", role: "timer", hidden: true });
  #grab = make("button", { className: "ghost", type: "button", title: "Grab (G)", "aria-keyshortcuts": "G" });
  #grabText = make("span");
  #panel = make("div", { className: "panel takes-panel", role: "group", "aria-label": "Takes" });
  #open = make("button", { className: "icon", type: "button", "aria-label": "Takes and formats" });
  #flyout = new Flyout(this.#open, this.#panel);
  #bars = make("select", { className: "box", "aria-label": "How many bars to grab" });
  #format = make("select", { className: "box", "aria-label": "Format of recordings and grabs" });
  #bundle = make("input", { type: "checkbox" });
  #list = make("ul", { className: "takes-list", "aria-label": "Takes" });
  /** @type {Recording | null} */
  #recording = null;
  #stopped = true;
  #busy = false;
  #ticking = 0;

  connectedCallback() {
    if (this.childElementCount) return;
    this.#record.append(make("span", { className: "takes-dot", "aria-hidden": "true" }), this.#recordText);
    this.#record.title = "Record (R)";
    this.#record.setAttribute("aria-keyshortcuts", "R");
    this.#record.setAttribute("aria-pressed", "false");
    this.#record.onclick = () => void this.toggleRecording();
    this.#grab.append(icon(GRAB), this.#grabText);
    this.#grab.onclick = () => void this.grab();
    for (const bars of GRABS) this.#bars.add(new Option(`${bars} bars`, String(bars), bars === 8, bars === 8));
    this.#showFormats(Object.keys(FORMATS));
    void schema.then((known) => known?.formats && this.#showFormats(known.formats));
    this.#bundle.checked = true;
    const bundle = make("label", { className: "takes-bundle" }, this.#bundle, "with stems and MIDI");
    this.#open.append(icon(CHOICES));
    this.#open.title = "Takes and formats";
    this.#panel.append(
      make("p", { className: "takes-choices" }, "Grab the last ", this.#bars, bundle),
      make("p", { className: "takes-choices" }, "as ", this.#format),
      this.#list,
    );
    this.append(this.#record, this.#clock, this.#grab, this.#open, this.#panel);
    this.#restore();
    for (const choice of [this.#bars, this.#format, this.#bundle]) choice.onchange = () => this.#keep();
    store.watch("playback", ({ playback }) => this.#playbackChanged(playback));
    session.addEventListener("report", (event) => {
      const { jam } = /** @type {CustomEvent<import("./session.js").Report>} */ (event).detail;
      // Only an exact resumption goes on with what the server records.
      if (jam && jam.resumed !== "exact") this.#beganAnew(jam.id);
      this.#enable();
    });
    this.#enable();
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    removeEventListener("beforeunload", askFirst);
  }

  /** Begins a recording at the bar that sounds, or ends it and asks for the file. */
  async toggleRecording() {
    if (this.#busy || !isEnabled(this.#record)) return;
    this.#busy = true;
    try {
      if (this.#recording) await this.#finish(this.#recording);
      else this.#recording = { ...(await beginRecording(frameNow())), warned: false, full: false, over: false };
    } catch (error) {
      toasts.show("takes", /** @type {Error} */ (error).message);
    } finally {
      this.#busy = false;
      this.#showRecording();
    }
  }

  /** Asks for the bars that have just been heard. */
  async grab() {
    if (!isEnabled(this.#grab)) return;
    const bars = Number(this.#bars.value);
    try {
      await this.#order({ bars, until: frameNow(), bundle: this.#bundle.checked });
    } catch (error) {
      toasts.show("takes", /** @type {Error} */ (error).message);
    }
  }

  /** Ends the recording, if there is one, and asks for the file. */
  #end() {
    if (this.#recording) void this.toggleRecording();
  }

  /** The recording is over only when the server has taken the order. @param {Recording} recording */
  async #finish(recording) {
    const { jam, beginFrame, over } = recording;
    // In silence, or where other music plays, the take goes to the end of what has been sent.
    const end = jam === session.jam && !over ? frameNow() : null;
    try {
      await this.#order({ begin: beginFrame, end, bundle: false }, jam);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      if (error instanceof Refused && store.state.playback === "stopped") {
        // Nothing more will be played that could make it longer.
        this.#recording = null;
        await forgetRecording(jam);
        throw error;
      }
      if (!recording.over && !(error instanceof Gone)) throw new Error(`${message} ${STILL_THERE}`);
      this.#recording = null;
      throw new Error(LOST);
    }
    this.#recording = null;
    await forgetRecording(jam);
  }

  /**
   * @param {Omit<import("./takeapi.js").Order, "format">} order
   * @param {string} [jam] what plays, if not given
   * @throws {Error} if the server does not take it
   */
  async #order(order, jam) {
    const take = await orderTake({ ...order, format: this.#format.value }, jam);
    void this.#follow(take);
  }

  /** Shows a take until it is there. @param {Take} take */
  async #follow(take) {
    const row = new Row(take, () => {
      const { nextElementSibling: below, previousElementSibling: above } = row.element;
      handOn(row.element, (below ?? above)?.querySelector("button") ?? this.#open);
      row.element.remove();
      void removeTake(take);
    });
    this.#list.prepend(row.element);
    this.#flyout.show(true);
    for (const old of [...this.#list.children].slice(MAX_LISTED)) {
      handOn(old, this.#open);
      old.remove();
    }
    try {
      let now = take;
      let answeredAt = performance.now();
      while (now.state === "rendering") {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        if (!row.element.isConnected) return;
        try {
          now = await lookAtTake(take);
          answeredAt = performance.now();
        } catch (error) {
          if (error instanceof Gone || performance.now() - answeredAt > PATIENCE_MS) throw error;
        }
        row.show(now);
      }
      row.show(now);
      if (now.state === "ready") row.save();
      else toasts.show("takes", now.message || "The take could not be made. Try again.");
    } catch (error) {
      row.show({ ...take, state: "failed", message: /** @type {Error} */ (error).message });
    }
  }

  #enable() {
    const sounding = session.jam !== null && !["stopped", "failed"].includes(store.state.playback);
    enable(this.#grab, sounding);
    enable(this.#record, sounding || this.#recording !== null);
  }

  /** @param {import("./store.js").Playback} now */
  #playbackChanged(now) {
    const begins = this.#stopped && now !== "stopped";
    this.#stopped = now === "stopped";
    this.#enable();
    if (now === "stopped" || now === "failed") this.#end();
    else if (begins && session.jam !== null) this.#beganAnew(session.jam);
  }

  /** Other music than what is recorded begins: the last moment to ask for the file. @param {string} jam */
  #beganAnew(jam) {
    if (this.#recording?.jam === jam) this.#recording.over = true;
    this.#end();
  }

  #showRecording() {
    const on = this.#recording !== null;
    this.#record.setAttribute("aria-pressed", String(on));
    this.#recordText.textContent = on ? "Stop recording" : "Record";
    this.#clock.hidden = !on;
    clearInterval(this.#ticking);
    if (on) this.#ticking = setInterval(() => this.#tick(), CLOCK_MS);
    if (on) addEventListener("beforeunload", askFirst);
    else removeEventListener("beforeunload", askFirst);
    this.#tick();
    this.#enable();
  }

  #tick() {
    const recording = this.#recording;
    if (!recording || recording.jam !== session.jam) return;
    const begin = recording.beginFrame;
    const seconds = Math.max(0, ((heard.frame ?? begin) - begin) / SAMPLE_RATE_HZ);
    this.#clock.textContent = clockText(seconds);
    if (seconds > WARN_SECONDS && !recording.warned) {
      recording.warned = true;
      toasts.show("recording", ENDS_SOON);
    }
    if (seconds >= MAX_SECONDS && !recording.full) {
      recording.full = true;
      this.#end();
    }
  }

  /** @param {string[]} names */
  #showFormats(names) {
    const chosen = this.#format.value;
    const known = Object.keys(FORMATS).filter((name) => names.includes(name));
    this.#format.replaceChildren(...known.map((name) => new Option(FORMATS[name], name)));
    this.#format.value = known.includes(chosen) ? chosen : known.includes("flac") ? "flac" : known[0] ?? "";
    this.#restore();
  }

  #keep() {
    const choices = { bars: this.#bars.value, format: this.#format.value, bundle: this.#bundle.checked };
    this.#showBars();
    try {
      storage()?.setItem(KEY, JSON.stringify(choices));
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  }

  #restore() {
    try {
      const { bars, format, bundle } = JSON.parse(storage()?.getItem(KEY) ?? "{}");
      if (GRABS.includes(Number(bars))) this.#bars.value = bars;
      if ([...this.#format.options].some((option) => option.value === format)) this.#format.value = format;
      if (typeof bundle === "boolean") this.#bundle.checked = bundle;
    } catch {
      // What is kept there is not ours: the usual choices do.
    }
    this.#showBars();
  }

  #showBars() {
    this.#grabText.textContent = `Grab ${this.#bars.value} bars`;
  }
}

class Row {
  #name = make("span", { className: "take-name" });
  #state = make("span", { className: "take-state figures" });
  #progress = make("progress", { max: 1, value: 0 });
  #link = make("a", { className: "link", textContent: "Save", hidden: true });

  /** @param {Take} take @param {() => void} remove */
  constructor(take, remove) {
    const drop = make("button", { className: "icon", type: "button", textContent: "×", onclick: remove });
    drop.setAttribute("aria-label", `Remove ${take.name}`);
    this.element = make("li", { className: "take" }, this.#name, this.#state, this.#progress, this.#link, drop);
    this.show(take);
  }

  /** @param {Take} take */
  show(take) {
    const { state, progress, name, bytes, bars, seconds, message } = take;
    const length = bars ? `${bars} ${bars === 1 ? "bar" : "bars"}, ${clockText(seconds)}` : clockText(seconds);
    this.#name.textContent = name;
    this.#name.title = name;
    this.#progress.value = progress;
    this.#progress.hidden = state !== "rendering";
    this.#progress.setAttribute("aria-label", `${name}: how much is rendered`);
    this.#link.hidden = state !== "ready";
    this.#link.href = state === "ready" ? fileAddress(take) : "";
    this.#link.download = name;
    this.#link.setAttribute("aria-label", `Save ${name}`);
    const done = state === "ready" ? `${length}, ${sizeText(bytes)}` : length;
    this.#state.textContent = state === "failed" ? message : done;
  }

  /** Hands the file to the browser. */
  save() {
    this.#link.click();
  }
}

/** @returns {number | null} whole frame of the piece that is heard now */
function frameNow() {
  return heard.frame === null ? null : Math.round(heard.frame);
}

/** Has the browser ask before it leaves the page. @param {Event} event */
function askFirst(event) {
  event.preventDefault();
}

/** @param {number} seconds @returns {string} "1:05" */
function clockText(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** @param {number} bytes @returns {string} */
function sizeText(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

customElements.define("ej-takes", TakesElement);
