import { addOuterProduct, conditionOf, factorOfDiagonal, solve, solveLower } from "./packedCholesky.js";
import { clipResidual, newScale } from "./robustScale.js";
import type { RobustScale } from "./robustScale.js";

/**
 * Ridge regression of several targets on the same features, online: the posterior of weights whose prior is normal
 * around `mean`. A = Lambda_0 + sum f f^T is kept as its Cholesky factor, b = Lambda_0 w_0 + sum y f for each target,
 * and w = A^-1 b is solved for when it is asked for.
 *
 * Forgetting multiplies what is known by `forgetting` with every observation, and fills Lambda_0 up again: the weights
 * go back to the prior where nothing is observed, and A stays bounded below. (Without filling up, A winds down to 0 in
 * the directions that are not observed, and the next observation there moves the weights without bound: Parkum,
 * Poulsen and Holst, International Journal of Control 55, 1992.) Filling up all of Lambda_0 with each observation would
 * cost O(size^3); a few coordinates in turn cost O(size^2) and leave each between 0.9 and 1 of its precision.
 */
export interface RidgeState {
  readonly targets: number;
  size: number;
  factor: Float64Array;
  /** b, target after target. */
  information: Float64Array;
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
  /** Sum of y^2 for each target, forgotten likewise: with A and b it gives the residual variance. */
  readonly squares: Float64Array;
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
    information: priorInformation(prior),
    mean: mean.slice(),
    precision: precision.slice(),
    held: precision.slice(),
    turn: 0,
    observations: 0,
    remembered: 0,
    squares: new Float64Array(targets),
    scales: Array.from({ length: targets }, newScale),
    weights: new Float64Array(mean.length),
    isSolved: false,
  };
}

function priorInformation({ mean, precision }: RidgePrior): Float64Array {
  return mean.map((value, i) => value * (precision[i % precision.length] as number));
}

/** Where no callback runs it may be shared: one vector for all solves and updates. */
let scratch = new Float64Array(64);

function scratchOf(size: number): Float64Array {
  if (scratch.length < size) scratch = new Float64Array(2 * size);
  return scratch.subarray(0, size);
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
  for (let target = 0, at = 0; target < state.targets; target++) {
    const value = learned[target] as number;
    state.squares[target] = (state.squares[target] as number) + value * value;
    for (let i = 0; i < state.size; i++, at++) {
      state.information[at] = (state.information[at] as number) + value * (features[i] as number);
    }
  }
  const x = scratchOf(state.size);
  x.set(features);
  addOuterProduct(state.factor, x);
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
  const { factor, information, held, squares } = state;
  const root = Math.sqrt(forgetting);
  for (let i = 0; i < factor.length; i++) factor[i] = (factor[i] as number) * root;
  for (let i = 0; i < information.length; i++) information[i] = (information[i] as number) * forgetting;
  for (let i = 0; i < held.length; i++) held[i] = (held[i] as number) * forgetting;
  for (let i = 0; i < squares.length; i++) squares[i] = (squares[i] as number) * forgetting;
  const turns = Math.min(state.size, Math.ceil((state.size * Math.log(forgetting)) / Math.log(LEAST_HELD)));
  for (let i = 0; i < turns; i++) fillUp(state);
}

/** Brings the next coordinate's prior back to its whole precision. */
function fillUp(state: RidgeState): void {
  const { size, held, precision, information, mean } = state;
  const k = state.turn;
  state.turn = (k + 1) % size;
  const missing = (precision[k] as number) - (held[k] as number);
  if (!(missing > 0)) return;
  held[k] = precision[k] as number;
  for (let at = k; at < information.length; at += size) {
    information[at] = (information[at] as number) + missing * (mean[at] as number);
  }
  const x = scratchOf(size).fill(0);
  x[k] = Math.sqrt(missing);
  addOuterProduct(state.factor, x, k);
}

/** w, target after target; the state's own, so not to be changed. */
export function weightsOf(state: RidgeState): Float64Array {
  if (state.isSolved) return state.weights;
  for (let at = 0; at < state.weights.length; at += state.size) {
    const weights = state.weights.subarray(at, at + state.size);
    weights.set(state.information.subarray(at, at + state.size));
    solve(state.factor, weights);
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
