/**
 * The server's takes: stretches of this jam that it renders again to files.
 * @module takeapi
 */
import { address, session } from "./app.js";

/**
 * @typedef {{id: string, state: "rendering" | "ready" | "failed", progress: number, name: string, bytes: number,
 *   beginFrame: number, endFrame: number, bars: number, seconds: number, message: string}} Take
 * @typedef {{beginFrame: number, bar: number | null}} Recording
 * @typedef {{format: string, bundle: boolean, bars?: number, until?: number | null, begin?: number,
 *   end?: number | null}} Order
 */

/**
 * Begins to record.
 * @param {number | null} frame that is heard now; null: the newest
 * @returns {Promise<Recording>} from the bar line before it
 * @throws {Error} with what to do about it
 */
export async function beginRecording(frame) {
  return (await ask("PUT", "recording", { begin: frame })).recording;
}

/** Forgets what is being recorded; quiet where nothing is. @returns {Promise<void>} */
export async function forgetRecording() {
  await ask("DELETE", "recording").catch(() => undefined);
}

/** @param {Order} order @returns {Promise<Take>} @throws {Error} with what to do about it */
export async function orderTake(order) {
  return (await ask("POST", "takes", order)).take;
}

/** @param {string} id @returns {Promise<Take>} how far it is @throws {Error} with what to do about it */
export async function lookAtTake(id) {
  return (await ask("GET", `takes/${id}`)).take;
}

/** @param {string} id @returns {Promise<void>} */
export async function removeTake(id) {
  await ask("DELETE", `takes/${id}`).catch(() => undefined);
}

/** @param {string} id @returns {string} where its file is */
export function fileAddress(id) {
  return address(`${home()}/takes/${id}/file`);
}

/** @returns {string} */
function home() {
  if (session.jam === null) throw new Error("Nothing has been played yet. Press play first.");
  return `api/jams/${session.jam}`;
}

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(method, path, body) {
  const answer = await fetch(address(`${home()}/${path}`), {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said;
  const { message, remedy } = said?.error ?? { message: `The server answers ${answer.status}.`, remedy: "" };
  throw new Error([message, remedy].filter(Boolean).join(" "));
}
