import type { DispatchReason, MemberFailureCode } from "../domain/prediction.js";
import { Histogram } from "../lib/histogram.js";
import { ReplicaMetrics } from "./replicaMetrics.js";

/** Figures of one model version, since the process started. */
export class BatcherMetrics {
  /** A batch's own service time. */
  readonly serviceMs = new Histogram();
  /** From sending a batch to its reply: waits behind other batches too. */
  readonly wrapperMs = new Histogram();
  /** How long the row of a batch's earliest deadline was queued. */
  readonly queueWaitMs = new Histogram();
  /** How long each row was. */
  readonly rowWaitMs = new Histogram();
  /** Rows, not milliseconds. */
  readonly rowsPerBatch = new Histogram();
  readonly dispatches: Record<DispatchReason, number> = { FULL: 0, TURN_END: 0, DELAY: 0, BUDGET: 0, DRAIN: 0 };
  batches = 0;
  rows = 0;
  answered = 0;
  failed = 0;
  readonly failures: Record<MemberFailureCode, number> = {
    DEADLINE_EXCEEDED: 0,
    OVERLOADED: 0,
    NO_REPLICA: 0,
    MODEL_ERROR: 0,
    MODEL_BAD_OUTPUT: 0,
    POISON: 0,
  };
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
  readonly #replicas = new Map<string, ReplicaMetrics>();

  /** By id. */
  get replicas(): ReadonlyMap<string, ReplicaMetrics> {
    return this.#replicas;
  }

  /** Made when first asked for: a replica that comes back goes on with its own. */
  ofReplica(id: string): ReplicaMetrics {
    const known = this.#replicas.get(id);
    if (known !== undefined) return known;
    const made = new ReplicaMetrics();
    this.#replicas.set(id, made);
    return made;
  }

  /** It is gone for good. */
  forgetReplica(id: string): void {
    this.#replicas.delete(id);
  }

  /** `waitMs`: how long the row of the earliest deadline was queued. */
  recordDispatch(rows: number, reason: DispatchReason, waitMs: number): void {
    this.batches += 1;
    this.rows += rows;
    this.rowsPerBatch.record(rows);
    this.dispatches[reason] += 1;
    this.queueWaitMs.record(waitMs);
  }
}
