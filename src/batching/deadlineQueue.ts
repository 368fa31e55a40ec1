import type { Priority } from "../domain/application.js";
import type { Settle } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";

/**
 * A row in the batcher: QUEUED, then SENT with a batch, then DONE; or DONE straight from the queue. One that was with a
 * replica that ended is SUSPECT while it waits to be run apart from the queue.
 */
export interface QueuedRow {
  readonly row: Row;
  readonly bytes: number;
  /** Order of arrival, which breaks ties between equal deadlines. */
  readonly arrival: number;
  readonly queuedAtMs: number;
  readonly settle: Settle;
  /** The highest of those waiters that it can be answered for. Changed through the queue only, as the next. */
  priority: Priority;
  /** Earliest deadline of its waiters: its place in the order of its priority. */
  orderMs: number;
  /** Latest deadline of its waiters: when it becomes hopeless. */
  latestMs: number;
  /** The priority of the waiter with the latest deadline. */
  latestPriority: Priority;
  /** The replica that has not answered it: it gets one more try, on another. */
  lostBy: string | undefined;
  /** The last batch that it went with; 0 before the first. */
  sentIn: number;
  /** The replica with which it is overdue and which it is left with. */
  overdueOn: string | undefined;
  /** It was with a replica that ended. */
  suspect: boolean;
  phase: "QUEUED" | "SENT" | "SUSPECT" | "DONE";
}

/**
 * Rows in order of deadline, then of arrival, in one sorted array: most rows come with the latest deadline yet and go
 * to its end; the others cost a binary search and a move of at most a few thousand pointers. Unlike a heap it can be
 * read in order and says how many rows are ahead of a deadline, which admission and batch planning both need.
 */
export class DeadlineQueue {
  readonly #rows: QueuedRow[] = [];

  get size(): number {
    return this.#rows.length;
  }

  /** The row at a place in the order, 0 the most urgent. */
  at(place: number): QueuedRow | undefined {
    return this.#rows[place];
  }

  push(row: QueuedRow): void {
    const last = this.#rows.at(-1);
    if (last === undefined || isBefore(last, row)) this.#rows.push(row);
    else this.#rows.splice(this.#placeOf(row), 0, row);
  }

  remove(row: QueuedRow): boolean {
    const place = this.#placeOf(row);
    if (this.#rows[place] !== row) return false;
    this.#rows.splice(place, 1);
    return true;
  }

  /** Gives a row another place. */
  reorder(row: QueuedRow, orderMs: number): void {
    const queued = this.remove(row);
    row.orderMs = orderMs;
    if (queued) this.push(row);
  }

  /** Rows that go before one with this deadline that arrives now. */
  rowsUpTo(deadlineMs: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as QueuedRow).orderMs <= deadlineMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes out the rows that `take` says yes to, going in order from a place until it says stop. */
  takeFrom(place: number, take: (row: QueuedRow) => "TAKE" | "PASS" | "STOP"): QueuedRow[] {
    const taken: QueuedRow[] = [];
    const kept: QueuedRow[] = [];
    let at = place;
    for (; at < this.#rows.length; at++) {
      const row = this.#rows[at] as QueuedRow;
      const verdict = take(row);
      if (verdict === "STOP") break;
      (verdict === "TAKE" ? taken : kept).push(row);
    }
    this.#rows.splice(place, at - place, ...kept);
    return taken;
  }

  [Symbol.iterator](): IterableIterator<QueuedRow> {
    return this.#rows[Symbol.iterator]();
  }

  /** Where the row is, or would be. */
  #placeOf(row: QueuedRow): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#rows[middle] as QueuedRow, row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(a: QueuedRow, b: QueuedRow): boolean {
  return a.orderMs === b.orderMs ? a.arrival < b.arrival : a.orderMs < b.orderMs;
}
