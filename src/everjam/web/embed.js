/**
 * A small player for other people's pages: plays what its address says, with a link to the whole page.
 * @module embed
 */
import "./guest.js";
import { heard, key, player, schema, store, toasts, transport } from "./app.js";
import { handOn } from "./dom.js";
import { withAccidentals } from "./notation.js";
import { toFragment } from "./share.js";
import { Stage } from "./stage.js";

const LABELS = {
  stopped: "Press play",
  connecting: "Connecting …",
  buffering: "Buffering …",
  playing: "Playing",
  paused: "Paused",
  reconnecting: "Connection lost. Trying again …",
  failed: "Not connected",
};

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

/** @type {Map<number, HTMLElement>} by prompt id */
const chips = new Map();

function showPrompts() {
  const prompts = store.state.prompts.filter((prompt) => prompt.text.trim() && prompt.weight !== 0);
  for (const [id, chip] of chips) {
    if (prompts.some((prompt) => prompt.id === id)) continue;
    handOn(chip, $("play"));
    chip.remove();
    chips.delete(id);
  }
  for (const prompt of prompts) {
    const chip = chips.get(prompt.id) ?? newChip(prompt.id);
    const on = store.activePrompts().some((active) => active.id === prompt.id);
    chip.textContent = prompt.text;
    chip.setAttribute("aria-pressed", String(on));
    chip.title = `Weight ${prompt.weight.toFixed(2)}. Press to ${on ? "leave it out" : "play it"}.`;
    chip.style.setProperty("--c", prompt.colour);
  }
  stage.showPrompts(store.activePrompts());
}

/** @param {number} id @returns {HTMLElement} */
function newChip(id) {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "embed-chip lit";
  chip.onclick = () => store.changePrompt(id, { muted: chip.getAttribute("aria-pressed") === "true", solo: false });
  chips.set(id, chip);
  $("chips").append(chip);
  return chip;
}

/** @param {import("./store.js").Playback} playback */
function showPlayback(playback) {
  const on = !["stopped", "paused", "failed"].includes(playback);
  document.body.dataset.playback = playback;
  $("state").textContent = LABELS[playback];
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  if (playback === "stopped") $("now").textContent = "";
  stage.showSounding(playback === "playing");
}

function showVolume() {
  const { value } = $("volume");
  player.volume = Number(value);
  $("volume").style.setProperty("--p", value);
  $("volume").setAttribute("aria-valuetext", `${Math.round(value * 100)} %`);
}

/** The whole page goes on with what is steered here. */
function aimLink() {
  const parts = [toFragment(store.sketch(), store.state.seed)];
  if (key) parts.push(String(new URLSearchParams({ key })));
  $("full").href = `./#${parts.join("&")}`;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key !== " " || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/** @type {Element} */ (event.target).closest("button, a")) return;
  event.preventDefault();
  transport.toggle();
}

const wantedTheme = new URLSearchParams(location.hash.slice(1)).get("theme");
if (wantedTheme === "dark" || wantedTheme === "light") document.documentElement.dataset.theme = wantedTheme;
toasts.attach($("toasts"), $("play"));
const stage = new Stage({ ring: null, light: $("light") }, () => player.analyser);
store.watch("prompts", showPrompts);
store.watch("playback", ({ playback }) => showPlayback(playback));
for (const topic of /** @type {const} */ (["prompts", "config", "seed"])) store.watch(topic, aimLink);
heard.addEventListener("beat", (event) => {
  const { chord, key: mode, bpm } = /** @type {CustomEvent<import("./heard.js").Beat>} */ (event).detail;
  const parts = [withAccidentals(mode || chord), `${Math.round(bpm)} bpm`].filter(Boolean);
  $("now").textContent = parts.join(" · ");
});
$("play").onclick = () => transport.toggle();
$("volume").oninput = showVolume;
addEventListener("keydown", onKey);
showVolume();
await schema;
document.body.dataset.ready = "true";
