/**
 * The light show: the prompts' colours as light behind the page, and the spectrum as a ring around the play button.
 * Answers to what is heard and to its beat; stands still for people who prefer that.
 * @module stage
 */
import { heard } from "./app.js";
import { fitCanvas, isStill, Ticker, watchColours } from "./ticker.js";

const BARS = 144;
const LOWEST_HZ = 45;
const HIGHEST_HZ = 14000;
const RING_MS = 33;
const LIGHT_MS = 66;
const UNHEARD_LEVEL = 0.42;
/** Below this brightness (0 to 255) the page is dark. */
const DARK_BELOW = 128;

/**
 * @typedef {[number, number, number]} Rgb
 * @typedef {{beat: number, phase: number} | null} Pulse the beat that sounds, and how much of it is over
 */

export class Stage {
  /** How bright the light is; more than 1 where a style sheet bounds it. */
  glow = 1;
  #ring;
  #light;
  #analyser;
  #pulse;
  /** @type {import("./store.js").Prompt[]} */
  #prompts = [];
  /** @type {{colour: Rgb, weight: number, id: number}[]} */
  #voices = [];
  /** @type {string[]} */
  #barColours = [];
  #bars = new Float32Array(BARS);
  #level = 0;
  #sounding = false;
  #onLight = false;
  #rest = "";
  #lightAt = -LIGHT_MS;
  #spectrum = new Uint8Array(512);
  #ticker;

  /**
   * @param {{ring: HTMLCanvasElement | null, light: HTMLCanvasElement}} canvases
   * @param {() => AnalyserNode | null} analyser what is heard
   * @param {() => Pulse} [pulse] the beat that sounds
   */
  constructor({ ring, light }, analyser, pulse = () => heard.now()) {
    this.#ring = ring;
    this.#light = light;
    this.#analyser = analyser;
    this.#pulse = pulse;
    this.#ticker = new Ticker(light, RING_MS, (nowMs) => this.#draw(nowMs));
    if (ring) new ResizeObserver(() => fitCanvas(ring) && this.#draw(performance.now())).observe(ring);
    watchColours(() => this.#takeColours());
    this.#ticker.start();
  }

  /** @param {import("./store.js").Prompt[]} prompts */
  showPrompts(prompts) {
    this.#prompts = prompts;
    this.#voices = prompts
      .filter((prompt) => prompt.weight > 0 && prompt.text.trim())
      .map(({ colour, weight, id }) => ({ colour: rgb(colour, this.#onLight), weight, id }));
    this.#barColours = Array.from({ length: BARS }, (_, bar) => this.#colourAt(bar / BARS));
    this.#ticker.wake();
  }

  /** @param {boolean} sounding */
  showSounding(sounding) {
    this.#sounding = sounding;
    this.#ticker.wake();
  }

  #takeColours() {
    const ground = getComputedStyle(document.documentElement).backgroundColor;
    const [red, green, blue, alpha = 1] = (ground.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    this.#onLight = alpha > 0 && 0.3 * red + 0.59 * green + 0.11 * blue > DARK_BELOW;
    this.#rest = this.#onLight ? "#cfc9d8" : "#3b3650";
    this.showPrompts(this.#prompts);
  }

  /** @param {number} nowMs @returns {boolean} */
  #draw(nowMs) {
    const seconds = isStill() ? 0 : nowMs / 1000;
    this.#listen();
    if (this.#ring) this.#drawRing(this.#ring, seconds);
    // A light show is worth little of a processor that has music to make.
    if (nowMs - this.#lightAt >= LIGHT_MS || isStill()) {
      this.#lightAt = nowMs;
      this.#drawLight(seconds);
    }
    return this.#sounding || this.#level > 0.004;
  }

  /** Takes the spectrum in bars of equal musical width. */
  #listen() {
    const analyser = this.#analyser();
    let sum = 0;
    if (analyser && this.#sounding && !isStill()) {
      analyser.getByteFrequencyData(this.#spectrum);
      const hzPerBin = analyser.context.sampleRate / analyser.fftSize;
      const half = BARS / 2;
      for (let bar = 0; bar < half; bar++) {
        const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (bar / (half - 1));
        const at = hz / hzPerBin;
        const low = this.#spectrum[Math.floor(at)];
        const value = (low + (this.#spectrum[Math.floor(at) + 1] - low) * (at % 1)) / 255;
        this.#bars[bar] = this.#bars[BARS - 1 - bar] = value ** 2.2;
        sum += value;
      }
      this.#level += (sum / half - this.#level) * 0.25;
    } else if (!analyser && this.#sounding && !isStill()) {
      // It is heard elsewhere: only the beat is known.
      this.#level += (UNHEARD_LEVEL - this.#level) * 0.1;
    } else {
      for (let bar = 0; bar < BARS; bar++) this.#bars[bar] *= 0.85;
      this.#level *= 0.9;
    }
  }

  /** @returns {number} 1 where a bar begins, less on other beats, falling to 0 before the next */
  #beat() {
    const now = this.#sounding && !isStill() ? this.#pulse() : null;
    return now ? (1 - now.phase) ** 3 * (now.beat === 0 ? 1 : 0.55) : 0;
  }

  /** @param {HTMLCanvasElement} ring @param {number} seconds */
  #drawRing(ring, seconds) {
    const context = ring.getContext("2d");
    const size = ring.width;
    if (!context || !size) return;
    context.clearRect(0, 0, size, size);
    context.lineCap = "round";
    context.lineWidth = size * 0.0075;
    const inner = size * 0.355;
    const turn = seconds * 0.03;
    for (let bar = 0; bar < BARS; bar++) {
      const angle = Math.PI / 2 + (2 * Math.PI * (bar + 0.5)) / BARS;
      const length = size * (0.006 + 0.135 * this.#bars[bar]);
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      const lit = this.#sounding || isStill() || this.#bars[bar] > 0.05;
      context.strokeStyle = lit ? this.#barColours[Math.floor(bar + turn * BARS) % BARS] : this.#rest;
      context.beginPath();
      context.moveTo(size / 2 + x * inner, size / 2 + y * inner);
      context.lineTo(size / 2 + x * (inner + length), size / 2 + y * (inner + length));
      context.stroke();
    }
  }

  /** @param {number} seconds */
  #drawLight(seconds) {
    const context = this.#light.getContext("2d");
    if (!context) return;
    const { width, height } = this.#light;
    const beat = this.#beat();
    // Where the ground is bright, as much light would be glare.
    const share = this.#onLight ? 0.8 : 1;
    context.clearRect(0, 0, width, height);
    for (const { colour, weight, id } of this.#voices) {
      // Multiples of these two fractions spread evenly over the page, however many there are.
      const x = width * (0.04 + 0.92 * ((id * 0.618034 + 0.5) % 1) + 0.05 * Math.sin(seconds * 0.13 + id));
      const y = height * (0.02 + 0.85 * ((id * 0.754878 + 0.35) % 1) + 0.05 * Math.cos(seconds * 0.11 + id));
      const radius = width * (0.2 + 0.1 * weight) * (1 + 0.4 * this.#level + 0.07 * beat);
      const liveliness = 0.6 + 0.9 * this.#level + 0.22 * beat;
      const strength = this.glow * share * Math.min(0.42, 0.12 + 0.12 * weight) * liveliness;
      const glow = context.createRadialGradient(x, y, 0, x, y, radius);
      glow.addColorStop(0, css(colour, Math.min(1, strength)));
      glow.addColorStop(1, css(colour, 0));
      context.fillStyle = glow;
      context.fillRect(0, 0, width, height);
    }
  }

  /** @param {number} position around the ring, 0 to 1 @returns {string} */
  #colourAt(position) {
    const total = this.#voices.reduce((sum, voice) => sum + voice.weight, 0);
    if (!total) return this.#rest;
    // Mirrored, so that the ring closes without a seam.
    let at = (1 - Math.abs(2 * position - 1)) * total;
    for (const [index, { colour, weight }] of this.#voices.entries()) {
      if (at <= weight || index === this.#voices.length - 1) {
        const next = this.#voices[Math.min(index + 1, this.#voices.length - 1)].colour;
        const mix = Math.max(0, Math.min(1, at / weight)) ** 3;
        return css(/** @type {Rgb} */ (colour.map((part, i) => part + (next[i] - part) * mix * 0.5)), 1);
      }
      at -= weight;
    }
    return this.#rest;
  }
}

/**
 * @param {string} hex "#rrggbb"
 * @param {boolean} onLight whether it is to show on a bright ground
 * @returns {Rgb} lifted a little for a dark ground, so that deep violet shows on it
 */
function rgb(hex, onLight) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return /** @type {Rgb} */ (parts.map((part) => (onLight ? part * 0.92 : part + (255 - part) * 0.22)));
}

/** @param {Rgb} colour @param {number} alpha @returns {string} */
function css([r, g, b], alpha) {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;
}
