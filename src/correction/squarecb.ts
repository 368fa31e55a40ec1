import type { OutputSpec } from "../domain/application.js";
import type { ContextSource } from "../domain/policySpec.js";
import type { ArmEstimate } from "./armStates.js";
import { ContextualPolicy } from "./contextualPolicy.js";
import type { ContextualRule } from "./contextualPolicy.js";
import type { Losses } from "./losses.js";

/** Vowpal Wabbit's defaults. */
const GAMMA_SCALE = 10;
const GAMMA_EXPONENT = 0.5;

/**
 * SquareCB (Foster and Rakhlin, "Beyond UCB", ICML 2020, section 3): inverse gap weighting of the expected losses, ever
 * sharper with gamma = scale t^0.5. Expectations are drawn in to 0 to 1, where the losses are.
 */
export class SquareCb implements ContextualRule {
  readonly kind = "squarecb";
  readonly code = 22;
  readonly #gammaScale: number;

  constructor(gammaScale = GAMMA_SCALE) {
    this.#gammaScale = gammaScale;
  }

  propensities(estimates: readonly ArmEstimate[], time: number): Float64Array {
    const losses = Float64Array.from(estimates, ({ loss }) => Math.min(1, Math.max(0, loss)));
    return inverseGaps(losses, this.#gammaScale * time ** GAMMA_EXPONENT);
  }
}

/** p_a = 1 / (K + gamma (f_a - f_b)) for all but the best arm b, which has the rest. */
export function inverseGaps(losses: Float64Array, gamma: number): Float64Array {
  let best = 0;
  for (let i = 1; i < losses.length; i++) if ((losses[i] as number) < (losses[best] as number)) best = i;
  const probabilities = losses.map((loss) => 1 / (losses.length + gamma * (loss - (losses[best] as number))));
  let others = 0;
  for (const [i, probability] of probabilities.entries()) if (i !== best) others += probability;
  probabilities[best] = 1 - others;
  return probabilities;
}

export function squareCbPolicy(
  spec: ContextSource & { readonly gammaScale?: number },
  output: OutputSpec,
  losses: Losses,
): ContextualPolicy {
  return new ContextualPolicy(new SquareCb(spec.gammaScale), spec, output, losses);
}
