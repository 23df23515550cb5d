/**
 * The geometry of the pad: where points stand, what a puck among them mixes, and the path of a drift.
 * @module padmath
 */
import { MAX_WEIGHT } from "./store.js";

/** @typedef {[x: number, y: number]} Place from 0 to 1, whatever the shape of the pad on the screen */

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
/** What the nearest point keeps where none is within reach: the music goes on. */
const FARTHEST_WEIGHT = 0.25;
const FAINTEST_WEIGHT = 0.05;
/** Slow circles that never close: periods in seconds at full drift, and how wide they swing around the middle. */
const SWINGS = /** @type {const} */ ([
  { x: 0.29, y: 0, period: 47, phase: 0 },
  { x: 0, y: 0.29, period: 61, phase: 1.3 },
  { x: 0.12, y: 0.05, period: 23, phase: 2.1 },
  { x: 0.04, y: 0.12, period: 29, phase: 0.4 },
]);
const BLEND_SECONDS = 9;

/**
 * Where a point stands before anybody has moved it: spread evenly, as the seeds of a sunflower are.
 * @param {number} index
 * @param {number} count of points
 * @returns {Place}
 */
export function firstPlace(index, count) {
  const radius = 0.43 * Math.sqrt((index + 0.5) / Math.max(1, count));
  const angle = index * GOLDEN_ANGLE;
  return inside([0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)]);
}

/**
 * How far the puck reaches: the more points, the less.
 * @param {number} count of points
 * @returns {number} as a part of the pad
 */
export function reach(count) {
  return Math.min(0.8, Math.max(0.2, 1.3 / Math.sqrt(Math.max(1, count))));
}

/**
 * @param {Place} puck
 * @param {Map<number, Place>} points by prompt id
 * @returns {Map<number, number>} weights: 2 at the point itself, falling to 0 at the puck's reach; never all of them 0
 */
export function mixAt(puck, points) {
  const far = reach(points.size);
  /** @type {Map<number, number>} */
  const weights = new Map();
  let nearest = -1;
  let shortest = Infinity;
  for (const [id, point] of points) {
    const distance = Math.hypot(point[0] - puck[0], point[1] - puck[1]);
    const weight = distance < far ? MAX_WEIGHT * (1 - (distance / far) ** 2) ** 2 : 0;
    weights.set(id, weight < FAINTEST_WEIGHT ? 0 : Math.round(weight * 100) / 100);
    if (distance < shortest) [nearest, shortest] = [id, distance];
  }
  if (nearest >= 0 && !weights.get(nearest)) weights.set(nearest, FARTHEST_WEIGHT);
  return weights;
}

/**
 * Where a drift has come to.
 * @param {Place} start where it began
 * @param {number} seconds of drifting at full speed
 * @returns {Place} always on the pad; at 0 it is the start
 */
export function driftedFrom(start, seconds) {
  const [x, y] = swing(seconds);
  const [x0, y0] = swing(0);
  const left = Math.exp(-seconds / BLEND_SECONDS);
  return inside([x + (start[0] - x0) * left, y + (start[1] - y0) * left]);
}

/** @param {Place} place @returns {Place} the nearest on the pad */
export function inside([x, y]) {
  return [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
}

/** @param {number} seconds @returns {Place} */
function swing(seconds) {
  let [x, y] = [0.5, 0.5];
  for (const { x: wide, y: high, period, phase } of SWINGS) {
    const turn = Math.sin((2 * Math.PI * seconds) / period + phase);
    x += wide * turn;
    y += high * turn;
  }
  return [x, y];
}
