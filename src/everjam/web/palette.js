/**
 * The sixteen prompts that Prompt DJ users know, with their colours, and colours for everybody else's prompts.
 * @module palette
 */

/** @type {ReadonlyArray<readonly [text: string, colour: string]>} */
export const SLOTS = [
  ["Bossa Nova", "#9900ff"],
  ["Chillwave", "#5200ff"],
  ["Drum and Bass", "#ff25f6"],
  ["Post Punk", "#2af6de"],
  ["Shoegaze", "#ffdd28"],
  ["Funk", "#2af6de"],
  ["Chiptune", "#9900ff"],
  ["Lush Strings", "#3dffab"],
  ["Sparkling Arpeggios", "#d8ff3e"],
  ["Staccato Rhythms", "#d9b2ff"],
  ["Punchy Kick", "#3dffab"],
  ["Dubstep", "#ffdd28"],
  ["K Pop", "#ff25f6"],
  ["Neo Soul", "#d8ff3e"],
  ["Trip Hop", "#5200ff"],
  ["Thrash", "#d9b2ff"],
];

const COLOURS = [...new Set(SLOTS.map(([, colour]) => colour))];
const KNOWN = new Map(SLOTS.map(([text, colour]) => [text.toLowerCase(), colour]));

/**
 * A colour for a prompt: its own if it is one of the sixteen, else the one that is used least.
 * @param {string} text
 * @param {string[]} used colours of the other prompts
 * @returns {string} a CSS colour
 */
export function colourFor(text, used) {
  const known = KNOWN.get(text.trim().toLowerCase());
  if (known) return known;
  const count = (/** @type {string} */ colour) => used.filter((other) => other === colour).length;
  return COLOURS.reduce((best, colour) => (count(colour) < count(best) ? colour : best));
}
