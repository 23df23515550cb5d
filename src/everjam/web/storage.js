/**
 * What this browser keeps from one visit to the next.
 * @module storage
 */

/** @returns {Storage | null} null where the browser keeps nothing, as in some private windows */
export function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
