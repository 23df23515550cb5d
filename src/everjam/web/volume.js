/**
 * `<ej-volume>`: a button with a small slider, for how loud this page is. What is recorded is as loud as ever.
 * @module volume
 */
import { store } from "./app.js";
import { icon, make, placeBeside } from "./dom.js";

const SPEAKER = "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500Z";
const WAVES = `${SPEAKER}M15.500 9a4 4 0 0 1 0 6M18 6.500a7.500 7.500 0 0 1 0 11`;
const MUTED = `${SPEAKER}m11.500 0 5 5m0-5-5 5`;

export class VolumeElement extends HTMLElement {
  #button = make("button", { className: "icon", type: "button", "aria-haspopup": "dialog" }, icon(WAVES));
  #slider = make("input", {
    type: "range", className: "slider", min: "0", max: "100", step: "1", "aria-label": "Volume",
  });
  #panel = make("div", {
    className: "volume-panel", popover: "auto", role: "dialog", "aria-label": "Volume",
  }, this.#slider);
  #unwatch = () => {};

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#button, this.#panel);
    this.#button.onclick = () => {
      this.#panel.showPopover();
      placeBeside(this.#panel, this.#button);
      this.#slider.focus();
    };
    this.#panel.ontoggle = (event) => {
      this.#button.setAttribute("aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
    };
    this.#slider.oninput = () => store.setVolume(this.#slider.valueAsNumber / 100);
    this.#unwatch = store.watch("volume", ({ volume }) => this.#show(Math.round(volume * 100)));
  }

  disconnectedCallback() {
    this.#unwatch();
  }

  /** @param {number} percent */
  #show(percent) {
    this.#slider.value = String(percent);
    this.#slider.style.setProperty("--p", String(percent / 100));
    this.#slider.setAttribute("aria-valuetext", `${percent} percent`);
    this.#button.setAttribute("aria-label", `Volume: ${percent} percent`);
    this.#button.title = `Volume: ${percent} %`;
    this.#button.querySelector("path")?.setAttribute("d", percent ? WAVES : MUTED);
  }
}

customElements.define("ej-volume", VolumeElement);
