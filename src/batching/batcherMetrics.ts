import type { DispatchReason } from "../domain/prediction.js";
import { Histogram } from "../lib/histogram.js";

/** Figures of one model version, since the process started. */
export class BatcherMetrics {
  readonly serviceMs = new Histogram();
  readonly queueWaitMs = new Histogram();
  readonly dispatches: Record<DispatchReason, number> = { FULL: 0, TURN_END: 0, DELAY: 0, BUDGET: 0, DRAIN: 0 };
  batches = 0;
  rows = 0;
  answered = 0;
  failed = 0;
  dropped = 0;
  retried = 0;
  /** Batches whose rows were not tried again because the retry budget was spent. */
  retriesRefused = 0;
  /** Batches without a reply in time. */
  overdue = 0;
  /** Times that a replica was ejected, or stayed so after a probe. */
  ejected = 0;
  /** Inputs that were quarantined. */
  quarantined = 0;

  /** `waitMs`: how long the row of the earliest deadline was queued. */
  recordDispatch(rows: number, reason: DispatchReason, waitMs: number): void {
    this.batches += 1;
    this.rows += rows;
    this.dispatches[reason] += 1;
    this.queueWaitMs.record(waitMs);
  }

  recordService(serviceMs: number): void {
    this.serviceMs.record(serviceMs);
  }
}
