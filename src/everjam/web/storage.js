/**
 * What this browser keeps from one visit to the next.
 * @module storage
 */

let keeps = true;

/** For pages that are shown inside others: what is done there is not what the listener comes back to. */
export function keepNothing() {
  keeps = false;
}

/** @returns {Storage | null} null where the browser keeps nothing, as in some private windows */
export function storage() {
  try {
    return keeps ? localStorage : null;
  } catch {
    return null;
  }
}
