import type { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import { packedLength } from "./packedCholesky.js";
import type { RidgeState } from "./ridge.js";
import type { RobustScale } from "./robustScale.js";

/** Features of one regression at most: its factor has 4 MiB then. */
export const MAX_SIZE = 1024;
/** Targets of one regression at most. */
export const MAX_TARGETS = 1024;
/** As measured with Node 20, beside their numbers: of the seven arrays, and of a scale. */
const ARRAYS_BYTES = 1300;
const SCALE_BYTES = 30;

/** Everything but the weights, which follow from it. */
export function writeRidge(to: ByteWriter, state: RidgeState): void {
  to.uint16(state.targets).uint16(state.size).uint16(state.turn).float64(state.observations).float64(state.remembered);
  for (const part of [state.factor, state.rotated, state.mean, state.precision, state.held, state.residuals]) {
    to.float64s(part);
  }
  for (const { median, count, clippedInRow, smallestClipped } of state.scales) {
    to.float64(median).float64(count).float64(clippedInRow).float64(smallestClipped);
  }
}

/** What a regression takes in memory beside its encoding: the weights, its arrays as objects, the targets' scales. */
export function unencodedRidgeBytes({ weights, scales }: RidgeState): number {
  return weights.byteLength + ARRAYS_BYTES + scales.length * SCALE_BYTES;
}

/** Throws on bytes that `writeRidge` has not made. */
export function readRidge(from: ByteReader): RidgeState {
  const targets = atMost("targets", MAX_TARGETS, from.uint16());
  const size = atMost("features", MAX_SIZE, from.uint16());
  const turn = atMost("turn", Math.max(0, size - 1), from.uint16());
  const observations = from.count64();
  const remembered = from.finite64();
  const factor = readFactor(from, size);
  const rotated = readNumbers(from, targets * size);
  const mean = readNumbers(from, targets * size);
  const precision = readNumbers(from, size);
  const held = readNumbers(from, size);
  const residuals = readNumbers(from, targets);
  const scales = Array.from({ length: targets }, () => readScale(from));
  const weights = new Float64Array(targets * size);
  const regression = { targets, size, factor, rotated, mean, precision, held, turn, observations, remembered };
  return { residuals, scales, weights, isSolved: false, ...regression };
}

function atMost(what: string, limit: number, value: number): number {
  if (value > limit) throw new RangeError(`state of a regression with ${what} ${value}: at most ${limit}`);
  return value;
}

function readFactor(from: ByteReader, size: number): Float64Array {
  const factor = readNumbers(from, packedLength(size));
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    if (!((factor[at] as number) > 0)) throw new RangeError(`factor with diagonal ${factor[at]} at ${k}`);
  }
  return factor;
}

export function readNumbers(from: ByteReader, count: number): Float64Array {
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) numbers[i] = from.finite64();
  return numbers;
}

function readScale(from: ByteReader): RobustScale {
  return {
    median: from.finite64(),
    count: from.count64(),
    clippedInRow: from.count64(),
    smallestClipped: from.finite64(),
  };
}
