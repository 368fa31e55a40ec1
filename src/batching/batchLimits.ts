/** What a model's settings say of its batches, beside who sizes them. */
export interface BatchLimits {
  /** Bytes of row data in one batch; a single larger row still goes alone. */
  readonly maxBatchBytes: number;
  /** Milliseconds that a free replica may wait for a fuller batch; AUTO: whether waiting pays is learned. */
  readonly maxBatchDelayMs: number | "AUTO";
  /** Milliseconds before a batch is expected back at which the next may be sent; 0: only when it is back. */
  readonly prefetchMs: number;
}

export const NO_BATCH_LIMITS: BatchLimits = { maxBatchBytes: Infinity, maxBatchDelayMs: 0, prefetchMs: 0 };
