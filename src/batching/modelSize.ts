import type { BatchSample, BatchSizeController } from "./batchSizeController.js";
import type { LatencyModel } from "./latencyModel.js";

/**
 * The most rows whose tail latency fits the budget, by the replica's own learned line. From a cold start it doubles
 * the largest size seen, since a line through small batches says little about large ones.
 */
export class ModelSize implements BatchSizeController {
  readonly #model: LatencyModel;
  readonly #maxBatchRows: number;
  #largestSeen = 0;
  #size = 1;
  #reason = "initial size";

  constructor(model: LatencyModel, maxBatchRows: number) {
    this.#model = model;
    this.#maxBatchRows = maxBatchRows;
  }

  get size(): number {
    return this.#size;
  }

  get reason(): string {
    return this.#reason;
  }

  get mayGrow(): boolean {
    return this.#size < this.#maxBatchRows && this.#size >= 2 * this.#largestSeen;
  }

  /** To be called when the replica's model has learned from the same batch. */
  record(sample: BatchSample, budgetMs: number): void {
    this.#largestSeen = Math.max(this.#largestSeen, sample.rows);
    const fits = this.#model.maxRows(budgetMs);
    const known = 2 * this.#largestSeen;
    this.#size = Math.max(1, Math.min(fits, known, this.#maxBatchRows));
    if (this.#size === fits) this.#reason = `${fits} rows fit ${budgetMs.toFixed(1)} ms`;
    else if (this.#size === known) this.#reason = `twice the ${this.#largestSeen} rows seen so far`;
    else this.#reason = this.#size === this.#maxBatchRows ? "maxBatchRows" : "not even one row fits the budget";
  }
}
