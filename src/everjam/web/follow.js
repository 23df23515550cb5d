/**
 * Another jam for the eye: follows its events, and works out what its own listener hears now.
 * @module follow
 */
import { SAMPLE_RATE_HZ } from "./audio.js";
import { Heard } from "./heard.js";
import { Store } from "./store.js";

/**
 * @typedef {import("./heard.js").ChunkReport & {leadSeconds: number}} ChunkEvent
 * @typedef {{prompts: {text: string, weight: number}[], config: import("./store.js").Config}} SteeringEvent
 */

const FRAMES_A_MS = SAMPLE_RATE_HZ / 1000;
const RETRY_MS = [500, 1000, 2000, 5000];
const TELL_MS = 100;
/** Two chunks that disagree by more than this about the time are from before and after a pause. */
const JUMP_MS = 250;
const EASE = 0.1;

/** Events: `link` when `open` changes. */
export class Follower extends EventTarget {
  heard = new Heard(() => this.#frame());
  store = new Store(null);
  /** Whether the jam is there. */
  open = false;
  #url;
  /** @type {EventSource | null} */
  #source = null;
  #retries = 0;
  #retryTimer = 0;
  #tellTimer = 0;
  /** @type {number | null} when, on this page's clock, the piece's first frame was heard, had it never been paused */
  #zeroMs = null;
  /** @type {number | null} */
  #heldAt = null;
  #end = 0;

  /** @param {string} url of the jam's events */
  constructor(url) {
    super();
    this.#url = url;
    this.store.replaceSteering({ prompts: [], config: {} });
  }

  start() {
    this.#tellTimer = setInterval(() => this.heard.tell(), TELL_MS);
    this.#connect();
  }

  stop() {
    clearInterval(this.#tellTimer);
    clearTimeout(this.#retryTimer);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    const source = new EventSource(this.#url);
    this.#source = source;
    /** @type {(name: string, take: (told: any) => void) => void} */
    const on = (name, take) => {
      source.addEventListener(name, (event) => take(JSON.parse(/** @type {MessageEvent} */ (event).data)));
    };
    source.onopen = () => {
      this.#retries = 0;
      this.#setOpen(true);
    };
    source.onerror = () => this.#lost(source);
    on("chunk", (chunk) => this.#takeChunk(chunk));
    on("steering", (steering) => this.#takeSteering(steering));
    on("playback", ({ state }) => this.#takePlayback(state));
    // What is told of the chunk that comes next; who comes late hears at once what has held for long.
    on("why", (why) => this.heard.add({ frame: this.#end, frames: 0, lateNotes: 0, beats: [], notes: [] }, why));
  }

  /** @param {EventSource} source */
  #lost(source) {
    this.#setOpen(false);
    // Browsers try again by themselves after a broken connection, but not after an answer such as 404.
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
  }

  /** @param {boolean} open */
  #setOpen(open) {
    if (open === this.open) return;
    this.open = open;
    if (!open) this.store.setPlayback("reconnecting");
    this.dispatchEvent(new Event("link"));
  }

  /** @param {ChunkEvent} chunk */
  #takeChunk(chunk) {
    const zeroMs = performance.now() + 1000 * chunk.leadSeconds - chunk.frame / FRAMES_A_MS;
    const off = zeroMs - (this.#zeroMs ?? -Infinity);
    const goesOn = chunk.frame === this.#end && Math.abs(off) < JUMP_MS;
    this.#zeroMs = goesOn ? zeroMs - off * (1 - EASE) : zeroMs;
    this.#end = chunk.frame + chunk.frames;
    this.#heldAt = null;
    this.heard.add(chunk, null);
    this.store.setPlayback("playing");
  }

  /** @param {SteeringEvent} steering */
  #takeSteering({ prompts, config }) {
    const { store } = this;
    const old = new Map(store.state.prompts.map((prompt) => [prompt.text, prompt]));
    const texts = new Set(prompts.map((prompt) => prompt.text));
    for (const prompt of store.state.prompts) if (!texts.has(prompt.text)) store.removePrompt(prompt.id);
    for (const { text, weight } of prompts) {
      const known = old.get(text);
      if (known) store.changePrompt(known.id, { weight });
      else store.addPrompt(text, weight);
    }
    store.setSeed(typeof config.seed === "number" ? config.seed : null);
  }

  /** @param {"playing" | "paused" | "stopped"} state */
  #takePlayback(state) {
    if (state === "paused") this.#heldAt = this.#frame();
    if (state === "stopped") {
      this.#zeroMs = null;
      this.#end = 0;
      this.heard.forget();
    }
    // It plays when there is something to hear: the next chunk.
    this.store.setPlayback(state === "playing" ? "buffering" : state);
  }

  /** @returns {number | null} */
  #frame() {
    if (this.#heldAt !== null || this.#zeroMs === null) return this.#heldAt;
    return Math.min(this.#end, (performance.now() - this.#zeroMs) * FRAMES_A_MS);
  }
}
