/**
 * Keeps the screen on while music plays and the page is looked at; not while a sleep timer runs.
 * @module wakelock
 */

const SILENT = new Set(["stopped", "paused", "failed"]);

/**
 * Does nothing where the browser has no Screen Wake Lock API.
 * @param {import("./store.js").Store} store
 * @param {import("./sleeptimer.js").SleepTimer} sleepTimer
 */
export function keepScreenOn(store, sleepTimer) {
  if (!("wakeLock" in navigator)) return;
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let asking = false;

  const isWanted = () =>
    !SILENT.has(store.state.playback) && sleepTimer.secondsLeft === null && document.visibilityState === "visible";

  async function update() {
    if (asking) return;
    if (lock && !lock.released && !isWanted()) {
      void lock.release();
    } else if (isWanted() && (!lock || lock.released)) {
      asking = true;
      try {
        lock = await navigator.wakeLock.request("screen");
      } catch {
        return; // a low battery, or a policy: the screen goes off as usual
      } finally {
        asking = false;
      }
      if (!isWanted()) void lock.release();
    }
  }

  store.watch("playback", () => void update());
  sleepTimer.addEventListener("change", () => void update());
  document.addEventListener("visibilitychange", () => void update());
}
