import { columnStart, extendFactor, factorise, multiply, productOf, solveLower } from "./packedCholesky.js";
import type { RidgePrior, RidgeState } from "./ridge.js";

/**
 * Adds coordinates behind those that are there. In what was observed so far, new coordinate i was the mean of the old
 * coordinates `standIns[i]`; 0 where there are none. Only the new rows of the factor have to be found: O(size^2) for
 * each. Their prior mean is 0.
 */
export function extend(state: RidgeState, precision: Float64Array, standIns: readonly (readonly number[])[]): void {
  const { size, targets } = state;
  const grown = size + precision.length;
  const means = standIns.map((indices) => meanOf(indices, size));
  const factor = extendFactor(state.factor, size, precision);
  fillNewRows(state, factor, precision, means);
  const information = widen(state.information, targets, size, grown);
  means.forEach((mean, i) => {
    for (let target = 0; target < targets; target++) {
      information[target * grown + size + i] = observedInformation(state, mean, target);
    }
  });
  state.factor = factor;
  state.information = information;
  state.mean = widen(state.mean, targets, size, grown);
  state.weights = new Float64Array(targets * grown);
  state.isSolved = false;
  state.precision = Float64Array.of(...state.precision, ...precision);
  state.held = Float64Array.of(...state.held, ...precision);
  state.size = grown;
}

function meanOf(indices: readonly number[], size: number): Float64Array {
  const mean = new Float64Array(size);
  for (const index of indices) mean[index] = (mean[index] as number) + 1 / indices.length;
  return mean;
}

/** [L 0; X S] with L X^T = A_on and S S^T = A_nn - X X^T, where A_on and A_nn are the new columns of A. */
function fillNewRows(
  state: RidgeState,
  factor: Float64Array,
  precision: Float64Array,
  means: readonly Float64Array[],
): void {
  const { size, held } = state;
  const added = precision.length;
  const corner = new Float64Array((added * (added + 1)) / 2);
  const rows: Float64Array[] = [];
  for (let i = 0; i < added; i++) {
    const row = (means[i] as Float64Array).slice();
    multiply(state.factor, row);
    for (let k = 0; k < size; k++)
      row[k] = (row[k] as number) - (held[k] as number) * ((means[i] as Float64Array)[k] as number);
    for (let j = 0; j <= i; j++) corner[columnStart(added, j) + i - j] = dot(row, means[j] as Float64Array);
    rows.push(row);
  }
  for (const [i, row] of rows.entries()) {
    solveLower(state.factor, row);
    for (let j = 0; j <= i; j++) {
      const at = columnStart(added, j) + i - j;
      const own = i === j ? (precision[i] as number) : 0;
      corner[at] = (corner[at] as number) + own - dot(row, rows[j] as Float64Array);
    }
  }
  // Too ill-conditioned to know what the new ones would have been: then they were 0.
  if (!factorise(corner, added)) return;
  rows.forEach((row, i) => {
    for (let k = 0; k < size; k++) factor[columnStart(size + added, k) + size + i - k] = row[k] as number;
  });
  factor.set(corner, columnStart(size + added, size));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The mean coordinate's sum of y f, without the prior's part. */
function observedInformation({ size, information, held, mean }: RidgeState, of: Float64Array, target: number): number {
  let sum = 0;
  for (let k = 0, at = target * size; k < size; k++, at++) {
    sum += (of[k] as number) * ((information[at] as number) - (held[k] as number) * (mean[at] as number));
  }
  return sum;
}

function widen(values: Float64Array, targets: number, size: number, grown: number): Float64Array {
  const wide = new Float64Array(targets * grown);
  for (let target = 0; target < targets; target++) {
    wide.set(values.subarray(target * size, (target + 1) * size), target * grown);
  }
  return wide;
}

/**
 * Takes the old prior out and a new one in, keeping what was observed: O(size^3). False, and nothing changed, where the
 * prior is of another size or the matrix is too ill-conditioned for it.
 */
export function applyPrior(state: RidgeState, prior: RidgePrior): boolean {
  const { size, held, mean, information } = state;
  if (prior.precision.length !== size || prior.mean.length !== mean.length) return false;
  const matrix = productOf(state.factor, size);
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    matrix[at] = (matrix[at] as number) - (held[k] as number) + (prior.precision[k] as number);
  }
  if (!factorise(matrix, size)) return false;
  state.factor = matrix;
  for (let at = 0; at < information.length; at++) {
    const k = at % size;
    const before = (held[k] as number) * (mean[at] as number);
    information[at] =
      (information[at] as number) - before + (prior.precision[k] as number) * (prior.mean[at] as number);
  }
  state.mean = prior.mean.slice();
  state.precision = prior.precision.slice();
  state.held = prior.precision.slice();
  state.isSolved = false;
  return true;
}
