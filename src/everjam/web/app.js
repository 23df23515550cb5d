/**
 * The objects that every page of everjam has: store, session, player, transport. Knows no view.
 * @module app
 */
import { Heard } from "./heard.js";
import { bindMediaSession } from "./mediasession.js";
import { Player } from "./player.js";
import { endpoint, LEAD_SECONDS, LiveSession } from "./session.js";
import { fromFragment } from "./share.js";
import { SleepTimer } from "./sleeptimer.js";
import { storage } from "./storage.js";
import { Store } from "./store.js";
import { Toasts } from "./toasts.js";
import { Transport } from "./transport.js";
import { keepScreenOn } from "./wakelock.js";

/**
 * @typedef {{name: string, wireName: string, kind: "float" | "int" | "bool" | "enum", minimum: number | null,
 *   maximum: number | null, default: number | boolean | string | null, help: string, values: string[] | null}} Field
 * @typedef {"exact" | "approximate" | "ignored"} Obedience
 * @typedef {{name: string, title: string, models: string[], licence: string, obeys: Record<string, Obedience>}} Engine
 * @typedef {{version: string, engine: Engine | null, fields: Field[],
 *   suggestions: {text: string, kind: string}[], formats: string[]}} Schema
 */

const REFRESH_MS = 100;
const ANY_MODEL = "models/lyria-realtime-exp";

/** What the address of this page holds after "#", when it was opened. */
const opened = new URLSearchParams(location.hash.slice(1));

/** API key or token of the server, null if the address holds none. @type {string | null} */
export const key = opened.get("key");

/** @type {Schema | null} */
let known = null;

const kept = storage();

export const store = new Store(kept);
export const toasts = new Toasts();
export const player = new Player(LEAD_SECONDS);
export const session = new LiveSession(
  endpoint(location.href, key),
  () => known?.engine?.models[0] ?? ANY_MODEL,
  () => ({ prompts: store.steeredPrompts(), config: store.state.config }),
  () => heard.bar,
);
export const heard = new Heard(() => player.frameAtEar);
export const transport = new Transport({ store, session, player, heard, toasts });
export const sleepTimer = new SleepTimer(player, transport);

store.watch("volume", ({ volume }) => {
  player.volume = volume;
});
bindMediaSession(store, transport);
keepScreenOn(store, sleepTimer);

/** For the console, and for tests. */
Object.assign(globalThis, { everjam: { store, session, player, heard, transport, sleepTimer } });

addEventListener("online", () => transport.comeBack());
addEventListener("hashchange", () => {
  const newKey = new URLSearchParams(location.hash.slice(1)).get("key");
  if (newKey !== null && newKey !== key) location.reload();
  else if (known) takeOver(known);
});
document.addEventListener("visibilitychange", () => transport.comeBack());

setInterval(() => {
  transport.refresh();
  heard.tell();
  sleepTimer.tick();
}, REFRESH_MS);

/**
 * Asks the server what it can do, and takes over the steering that the address holds.
 * @returns {Promise<Schema | null>} null if the server does not say
 */
async function begin() {
  try {
    known = schemaFrom(await (await fetch(address("api/schema"))).json());
  } catch (error) {
    const remedy = "Is it still running? Then load this page again.";
    toasts.show("schema", `The server does not say what it can do (${error}). ${remedy}`, { lasting: true });
  }
  if (known) takeOver(known);
  return known;
}

/** Takes over the steering that the address holds. @param {Schema} known */
function takeOver({ fields }) {
  const shared = fromFragment(location.hash, fields);
  if (!shared) return;
  store.replaceSteering(shared.prompts.length ? shared : { ...store.sketch(), config: shared.config });
  // From here on the page is the listener's own: a reload brings back what they have made of it.
  const own = key ? `#${new URLSearchParams({ key })}` : location.pathname + location.search;
  if (kept) history.replaceState(null, "", own);
}

/** What the server can do; null if it does not say. To be awaited by who needs it. */
export const schema = begin();

/**
 * An address of the server's API, with the key if there is one.
 * @param {string} path without a slash in front
 * @returns {string}
 */
export function address(path) {
  const url = new URL(path, location.href);
  url.hash = "";
  if (key) url.searchParams.set("key", key);
  return url.href;
}

/** @param {Engine} engine @returns {{title: string, about: string}} what it is, in a word and at length */
export function engineWords({ name, title, licence }) {
  const [short, more] = title.split(/:\s*/, 2);
  return { title: short, about: `Engine “${name}”${more ? `: ${more}` : ""}. Licence: ${licence}` };
}

/** @param {any} answer @returns {Schema} */
function schemaFrom({ default: name, engines, ...rest }) {
  return { ...rest, engine: engines.find((/** @type {Engine} */ engine) => engine.name === name) ?? null };
}
