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
  const rotated = new Float64Array(grown * targets);
  rotated.set(state.rotated);
  const corner = fillNewRows(state, factor, precision, means);
  // Without it nothing of them is known, and what they would say is 0.
  if (corner !== undefined) rotateNewRows(state, factor, rotated, corner, means);
  state.factor = factor;
  state.rotated = rotated;
  state.mean = widen(state.mean, targets, size, grown);
  state.weights = new Float64Array(targets * grown);
  state.isSolved = false;
  state.precision = Float64Array.of(...state.precision, ...precision);
  state.held = Float64Array.of(...state.held, ...precision);
  state.size = grown;
}

/** S z_n = b_n - X z_o: what the new coordinates' sums add to z, and take from the residuals. */
function rotateNewRows(
  state: RidgeState,
  factor: Float64Array,
  rotated: Float64Array,
  corner: Float64Array,
  means: readonly Float64Array[],
): void {
  const { size, targets } = state;
  const grown = size + means.length;
  const information = observedInformation(state);
  for (let target = 0; target < targets; target++) {
    const right = Float64Array.from(means, (mean, i) => {
      let sum = dot(mean, information.subarray(target * size, (target + 1) * size));
      for (let k = 0; k < size; k++) {
        sum -= (factor[columnStart(grown, k) + size + i - k] as number) * (rotated[k * targets + target] as number);
      }
      return sum;
    });
    solveLower(corner, right);
    right.forEach((value, i) => (rotated[(size + i) * targets + target] = value));
    state.residuals[target] = Math.max(0, (state.residuals[target] as number) - dot(right, right));
  }
}

function meanOf(indices: readonly number[], size: number): Float64Array {
  const mean = new Float64Array(size);
  for (const index of indices) mean[index] = (mean[index] as number) + 1 / indices.length;
  return mean;
}

/** S of the new factor [L 0; X S] with L X^T = A_on and S S^T = A_nn - X X^T, where A_on and A_nn are the new columns of A. */
function fillNewRows(
  state: RidgeState,
  factor: Float64Array,
  precision: Float64Array,
  means: readonly Float64Array[],
): Float64Array | undefined {
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
  if (!factorise(corner, added)) return undefined;
  rows.forEach((row, i) => {
    for (let k = 0; k < size; k++) factor[columnStart(size + added, k) + size + i - k] = row[k] as number;
  });
  factor.set(corner, columnStart(size + added, size));
  return corner;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Sum of y f, target after target: b = L z without the prior's part. */
export function observedInformation({ factor, size, targets, rotated, held, mean }: RidgeState): Float64Array {
  const information = mean.map((value, at) => -(held[at % size] as number) * value);
  for (let k = 0, start = 0; k < size; start += size - k, k++) {
    for (let target = 0; target < targets; target++) {
      const own = rotated[k * targets + target] as number;
      for (let i = k, at = target * size + k; i < size; i++, at++) {
        information[at] = (information[at] as number) + own * (factor[start + i - k] as number);
      }
    }
  }
  return information;
}

/** Sum of y^2: the residuals and all that the regression explains, without the prior's part. */
export function observedSquares({ size, targets, rotated, held, mean, residuals }: RidgeState): Float64Array {
  return residuals.map((residual, target) => {
    let sum = residual;
    for (let k = 0; k < size; k++) {
      const own = rotated[k * targets + target] as number;
      const prior = mean[target * size + k] as number;
      sum += own * own - (held[k] as number) * prior * prior;
    }
    return Math.max(0, sum);
  });
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
  const { size, targets, held, mean } = state;
  if (prior.precision.length !== size || prior.mean.length !== mean.length) return false;
  const matrix = productOf(state.factor, size);
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    matrix[at] = (matrix[at] as number) - (held[k] as number) + (prior.precision[k] as number);
  }
  if (!factorise(matrix, size)) return false;
  const information = observedInformation(state);
  const squares = observedSquares(state);
  state.factor = matrix;
  for (let target = 0; target < targets; target++) {
    const right = new Float64Array(size);
    let least = squares[target] as number;
    for (let k = 0, at = target * size; k < size; k++, at++) {
      const pull = (prior.precision[k] as number) * (prior.mean[at] as number);
      right[k] = (information[at] as number) + pull;
      least += pull * (prior.mean[at] as number);
    }
    solveLower(matrix, right);
    right.forEach((value, k) => (state.rotated[k * targets + target] = value));
    state.residuals[target] = Math.max(0, least - dot(right, right));
  }
  state.mean = prior.mean.slice();
  state.precision = prior.precision.slice();
  state.held = prior.precision.slice();
  state.isSolved = false;
  return true;
}
