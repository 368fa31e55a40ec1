import { addRow, conditionOf, factorOfDiagonal, solveLower, solveUpper } from "./packedCholesky.js";
import { clipResidual, newScale } from "./robustScale.js";
import type { RobustScale } from "./robustScale.js";

/**
 * Ridge regression of several targets on the same features, online: the posterior of weights whose prior is normal
 * around `mean`. With A = Lambda_0 + sum f f^T = L L^T and b = Lambda_0 w_0 + sum y f, the state is L and z = L^-1 b (the
 * square root information of Bierman, Factorization Methods for Discrete Sequential Estimation, 1977, chapter V), and
 * w = L^-T z is solved for when it is asked for. Rotating z along with L keeps the digits that w = A^-1 b loses, by the
 * whole of A's condition, to the rounding of b.
 *
 * Forgetting multiplies what is known by `forgetting` with every observation, and fills Lambda_0 up again: the weights
 * go back to the prior where nothing is observed, and A stays bounded below. (Without filling up, A winds down to 0 in
 * the directions that are not observed, and the next observation there moves the weights without bound: Parkum,
 * Poulsen and Holst, International Journal of Control 55, 1992.) Each coordinate takes its turn, so many with each
 * observation that none falls below 0.9 of its precision: one update's part of a rotation each, instead of all of them
 * with every observation.
 */
export interface RidgeState {
  readonly targets: number;
  size: number;
  factor: Float64Array;
  /** z = L^-1 b, coordinate after coordinate, one for each target. */
  rotated: Float64Array;
  /** w_0, target after target. */
  mean: Float64Array;
  /** Lambda_0, which is diagonal and the same for all targets. */
  precision: Float64Array;
  /** How much of `precision` is in the factor now; less than all only with forgetting. */
  held: Float64Array;
  /** The coordinate to be filled up next. */
  turn: number;
  observations: number;
  /** The same after forgetting. */
  remembered: number;
  /** Of each target, around w: the least sum of squares, the prior's part included. */
  residuals: Float64Array;
  readonly scales: readonly RobustScale[];
  /** A^-1 b, target after target, where `isSolved`. */
  weights: Float64Array;
  isSolved: boolean;
}

/** The prior of a ridge regression: weights' mean, target after target, and the precision of each coordinate. */
export interface RidgePrior {
  readonly mean: Float64Array;
  readonly precision: Float64Array;
}

export interface RidgeOptions {
  /** Weight of an observation after the next one: above 0, at most 1. */
  readonly forgetting: number;
  /** Draws residuals in to 5 robust standard deviations. Not for classes, whose targets are bounded by themselves. */
  readonly clipsResiduals: boolean;
}

/** Features longer than this, and targets larger, are refused: their squares would drown all others in rounding. */
export const LARGEST_NORM = 1e6;
export const LARGEST_TARGET = 1e12;
/** Above it the weights have lost ten of sixteen digits. */
export const ILL_CONDITIONED = 1e10;
/** With forgetting, no coordinate's prior falls below this part of its precision. */
const LEAST_HELD = 0.9;

export function newRidge(targets: number, prior: RidgePrior): RidgeState {
  const { mean, precision } = prior;
  return {
    targets,
    size: precision.length,
    factor: factorOfDiagonal(precision),
    rotated: priorRotated(prior, targets),
    mean: mean.slice(),
    precision: precision.slice(),
    held: precision.slice(),
    turn: 0,
    observations: 0,
    remembered: 0,
    residuals: new Float64Array(targets),
    scales: Array.from({ length: targets }, newScale),
    weights: new Float64Array(mean.length),
    isSolved: false,
  };
}

/** A diagonal prior's own least squares problem: sqrt(precision) w = sqrt(precision) mean. */
function priorRotated({ mean, precision }: RidgePrior, targets: number): Float64Array {
  const rotated = new Float64Array(mean.length);
  for (let target = 0; target < targets; target++) {
    for (let k = 0; k < precision.length; k++) {
      const own = mean[target * precision.length + k] as number;
      rotated[k * targets + target] = Math.sqrt(precision[k] as number) * own;
    }
  }
  return rotated;
}

/** Where no callback runs they may be shared: one vector for all features, one for all targets. */
let scratch = new Float64Array(64);
let targetScratch = new Float64Array(1);

function scratchOf(size: number): Float64Array {
  if (scratch.length < size) scratch = new Float64Array(2 * size);
  return scratch.subarray(0, size);
}

function targetsOf(count: number): Float64Array {
  if (targetScratch.length < count) targetScratch = new Float64Array(2 * count);
  return targetScratch.subarray(0, count);
}

/** Whether `observe` would learn from them. */
export function isUsable(features: Float64Array, targets: Float64Array): boolean {
  let squares = 0;
  for (const value of features) squares += value * value;
  // NaN compares false.
  if (!(squares <= LARGEST_NORM * LARGEST_NORM)) return false;
  for (const value of targets) if (!(Math.abs(value) <= LARGEST_TARGET)) return false;
  return true;
}

/** Folds one observation in, in O(size^2). False, and nothing changed, where it is not finite or out of bounds. */
export function observe(
  state: RidgeState,
  features: Float64Array,
  targets: Float64Array,
  { forgetting, clipsResiduals }: RidgeOptions,
): boolean {
  if (features.length !== state.size || targets.length !== state.targets) return false;
  if (!isUsable(features, targets)) return false;
  const learned = clipsResiduals ? clipTargets(state, features, targets) : targets;
  if (forgetting < 1) forget(state, forgetting);
  const x = scratchOf(state.size);
  x.set(features);
  const y = targetsOf(state.targets);
  y.set(learned);
  addRow(state.factor, state.rotated, x, y);
  for (let target = 0; target < y.length; target++) {
    const left = y[target] as number;
    state.residuals[target] = (state.residuals[target] as number) + left * left;
  }
  state.observations += 1;
  state.remembered = state.remembered * forgetting + 1;
  state.isSolved = false;
  return true;
}

/** Targets whose residuals are no outliers: residuals are compared in units of their own predictive spread. */
function clipTargets(state: RidgeState, features: Float64Array, targets: Float64Array): Float64Array {
  const spread = Math.sqrt(1 + varianceOf(state, features));
  return targets.map((value, target) => {
    const predicted = predict(state, features, target);
    const residual = (value - predicted) / spread;
    const clipped = clipResidual(state.scales[target] as RobustScale, residual);
    return clipped === residual ? value : predicted + clipped * spread;
  });
}

function forget(state: RidgeState, forgetting: number): void {
  const { size } = state;
  const root = Math.sqrt(forgetting);
  scale(state.factor, root);
  scale(state.rotated, root);
  scale(state.held, forgetting);
  scale(state.residuals, forgetting);
  const turns = Math.min(size, Math.ceil((size * Math.log(forgetting)) / Math.log(LEAST_HELD)));
  for (let i = 0; i < turns; i++) fillUp(state);
}

function scale(values: Float64Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * by;
}

/** Brings the next coordinate's prior back to its whole precision. */
function fillUp(state: RidgeState): void {
  const { size, held, precision, mean, targets } = state;
  const k = state.turn;
  state.turn = (k + 1) % size;
  const missing = (precision[k] as number) - (held[k] as number);
  if (!(missing > 0)) return;
  held[k] = precision[k] as number;
  const x = scratchOf(size).fill(0);
  x[k] = Math.sqrt(missing);
  const y = targetsOf(targets);
  for (let target = 0; target < targets; target++) y[target] = x[k] * (mean[target * size + k] as number);
  addRow(state.factor, state.rotated, x, y, k);
  for (let target = 0; target < targets; target++) {
    state.residuals[target] = (state.residuals[target] as number) + (y[target] as number) ** 2;
  }
}

/** w = L^-T z, target after target; the state's own, so not to be changed. */
export function weightsOf(state: RidgeState): Float64Array {
  if (state.isSolved) return state.weights;
  const { size, targets, rotated } = state;
  for (let target = 0; target < targets; target++) {
    const weights = state.weights.subarray(target * size, (target + 1) * size);
    for (let k = 0; k < size; k++) weights[k] = rotated[k * targets + target] as number;
    solveUpper(state.factor, weights);
  }
  state.isSolved = true;
  return state.weights;
}

export function predict(state: RidgeState, features: Float64Array, target: number): number {
  const weights = weightsOf(state);
  let sum = 0;
  for (let i = 0, at = target * state.size; i < state.size; i++, at++) {
    sum += (weights[at] as number) * (features[i] as number);
  }
  return sum;
}

/** The variance of a prediction that comes from not knowing the weights, in units of the noise's: f^T A^-1 f. */
export function varianceOf(state: RidgeState, features: Float64Array): number {
  const x = scratchOf(state.size);
  x.set(features);
  solveLower(state.factor, x);
  let squares = 0;
  for (const value of x) squares += value * value;
  return squares;
}

/** About A's condition, never above it. */
export function conditionEstimate(state: RidgeState): number {
  return conditionOf(state.factor, state.size);
}
