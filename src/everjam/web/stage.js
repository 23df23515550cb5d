/**
 * The light show: the prompts' colours as light behind the page, and the spectrum as a ring around the play button.
 * Answers to what is heard; stands still for people who prefer that.
 * @module stage
 */

const BARS = 144;
const REST = "#3b3650";
const LOWEST_HZ = 45;
const HIGHEST_HZ = 14000;
const RING_MS = 30;
const LIGHT_MS = 90;

/** @typedef {[number, number, number]} Rgb */

export class Stage {
  #ring;
  #light;
  #analyser;
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {{colour: Rgb, weight: number, id: number}[]} */
  #voices = [];
  /** @type {string[]} */
  #barColours = [];
  #bars = new Float32Array(BARS);
  #level = 0;
  #sounding = false;
  #frame = 0;
  #ringAt = -RING_MS;
  #lightAt = -LIGHT_MS;
  #spectrum = new Uint8Array(512);

  /**
   * @param {{ring: HTMLCanvasElement, light: HTMLCanvasElement}} canvases
   * @param {() => AnalyserNode | null} analyser what is heard
   */
  constructor({ ring, light }, analyser) {
    this.#ring = ring;
    this.#light = light;
    this.#analyser = analyser;
    new ResizeObserver(() => this.#fit()).observe(ring);
    this.#still.addEventListener("change", () => this.#wake());
  }

  /** @param {import("./store.js").Prompt[]} prompts */
  showPrompts(prompts) {
    this.#voices = prompts
      .filter((prompt) => prompt.weight > 0 && prompt.text.trim())
      .map(({ colour, weight, id }) => ({ colour: rgb(colour), weight, id }));
    this.#barColours = Array.from({ length: BARS }, (_, bar) => this.#colourAt(bar / BARS));
    this.#wake();
  }

  /** @param {boolean} sounding */
  showSounding(sounding) {
    this.#sounding = sounding;
    this.#wake();
  }

  #fit() {
    const scale = Math.min(2, devicePixelRatio || 1);
    this.#ring.width = this.#ring.height = Math.round(this.#ring.clientWidth * scale);
    this.#wake();
  }

  #wake() {
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  /** @param {number} now */
  #draw(now) {
    this.#frame = 0;
    const seconds = this.#still.matches ? 0 : now / 1000;
    // A light show is worth little of a processor that has music to make.
    if (now - this.#ringAt >= RING_MS || this.#still.matches) {
      this.#ringAt = now;
      this.#listen();
      this.#drawRing(seconds);
    }
    if (now - this.#lightAt >= LIGHT_MS || this.#still.matches) {
      this.#lightAt = now;
      this.#drawLight(seconds);
    }
    if (!this.#still.matches && (this.#sounding || this.#level > 0.004)) this.#wake();
  }

  /** Takes the spectrum in bars of equal musical width. */
  #listen() {
    const analyser = this.#analyser();
    let sum = 0;
    if (analyser && this.#sounding && !this.#still.matches) {
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
    } else {
      for (let bar = 0; bar < BARS; bar++) this.#bars[bar] *= 0.85;
      this.#level *= 0.9;
    }
  }

  /** @param {number} seconds */
  #drawRing(seconds) {
    const context = this.#ring.getContext("2d");
    const size = this.#ring.width;
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
      const lit = this.#sounding || this.#still.matches || this.#bars[bar] > 0.05;
      context.strokeStyle = lit ? this.#barColours[Math.floor(bar + turn * BARS) % BARS] : REST;
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
    context.clearRect(0, 0, width, height);
    for (const { colour, weight, id } of this.#voices) {
      // Multiples of these two fractions spread evenly over the page, however many there are.
      const x = width * (0.04 + 0.92 * ((id * 0.618034 + 0.5) % 1) + 0.05 * Math.sin(seconds * 0.13 + id));
      const y = height * (0.02 + 0.85 * ((id * 0.754878 + 0.35) % 1) + 0.05 * Math.cos(seconds * 0.11 + id));
      const radius = width * (0.2 + 0.1 * weight) * (1 + 0.4 * this.#level);
      const strength = Math.min(0.42, 0.12 + 0.12 * weight) * (0.6 + 0.9 * this.#level);
      const glow = context.createRadialGradient(x, y, 0, x, y, radius);
      glow.addColorStop(0, css(colour, strength));
      glow.addColorStop(1, css(colour, 0));
      context.fillStyle = glow;
      context.fillRect(0, 0, width, height);
    }
  }

  /** @param {number} position around the ring, 0 to 1 @returns {string} */
  #colourAt(position) {
    const total = this.#voices.reduce((sum, voice) => sum + voice.weight, 0);
    if (!total) return REST;
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
    return REST;
  }
}

/** @param {string} hex "#rrggbb" @returns {Rgb} lifted a little, so that deep violet shows on black */
function rgb(hex) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return /** @type {Rgb} */ (parts.map((part) => part + (255 - part) * 0.22));
}

/** @param {Rgb} colour @param {number} alpha @returns {string} */
function css([r, g, b], alpha) {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;
}
