import type { HashFamily } from "../../src/caching/hashFamily.js";
import { HashTables } from "../../src/caching/hashTables.js";
import { SignHashes } from "../../src/caching/signHashes.js";
import { StableHashes } from "../../src/caching/stableHashes.js";
import { place } from "../../src/caching/vectorSpace.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { Stream } from "./replay.js";
import { Tally } from "./tally.js";
import type { Outcome } from "./tally.js";

const SEED = 5;
const WIDTH_PER_RADIUS = 4;

/**
 * The cache without a check: whatever lies in the same bucket of one table is the answer, the latest first. Bounded by
 * entries, the oldest of which leave. `radius` is what a cell's width is taken from under L2.
 */
export function replayBuckets(stream: Stream, functions: number, radius: number, capacity: number): Outcome {
  const { rows, labels, dataSet } = stream;
  const { dimensions, distance, scale } = dataSet;
  const family = familyFor(stream, functions, radius);
  const tables = new HashTables(1, capacity);
  const answers = new Uint8Array(capacity);
  const values = new Float32Array(dimensions);
  const keys = new Uint32Array(1);
  const found = new Int32Array(1);
  const tally = new Tally();
  let kept = 0;
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < dimensions; j++) values[j] = (rows[i * dimensions + j] as number) * scale;
    tally.requests += 1;
    if (!place(distance, values)) continue;
    family.keys(values, keys);
    if (tables.candidates(keys, 1, found) === 1) {
      tally.hit(answers[found[0] as number] !== labels[i]);
      continue;
    }
    const slot = kept % capacity;
    if (kept >= capacity) tables.remove(slot);
    tables.insert(slot, keys);
    answers[slot] = labels[i] as number;
    kept += 1;
  }
  return tally.outcome;
}

function familyFor({ rows, dataSet }: Stream, functions: number, radius: number): HashFamily {
  const { dimensions, distance, scale } = dataSet;
  const random = seededRandom(SEED);
  if (distance === "L2")
    return new StableHashes({ tables: 1, functions, width: WIDTH_PER_RADIUS * radius, dimensions, random });
  const centre = new Float32Array(dimensions);
  const values = new Float32Array(dimensions);
  const sample = 256;
  for (let i = 0; i < sample; i++) {
    for (let j = 0; j < dimensions; j++) values[j] = (rows[i * dimensions + j] as number) * scale;
    if (!place(distance, values)) continue;
    for (let j = 0; j < dimensions; j++) centre[j] = (centre[j] as number) + (values[j] as number) / sample;
  }
  return new SignHashes({ tables: 1, bits: functions, centre, random });
}
