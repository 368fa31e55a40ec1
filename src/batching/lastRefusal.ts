import type { FailedOutcome, RowQuery } from "../domain/ports.js";
import type { QueuedRow } from "./deadlineQueue.js";
import { failedOutcome } from "./refusal.js";
import type { Refusal } from "./refusal.js";

/**
 * The row that was refused last as OVERLOADED, for those that are asked for together with it: they have its deadline and
 * priority, and stand behind it. Good until a place may have become free.
 */
export class LastRefusal {
  #row: QueuedRow | undefined;
  #outcome: FailedOutcome | undefined;

  remember(row: QueuedRow, { code, message, retryAfterMs }: Refusal): void {
    if (code !== "OVERLOADED") return;
    this.#row = row;
    this.#outcome = failedOutcome(code, message, retryAfterMs);
  }

  forget(): void {
    this.#row = undefined;
  }

  of({ deadlineMs, priority }: RowQuery): { readonly row: QueuedRow; readonly outcome: FailedOutcome } | undefined {
    const row = this.#row;
    if (row === undefined || row.orderMs !== deadlineMs || row.priority !== priority) return undefined;
    return { row, outcome: this.#outcome as FailedOutcome };
  }
}
