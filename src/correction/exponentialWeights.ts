import type { PolicyMember } from "./correctionPolicy.js";
import type { ModelTable } from "./modelTable.js";

/**
 * Weights that are exponential in a number per model: w = exp(rate x), normalised, `rate` times the number being a
 * log-weight. The greatest exponent is subtracted first, so that none overflows; a rate of -Infinity leaves all weight
 * to the smallest numbers.
 */

/** An answer of one model alone needs a weight above 0, and no double of this size has lost its digits. */
export const LEAST_WEIGHT = 1e-12;
/** Share of the weight that an entity's first state spreads evenly: it may be unlike the population. */
const INHERITED_SPREAD = 1 / 20;

/** Weights of the members, summing to 1. One that the table does not know has the mean weight of those it knows. */
export function memberWeights(
  table: ModelTable,
  members: readonly PolicyMember[],
  rate: number,
  column = 0,
): Float64Array {
  // Whatever it has learned: of most queries the only one.
  if (members.length === 1) return new Float64Array(1).fill(1);
  const known: number[] = [];
  for (const { model } of members) {
    const row = table.rowOf(model);
    if (row !== undefined) known.push(row);
  }
  const knownWeights = rowWeights(table, known, rate, column);
  // Nearly always, and once a query.
  if (known.length === members.length) return normalise(knownWeights);
  const mean = known.length === 0 ? 1 : 1 / known.length;
  let next = 0;
  const weightOf = ({ model }: PolicyMember): number =>
    table.rowOf(model) === undefined ? mean : (knownWeights[next++] as number);
  return normalise(Float64Array.from(members, weightOf));
}

/** Weights of these rows, summing to 1, none below `LEAST_WEIGHT`. */
export function rowWeights(table: ModelTable, rows: readonly number[], rate: number, column = 0): Float64Array {
  const weights = new Float64Array(rows.length);
  let top = rate < 0 ? Infinity : -Infinity;
  for (let i = 0; i < weights.length; i++) {
    const value = (weights[i] = table.get(rows[i] as number, column));
    top = rate < 0 ? Math.min(top, value) : Math.max(top, value);
  }
  for (let i = 0; i < weights.length; i++) {
    const from = (weights[i] as number) - top;
    weights[i] = from === 0 ? 1 : Math.exp(rate * from);
  }
  return normalise(weights);
}

/** Scales to a sum of 1, in place. At least one is above 0 and all are finite. */
export function normalise(weights: Float64Array): Float64Array {
  let total = 0;
  for (const weight of weights) total += weight;
  for (let i = 0; i < weights.length; i++) weights[i] = Math.max(LEAST_WEIGHT, (weights[i] as number) / total);
  return weights;
}

/** Gives a row the mean weight of these others. */
export function joinAtMean(table: ModelTable, row: number, others: readonly number[], rate: number, column = 0): void {
  if (others.length === 0) return;
  const values = others.map((other) => table.get(other, column));
  const top = rate < 0 ? Math.min(...values) : Math.max(...values);
  // One learning rate short of learning anything, all weights are equal.
  if (rate === 0 || !Number.isFinite(rate)) return table.set(row, column, top);
  const mean = values.reduce((sum, value) => sum + Math.exp(rate * (value - top)), 0) / values.length;
  table.set(row, column, top + Math.log(mean) / rate);
}

/**
 * Makes the numbers of a population's state those of an entity's: nearly the same weights, at the rate that the entity
 * learns with. `rateBefore` and `rateAfter` are of the same sign.
 */
export function inheritWeights(table: ModelTable, rateBefore: number, rateAfter: number, column = 0): void {
  const rows = table.names.map((_, row) => row);
  if (rateAfter === 0 || !Number.isFinite(rateAfter) || rows.length === 0) return;
  const weights = rowWeights(table, rows, rateBefore, column);
  for (const row of rows) {
    const spread = (1 - INHERITED_SPREAD) * (weights[row] as number) + INHERITED_SPREAD / rows.length;
    table.set(row, column, Math.log(spread) / rateAfter);
  }
}
