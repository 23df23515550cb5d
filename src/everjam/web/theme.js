/**
 * Dark, light, or as the system has it: the switch in the header.
 * @module theme
 */
import { icon } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/** @type {import("./store.js").Theme[]} */
const THEMES = ["auto", "dark", "light"];
const NAMES = { auto: "as the system", dark: "dark", light: "light" };
const PICTURES = {
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 0v18m3-17.500v17m3-14.700v12.400",
  dark: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm2.500 5.300a5 5 0 1 0 1.700 6.200 4.300 4.300 0 0 1-1.700-6.200Z",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-6v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400m11.200 11.200L19 19M5 19l1.400-1.400"
    + "M17.600 6.400 19 5",
};

/**
 * Applies the store's theme to the document.
 * @param {Store} store
 */
export function applyTheme(store) {
  const colour = document.querySelector('meta[name="theme-color"]');
  const show = () => {
    const { theme } = store.state;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    colour?.setAttribute("content", getComputedStyle(document.documentElement).backgroundColor);
  };
  store.watch("theme", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}

/** @param {Store} store @param {HTMLButtonElement} button goes through the themes */
export function bindThemeButton(store, button) {
  button.onclick = () => store.setTheme(THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length]);
  store.watch("theme", ({ theme }) => {
    button.replaceChildren(icon(PICTURES[theme]));
    button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
    button.title = `Colours: ${NAMES[theme]}`;
  });
}
