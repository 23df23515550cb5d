/**
 * Chords, keys and metres as people read them, and as they say them.
 * @module notation
 */

/** @param {string} name @returns {string} with real accidentals: "Eb major" becomes "E♭ major" */
export function withAccidentals(name) {
  return name.replace(/([A-G])b/g, "$1♭").replace(/([A-G])#/g, "$1♯");
}

/**
 * @param {string} symbol such as "F#m7b5" or "C/E"
 * @returns {{root: string, kind: string}} what is written large and what small
 */
export function chordParts(symbol) {
  const match = /^([A-G][b#]?)(.*)$/.exec(symbol);
  if (!match) return { root: symbol, kind: "" };
  const kind = withAccidentals(match[2]).replace(/b(?=\d)/g, "♭").replace(/#(?=\d)/g, "♯");
  return { root: withAccidentals(match[1]), kind };
}

const SPOKEN = /** @type {const} */ ([
  [/maj/g, " major "],
  [/^m(?!aj)/, " minor "],
  [/dim/g, " diminished "],
  [/aug/g, " augmented "],
  [/sus/g, " suspended "],
  [/add/g, " add "],
  [/b(?=\d)/g, " flat "],
  [/#(?=\d)/g, " sharp "],
  [/^69/, " 6 9"],
  [/\//g, " over "],
]);

/** @param {string} symbol @returns {string} such as "F sharp minor 7 flat 5" */
export function chordInWords(symbol) {
  const match = /^([A-G][b#]?)(.*)$/.exec(symbol);
  if (!match) return symbol;
  let kind = match[2];
  for (const [written, said] of SPOKEN) kind = kind.replace(written, said);
  return `${nameInWords(match[1])} ${nameInWords(kind)}`.replace(/\s+/g, " ").trim();
}

/** @param {string} name @returns {string} "Eb major" becomes "E flat major" */
export function nameInWords(name) {
  return name.replace(/([A-G])b/g, "$1 flat").replace(/([A-G])#/g, "$1 sharp");
}

/**
 * Length of a bar in what the tempo counts: dotted quarters in compound metres, quarters in others.
 * @param {[number, number]} meter
 * @returns {number}
 */
export function pulsesInBar([upper, lower]) {
  return (upper * 4) / lower / pulseQuarters([upper, lower]);
}

/**
 * Length of what the tempo counts, in quarters.
 * @param {[number, number]} meter
 * @returns {number} 1.5 in compound metres
 */
export function pulseQuarters([upper, lower]) {
  return isCompound(upper, lower) ? 1.5 : 1;
}

/**
 * @param {[number, number]} meter
 * @returns {number} beats that are counted; in mixed metres the long ones count once
 */
export function beatsInBar([upper, lower]) {
  if (isCompound(upper, lower)) return upper / 3;
  return lower === 8 ? Math.max(1, Math.floor(upper / 2)) : upper;
}

/** @param {number} upper @param {number} lower */
function isCompound(upper, lower) {
  return lower === 8 && upper > 3 && upper % 3 === 0;
}
