import type { PolicyMember } from "./correctionPolicy.js";
import { inheritWeights, joinAtMean, memberWeights, rowWeights } from "./exponentialWeights.js";
import type { ModelTable, TableShape } from "./modelTable.js";
import type { Learning, WeightRule } from "./votingPolicy.js";

const ETA = 0.1;
const SHARE = 1e-3;
/** The column of log-weights. */
const LOG_WEIGHT = 0;

export interface FixedShareOptions {
  readonly eta?: number | undefined;
  readonly share?: number | undefined;
}

/**
 * Hedge (Freund and Schapire, JCSS 55, 1997) with fixed share (Herbster and Warmuth, Machine Learning 32, 1998, section
 * 5): w <- w exp(-eta loss), then w <- (1 - share) w + share / K, so that no model's weight falls so low that it could not
 * come back. Models that did not answer sleep (Freund, Schapire, Singer, Warmuth, STOC 1997): those awake share the weight
 * that they had together, so that being away neither gains nor loses.
 */
export class FixedShare implements WeightRule, Learning {
  readonly kind = "ensemble";
  readonly shape: TableShape = { code: 3, columns: 1, scalars: 0 };
  readonly learning = this;
  readonly #eta: number;
  readonly #share: number;

  constructor({ eta = ETA, share = SHARE }: FixedShareOptions = {}) {
    this.#eta = eta;
    this.#share = share;
  }

  weights(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    return memberWeights(table, members, 1);
  }

  join(table: ModelTable, row: number, others: readonly number[]): void {
    joinAtMean(table, row, others, 1);
  }

  learn(table: ModelTable, rows: readonly number[], losses: Float64Array): void {
    const before = logTotal(table, rows);
    rows.forEach((row, i) => {
      table.set(row, LOG_WEIGHT, table.get(row, LOG_WEIGHT) - this.#eta * (losses[i] as number));
    });
    const weights = rowWeights(table, rows, 1);
    const even = this.#share / rows.length;
    // Without a share the logarithms are kept as they are: a weight may be below what a double can hold.
    const rise = before - logTotal(table, rows);
    rows.forEach((row, i) => {
      const shared = before + Math.log((1 - this.#share) * (weights[i] as number) + even);
      table.set(row, LOG_WEIGHT, this.#share === 0 ? table.get(row, LOG_WEIGHT) + rise : shared);
    });
  }

  inherit(table: ModelTable): void {
    inheritWeights(table, 1, 1);
  }
}

/** Logarithm of the sum of the rows' weights. */
function logTotal(table: ModelTable, rows: readonly number[]): number {
  let top = -Infinity;
  for (const row of rows) top = Math.max(top, table.get(row, LOG_WEIGHT));
  let sum = 0;
  for (const row of rows) sum += Math.exp(table.get(row, LOG_WEIGHT) - top);
  return top + Math.log(sum);
}
