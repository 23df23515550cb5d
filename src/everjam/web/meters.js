/**
 * `<ej-meters>`: how it sounds and how well it runs: spectrum or wave, level, what is buffered, how long a control
 * takes to the ear, how often the sound ran out, and which engine plays.
 * @module meters
 */
import { engineWords, player, schema, store, transport } from "./app.js";
import { fitCanvas, isStill, Ticker, watchColours } from "./ticker.js";

const DRAW_MS = 33;
const NUMBERS_MS = 250;
const FLOOR_DB = -60;
const HOLD_MS = 1500;
const FALL_DB_A_SECOND = 18;
const LOWEST_HZ = 40;
const HIGHEST_HZ = 16000;
const BAND_PX = 7;
const OTHER = /** @type {const} */ ({ spectrum: "wave", wave: "spectrum" });

const MARKUP = `
  <div class="meters-row">
    <button type="button" class="meters-picture"><canvas class="meters-scope"></canvas></button>
    <canvas class="meters-level" aria-hidden="true"></canvas>
    <dl class="meters-facts">
      <div><dt title="Highest level of the last seconds; 0 is as loud as it gets">Peak</dt><dd id="peak">–</dd></div>
      <div><dt>Buffer</dt><dd id="buffer">–</dd></div>
      <div><dt title="From moving a control to hearing it">Control to ear</dt><dd id="latency">–</dd></div>
      <div><dt title="Times that the sound ran out">Underruns</dt><dd id="underruns">0</dd></div>
      <div><dt>Output</dt><dd id="output">–</dd></div>
      <div class="meters-engine"><dt>Engine</dt><dd id="plays">–</dd></div>
    </dl>
  </div>`;

export class Meters extends HTMLElement {
  #ticker = new Ticker(this, DRAW_MS, (nowMs) => this.#draw(nowMs));
  /** @type {AbortController | null} */
  #ends = null;
  /** @type {Listening | null} */
  #listening = null;
  #levels = [new Level(), new Level()];
  /** @type {"spectrum" | "wave"} */
  #picture = "spectrum";
  #colours = { text: "", line: "", accent: "" };
  #sounding = false;
  #drawnAt = 0;

  connectedCallback() {
    if (!this.firstElementChild) this.innerHTML = MARKUP;
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    this.#$("button").addEventListener("click", () => this.#choose(OTHER[this.#picture]), { signal });
    this.#choose(this.#picture);
    const sizes = new ResizeObserver(() => this.#fit());
    for (const canvas of this.querySelectorAll("canvas")) sizes.observe(canvas);
    const timer = setInterval(() => this.#showNumbers(), NUMBERS_MS);
    const ends = [
      () => sizes.disconnect(),
      () => clearInterval(timer),
      () => this.#listening?.end(),
      watchColours(() => this.#takeColours()),
      store.watch("playback", ({ playback }) => this.#showPlayback(playback)),
    ];
    signal.addEventListener("abort", () => {
      ends.forEach((end) => end());
      this.#listening = null;
    });
    void this.#showEngine();
    this.#ticker.start();
  }

  disconnectedCallback() {
    this.#ends?.abort();
    this.#ticker.stop();
  }

  /** @param {string} selector @returns {any} */
  #$(selector) {
    return this.querySelector(selector);
  }

  /** @param {"spectrum" | "wave"} picture */
  #choose(picture) {
    this.#picture = picture;
    const told = `Picture of the sound: ${picture}. Press for ${OTHER[picture]}.`;
    this.#$("button").setAttribute("aria-label", told);
    this.#$("button").title = told;
    this.#ticker.wake();
  }

  /** @param {import("./store.js").Playback} playback */
  #showPlayback(playback) {
    this.#sounding = playback === "playing";
    this.#showNumbers();
    this.#ticker.wake();
  }

  async #showEngine() {
    const engine = (await schema)?.engine;
    if (!engine) return;
    const { title, about } = engineWords(engine);
    this.#$("#plays").textContent = title;
    this.#$("#plays").title = about;
  }

  #showNumbers() {
    const stats = player.stats();
    const idle = transport.wish === "stopped";
    const measured = transport.latencyMs;
    const shown = measured ?? transport.expectedLatencyMs;
    const rounded = `${Math.round((shown ?? 0) / 10) * 10} ms`;
    const output = /** @type {Record<string, string>} */ ({ worklet: "AudioWorklet", scheduled: "scheduled buffers" });
    this.#write("#buffer", idle ? "–" : `${Math.round(stats.bufferedSeconds * 1000)} ms`);
    this.#write("#latency", shown === null ? "–" : measured === null ? `about ${rounded}` : rounded);
    this.#write("#underruns", String(stats.underruns));
    this.#write("#output", output[player.kind] ?? "–");
    if (isStill()) this.#listen(performance.now());
    const peak = Math.max(...this.#levels.map((level) => level.held));
    this.#write("#peak", idle || peak <= FLOOR_DB ? "–" : `${peak.toFixed(1).replace("-", "−")} dB`);
  }

  /** @param {string} selector @param {string} text */
  #write(selector, text) {
    const element = this.#$(selector);
    if (element.textContent !== text) element.textContent = text;
  }

  /** @param {number} nowMs @returns {boolean} */
  #draw(nowMs) {
    this.#listen(nowMs);
    this.#paint();
    return this.#sounding || this.#levels.some((level) => level.now > FLOOR_DB);
  }

  #paint() {
    const scope = this.#$(".meters-scope");
    const context = scope.getContext("2d");
    if (context && scope.width) {
      context.clearRect(0, 0, scope.width, scope.height);
      const quiet = isStill() || !this.#listening;
      if (this.#picture === "wave") this.#drawWave(context, quiet);
      else if (!quiet) this.#drawSpectrum(context);
    }
    this.#drawLevel();
  }

  /** @param {number} nowMs */
  #listen(nowMs) {
    const analyser = player.analyser;
    if (analyser && this.#listening?.source !== analyser) {
      this.#listening?.end();
      this.#listening = new Listening(analyser);
    }
    const seconds = Math.min(1, (nowMs - this.#drawnAt) / 1000);
    this.#drawnAt = nowMs;
    this.#levels.forEach((level, channel) => {
      level.take(this.#sounding ? (this.#listening?.peak(channel) ?? 0) : 0, seconds, nowMs);
    });
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawSpectrum(context) {
    const { width, height } = context.canvas;
    const count = Math.max(12, Math.floor(this.#$(".meters-scope").clientWidth / BAND_PX));
    const step = width / count;
    const bands = this.#listening?.bands(count) ?? [];
    context.fillStyle = this.#colours.accent;
    for (const [index, value] of bands.entries()) {
      const high = Math.max(value * height, height * 0.015);
      context.globalAlpha = 0.35 + 0.65 * value;
      context.fillRect(index * step, height - high, Math.max(1, step * 0.7), high);
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} quiet */
  #drawWave(context, quiet) {
    const { width, height } = context.canvas;
    const samples = quiet ? new Float32Array(2) : /** @type {Listening} */ (this.#listening).wave();
    context.strokeStyle = this.#colours.accent;
    context.lineWidth = Math.max(1.5, height / 60);
    context.lineJoin = "round";
    context.beginPath();
    for (const [index, sample] of samples.entries()) {
      context.lineTo((index / (samples.length - 1)) * width, height / 2 - sample * height * 0.48);
    }
    context.stroke();
  }

  #drawLevel() {
    const canvas = this.#$(".meters-level");
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const { width, height } = canvas;
    if (!width) return;
    const x = (/** @type {number} */ db) => Math.max(0, Math.min(1, 1 - db / FLOOR_DB)) * width;
    const bar = height / 2.6;
    context.clearRect(0, 0, width, height);
    this.#levels.forEach((level, channel) => {
      const y = channel * (height - bar);
      context.fillStyle = this.#colours.line;
      context.fillRect(0, y, width, bar);
      context.fillStyle = level.now > -1 ? this.#colours.text : this.#colours.accent;
      if (!isStill()) context.fillRect(0, y, x(level.now), bar);
      context.fillStyle = this.#colours.text;
      if (level.held > FLOOR_DB && !isStill()) context.fillRect(x(level.held) - 2, y, 2, bar);
    });
  }

  #fit() {
    const changed = [...this.querySelectorAll("canvas")].map(fitCanvas);
    if (changed.includes(true)) this.#paint();
  }

  #takeColours() {
    const { caretColor, outlineColor, accentColor } = getComputedStyle(this.#$(".meters-scope"));
    this.#colours = { text: caretColor, line: outlineColor, accent: accentColor };
    this.#ticker.wake();
  }
}

/** Ears on what the player gives out, both sides. */
class Listening {
  #splitter;
  #sides;
  #middle;
  #samples = new Float32Array(2048);
  #spectrum;

  /** @param {AnalyserNode} source */
  constructor(source) {
    const { context } = source;
    this.source = source;
    this.#splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    this.#sides = [0, 1].map(() => new AnalyserNode(context, { fftSize: 2048 }));
    const range = { minDecibels: -96, maxDecibels: -18 };
    this.#middle = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.72, ...range });
    this.#spectrum = new Uint8Array(this.#middle.frequencyBinCount);
    source.connect(this.#splitter);
    source.connect(this.#middle);
    this.#sides.forEach((side, channel) => this.#splitter.connect(side, channel));
  }

  end() {
    this.source.disconnect(this.#splitter);
    this.source.disconnect(this.#middle);
    this.#splitter.disconnect();
  }

  /** @param {number} channel @returns {number} highest of the last 43 ms, 1 is full scale */
  peak(channel) {
    this.#sides[channel].getFloatTimeDomainData(this.#samples);
    let peak = 0;
    for (const sample of this.#samples) peak = Math.max(peak, Math.abs(sample));
    return peak;
  }

  /** @returns {Float32Array} some 15 ms that begin where the wave rises through zero, so that the picture stands */
  wave() {
    this.#sides[0].getFloatTimeDomainData(this.#samples);
    const length = 720;
    let from = 1;
    while (from < this.#samples.length - length && !(this.#samples[from - 1] < 0 && this.#samples[from] >= 0)) from++;
    return this.#samples.subarray(from, from + length);
  }

  /** @param {number} count @returns {number[]} loudest of each band, 0 to 1, the bands alike wide in octaves */
  bands(count) {
    this.#middle.getByteFrequencyData(this.#spectrum);
    const hzPerBin = this.#middle.context.sampleRate / this.#middle.fftSize;
    const bin = (/** @type {number} */ band) => (LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (band / count)) / hzPerBin;
    return Array.from({ length: count }, (_, band) => {
      const from = bin(band);
      const low = this.#spectrum[Math.floor(from)];
      let value = low + (this.#spectrum[Math.floor(from) + 1] - low) * (from % 1);
      for (let at = Math.ceil(from); at < bin(band + 1); at++) value = Math.max(value, this.#spectrum[at]);
      return value / 255;
    });
  }
}

/** A level that rises at once and falls evenly, and the highest of the last moments. */
class Level {
  now = FLOOR_DB;
  held = FLOOR_DB;
  #heldAtMs = 0;

  /** @param {number} peak 1 is full scale @param {number} seconds since the last one @param {number} nowMs */
  take(peak, seconds, nowMs) {
    const db = Math.max(FLOOR_DB, 20 * Math.log10(peak || 1e-6));
    this.now = Math.max(db, this.now - FALL_DB_A_SECOND * seconds);
    if (db >= this.held) [this.held, this.#heldAtMs] = [db, nowMs];
    else if (nowMs - this.#heldAtMs > HOLD_MS) this.held = Math.max(this.now, this.held - FALL_DB_A_SECOND * seconds);
  }
}

customElements.define("ej-meters", Meters);
