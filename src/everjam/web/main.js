/**
 * The page: puts store, session, player and views together.
 * @module main
 */
import { bindControls } from "./controls.js";
import { Player } from "./player.js";
import { bindPrompts } from "./prompts.js";
import { CHUNK_SECONDS, endpoint, LEAD_SECONDS, LiveSession } from "./session.js";
import { Stage } from "./stage.js";
import { Store } from "./store.js";
import { Toasts } from "./toasts.js";

const REFRESH_MS = 200;
/** After a pause the rest of the buffer is played before more is asked for, down to this. */
const RESUME_AT_SECONDS = 0.25;
const ANY_MODEL = "models/lyria-realtime-exp";
const LABELS = {
  stopped: "Press play",
  connecting: "Connecting",
  buffering: "Buffering",
  playing: "Playing",
  paused: "Paused",
  reconnecting: "Connection lost. Trying again",
  failed: "Not connected",
};

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

const store = new Store(storage());
const toasts = new Toasts($("toasts"));
const player = new Player(LEAD_SECONDS);
let model = ANY_MODEL;
/** @type {"stopped" | "playing" | "paused"} what the listener wants */
let wish = "stopped";
let resumeTimer = 0;
/** @type {number | null} */
let latencyMs = null;

const key = new URLSearchParams(location.hash.slice(1)).get("key");
const session = new LiveSession(endpoint(location.href, key), () => model, () => ({
  prompts: store.activePrompts().map(({ text, weight }) => ({ text, weight })),
  config: store.state.config,
}));
const stage = new Stage({ ring: $("ring"), light: $("light") }, () => player.analyser);

/** @returns {Storage | null} */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

// Transport ─────────────────────────────────────────────────────────────────────────────────────────

async function play() {
  const held = wish === "paused" ? player.stats().bufferedSeconds : 0;
  wish = "playing";
  clearTimeout(resumeTimer);
  player.hold(false);
  const wait = Math.max(0, held - RESUME_AT_SECONDS);
  if (wait && session.link === "open") resumeTimer = setTimeout(() => session.play(), wait * 1000);
  else session.play();
  refresh();
  try {
    await player.open();
  } catch (error) {
    stop();
    const remedy = "Check that a speaker is connected, then press play again.";
    toasts.show("audio", `The browser gives no sound output (${error}). ${remedy}`);
    return;
  }
  if (player.kind === "scheduled") {
    const text = "This address is not secure, so the browser offers only its simpler sound path.";
    toasts.show("insecure", `${text} With https controls are heard a little sooner.`);
  }
}

function pause() {
  wish = "paused";
  clearTimeout(resumeTimer);
  player.hold(true);
  session.pause();
  refresh();
}

function stop() {
  wish = "stopped";
  clearTimeout(resumeTimer);
  session.stop();
  player.flush();
  store.setSeed(null);
  latencyMs = null;
  refresh();
}

function toggle() {
  if (wish === "playing") pause();
  else void play();
}

/** @returns {import("./store.js").Playback} */
function playback() {
  if (session.link === "failed") return "failed";
  if (wish !== "playing") return wish;
  if (session.link === "waiting") return "reconnecting";
  if (session.link === "connecting") return store.state.playback === "reconnecting" ? "reconnecting" : "connecting";
  return player.stats().sounding ? "playing" : "buffering";
}

// What is going on ──────────────────────────────────────────────────────────────────────────────────

function refresh() {
  store.setPlayback(playback());
  const stats = player.stats();
  const active = wish === "playing" && stats.sounding;
  const buffered = Math.round(stats.bufferedSeconds * 1000);
  $("buffer").textContent = wish === "stopped" ? "–" : `${buffered} ms`;
  const estimate = (stats.bufferedSeconds + CHUNK_SECONDS / 2 + player.outputSeconds) * 1000;
  const shown = latencyMs ?? (active ? estimate : null);
  const rounded = `${Math.round((shown ?? 0) / 10) * 10} ms`;
  $("latency").textContent = shown === null ? "–" : latencyMs === null ? `about ${rounded}` : rounded;
  $("underruns").textContent = String(stats.underruns);
  $("output").textContent = { worklet: "AudioWorklet", scheduled: "scheduled buffers" }[player.kind] ?? "–";
}

session.addEventListener("link", () => {
  if (session.link === "open") {
    // What is left of an older connection does not join on to what comes now.
    player.flush();
    toasts.clear("link");
  } else if (session.link === "waiting") {
    const lost = session.reason
      ? `The server has ended the session: “${session.reason}” This page goes on trying.`
      : "The server does not answer. If it has been stopped, start it again: the music comes back by itself.";
    toasts.show("link", lost, { lasting: true });
  } else if (session.link === "idle") {
    toasts.clear("link");
  }
  refresh();
});

session.addEventListener("chunk", (event) => {
  const { pcm, seed, steeredAt } = /** @type {CustomEvent<import("./session.js").Chunk>} */ (event).detail;
  if (wish === "stopped") return;
  store.setSeed(seed);
  if (steeredAt !== null && player.stats().sounding) {
    latencyMs = performance.now() - steeredAt + (player.stats().bufferedSeconds + player.outputSeconds) * 1000;
  }
  player.push(pcm);
});

session.addEventListener("warning", (event) => {
  const text = /** @type {CustomEvent<string>} */ (event).detail;
  toasts.show(`warning ${text}`, text);
});

session.addEventListener("filtered", (event) => {
  const { text, reason } = /** @type {CustomEvent} */ (event).detail;
  toasts.show(`filtered ${text}`, `“${text}” is left out: ${reason}`);
});

session.addEventListener("refused", (event) => {
  const { code, reason } = /** @type {CustomEvent} */ (event).detail;
  wish = "stopped";
  player.flush();
  const remedy = /API key/.test(reason)
    ? "This server asks for an API key: add #key=YOUR-KEY to the address of this page and load it again."
    : `The server has ended the session: ${reason || `code ${code}`}`;
  toasts.show("refused", remedy, { lasting: true });
  refresh();
});

// Views ─────────────────────────────────────────────────────────────────────────────────────────────

store.watch("playback", ({ playback: now }) => {
  const on = !["stopped", "paused", "failed"].includes(now);
  document.body.dataset.playback = now;
  $("state").textContent = LABELS[now];
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  $("stop").disabled = now === "stopped" || now === "failed";
  $("reset").disabled = $("stop").disabled;
  stage.showSounding(now === "playing");
});

function showSeed() {
  const { seed, config } = store.state;
  const other = config.seed !== undefined && config.seed !== seed;
  if (seed === null) $("seed-line").textContent = other ? `Seed ${config.seed}` : "Every start draws a new seed.";
  else $("seed-line").textContent = other ? `Seed ${seed}; from the next Reset on ${config.seed}` : `Seed ${seed}`;
  $("keep-seed").hidden = seed === null || config.seed !== undefined;
}
store.watch("seed", showSeed);
store.watch("config", showSeed);

store.watch("prompts", ({ prompts }) => {
  stage.showPrompts(prompts);
  session.steer();
  if (prompts.length && !store.activePrompts().length) {
    toasts.show("all off", "Every prompt is off: the music goes on with the last ones.");
  } else {
    toasts.clear("all off");
  }
});
store.watch("config", ({ config }) => {
  session.steer();
  $("all-auto").disabled = Object.keys(config).length === 0;
});

bindPrompts(store, { list: $("prompts"), form: $("add"), chips: $("chips") });
$("play").onclick = toggle;
$("stop").onclick = stop;
$("reset").onclick = () => session.reset();
$("keep-seed").onclick = () => store.setConfig("seed", store.state.seed);
$("all-auto").onclick = () => store.clearConfig();

addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  // Keys belong to whoever types, and to what Space already works.
  if (target.closest("button, select, textarea, summary, a, input:not([type=range])")) return;
  event.preventDefault();
  if (!event.repeat) toggle();
});

setInterval(refresh, REFRESH_MS);

try {
  const answer = await fetch("api/engines");
  const { default: name, engines, fields } = await answer.json();
  const engine = engines.find((/** @type {any} */ info) => info.name === name);
  model = engine?.models[0] ?? ANY_MODEL;
  const [title, more] = (engine?.title ?? name).split(/:\s*/, 2);
  $("engine-name").textContent = `${title} · not Lyria`;
  $("engine").title = engine ? `Engine “${name}”${more ? `: ${more}` : ""}. Licence: ${engine.licence}` : "";
  bindControls(store, $("fields"), fields, engine?.obeys ?? {});
} catch (error) {
  const remedy = "Is it still running? Then load this page again.";
  toasts.show("engines", `The server does not say what it can do (${error}). ${remedy}`, { lasting: true });
}
document.body.dataset.ready = "true";

/** For the console, and for tests. */
Object.assign(globalThis, { everjam: { store, session, player } });
