import type { FailedOutcome } from "../domain/ports.js";
import type { RowTrace } from "../domain/prediction.js";
import type { Row } from "../domain/tensor.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import type { QueuedRow } from "./deadlineQueue.js";
import { failedOutcome } from "./refusal.js";

export type FailedCode = FailedOutcome["code"];

/** Hands rows their outcomes, each exactly once, and counts them. */
export class RowSettlement {
  readonly #metrics: BatcherMetrics;
  readonly #onSettled: (queued: QueuedRow, how: FailedCode | "OUTPUT") => void;

  constructor(metrics: BatcherMetrics, onSettled: (queued: QueuedRow, how: FailedCode | "OUTPUT") => void) {
    this.#metrics = metrics;
    this.#onSettled = onSettled;
  }

  output(queued: QueuedRow, output: Row, trace: RowTrace): void {
    if (queued.phase === "DONE") return;
    queued.phase = "DONE";
    this.#metrics.answered += 1;
    this.#onSettled(queued, "OUTPUT");
    queued.settle({ kind: "output", output, source: "MODEL", distance: undefined, trace });
  }

  failed(queued: QueuedRow, code: FailedCode, message: string, retryAfterMs?: number): void {
    if (queued.phase === "DONE") return;
    queued.phase = "DONE";
    this.countFailed(queued, code);
    queued.settle(failedOutcome(code, message, retryAfterMs));
  }

  /** One like it, which nobody waits for here. */
  countFailed(queued: QueuedRow, code: FailedCode): void {
    this.#metrics.failed += 1;
    this.#metrics.failures[code] += 1;
    this.#onSettled(queued, code);
  }
}
