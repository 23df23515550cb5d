/**
 * The page: puts the objects of `app.js` and the views together.
 * @module main
 */
import { engineWords, player, schema, store, toasts, transport } from "./app.js";
import "./add.js";
import "./config.js";
import { copyText } from "./copy.js";
import { enable, handOn, reveal } from "./dom.js";
import "./help.js";
import { listenForKeys } from "./keyboard.js";
import "./meters.js";
import "./midi.js";
import "./mixer.js";
import "./pad.js";
import "./presets.js";
import "./score.js";
import "./sleep.js";
import { Stage } from "./stage.js";
import { suggestions } from "./suggest.js";
import "./takes.js";
import { applyTheme, bindThemeButton } from "./theme.js";
import "./volume.js";

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

applyTheme(store);
bindThemeButton(store, $("theme"));
toasts.attach($("toasts"), $("play"));
const stage = new Stage({ ring: $("ring"), light: $("light") }, () => player.analyser);
// `--light` in base.css bounds what shows of it.
stage.glow = 2.4;

store.watch("playback", ({ playback: now }) => {
  const on = !["stopped", "paused", "failed"].includes(now);
  document.body.dataset.playback = now;
  $("state").textContent = LABELS[now];
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  for (const id of ["stop", "reset"]) enable($(id), now !== "stopped" && now !== "failed");
  if (now === "stopped") handOn($("score"), $("play"));
  stage.showSounding(now === "playing");
});

function showSeed() {
  const { seed, config, playback } = store.state;
  const other = config.seed !== undefined && config.seed !== seed;
  if (seed === null) $("seed-line").textContent = other ? `Seed ${config.seed}` : "A new seed each time";
  else if (playback === "stopped") $("seed-line").textContent = other ? `Seed ${config.seed}` : `Last seed ${seed}`;
  else $("seed-line").textContent = other ? `Seed ${seed}, after Reset ${config.seed}` : `Seed ${seed}`;
  reveal($("copy-seed"), seed !== null, $("play"));
  reveal($("keep-seed"), seed !== null && config.seed === undefined, $(seed === null ? "play" : "copy-seed"));
}
store.watch("seed", showSeed);
store.watch("playback", showSeed);
store.watch("config", showSeed);
store.watch("prompts", () => stage.showPrompts(store.activePrompts()));
store.watch("config", ({ config }) => {
  enable($("all-auto"), Object.keys(config).length > 0);
});
store.watch("view", ({ view }) => {
  const pad = view === "pad";
  reveal($("mixer"), !pad, $("view"));
  reveal($("pad"), pad, $("view"));
  $("view").setAttribute("aria-pressed", String(pad));
});

$("play").onclick = () => transport.toggle();
$("stop").onclick = () => {
  transport.stop();
  handOn($("stops"), $("play")); // so that Space begins the next piece
};
$("reset").onclick = () => transport.reset();
$("copy-seed").onclick = () => copySeed();
$("keep-seed").onclick = () => store.setConfig("seed", store.state.seed);
$("all-auto").onclick = () => store.clearConfig();
$("view").onclick = () => store.setView(store.state.view === "pad" ? "mixer" : "pad");
$("explain").onclick = () => {
  const explains = $("config").toggleAttribute("data-explains");
  $("explain").setAttribute("aria-pressed", String(explains));
};
$("help").onclick = () => $("keys").open();
listenForKeys();

async function copySeed() {
  const seed = String(store.state.seed);
  const copied = await copyText(seed);
  const refused = `This browser copies nothing here. The seed is ${seed}.`;
  toasts.show("seed", copied ? `Seed ${seed} is in the clipboard.` : refused);
}

const known = await schema;
suggestions.offer(known?.suggestions ?? []);
const engine = known?.engine;
if (engine) {
  const { title, about } = engineWords(engine);
  $("engine-name").textContent = `${title} · not Lyria`;
  $("engine").title = about;
}
document.body.dataset.ready = "true";
