/**
 * The page: puts the objects of `app.js` and the views together.
 * @module main
 */
import { player, schema, store, toasts, transport } from "./app.js";
import { bindControls } from "./controls.js";
import { bindPrompts } from "./prompts.js";
import { Stage } from "./stage.js";

const REFRESH_MS = 200;
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

toasts.attach($("toasts"));
const stage = new Stage({ ring: $("ring"), light: $("light") }, () => player.analyser);

function showMeters() {
  const stats = player.stats();
  $("buffer").textContent = transport.wish === "stopped" ? "–" : `${Math.round(stats.bufferedSeconds * 1000)} ms`;
  const measured = transport.latencyMs;
  const shown = measured ?? transport.expectedLatencyMs;
  const rounded = `${Math.round((shown ?? 0) / 10) * 10} ms`;
  $("latency").textContent = shown === null ? "–" : measured === null ? `about ${rounded}` : rounded;
  $("underruns").textContent = String(stats.underruns);
  $("output").textContent = { worklet: "AudioWorklet", scheduled: "scheduled buffers" }[player.kind] ?? "–";
}

store.watch("playback", ({ playback: now }) => {
  const on = !["stopped", "paused", "failed"].includes(now);
  document.body.dataset.playback = now;
  $("state").textContent = LABELS[now];
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  $("stop").disabled = now === "stopped" || now === "failed";
  $("reset").disabled = $("stop").disabled;
  stage.showSounding(now === "playing");
  showMeters();
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
store.watch("prompts", () => stage.showPrompts(store.activePrompts()));
store.watch("config", ({ config }) => {
  $("all-auto").disabled = Object.keys(config).length === 0;
});

bindPrompts(store, { list: $("prompts"), form: $("add"), chips: $("chips") });
$("play").onclick = () => transport.toggle();
$("stop").onclick = () => transport.stop();
$("reset").onclick = () => transport.reset();
$("keep-seed").onclick = () => store.setConfig("seed", store.state.seed);
$("all-auto").onclick = () => store.clearConfig();

addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  // Keys belong to whoever types, and to what Space already works.
  if (target.closest("button, select, textarea, summary, a, input:not([type=range])")) return;
  event.preventDefault();
  if (!event.repeat) transport.toggle();
});

setInterval(showMeters, REFRESH_MS);

const known = await schema;
const engine = known?.engine;
if (engine) {
  const [title, more] = engine.title.split(/:\s*/, 2);
  $("engine-name").textContent = `${title} · not Lyria`;
  $("engine").title = `Engine “${engine.name}”${more ? `: ${more}` : ""}. Licence: ${engine.licence}`;
}
if (known) bindControls(store, $("fields"), known.fields, engine?.obeys ?? {});
document.body.dataset.ready = "true";
