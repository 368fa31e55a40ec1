import { crossFittedResiduals } from "./rewardRegression.js";

/** A choice that was logged with its chance, what it brought, and what the policy to be judged would have done there. */
export interface LoggedChoice {
  readonly arm: string;
  /** As it was at prediction time. */
  readonly propensity: number;
  /** A reward or a loss: what is estimated is its mean. */
  readonly value: number;
  /** Chance of each arm under the policy to be judged; absent ones 0. */
  readonly target: ReadonlyMap<string, number>;
  readonly context?: Float64Array | undefined;
}

/** With the 95 % interval of a normal distribution. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Estimates {
  /** Inverse propensity scoring (Horvitz and Thompson 1952): without bias, at the mercy of large weights. */
  readonly ips: Estimate;
  /** The same over the sum of weights (Hajek): a little bias, within the range of the values. */
  readonly snips: Estimate;
  /** Doubly robust (Dudik, Langford and Li, ICML 2011): right if propensities or regression are. */
  readonly dr: Estimate;
}

/** What the weights say of how far the log can be trusted about another policy. */
export interface WeightDiagnostics {
  readonly n: number;
  /** Left out: propensities that are none, chances that are none, values that are not finite. */
  readonly unusable: number;
  /** (sum w)^2 / sum w^2: as many observations of the policy itself would say as much (Kish). */
  readonly effectiveSampleSize: number;
  /** About 1 if the logged propensities are right. */
  readonly meanWeight: Estimate;
  readonly largestWeight: number;
  /** Of the sum of weights. */
  readonly largestShare: number;
}

export type RefusalReason = "FEW_EFFECTIVE_SAMPLES" | "ONE_WEIGHT_DOMINATES";

export type OffPolicyEvaluation = WeightDiagnostics &
  (({ readonly kind: "estimates" } & Estimates) | { readonly kind: "refused"; readonly reason: RefusalReason });

/** Below it no verdict is given. */
export const LEAST_EFFECTIVE_SAMPLES = 100;
/** Nor when a single observation has more of all weight. */
export const LARGEST_SHARE = 0.1;
const NORMAL_95 = 1.959963984540054;

/**
 * How the policy to be judged would have done, from a log of another's choices. In steps of microseconds: with features the
 * regressions of a long log take seconds.
 */
export function* offPolicySteps(log: readonly LoggedChoice[]): Generator<void, OffPolicyEvaluation, void> {
  const rows = log.filter(isUsable);
  const weights = Float64Array.from(rows, ({ arm, propensity, target }) => (target.get(arm) ?? 0) / propensity);
  const diagnostics = { ...diagnose(weights), unusable: log.length - rows.length };
  const reason = whyRefused(diagnostics);
  if (reason !== undefined) return { ...diagnostics, kind: "refused", reason };
  return { ...diagnostics, kind: "estimates", ...(yield* estimatesOf(rows, weights)) };
}

/** A weight with a tenth of the sum leaves fewer than 1 / 0.1^2 = 100 effective samples: the first says more precisely why. */
function whyRefused({
  largestShare,
  effectiveSampleSize,
}: Omit<WeightDiagnostics, "unusable">): RefusalReason | undefined {
  if (largestShare > LARGEST_SHARE) return "ONE_WEIGHT_DOMINATES";
  return effectiveSampleSize >= LEAST_EFFECTIVE_SAMPLES ? undefined : "FEW_EFFECTIVE_SAMPLES";
}

function isUsable({ arm, propensity, value, target }: LoggedChoice): boolean {
  const chance = target.get(arm) ?? 0;
  return propensity > 0 && propensity <= 1 && chance >= 0 && chance <= 1 && Number.isFinite(value);
}

function diagnose(weights: Float64Array): Omit<WeightDiagnostics, "unusable"> {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
    largest = Math.max(largest, weight);
  }
  return {
    n: weights.length,
    effectiveSampleSize: squares === 0 ? 0 : (sum * sum) / squares,
    meanWeight: meanOf(weights),
    largestWeight: largest,
    largestShare: sum === 0 ? 0 : largest / sum,
  };
}

function* estimatesOf(rows: readonly LoggedChoice[], weights: Float64Array): Generator<void, Estimates, void> {
  const weighted = weights.map((weight, i) => weight * (rows[i] as LoggedChoice).value);
  const ips = meanOf(weighted);
  const meanWeight = meanOf(weights).value;
  const ratio = ips.value / meanWeight;
  // The ratio's first-order errors (delta method).
  const around = meanOf(weights.map((weight, i) => (weight * ((rows[i] as LoggedChoice).value - ratio)) / meanWeight));
  const snips = { value: ratio, low: ratio + around.low - around.value, high: ratio + around.high - around.value };
  const fits = yield* crossFittedResiduals(rows);
  const dr = meanOf(weights.map((weight, i) => (fits.expected[i] as number) + weight * (fits.residual[i] as number)));
  return { ips, snips, dr };
}

/** With its standard error's interval; of one value a point. */
export function meanOf(values: Float64Array): Estimate {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const error = Math.sqrt(squares / Math.max(1, values.length - 1) / values.length);
  return { value: mean, low: mean - NORMAL_95 * error, high: mean + NORMAL_95 * error };
}
