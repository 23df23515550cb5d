/**
 * The media keys of keyboards and headphones, and the player on a lock screen.
 *
 * Browsers offer them only to pages with an audio element that plays, and Web Audio is none: so a silent one goes
 * along. It also keeps phones from putting the page to sleep while it plays.
 * @module mediasession
 */

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./transport.js").Transport} Transport
 */

/**
 * Does nothing where the browser has no Media Session API.
 * @param {Store} store
 * @param {Transport} transport
 */
export function bindMediaSession(store, transport) {
  if (!("mediaSession" in navigator)) return;
  const companion = new Companion(() => transport.pause());
  /** @type {[MediaSessionAction, () => void][]} */
  const actions = [
    ["play", () => void transport.play()],
    ["pause", () => transport.pause()],
    ["stop", () => transport.stop()],
    ["nexttrack", () => transport.reset()],
  ];
  for (const [action, handler] of actions) handle(action, handler);
  let title = "";
  store.watch("prompts", () => {
    const names = store.activePrompts().filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
    const now = names.map(({ text }) => text.trim()).join(", ") || "everjam";
    if (now === title) return;
    title = now;
    const artwork = [{ src: new URL("icon.svg", import.meta.url).href, sizes: "any", type: "image/svg+xml" }];
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: "everjam", artwork });
  });
  store.watch("playback", ({ playback }) => {
    const stopped = playback === "stopped" || playback === "failed";
    const playing = !stopped && playback !== "paused";
    navigator.mediaSession.playbackState = playing ? "playing" : stopped ? "none" : "paused";
    companion.play(playing);
  });
}

/** @param {MediaSessionAction} action @param {() => void} handler */
function handle(action, handler) {
  try {
    navigator.mediaSession.setActionHandler(action, handler);
  } catch {
    // This browser does not know the action.
  }
}

/** The silent audio element; made when it is first needed. */
class Companion {
  /** @type {HTMLAudioElement | null} */
  #element = null;
  #wanted = false;
  #onTaken;

  /** @param {() => void} onTaken called when the system takes the sound away: a call, or headphones pulled out */
  constructor(onTaken) {
    this.#onTaken = onTaken;
  }

  /** @param {boolean} wanted */
  play(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#element ??= this.#make();
    // Where it may not play, music does all the same.
    if (wanted) this.#element.play().catch(() => {});
    else this.#element.pause();
  }

  #make() {
    const element = new Audio(new URL("silence.flac", import.meta.url).href);
    element.loop = true;
    element.addEventListener("pause", () => {
      if (this.#wanted) this.#onTaken();
    });
    return element;
  }
}
