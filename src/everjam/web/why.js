/**
 * What the words of a prompt became, as a person would say it.
 * @module why
 */

/**
 * @typedef {import("./heard.js").Why} Why
 * @typedef {{text: string, away: boolean, obvious: boolean, cards: string, more: number, reasons: {name: string,
 *   share: string, why: string}[]}} Reading `cards` such as "Rain 60 %, Lo-Fi 40 %"; `more` cards are not among them;
 *   obvious: the words are the name of what is played
 */

const SHOWN = 3;

/** @param {Why[]} why @returns {Reading[]} the weightiest prompt first */
export function readings(why) {
  return [...why].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).map(reading);
}

/** @param {Why} why @returns {Reading} */
function reading({ text, weight, cards }) {
  const shown = cards.length > SHOWN + 1 ? SHOWN : cards.length;
  return {
    text,
    away: weight < 0,
    obvious: weight > 0 && cards.length === 1 && cards[0].name.toLowerCase() === text.trim().toLowerCase(),
    cards: cards.slice(0, shown).map((card) => said(card.name, card.weight, cards.length > 1)).join(", "),
    more: cards.length - shown,
    reasons: cards.map((card) => ({ name: card.name, share: percent(card.weight), why: quoted(card.why) })),
  };
}

/** @param {string} name @param {number} weight @param {boolean} shared */
function said(name, weight, shared) {
  if (weight < 0) return `not ${name}`;
  return shared || weight < 0.995 ? `${name} ${percent(weight)}` : name;
}

/** @param {number} share @returns {string} */
function percent(share) {
  const rounded = Math.round(Math.abs(share) * 100);
  return `${share < 0 ? "−" : ""}${rounded || "<1"}\u00a0%`;
}

/** @param {string} text @returns {string} with real quotation marks */
function quoted(text) {
  return text.replace(/(^|\s)'([^']+)'/g, "$1“$2”");
}

/**
 * All of it in one sentence a prompt, to be read out.
 * @param {Why[]} why
 * @returns {string}
 */
export function whyInWords(why) {
  return readings(why)
    .map(({ text, away, cards, more }) => {
      const rest = more ? ` and ${more} more` : "";
      return away ? `“${text}” is kept out: ${cards}${rest}.` : `“${text}” is played as ${cards || "nothing"}${rest}.`;
    })
    .join(" ");
}
