import type { BatchSample, BatchSizeController } from "./batchSizeController.js";

export interface AimdOptions {
  readonly initialRows: number;
  readonly maxBatchRows: number;
  /** Rows added after a full batch within its budget; at least 1. */
  readonly stepRows: number;
  /** Factor after a batch above its budget. */
  readonly decrease: number;
}

const AIMD_DEFAULTS: AimdOptions = { initialRows: 1, maxBatchRows: 256, stepRows: 2, decrease: 0.9 };

/**
 * Additive increase, multiplicative decrease (Clipper, NSDI 2017, section 4.3.1). It judges a batch's own service
 * time against the service budget, never its time in the queue: judged with the queue included it shrinks to
 * batches of one just when load makes large ones necessary.
 */
export class Aimd implements BatchSizeController {
  readonly #options: AimdOptions;
  #size: number;
  #reason = "initial size";
  /** The last full batch that changed the size was too slow. */
  #metBound = false;

  constructor(options: Partial<AimdOptions> = {}) {
    this.#options = { ...AIMD_DEFAULTS, ...options };
    this.#size = Math.min(this.#options.initialRows, this.#options.maxBatchRows);
  }

  get size(): number {
    return this.#size;
  }

  get reason(): string {
    return this.#reason;
  }

  get mayGrow(): boolean {
    return !this.#metBound && this.#size < this.#options.maxBatchRows;
  }

  record(sample: BatchSample, budgetMs: number): void {
    if (sample.serviceMs > budgetMs) {
      // A small batch that was slow says nothing against sizes below its own.
      this.#size = Math.max(1, Math.min(this.#size, Math.floor(this.#size * this.#options.decrease)));
      if (sample.full) this.#metBound = true;
      this.#reason = `decreased: ${sample.rows} rows took ${sample.serviceMs.toFixed(1)} ms of ${budgetMs.toFixed(1)}`;
    } else if (sample.full && this.#size < this.#options.maxBatchRows) {
      this.#size = Math.min(this.#options.maxBatchRows, this.#size + Math.max(1, this.#options.stepRows));
      this.#metBound = false;
      this.#reason = `increased: a full batch took ${sample.serviceMs.toFixed(1)} ms of ${budgetMs.toFixed(1)}`;
    }
  }
}
