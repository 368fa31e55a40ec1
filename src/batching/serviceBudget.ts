/** Room above a single row's time in which rows may come together, where even that is over the budget. */
const ROOM_ABOVE_SINGLE = 1.25;
/** Of the objective, at the most: twice the budget is what there is. */
const MOST_OF_BUDGET = 1.8;
const SMOOTHING = 0.1;

/**
 * What a batch may take of its own. Half of the objective, so that a row that comes just when a batch has left waits for
 * that one and is in time with the next. Where a single row takes about as long or longer no size keeps to that: batches
 * of one would then be the slowest way to be late, and a little more than a single row's time is allowed, since rows cost
 * little beside what a call costs. Rows that this makes late are not admitted.
 */
export class ServiceBudget {
  #singleMs: number | undefined;

  /** Only of single rows: what a line through larger batches says of one row is too unsure. */
  record(rows: number, serviceMs: number): void {
    if (rows !== 1) return;
    const known = this.#singleMs ?? serviceMs;
    // A stall is not what a row takes.
    this.#singleMs = known + SMOOTHING * (Math.min(serviceMs, 2 * known) - known);
  }

  /** `halfMs`: half of the objective, less the measured overhead. */
  within(halfMs: number): number {
    const single = this.#singleMs ?? 0;
    return Math.max(halfMs, Math.min(ROOM_ABOVE_SINGLE * single, MOST_OF_BUDGET * halfMs));
  }
}
