import type { LoggedChoice } from "./offPolicy.js";
import { newRidge, observe, predict } from "./ridge.js";
import type { RidgePrior, RidgeState } from "./ridge.js";

/** By a regression that has not seen the row. */
export interface CrossFit {
  /** Of the value, over the arms as the policy to be judged would choose them. */
  readonly expected: Float64Array;
  /** The value less what was expected of the arm that was chosen. */
  readonly residual: Float64Array;
}

const FOLDS = 2;
const PRECISION = 1;
const OPTIONS = { forgetting: 1, clipsResiduals: false };

/**
 * Two-fold: rows of even index are judged by a regression on those of odd index and the other way round, so that no
 * row's luck gets into what is expected of it (Chernozhukov et al., Econometrics Journal 21, 2018). For each arm a ridge
 * regression of the value on the context and an intercept, shrunk to the fold's mean. Yields after each row.
 */
export function* crossFittedResiduals(rows: readonly LoggedChoice[]): Generator<void, CrossFit, void> {
  const size = 1 + (rows[0]?.context?.length ?? 0);
  const fit: CrossFit = { expected: new Float64Array(rows.length), residual: new Float64Array(rows.length) };
  for (let fold = 0; fold < FOLDS; fold++) {
    const others = rows.filter((_, i) => i % FOLDS !== fold);
    const model = new ValueModel(others, size);
    for (const row of others) {
      model.learn(row);
      yield;
    }
    for (let i = fold; i < rows.length; i += FOLDS) {
      judge(rows[i] as LoggedChoice, model, fit, i);
      yield;
    }
  }
  return fit;
}

function judge(row: LoggedChoice, model: ValueModel, { expected, residual }: CrossFit, i: number): void {
  const features = model.featuresOf(row);
  let sum = 0;
  for (const [arm, chance] of row.target) if (chance > 0) sum += chance * model.valueOf(arm, features);
  expected[i] = sum;
  residual[i] = row.value - model.valueOf(row.arm, features);
}

class ValueModel {
  readonly #prior: RidgePrior;
  readonly #arms = new Map<string, RidgeState>();

  constructor(rows: readonly LoggedChoice[], size: number) {
    let sum = 0;
    for (const { value } of rows) sum += value;
    const mean = new Float64Array(size);
    mean[0] = rows.length === 0 ? 0 : sum / rows.length;
    this.#prior = { mean, precision: new Float64Array(size).fill(PRECISION) };
  }

  learn(row: LoggedChoice): void {
    observe(this.#arm(row.arm), this.featuresOf(row), Float64Array.of(row.value), OPTIONS);
  }

  /** Contexts of another size than the first row's count as zeros. */
  featuresOf({ context }: LoggedChoice): Float64Array {
    const features = new Float64Array(this.#prior.precision.length);
    features[0] = 1;
    if (context?.length === features.length - 1 && context.every(Number.isFinite)) features.set(context, 1);
    return features;
  }

  valueOf(arm: string, features: Float64Array): number {
    const ridge = this.#arms.get(arm);
    return ridge === undefined ? (this.#prior.mean[0] as number) : predict(ridge, features, 0);
  }

  #arm(arm: string): RidgeState {
    const known = this.#arms.get(arm);
    if (known !== undefined) return known;
    const made = newRidge(1, this.#prior);
    this.#arms.set(arm, made);
    return made;
  }
}
