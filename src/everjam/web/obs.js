/**
 * The page for OBS and other programs that lay a page over a picture: visuals on nothing, of a jam of its own or of one
 * that plays elsewhere (`#jam=ID`). See docs/obs.md.
 * @module obs
 */
import "./guest.js";
import { address, heard, player, schema, store, toasts, transport } from "./app.js";
import { Follower } from "./follow.js";
import { Score } from "./score.js";
import { Stage } from "./stage.js";

/** @typedef {import("./store.js").Store} Store */

const PARTS = ["light", "prompts", "music", "why", "roll"];
const SHOWN = "light,prompts,music,roll";
const SIZES = /** @type {const} */ ([0.4, 4]);
const PATIENCE_MS = 700;

const options = new URLSearchParams(location.hash.slice(1));
const inObs = "obsstudio" in globalThis;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

function applyOptions() {
  const wanted = (options.get("show") ?? SHOWN).split(",").map((part) => part.trim());
  const size = Number(options.get("size") ?? 1);
  document.body.dataset.show = wanted.filter((part) => PARTS.includes(part)).join(" ");
  document.body.dataset.at = options.get("at") === "top" ? "top" : "bottom";
  if (options.get("theme") === "light") document.documentElement.dataset.theme = "light";
  if (Number.isFinite(size)) {
    document.documentElement.style.setProperty("--size", String(Math.min(SIZES[1], Math.max(SIZES[0], size))));
  }
}

/**
 * @param {Store} music what is steered
 * @param {import("./heard.js").Heard} ear what is heard
 * @param {() => AnalyserNode | null} analyser
 */
function show(music, ear, analyser) {
  const stage = new Stage({ ring: null, light: $("light") }, analyser, () => ear.now());
  const score = new Score();
  score.heard = ear;
  score.store = music;
  score.setAttribute("bare", "");
  $("show").append(score);
  music.watch("prompts", () => {
    const prompts = music.activePrompts();
    stage.showPrompts(prompts);
    $("prompts").replaceChildren(...prompts.map(promptItem));
  });
  music.watch("playback", ({ playback }) => {
    document.body.dataset.playback = playback;
    stage.showSounding(playback === "playing");
    if (playback === "playing") document.body.toggleAttribute("data-on-air", inObs);
  });
}

/** @param {import("./store.js").Prompt} prompt @returns {HTMLElement} */
function promptItem({ text, weight, colour }) {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = weight < 0 ? "lit away" : "lit";
  item.style.setProperty("--c", colour);
  item.style.setProperty("--w", String(Math.min(1, Math.abs(weight))));
  return item;
}

/** @param {string} jam id of a jam that somebody else hears */
function follow(jam) {
  const follower = new Follower(address(`api/jams/${encodeURIComponent(jam)}/events`));
  const remedy = "The page that plays it says which it is. This one goes on trying.";
  const tell = () => {
    if (follower.open) toasts.clear("jam");
    else toasts.show("jam", `There is no jam “${jam}” here now. ${remedy}`, { lasting: true });
  };
  follower.addEventListener("link", tell);
  setTimeout(tell, 4 * PATIENCE_MS);
  show(follower.store, follower.heard, () => null);
  follower.start();
  Object.assign(globalThis, { everjam: { follower, store: follower.store, heard: follower.heard, player, toasts } });
}

/** @returns {Promise<boolean>} whether the browser lets a page sound that nobody has touched */
async function mayPlay() {
  const context = new AudioContext();
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([context.resume(), late]);
  const running = context.state === "running";
  void context.close();
  return running;
}

async function play() {
  show(store, heard, () => player.analyser);
  await schema;
  const asked = inObs || new URLSearchParams(location.search).get("autoplay") === "1";
  if (asked && (await mayPlay())) {
    void transport.play();
    return;
  }
  if (asked) toasts.show("autoplay", "This browser lets nothing sound before a click. OBS does.");
  const start = $("start");
  start.hidden = false;
  start.onclick = () => {
    start.hidden = true;
    void transport.play();
  };
}

applyOptions();
toasts.attach($("toasts"), $("start"));
const jam = options.get("jam");
if (jam) follow(jam);
else await play();
document.body.dataset.ready = "true";
