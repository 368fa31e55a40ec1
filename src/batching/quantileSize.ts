import type { BatchSample, BatchSizeController } from "./batchSizeController.js";
import { quantileLine } from "./quantileLine.js";

const WINDOW = 256;
const REFIT_EVERY = 8;
const LEAST_SAMPLES = 16;
const QUANTILE = 0.99;

/**
 * The largest size whose 99th percentile of latency, a linear function of the size over the last 256 batches, fits
 * the budget (Clipper, NSDI 2017, section 4.3.1: quantile regression instead of AIMD).
 */
export class QuantileSize implements BatchSizeController {
  readonly #maxBatchRows: number;
  readonly #rows = new Float64Array(WINDOW);
  readonly #ms = new Float64Array(WINDOW);
  #recorded = 0;
  #largestSeen = 0;
  #size = 1;
  #reason = "initial size";

  constructor(maxBatchRows: number) {
    this.#maxBatchRows = maxBatchRows;
  }

  get size(): number {
    return this.#size;
  }

  get reason(): string {
    return this.#reason;
  }

  get mayGrow(): boolean {
    return this.#size < this.#maxBatchRows && (this.#recorded < LEAST_SAMPLES || this.#size >= 2 * this.#largestSeen);
  }

  record({ rows, full, serviceMs }: BatchSample, budgetMs: number): void {
    this.#rows[this.#recorded % WINDOW] = rows;
    this.#ms[this.#recorded % WINDOW] = serviceMs;
    this.#recorded += 1;
    this.#largestSeen = Math.max(this.#largestSeen, rows);
    if (this.#recorded < LEAST_SAMPLES) return this.#grow(full && serviceMs <= budgetMs);
    if (this.#recorded % REFIT_EVERY === 0) this.#refit(budgetMs);
  }

  /** Until a line can be fitted, sizes double, which also spreads the points that it needs. */
  #grow(fits: boolean): void {
    if (!fits) return;
    this.#size = Math.min(this.#maxBatchRows, this.#size * 2);
    this.#reason = "doubled: too few batches for a line";
  }

  #refit(budgetMs: number): void {
    const count = Math.min(this.#recorded, WINDOW);
    const { intercept, slope } = quantileLine(this.#rows.subarray(0, count), this.#ms.subarray(0, count), QUANTILE);
    const fits = slope > 0 ? Math.floor((budgetMs - intercept) / slope) : intercept <= budgetMs ? Infinity : 0;
    this.#size = Math.max(1, Math.min(fits, 2 * this.#largestSeen, this.#maxBatchRows));
    this.#reason = `p99 = ${intercept.toFixed(2)} + ${slope.toFixed(3)} rows ms, budget ${budgetMs.toFixed(1)}`;
  }
}
