/**
 * The server's takes: stretches of this jam that it renders again to files.
 * @module takeapi
 */
import { address, session } from "./app.js";

/**
 * @typedef {{id: string, state: "rendering" | "ready" | "failed", progress: number, name: string, bytes: number,
 *   beginFrame: number, endFrame: number, bars: number, seconds: number, message: string}} TakeState
 * @typedef {TakeState & {jam: string}} Take with the jam that it is of: a page may come to play another one
 * @typedef {{jam: string, beginFrame: number, bar: number | null}} Recording
 * @typedef {{format: string, bundle: boolean, bars?: number, until?: number | null, begin?: number,
 *   end?: number | null}} Order
 */

const PATIENCE_MS = 20_000;

/** The server has no such jam or take any more: asking again is of no use. */
export class Gone extends Error {}

/** What was asked for cannot be had as it is. */
export class Refused extends Error {}

/**
 * Begins to record what plays.
 * @param {number | null} frame that is heard now; null: the newest
 * @returns {Promise<Recording>} from the bar line before it
 * @throws {Error} with what to do about it
 */
export async function beginRecording(frame) {
  const jam = jamNow();
  return { ...(await ask("PUT", `${jam}/recording`, { begin: frame })).recording, jam };
}

/** Forgets what is being recorded; quiet where nothing is. @param {string} jam @returns {Promise<void>} */
export async function forgetRecording(jam) {
  await ask("DELETE", `${jam}/recording`).catch(() => undefined);
}

/**
 * @param {Order} order
 * @param {string} [jam] what plays, if not given
 * @returns {Promise<Take>}
 * @throws {Error} with what to do about it
 */
export async function orderTake(order, jam = jamNow()) {
  return { ...(await ask("POST", `${jam}/takes`, order)).take, jam };
}

/** @param {Take} take @returns {Promise<Take>} how far it is @throws {Error} with what to do about it */
export async function lookAtTake({ jam, id }) {
  return { ...(await ask("GET", `${jam}/takes/${id}`)).take, jam };
}

/** @param {Take} take @returns {Promise<void>} */
export async function removeTake({ jam, id }) {
  await ask("DELETE", `${jam}/takes/${id}`).catch(() => undefined);
}

/** @param {Take} take @returns {string} where its file is */
export function fileAddress({ jam, id }) {
  return address(`api/jams/${jam}/takes/${id}/file`);
}

/** @returns {string} */
function jamNow() {
  if (session.jam === null) throw new Error("Nothing plays yet. Press play, or wait until the server is back.");
  return session.jam;
}

/** @param {string} method @param {string} path from the jam on @param {object} [body] @returns {Promise<any>} */
async function ask(method, path, body) {
  const answer = await fetch(address(`api/jams/${path}`), {
    method,
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch(() => {
    throw new Error("The server does not answer.");
  });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  const { message, remedy } = said?.error ?? { message: `The server answers ${answer.status}.`, remedy: "" };
  const text = [message, remedy].filter(Boolean).join(" ");
  if (answer.status === 404) throw new Gone(text);
  throw answer.status === 400 ? new Refused(text) : new Error(text);
}
