import type { LinearState } from "./linearState.js";
import type { RidgeState } from "./ridge.js";
import { weightsOf } from "./ridge.js";

/** A member's scores sum to 1 only within 1 %. */
const LARGEST_SUM = 1.01;
const LEAST_SUM = 0.99;
const ROUNDING = 1e-9;
/** Beyond, the comparison of all pairs costs more than the wait that it may spare. */
const MAX_LABELS = 128;

/**
 * Whether the best label stands whatever the missing members answer. Every score is linear in their outputs, also through
 * the mean that stands in for members that are known and not asked, so the least of its lead over each rival is where a
 * missing member is sure of one label. A member that never answers is among the cases: the others' mean is an answer.
 * `scores` and `best`: as they are with the missing ones at the mean of those that answered.
 */
export function isLabelSure(
  state: LinearState & { readonly ridge: RidgeState },
  asked: readonly string[],
  missing: readonly string[],
  scores: Float64Array,
  best: number,
  mean: Float64Array,
): boolean {
  const labels = scores.length;
  if (labels > MAX_LABELS) return false;
  for (let rival = 0; rival < labels; rival++) {
    if (rival === best) continue;
    let lead = (scores[best] as number) - (scores[rival] as number);
    for (const model of missing) {
      lead += leastChange(leadPerScore(state, asked, model, best, rival), mean);
    }
    if (!(lead > ROUNDING)) return false;
  }
  return true;
}

/** What the lead gains with each of the model's scores. */
function leadPerScore(
  { models, ridge }: LinearState & { readonly ridge: RidgeState },
  asked: readonly string[],
  model: string,
  best: number,
  rival: number,
): Float64Array {
  const labels = ridge.targets;
  const weights = weightsOf(ridge);
  const gains = new Float64Array(labels);
  gains[best] = 1 / asked.length;
  gains[rival] = -1 / asked.length;
  models.forEach((known, block) => {
    const share = known === model ? 1 : asked.includes(known) ? 0 : 1 / asked.length;
    if (share === 0) return;
    for (let label = 0, at = 1 + block * labels; label < labels; label++, at++) {
      const gain = (weights[best * ridge.size + at] as number) - (weights[rival * ridge.size + at] as number);
      gains[label] = (gains[label] as number) + share * gain;
    }
  });
  return gains;
}

/** The least change of the lead when the model's scores go from the mean to any others. */
function leastChange(gains: Float64Array, mean: Float64Array): number {
  let now = 0;
  let least = Infinity;
  for (let label = 0; label < gains.length; label++) {
    const gain = gains[label] as number;
    now += gain * (mean[label] as number);
    least = Math.min(least, gain * (gain < 0 ? LARGEST_SUM : LEAST_SUM));
  }
  return least - now;
}
