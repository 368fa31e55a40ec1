import type { QueuedRow } from "./deadlineQueue.js";
import type { Lane } from "./lane.js";
import type { WaitingRows } from "./waitingRows.js";

/** Share of a bulk row's time, from its arrival to its deadline, after which it has aged. */
const AGED_AFTER = 0.5;
/** Share of a replica's time that aged rows may take from interactive ones. */
const AGED_SHARE = 0.1;

/** Ageing moves a bulk row's place in the order, never its deadline. */
export function hasAged({ queuedAtMs, orderMs }: QueuedRow, nowMs: number): boolean {
  return nowMs - queuedAtMs >= AGED_AFTER * (orderMs - queuedAtMs);
}

/**
 * When bulk rows may go before interactive ones that wait. Otherwise they take what interactive rows leave: the rest of
 * a batch, or a replica that nobody else wants. That would be nothing for ever under a steady interactive load, so a
 * bulk row that has waited half of its time has a turn: it goes first in a batch, for at most a tenth of each replica's
 * time.
 *
 * No interactive row is delayed by more than one batch: one that was waiting when a batch with bulk rows went before it,
 * or came while such a batch ran, has been delayed; the next turn is only when all of those are gone.
 */
export class BulkTurns {
  #running = 0;
  /** Interactive rows that came until then have been delayed. */
  #delayedUntilMs = -Infinity;

  /** A batch with bulk rows was sent. */
  began(): void {
    this.#running += 1;
  }

  /** It is back, or overdue and holds no place any more. */
  ended(nowMs: number): void {
    this.#running -= 1;
    this.#delayedUntilMs = nowMs;
  }

  mayPass({ interactive, bulk }: WaitingRows, lane: Lane, nowMs: number): boolean {
    const head = bulk.at(0);
    if (head === undefined || !hasAged(head, nowMs) || nowMs < lane.agedTurnAtMs || this.#running > 0) return false;
    for (const { queuedAtMs } of interactive) if (queuedAtMs <= this.#delayedUntilMs) return false;
    return true;
  }

  /** Aged rows were given a batch that interactive ones wait for. */
  passed(lane: Lane, rows: number, nowMs: number): void {
    lane.agedTurnAtMs = nowMs + lane.model.expectedMs(rows) / AGED_SHARE;
  }
}
