/**
 * Presets to begin with: combinations that show what weights can do.
 * @module factory
 */

/** @typedef {import("./presetbook.js").Preset} Preset */

/** @type {[name: string, prompts: [text: string, weight: number][], config?: import("./store.js").Config][]} */
const TABLE = [
  ["Bossa at dusk", [["Bossa Nova", 1.2], ["Lush Strings", 0.5], ["Vibraphone", 0.6], ["Relaxed", 0.4]]],
  ["Rain on the window", [["Lo-Fi Hip Hop", 1.2], ["Rain", 0.7], ["Rhodes Piano", 0.6]], { density: 0.35 }],
  ["Neon motorway", [["Synthwave", 1.3], ["City at Night", 0.6], ["Sparkling Arpeggios", 0.5]], { bpm: 104 }],
  ["Two in the morning", [["Noir", 0.9], ["Cool Jazz", 1], ["Trumpet", 0.7], ["Vocals", -0.5]]],
  ["Deep room", [["Deep House", 1.2], ["Soulful", 0.5], ["Synth Pads", 0.6]], { bpm: 122 }],
  ["Tavern", [["Medieval Tavern", 1.2], ["Hurdy-gurdy", 0.7], ["Fiddle", 0.5], ["Playful", 0.5]]],
  ["Warehouse", [["Minimal Techno", 1.2], ["303 Acid Bass", 0.7], ["Dark", 0.5]], { bpm: 132 }],
  ["Sunday morning", [["Indie Folk", 1.1], ["Warm Acoustic Guitar", 0.7], ["Sunrise", 0.5]], { brightness: 0.55 }],
  ["Boss fight", [["Battle", 1.1], ["Orchestral Score", 0.8], ["Drum and Bass", 0.5]], { density: 0.85 }],
  ["Deep focus", [["Focus", 1.1], ["Ambient", 0.7], ["Piano", 0.4], ["Drums", -0.6]], { density: 0.25 }],
  ["Island radio", [["Reggae", 1.1], ["Steel Drum", 0.6], ["Jamaican Dub", 0.5]]],
  ["Glass and steel", [["IDM", 1], ["Glockenspiel", 0.5], ["Glitchy Effects", 0.5], ["Ethereal", 0.5]]],
];

/** @type {readonly Preset[]} */
export const FACTORY = TABLE.map(([name, prompts, config = {}]) => ({
  name,
  sketch: { prompts: prompts.map(([text, weight]) => ({ text, weight })), config },
}));
