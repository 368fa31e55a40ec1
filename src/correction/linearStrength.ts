import { columnStart } from "./packedCholesky.js";
import type { RidgeState } from "./ridge.js";

/** Of the mean square of all features: one that was hardly ever seen is not believed without bound when it comes. */
const LEAST_SHARE = 0.01;

/**
 * The precision that makes a population count as `strength` observations for an entity that is born of it: where features
 * are as the population has seen them, the variance of a prediction by the prior is 1 / strength of that of the noise.
 * Half of it is the intercept's, since people differ most in what they say on the whole; the other half is shared evenly by the
 * features, whatever their sizes (the diagonal of Zellner's g-prior: Goel and Zellner, Bayesian Inference and Decision
 * Techniques, 1986). A ridge of 1 counts as 1 / |f|^2 observations instead: with more features than feedbacks the
 * first one decides nearly everything.
 */
export function precisionOf(population: RidgeState, strength: number): Float64Array {
  const { size } = population;
  const squares = meanSquares(population);
  const others = squares.subarray(1);
  const mean = others.reduce((sum, value) => sum + value, 0) / Math.max(1, others.length);
  const precision = new Float64Array(size);
  // Before anything was seen of them.
  if (!(mean > 0)) return precision.fill(2 * strength * Math.max(1, size - 1));
  precision[0] = 2 * strength;
  for (let k = 1; k < size; k++) {
    precision[k] = 2 * strength * (size - 1) * Math.max(squares[k] as number, LEAST_SHARE * mean);
  }
  return precision;
}

/** Of features beside the intercept: what one that joins them has. */
export function meanPrecision({ precision }: RidgeState): number {
  const others = precision.subarray(1);
  return others.reduce((sum, value) => sum + value, 0) / Math.max(1, others.length);
}

/** Of each feature in what was observed: the diagonal of A = L L^T, without the prior's part. */
function meanSquares({ size, factor, held, remembered }: RidgeState): Float64Array {
  const sums = new Float64Array(size);
  for (let column = 0; column < size; column++) {
    const start = columnStart(size, column);
    for (let row = column; row < size; row++) {
      sums[row] = (sums[row] as number) + (factor[start + row - column] as number) ** 2;
    }
  }
  const weight = Math.max(1, remembered);
  return sums.map((sum, k) => Math.max(0, sum - (held[k] as number)) / weight);
}
