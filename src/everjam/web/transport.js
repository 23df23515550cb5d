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
    if (this.#player.kind === "scheduled") {
      const text = "This address is not secure, so the browser offers only its simpler sound path.";
      this.#toasts.show("insecure", `${text} With https controls are heard a little sooner.`);
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
    this.#store.setSeed(null);
    this.#latencyMs = null;
    this.refresh();
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
    const { link, reason } = this.#session;
    if (link === "open") {
      // What is left of an older connection does not join on to what comes now.
      this.#player.flush();
      this.#toasts.clear("link");
    } else if (link === "waiting") {
      const lost = reason
        ? `The server has ended the session: “${reason}” This page goes on trying.`
        : "The server does not answer. If it has been stopped, start it again: the music comes back by itself.";
      this.#toasts.show("link", lost, { lasting: true });
    } else if (link === "idle") {
      this.#toasts.clear("link");
    }
    this.refresh();
  }

  /** @param {import("./session.js").Chunk} chunk */
  #received({ pcm, seed, steeredAt }) {
    if (this.#wish === "stopped") return;
    this.#store.setSeed(seed);
    const { sounding, bufferedSeconds } = this.#player.stats();
    if (steeredAt !== null && sounding) {
      this.#latencyMs = performance.now() - steeredAt + (bufferedSeconds + this.#player.outputSeconds) * 1000;
    }
    this.#player.push(pcm);
  }

  /** @param {{code: number, reason: string}} refusal */
  #refused({ code, reason }) {
    this.#wish = "stopped";
    this.#player.flush();
    const remedy = /API key/.test(reason)
      ? "This server asks for an API key: add #key=YOUR-KEY to the address of this page and load it again."
      : `The server has ended the session: ${reason || `code ${code}`}`;
    this.#toasts.show("refused", remedy, { lasting: true });
    this.refresh();
  }
}
