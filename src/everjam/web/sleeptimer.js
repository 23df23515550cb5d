/**
 * Ends the music after a while: it fades away over the last half minute, then it is paused.
 * @module sleeptimer
 */

export const FADE_SECONDS = 30;
export const MAX_MINUTES = 24 * 60;

/** Events: `change` when it is set, begins to fade, is cancelled, or is over. */
export class SleepTimer extends EventTarget {
  #player;
  #transport;
  #now;
  /** @type {number | null} */
  #endsAt = null;
  #fading = false;

  /**
   * @param {import("./player.js").Player} player
   * @param {import("./transport.js").Transport} transport
   * @param {() => number} now milliseconds
   */
  constructor(player, transport, now = () => performance.now()) {
    super();
    this.#player = player;
    this.#transport = transport;
    this.#now = now;
  }

  /** @returns {number | null} null if it is not set */
  get secondsLeft() {
    return this.#endsAt === null ? null : Math.max(0, (this.#endsAt - this.#now()) / 1000);
  }

  /** @returns {boolean} whether the music is fading away */
  get isFading() {
    return this.#fading;
  }

  /** @param {number} minutes from now on; replaces an older wish */
  set(minutes) {
    if (!(minutes > 0)) return;
    this.#stopFade();
    this.#endsAt = this.#now() + Math.min(minutes, MAX_MINUTES) * 60_000;
    this.#changed();
  }

  /** The music plays on, as loud as before. */
  cancel() {
    if (this.#endsAt === null) return;
    this.#stopFade();
    this.#endsAt = null;
    this.#changed();
  }

  /** Does what is due; to be called some times a second. */
  tick() {
    const left = this.secondsLeft;
    if (left === null) return;
    if (left === 0) this.#end();
    else if (left <= FADE_SECONDS && !this.#fading && this.#transport.wish === "playing") void this.#fade(left);
  }

  /** @param {number} seconds */
  async #fade(seconds) {
    this.#fading = true;
    this.#changed();
    const whole = await this.#player.fade(seconds);
    if (whole) return;
    // Paused and played again, or set anew: the next tick sees what is left.
    this.#fading = false;
    this.#changed();
  }

  #end() {
    this.#endsAt = null;
    this.#fading = false;
    if (this.#transport.wish === "playing") this.#transport.pause();
    this.#changed();
  }

  #stopFade() {
    if (this.#fading) this.#player.unfade();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
