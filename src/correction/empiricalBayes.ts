import { addColumnProduct, factoriseColumn, solve, solveLower } from "./packedCholesky.js";
import type { RidgePrior, RidgeState } from "./ridge.js";
import { observedInformation, observedSquares } from "./ridgeRefit.js";

/** Entities with fewer observations say little of where they stand. */
export const MIN_OBSERVATIONS = 20;
/** From fewer entities a spread cannot be told. */
export const MIN_ENTITIES = 10;
/** Beyond, evenly chosen ones: at 64 features 500 take some two seconds. */
const MAX_ENTITIES = 500;
const ROUNDS = 20;
/** No coordinate is held, or let go, by more. */
const LEAST_PRECISION = 1e-6;
const LARGEST_PRECISION = 1e6;
/** Of the targets' mean square: where there is no noise, precisions would be 0. */
const LEAST_NOISE = 1e-9;

/** What an entity observed, without its prior. */
interface Observed {
  /** Sum of f f^T, packed. */
  readonly matrix: Float64Array;
  /** Sum of y f, target after target. */
  readonly information: Float64Array;
  readonly squares: Float64Array;
  readonly count: number;
}

/** The hierarchy: an entity's weights are normal around `mean` with variances noise / precision. */
interface Hierarchy extends RidgePrior {
  /** Variance of each target around its regression. */
  readonly noise: Float64Array;
}

/** Sums over the entities, given the hierarchy. */
interface Moments {
  readonly mean: Float64Array;
  /** Of each coordinate's variance in units of the noise. */
  readonly spread: Float64Array;
  readonly residuals: Float64Array;
}

/**
 * The prior under which what the entities observed is most probable: mean and diagonal precision by expectation
 * maximisation over their weights (Dempster, Laird and Rubin, JRSS B 39, 1977, section 4.4; a diagonal, since a full
 * matrix needs more entities than there are pairs of features). Undefined with fewer than 10 entities of 20 or more
 * observations. All of the same size.
 */
export function estimatePrior(states: readonly RidgeState[]): EstimatedPrior | undefined {
  return atOnce(estimatingPrior(states));
}

export type EstimatedPrior = RidgePrior & { readonly entities: number };

/** What is done in steps and then given. */
type InSteps<T> = Generator<void, T, void>;

export function atOnce<T>(steps: InSteps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps, each of O(size^2): a column of a matrix, or an entity. */
export function* estimatingPrior(states: readonly RidgeState[]): InSteps<EstimatedPrior | undefined> {
  const known = states.filter(({ observations }) => observations >= MIN_OBSERVATIONS);
  const [first] = known;
  if (first === undefined || known.length < MIN_ENTITIES) return undefined;
  const stride = Math.ceil(known.length / MAX_ENTITIES);
  const observed: Observed[] = [];
  for (const state of known.filter((_, i) => i % stride === 0)) observed.push(yield* withoutPrior(state));
  let hierarchy: Hierarchy = {
    mean: new Float64Array(first.mean.length),
    precision: first.precision.slice(),
    noise: new Float64Array(first.targets).fill(1),
  };
  // The first round only finds a mean and the noise to begin with: its spread would be that around 0.
  for (let round = 0; round <= ROUNDS; round++) hierarchy = yield* improve(hierarchy, observed, round === 0);
  return { mean: hierarchy.mean, precision: hierarchy.precision, entities: observed.length };
}

function* withoutPrior(state: RidgeState): InSteps<Observed> {
  const { size, held } = state;
  const matrix = new Float64Array(state.factor.length);
  for (let k = 0; k < size; k++) {
    addColumnProduct(matrix, state.factor, size, k);
    yield;
  }
  for (let k = 0, at = 0; k < size; at += size - k, k++) matrix[at] = (matrix[at] as number) - (held[k] as number);
  const information = observedInformation(state);
  return { matrix, information, squares: observedSquares(state), count: state.remembered };
}

function* improve(hierarchy: Hierarchy, observed: readonly Observed[], keepsPrecision: boolean): InSteps<Hierarchy> {
  const { precision, noise } = hierarchy;
  const posteriors: Posterior[] = [];
  for (const one of observed) {
    const posterior = yield* posteriorOf(hierarchy, one);
    if (posterior !== undefined) posteriors.push(posterior);
  }
  const moments = yield* momentsOf(hierarchy, posteriors);
  let count = 0;
  for (const one of posteriors) count += one.observed.count;
  const spreads = posteriors.length * noise.length;
  return {
    mean: moments.mean,
    precision: keepsPrecision
      ? precision
      : moments.spread.map((sum) => Math.min(LARGEST_PRECISION, Math.max(LEAST_PRECISION, spreads / sum))),
    noise: moments.residuals.map((sum, target) => Math.max(sum, leastResidual(posteriors, target)) / count),
  };
}

function leastResidual(posteriors: readonly Posterior[], target: number): number {
  let squares = Number.MIN_VALUE;
  for (const { observed } of posteriors) squares += observed.squares[target] as number;
  return LEAST_NOISE * squares;
}

/** An entity's weights under the hierarchy. */
interface Posterior {
  readonly observed: Observed;
  readonly weights: Float64Array;
  /** Of each weight, in units of the noise. */
  readonly variances: Float64Array;
}

function* posteriorOf({ mean, precision }: Hierarchy, observed: Observed): InSteps<Posterior | undefined> {
  const size = precision.length;
  const factor = observed.matrix.slice();
  for (let k = 0, at = 0; k < size; at += size - k, k++) factor[at] = (factor[at] as number) + (precision[k] as number);
  for (let k = 0; k < size; k++) {
    if (!factoriseColumn(factor, size, k)) return undefined;
    yield;
  }
  const weights = observed.information.map(
    (value, at) => value + (precision[at % size] as number) * (mean[at] as number),
  );
  for (let at = 0; at < weights.length; at += size) solve(factor, weights.subarray(at, at + size));
  return { observed, weights, variances: yield* inverseDiagonal(factor, size) };
}

function* inverseDiagonal(factor: Float64Array, size: number): InSteps<Float64Array> {
  const diagonal = new Float64Array(size);
  const x = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    x.fill(0);
    x[k] = 1;
    solveLower(factor, x);
    let squares = 0;
    for (let i = k; i < size; i++) squares += (x[i] as number) * (x[i] as number);
    diagonal[k] = squares;
    yield;
  }
  return diagonal;
}

function* momentsOf({ precision, noise }: Hierarchy, posteriors: readonly Posterior[]): InSteps<Moments> {
  const size = precision.length;
  const mean = new Float64Array(size * noise.length);
  for (const { weights } of posteriors) {
    for (let at = 0; at < mean.length; at++) {
      mean[at] = (mean[at] as number) + (weights[at] as number) / posteriors.length;
    }
  }
  const spread = new Float64Array(size);
  for (const { weights, variances } of posteriors) {
    for (let at = 0; at < mean.length; at++) {
      const k = at % size;
      const away = (weights[at] as number) - (mean[at] as number);
      const scaled = (away * away) / (noise[Math.floor(at / size)] as number);
      spread[k] = (spread[k] as number) + scaled + (variances[k] as number);
    }
  }
  const residuals = new Float64Array(noise.length);
  for (const [target, value] of noise.entries()) {
    residuals[target] = yield* residualSquares(precision, value, posteriors, target);
  }
  return { mean, spread, residuals };
}

/** Expected squares of a target around its regressions, over all entities. */
function* residualSquares(
  precision: Float64Array,
  noise: number,
  posteriors: readonly Posterior[],
  target: number,
): InSteps<number> {
  const size = precision.length;
  let sum = 0;
  for (const { observed, weights, variances } of posteriors) {
    const own = weights.subarray(target * size, (target + 1) * size);
    sum += Math.max(0, squaresAround(observed, own, target));
    // The trace of V D with V the weights' covariance and D the observed matrix: size - sum of precision times variance.
    let trace = size;
    for (let k = 0; k < size; k++) trace -= (precision[k] as number) * (variances[k] as number);
    sum += noise * Math.max(0, trace);
    yield;
  }
  return sum;
}

/** y^T y - 2 w^T (sum y f) + w^T D w. */
function squaresAround({ matrix, information, squares }: Observed, weights: Float64Array, target: number): number {
  const size = weights.length;
  let sum = squares[target] as number;
  for (let k = 0, at = 0; k < size; k++) {
    const weight = weights[k] as number;
    sum -= 2 * weight * (information[target * size + k] as number);
    sum += weight * weight * (matrix[at++] as number);
    for (let i = k + 1; i < size; i++, at++) sum += 2 * weight * (weights[i] as number) * (matrix[at] as number);
  }
  return sum;
}
