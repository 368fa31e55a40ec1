import type { PolicyMember } from "./correctionPolicy.js";
import { inheritWeights, joinAtMean, memberWeights, rowWeights } from "./exponentialWeights.js";
import type { ModelTable, TableShape } from "./modelTable.js";
import type { Learning, WeightRule } from "./votingPolicy.js";

/** The column of summed losses, and the scalar of the summed mixability gap. */
const LOSS = 0;
const GAP = 0;
/** An entity's gap is at most so much when it starts: it learns nearly as fast as the population once did. */
const INHERITED_GAP = 1;

/**
 * AdaHedge (de Rooij, van Erven, Grunwald, Koolen, JMLR 15, 2014, section 2): Hedge with the rate ln K / gap, where the
 * gap sums how much the weighted mean of the losses exceeded their mix -ln(sum of w exp(-eta loss)) / eta. Nothing to
 * tune, and the least regret where the best model stays the best; but a model that has long been bad needs as long
 * to return. Models that did not answer are charged the mix of those that did: being away neither gains nor loses.
 */
export class AdaHedge implements WeightRule, Learning {
  readonly kind = "ensemble";
  readonly shape: TableShape = { code: 4, columns: 1, scalars: 1 };
  readonly learning = this;

  weights(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    return memberWeights(table, members, rateOf(table, Math.max(members.length, table.names.length)));
  }

  join(table: ModelTable, row: number, others: readonly number[]): void {
    joinAtMean(table, row, others, rateOf(table, table.names.length));
  }

  learn(table: ModelTable, rows: readonly number[], losses: Float64Array): void {
    const rate = rateOf(table, table.names.length);
    const weights = rowWeights(table, rows, rate);
    let mean = 0;
    for (let i = 0; i < rows.length; i++) mean += (weights[i] as number) * (losses[i] as number);
    const mix = Math.min(mean, mixLoss(table, rows, losses, weights, rate));
    table.names.forEach((_, row) => {
      const at = rows.indexOf(row);
      table.set(row, LOSS, table.get(row, LOSS) + (at < 0 ? mix : (losses[at] as number)));
    });
    table.scalars[GAP] = (table.scalars[GAP] as number) + (mean - mix);
  }

  inherit(table: ModelTable): void {
    const models = table.names.length;
    const before = rateOf(table, models);
    table.scalars[GAP] = Math.min(table.scalars[GAP] as number, INHERITED_GAP);
    inheritWeights(table, before, rateOf(table, models));
  }
}

/** Minus the learning rate, as the weights are exp(rate loss). Before the first gap: infinite, to follow the leader. */
function rateOf(table: ModelTable, models: number): number {
  const gap = table.scalars[GAP] as number;
  return gap === 0 ? -Infinity : -Math.log(Math.max(2, models)) / gap;
}

function mixLoss(
  table: ModelTable,
  rows: readonly number[],
  losses: Float64Array,
  weights: Float64Array,
  rate: number,
): number {
  if (!Number.isFinite(rate)) return leaderRise(table, rows, losses);
  let least = Infinity;
  for (const loss of losses) least = Math.min(least, loss);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < losses.length; i++) {
    sum += (weights[i] as number) * Math.exp(rate * ((losses[i] as number) - least));
    total += weights[i] as number;
  }
  return least + Math.log(sum / total) / rate;
}

/** How much the least sum of losses grows: the mix at an infinite rate. */
function leaderRise(table: ModelTable, rows: readonly number[], losses: Float64Array): number {
  let before = Infinity;
  let after = Infinity;
  rows.forEach((row, i) => {
    before = Math.min(before, table.get(row, LOSS));
    after = Math.min(after, table.get(row, LOSS) + (losses[i] as number));
  });
  return after - before;
}
