import type { OutputSpec } from "../domain/application.js";
import type { ContextSource } from "../domain/policySpec.js";
import type { ArmEstimate } from "./armStates.js";
import { ContextualPolicy } from "./contextualPolicy.js";
import type { ContextualRule } from "./contextualPolicy.js";
import type { Losses } from "./losses.js";

const ALPHA = 1;

/**
 * LinUCB with a model of its own for each arm (Li, Chu, Langford and Schapire, WWW 2010, algorithm 1): the least of
 * expected loss - alpha times its standard deviation. No chance but between equals and for new models, so most propensities
 * are 1: its log says little about other choices.
 */
export class LinUcb implements ContextualRule {
  readonly kind = "linucb";
  readonly code = 21;
  readonly #alpha: number;

  constructor(alpha = ALPHA) {
    this.#alpha = alpha;
  }

  propensities(estimates: readonly ArmEstimate[]): Float64Array {
    const bounds = estimates.map(({ loss, variance }) => loss - this.#alpha * Math.sqrt(variance));
    const least = Math.min(...bounds);
    const equals = bounds.filter((bound) => bound === least).length;
    return Float64Array.from(bounds, (bound) => (bound === least ? 1 / equals : 0));
  }
}

export function linUcbPolicy(
  spec: ContextSource & { readonly alpha?: number },
  output: OutputSpec,
  losses: Losses,
): ContextualPolicy {
  return new ContextualPolicy(new LinUcb(spec.alpha), spec, output, losses);
}
