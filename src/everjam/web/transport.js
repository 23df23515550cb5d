/**
 * Play, pause, stop, reset: what the listener wants, and what comes of it.
 * @module transport
 */
import { CHUNK_SECONDS } from "./session.js";

/** After a pause the rest of the buffer is played before more is asked for, down to this. */
const RESUME_AT_SECONDS = 0.25;

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./session.js").LiveSession} LiveSession
 * @typedef {import("./player.js").Player} Player
 * @typedef {import("./heard.js").Heard} Heard
 * @typedef {import("./toasts.js").Toasts} Toasts
 */

export class Transport {
  #store;
  #session;
  #player;
  #heard;
  #toasts;
  /** @type {"stopped" | "playing" | "paused"} what the listener wants */
  #wish = "stopped";
  #resumeTimer = 0;
  /** Whether a new connection has not yet said how it goes on from the one before. */
  #joining = false;
  #saidInsecure = false;
  /** @type {number | null} */
  #latencyMs = null;

  /** @param {{store: Store, session: LiveSession, player: Player, heard: Heard, toasts: Toasts}} parts */
  constructor({ store, session, player, heard, toasts }) {
    this.#store = store;
    this.#session = session;
    this.#player = player;
    this.#heard = heard;
    this.#toasts = toasts;
    session.addEventListener("link", () => this.#linkChanged());
    session.addEventListener("report", (event) => this.#reported(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("chunk", (event) => this.#received(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("refused", (event) => this.#refused(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("warning", (event) => {
      const text = /** @type {CustomEvent<string>} */ (event).detail;
      toasts.show(`warning ${text}`, text);
    });
    session.addEventListener("filtered", (event) => {
      const { text, reason } = /** @type {CustomEvent} */ (event).detail;
      toasts.show(`filtered ${text}`, `“${text}” is left out: ${reason}`);
    });
    store.watch("prompts", ({ prompts }) => {
      session.steer();
      if (prompts.length && !store.activePrompts().length) {
        toasts.show("all off", "Every prompt is off: the music goes on with the last ones.");
      } else {
        toasts.clear("all off");
      }
    });
    store.watch("config", () => session.steer());
  }

  /** @returns {"stopped" | "playing" | "paused"} what the listener wants */
  get wish() {
    return this.#wish;
  }

  /** @returns {number | null} from the newest change of a control to its sound, measured */
  get latencyMs() {
    return this.#latencyMs;
  }

  /** @returns {number | null} the same, guessed from what is buffered as long as nothing has been measured */
  get expectedLatencyMs() {
    const { sounding, bufferedSeconds } = this.#player.stats();
    if (this.#wish !== "playing" || !sounding) return null;
    return (bufferedSeconds + CHUNK_SECONDS / 2 + this.#player.outputSeconds) * 1000;
  }

  /** Starts or goes on; to be called from a click or a key, or the browser keeps it silent. */
  async play() {
    const held = this.#wish === "paused" ? this.#player.stats().bufferedSeconds : 0;
    this.#wish = "playing";
    clearTimeout(this.#resumeTimer);
    this.#player.hold(false);
    const wait = Math.max(0, held - RESUME_AT_SECONDS);
    if (wait && this.#session.link === "open") {
      this.#resumeTimer = setTimeout(() => this.#session.play(), wait * 1000);
    } else {
      this.#session.play();
    }
    this.refresh();
    try {
      await this.#player.open();
    } catch (error) {
      this.stop();
      const remedy = "Check that a speaker is connected, then press play again.";
      this.#toasts.show("audio", `The browser gives no sound output (${error}). ${remedy}`);
      return;
    }
    if (this.#player.kind === "scheduled" && !this.#saidInsecure) {
      this.#saidInsecure = true;
      const text = "This address is not secure, so the browser offers only its simpler sound path.";
      this.#toasts.show("insecure", `${text} At the https address that the server shows, controls are heard sooner.`);
    }
  }

  /** Holds the music where it is. */
  pause() {
    this.#wish = "paused";
    clearTimeout(this.#resumeTimer);
    this.#player.hold(true);
    this.#session.pause();
    this.refresh();
  }

  /** Ends the piece; the next play begins another. */
  stop() {
    this.#wish = "stopped";
    clearTimeout(this.#resumeTimer);
    this.#session.stop();
    this.#player.flush();
    this.#heard.forget();
    this.#latencyMs = null;
    this.refresh();
  }

  /** Picks up what was lost meanwhile: the network is back, or somebody looks at the page again. */
  comeBack() {
    this.#session.hurry();
    // Phones take the sound away from pages in the background.
    if (this.#wish === "playing") this.#player.open().catch(() => {});
  }

  /** Plays or pauses. */
  toggle() {
    if (this.#wish === "playing") this.pause();
    else void this.play();
  }

  /** A new musical idea without a gap. */
  reset() {
    this.#session.reset();
  }

  /** Works out what is going on; to be called some times a second. */
  refresh() {
    this.#session.check();
    this.#store.setPlayback(this.#playback());
  }

  /** @returns {import("./store.js").Playback} */
  #playback() {
    const { link } = this.#session;
    if (link === "failed") return "failed";
    if (this.#wish !== "playing") return this.#wish;
    if (link === "waiting") return "reconnecting";
    if (link === "connecting") {
      return this.#store.state.playback === "reconnecting" ? "reconnecting" : "connecting";
    }
    return this.#player.stats().sounding ? "playing" : "buffering";
  }

  #linkChanged() {
    const { link, reason, failures } = this.#session;
    if (link === "open") {
      this.#joining = true;
    } else if (link === "waiting") {
      // What one attempt mends within the lead is not worth a word.
      if (failures) this.#toasts.show("link", whyLost(reason), { lasting: true });
    } else if (link === "idle") {
      this.#toasts.clear("link");
    }
    this.refresh();
  }

  /** @param {import("./session.js").Report} report */
  #reported({ jam, chunk, why }) {
    // After a fade-out nothing joins on, though every frame is there.
    if (jam) this.#join(jam.resumed === "exact" && !this.#session.fadedOut);
    if (chunk && this.#wish !== "stopped") {
      this.#join(false);
      this.#heard.add(chunk, why);
    }
  }

  /**
   * The first thing that a new connection says decides what becomes of what is left of an older one.
   * @param {boolean} exact whether it goes on with the frames that follow
   */
  #join(exact) {
    if (this.#joining && !exact) {
      this.#player.flush();
      this.#heard.forget();
    }
    this.#joining = false;
  }

  /** @param {import("./session.js").Chunk} chunk */
  #received({ pcm, frame, seed, steeredAt }) {
    if (this.#wish === "stopped") return;
    this.#join(false);
    this.#toasts.clear("link");
    this.#store.setSeed(seed);
    const { sounding, bufferedSeconds } = this.#player.stats();
    if (steeredAt !== null && sounding) {
      this.#latencyMs = performance.now() - steeredAt + (bufferedSeconds + this.#player.outputSeconds) * 1000;
    }
    this.#player.push(pcm, frame);
  }

  /** @param {{code: number, reason: string}} refusal */
  #refused({ code, reason }) {
    this.#wish = "stopped";
    this.#player.flush();
    this.#toasts.show("refused", whyRefused(code, reason), { lasting: true });
    this.refresh();
  }
}

/** @param {number} code @param {string} reason @returns {string} what to tell the listener */
function whyRefused(code, reason) {
  if (/API key/.test(reason)) {
    return "This server asks for an API key: add #key=YOUR-KEY to the address of this page and load it again.";
  }
  if (/another connection/.test(reason)) return "This music goes on in another window. Play begins a new piece here.";
  return `The server has ended the session: ${reason || `code ${code}`}`;
}

/** @param {string} reason in the server's words; "" if it did not say @returns {string} what to tell the listener */
function whyLost(reason) {
  if (!reason) {
    return "The server does not answer. If it has been stopped, start it again: the music comes back by itself.";
  }
  if (/exhausted|unavailable/.test(reason)) {
    return `The server has no room now: “${reason}” This page goes on trying; closing another one helps.`;
  }
  return `The server has ended the session: “${reason}” This page goes on trying.`;
}
