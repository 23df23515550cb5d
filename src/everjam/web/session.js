/**
 * A client of the Live Music API, as any other: setup, prompts, configuration, PLAY; reconnects by itself, and asks an
 * everjam server to go on where the music was.
 * @module session
 */

/**
 * @typedef {import("./store.js").Config} Config
 * @typedef {{text: string, weight: number}} WeightedPrompt
 * @typedef {{prompts: WeightedPrompt[], config: Config}} Steering
 * @typedef {"idle" | "connecting" | "open" | "waiting" | "failed"} Link "waiting" = for the next attempt to connect
 * @typedef {{pcm: Int16Array, frame: number, seed: number | null, steeredAt: number | null}} Chunk interleaved stereo
 *   at 48 kHz; `frame` of the piece that it begins with; `steeredAt` is the time (ms) of the newest change of steering
 *   that this chunk is the first to carry out, else null
 * @typedef {{id: string, resumed: "exact" | "bar" | "no", frame: number}} Jam how a connection goes on from the one
 *   before, and the frame of the next sample
 * @typedef {{jam: Jam | null, chunk: import("./heard.js").ChunkReport | null,
 *   why: import("./heard.js").Why[] | null}} Report what an everjam server says beside the Live Music API
 */

const PATH = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic";
/** A server that starts again is found soon; one that is gone is not asked for ever twice a second. */
const RETRY_MS = [100, 200, 300, 500, 500, 500, 500, 500, 500, 1000, 2000, 3000, 5000];
const THROTTLE_MS = 40;
/** A server that plays sends five times a second: after this long without a word the line is dead. */
const DEAD_MS = 6000;
/** A server that has just been started may take its time before the first sound. */
const COLD_MS = 60_000;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_INVALID = 1007;
const CLOSE_REFUSED = 1008;
const TAKEN_OVER = /another connection/;

/** Audio in one message, and how far ahead of the listener the server stays: short, so that controls are heard soon. */
export const CHUNK_SECONDS = 0.2;
export const LEAD_SECONDS = 0.5;

/**
 * Where the Live Music API of the page's own server is.
 * @param {string} page the page's address
 * @param {string | null} key API key, if the server wants one
 * @returns {string}
 */
export function endpoint(page, key) {
  const url = new URL(PATH, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const query = { chunk: String(CHUNK_SECONDS), lead: String(LEAD_SECONDS), events: "1", ...(key && { key }) };
  url.search = String(new URLSearchParams(query));
  url.hash = "";
  return url.href;
}

/**
 * Events: `link` when `link` changes, `report` (detail: Report), `chunk` (detail: Chunk), `warning` (detail: string),
 * `filtered` (detail: {text, reason}), `refused` (detail: {code, reason}) when it gives up.
 */
export class LiveSession extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Link} */
  #link = "idle";
  #ready = false;
  #wantsPlay = false;
  /** Connections in a row that have ended without a sound. */
  #fruitless = 0;
  #sounded = false;
  #retryTimer = 0;
  #throttleTimer = 0;
  /** @type {number | null} of the piece that plays; null before the first chunk */
  #seed = null;
  /** @type {string | null} */
  #jam = null;
  #nextFrame = 0;
  #lastWordAt = 0;
  /** What was last sent, as JSON. */
  #sent = { prompts: "", config: "" };
  /** @type {{at: number, steering: Steering} | null} the newest change that has not come back yet */
  #awaited = null;
  #decoder = new TextDecoder();
  /** Why the last connection ended, in the server's words; "" if it did not say. */
  reason = "";
  /** Whether the last connection ended with a fade: the server was going away. */
  fadedOut = false;

  /**
   * @param {string} url from `endpoint`
   * @param {() => string} model name of the model to ask for
   * @param {() => Steering} steering what the listener asks for now
   * @param {() => number | null} bar that is heard now; null if nobody knows
   */
  constructor(url, model, steering, bar) {
    super();
    this.url = url;
    this.model = model;
    this.steering = steering;
    this.bar = bar;
  }

  /** @returns {string | null} the server's name for what plays here, for its HTTP API; null if it has none */
  get jam() {
    return this.#jam;
  }

  /** @returns {number} connections in a row that have ended without a sound */
  get failures() {
    return this.#fruitless;
  }

  /** @returns {Link} */
  get link() {
    return this.#link;
  }

  /** Starts the music, or goes on after a pause; connects if need be. */
  play() {
    this.#wantsPlay = true;
    this.#lastWordAt = performance.now();
    if (this.#ready) this.#control("PLAY");
    else if (!this.#socket) this.#connect();
  }

  /** Holds the music where it is. */
  pause() {
    this.#wantsPlay = false;
    if (this.#ready) this.#control("PAUSE");
    else this.#giveUpRetrying();
  }

  /** Ends the piece; the next play begins another. */
  stop() {
    this.#wantsPlay = false;
    this.#seed = null;
    this.#nextFrame = 0;
    if (this.#ready) this.#control("STOP");
    else this.#giveUpRetrying();
  }

  /** A new musical idea without a gap. */
  reset() {
    if (this.#ready) this.#control("RESET_CONTEXT");
  }

  /** Sends what has changed in the steering, at most every 40 ms. */
  steer() {
    if (!this.#ready || this.#throttleTimer) return;
    this.#throttleTimer = setTimeout(() => {
      this.#throttleTimer = 0;
      if (this.#ready) this.#sendSteering();
    }, THROTTLE_MS);
  }

  /** Gives up a connection on which nothing comes any more, and tries a new one; to be called some times a second. */
  check() {
    const socket = this.#socket;
    const patience = this.#ready && !this.#sounded ? COLD_MS : DEAD_MS;
    if (!socket || !this.#wantsPlay || performance.now() - this.#lastWordAt < patience) return;
    // A dead line does not answer the close frame either, so the end is not waited for.
    socket.onclose = socket.onmessage = null;
    socket.close();
    this.#closed(0, "");
  }

  /** Tries again now, if it waits to do so: the network is back, or somebody looks at the page. */
  hurry() {
    if (this.#link === "waiting") this.#connect();
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    this.#setLink("connecting");
    const socket = new WebSocket(this.#address());
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#sounded = false;
    this.#lastWordAt = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ setup: { model: this.model() } }));
    socket.onmessage = ({ data }) => {
      this.#lastWordAt = performance.now();
      this.#receive(JSON.parse(typeof data === "string" ? data : this.#decoder.decode(data)));
    };
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  /** @returns {string} where to connect, and, if a piece was playing, what to go on with */
  #address() {
    const url = new URL(this.url);
    const bar = this.bar();
    if (this.#jam !== null && this.#seed !== null) {
      url.searchParams.set("resume", this.#jam);
      if (bar !== null) url.searchParams.set("bar", String(bar));
    }
    return url.href;
  }

  /** @param {any} message a server message of the Live Music API */
  #receive(message) {
    if (message.setupComplete) this.#opened();
    if (message.everjam) this.#readReport(message.everjam);
    if (message.warning) this.#emit("warning", message.warning);
    if (message.filteredPrompt) {
      const { text, filteredReason } = message.filteredPrompt;
      this.#emit("filtered", { text, reason: filteredReason });
    }
    for (const chunk of message.serverContent?.audioChunks ?? []) this.#emit("chunk", this.#read(chunk));
  }

  /** @param {Partial<Report>} said */
  #readReport({ jam = null, chunk = null, why = null }) {
    if (jam) this.#jam = jam.id;
    const place = jam ?? chunk;
    if (place) this.#nextFrame = place.frame;
    this.#emit("report", { jam, chunk, why });
  }

  #opened() {
    this.#ready = true;
    this.#jam = null;
    this.#nextFrame = 0;
    this.#sent = { prompts: "", config: "" };
    this.#setLink("open");
    const { config } = this.steering();
    // After a lost connection the piece is begun again with its seed; the seed is then left to the listener's wish.
    const resumed = this.#wantsPlay && this.#seed !== null && config.seed !== this.#seed;
    this.#sendSteering(resumed ? { seed: /** @type {number} */ (this.#seed) } : {});
    if (this.#wantsPlay) this.#control("PLAY");
    if (resumed) this.#sendSteering();
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    // Whoever has taken the jam over is not to be robbed of it again.
    const taken = code === CLOSE_REFUSED && TAKEN_OVER.test(reason);
    if (taken) this.#jam = null;
    const refused = code === CLOSE_INVALID || taken || (code === CLOSE_REFUSED && !this.#ready);
    this.#socket = null;
    this.#ready = false;
    this.#awaited = null;
    this.reason = reason;
    this.fadedOut = code === CLOSE_GOING_AWAY;
    if (!this.#sounded) this.#fruitless++;
    if (refused) {
      this.#wantsPlay = false;
      this.#setLink("failed");
      this.#emit("refused", { code, reason });
    } else if (this.#wantsPlay) {
      const wait = RETRY_MS[Math.min(this.#fruitless, RETRY_MS.length - 1)];
      this.#retryTimer = setTimeout(() => this.#connect(), wait);
      this.#setLink("waiting");
    } else {
      this.#setLink("idle");
    }
  }

  #giveUpRetrying() {
    clearTimeout(this.#retryTimer);
    if (this.#socket) this.#socket.close();
    else this.#setLink("idle");
  }

  /** @param {Config} more fields on top of the listener's own */
  #sendSteering(more = {}) {
    const { prompts, config } = this.steering();
    const wanted = { prompts: JSON.stringify(prompts), config: JSON.stringify({ ...config, ...more }) };
    let changed = false;
    // An empty list would only be answered with a warning: the server keeps the prompts that it has.
    if (wanted.prompts !== this.#sent.prompts && prompts.length) {
      this.#send({ clientContent: { weightedPrompts: prompts } });
      this.#sent.prompts = wanted.prompts;
      changed = true;
    }
    if (wanted.config !== this.#sent.config) {
      this.#send({ musicGenerationConfig: { ...config, ...more } });
      this.#sent.config = wanted.config;
      changed = true;
    }
    if (changed && prompts.length) this.#awaited = { at: performance.now(), steering: { prompts, config } };
  }

  /** @param {"PLAY" | "PAUSE" | "STOP" | "RESET_CONTEXT"} control */
  #control(control) {
    this.#send({ playbackControl: control });
  }

  /** @param {object} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  /** @param {any} chunk an audio chunk of the Live Music API @returns {Chunk} */
  #read(chunk) {
    const echo = chunk.sourceMetadata;
    const seed = echo?.musicGenerationConfig?.seed;
    // What is still on its way after a stop belongs to a piece that is over.
    if (this.#wantsPlay && typeof seed === "number") this.#seed = seed;
    let steeredAt = null;
    if (this.#awaited && carriesOut(echo, this.#awaited.steering)) {
      steeredAt = this.#awaited.at;
      this.#awaited = null;
    }
    const pcm = new Int16Array(fromBase64(chunk.data).buffer);
    this.#sounded = true;
    this.#fruitless = 0;
    const frame = this.#nextFrame;
    this.#nextFrame += pcm.length / 2;
    return { pcm, frame, seed: seed ?? null, steeredAt };
  }

  /** @param {Link} link */
  #setLink(link) {
    this.#link = link;
    this.dispatchEvent(new Event("link"));
  }

  /** @param {string} name @param {unknown} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * Whether a chunk was made under a steering, by what it says about itself.
 * @param {any} echo its source metadata
 * @param {Steering} steering
 * @returns {boolean}
 */
function carriesOut(echo, { prompts, config }) {
  const { seed: _echoed, ...echoed } = echo?.musicGenerationConfig ?? {};
  const { seed: _wanted, ...wanted } = config;
  const names = Object.keys(wanted);
  return (
    JSON.stringify(echo?.clientContent?.weightedPrompts) === JSON.stringify(prompts) &&
    names.length === Object.keys(echoed).length &&
    names.every((name) => echoed[name] === wanted[name])
  );
}

/** @param {string} text @returns {Uint8Array} */
function fromBase64(text) {
  if ("fromBase64" in Uint8Array) return /** @type {any} */ (Uint8Array).fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
