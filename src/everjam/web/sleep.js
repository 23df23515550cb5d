/**
 * `<ej-sleep>`: a button that shows what is left of the evening, and a small panel to set it.
 * @module sleep
 */
import { sleepTimer, toasts } from "./app.js";
import { icon, make, placeBeside, reveal } from "./dom.js";
import { MAX_MINUTES } from "./sleeptimer.js";

const MOON = "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500Z";
const CHOICES = [15, 30, 45, 60, 90, 120];
const REFRESH_MS = 1000;

export class SleepElement extends HTMLElement {
  #left = make("span", { className: "figures" });
  #button = make("button", { type: "button", "aria-haspopup": "dialog" }, icon(MOON), this.#left);
  #cancel = make("button", { className: "ghost", type: "button", textContent: "Cancel the timer" });
  #minutes = make("input", {
    className: "box", type: "number", id: "sleep-minutes", inputMode: "numeric", required: true,
    min: "1", max: String(MAX_MINUTES), step: "1", value: "20",
  });
  #panel = make("div", { className: "sleep-panel", popover: "auto", role: "dialog", "aria-label": "Sleep timer" });
  #timer = 0;
  #show = () => this.#refresh();

  connectedCallback() {
    if (!this.childElementCount) this.#build();
    sleepTimer.addEventListener("change", this.#show);
    this.#refresh();
  }

  disconnectedCallback() {
    sleepTimer.removeEventListener("change", this.#show);
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  #build() {
    const choices = CHOICES.map((minutes) => {
      const choose = () => this.#set(minutes);
      return make("button", { className: "ghost figures", type: "button", onclick: choose }, `${minutes} min`);
    });
    const form = make("form", { className: "sleep-own" },
      make("label", { htmlFor: "sleep-minutes", textContent: "Minutes" }), this.#minutes,
      make("button", { className: "ghost", textContent: "Set" }));
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#set(this.#minutes.valueAsNumber);
    };
    this.#cancel.onclick = () => {
      sleepTimer.cancel();
      this.#panel.hidePopover();
      this.#button.focus();
    };
    this.#panel.append(make("h2", { textContent: "Fade out and pause in" }),
      make("div", { className: "sleep-choices", role: "group", "aria-label": "Minutes to choose from" }, ...choices),
      form, this.#cancel);
    this.#panel.addEventListener("toggle", (event) => {
      this.#button.setAttribute("aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
    });
    this.#button.onclick = () => this.#open();
    this.append(this.#button, this.#panel);
  }

  #open() {
    this.#panel.showPopover();
    placeBeside(this.#panel, this.#button);
    const first = sleepTimer.secondsLeft === null ? this.#panel.querySelector("button") : this.#cancel;
    first?.focus();
  }

  /** @param {number} minutes */
  #set(minutes) {
    sleepTimer.set(minutes);
    this.#panel.hidePopover();
    this.#button.focus();
    toasts.show("sleep", `The music fades out and pauses in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`);
  }

  #refresh() {
    const seconds = sleepTimer.secondsLeft;
    const on = seconds !== null;
    this.#button.className = on ? "ghost" : "icon";
    this.#left.textContent = on ? short(seconds) : "";
    this.#button.setAttribute("aria-label", on ? `Sleep timer: ${spoken(seconds)} left` : "Sleep timer");
    this.#button.title = sleepTimer.isFading ? "The music is fading away" : "Sleep timer";
    reveal(this.#cancel, on, this.#panel.querySelector("button"));
    if (on && !this.#timer) this.#timer = setInterval(this.#show, REFRESH_MS);
    if (!on) clearInterval(this.#timer);
    if (!on) this.#timer = 0;
  }
}

/** @param {number} seconds @returns {string} */
function short(seconds) {
  return seconds > 60 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds)} s`;
}

/** @param {number} seconds @returns {string} */
function spoken(seconds) {
  const [count, unit] = seconds > 60 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds), "second"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

customElements.define("ej-sleep", SleepElement);
