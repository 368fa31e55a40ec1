import type { Cancel } from "../domain/ports.js";
import type { DispatchReason, RowTrace } from "../domain/prediction.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { Lane, RunningBatch } from "./lane.js";

/** PROBE: one row to an ejected replica. ISOLATED: rows that may end the replica, alone on it. */
export type BatchPurpose = "SERVING" | "PROBE" | "ISOLATED";

export interface SentBatch {
  readonly id: number;
  purpose: BatchPurpose;
  readonly lane: Lane;
  readonly running: RunningBatch;
  readonly rows: readonly QueuedRow[];
  readonly dispatch: DispatchReason;
  /** It has bulk rows, and may delay interactive ones. */
  readonly delays: boolean;
  cancelTimeout: Cancel;
  replied: boolean;
}

/** Whether what becomes of the batch decides about the row: it may have been answered, or be with another batch by now. */
export function decides({ id }: SentBatch, { phase, sentIn }: QueuedRow): boolean {
  return phase === "SENT" && sentIn === id;
}

export function traceOf({ lane, rows, running, dispatch }: SentBatch, queuedAtMs: number, nowMs: number): RowTrace {
  return {
    joined: false,
    replica: lane.replica.id,
    queuedMs: running.sentMs - queuedAtMs,
    serviceMs: nowMs - running.sentMs,
    batchRows: rows.length,
    dispatch,
  };
}
