import type { PolicyMember } from "./correctionPolicy.js";
import type { ModelTable } from "./modelTable.js";

/** Columns of the policies that count: the sums of 1 - loss and of loss. Together, how many observations there were. */
const GOOD = 0;
const BAD = 1;
export const OUTCOME_COLUMNS = 2;

export interface Outcomes {
  readonly good: number;
  readonly bad: number;
}

const NONE: Outcomes = { good: 0, bad: 0 };

export function outcomesOf(table: ModelTable, { model }: PolicyMember): Outcomes {
  const row = table.rowOf(model);
  return row === undefined ? NONE : { good: table.get(row, GOOD), bad: table.get(row, BAD) };
}

export function countOutcome(table: ModelTable, row: number, loss: number): void {
  table.set(row, GOOD, table.get(row, GOOD) + 1 - loss);
  table.set(row, BAD, table.get(row, BAD) + loss);
}

/** An entity starts from the population's means, which count as `strength` observations at most. */
export function inheritOutcomes(table: ModelTable, strength: number): void {
  for (let row = 0; row < table.names.length; row++) {
    const scale = Math.min(1, strength / (table.get(row, GOOD) + table.get(row, BAD)));
    table.set(row, GOOD, scale * table.get(row, GOOD));
    table.set(row, BAD, scale * table.get(row, BAD));
  }
}
