import type { Settle } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";
import { BinaryHeap } from "../lib/binaryHeap.js";
import type { HeapItem } from "../lib/binaryHeap.js";

/** A row in the batcher: QUEUED, then SENT with a batch, then DONE; or DONE straight from the queue. */
export interface QueuedRow extends HeapItem {
  readonly row: Row;
  readonly bytes: number;
  /** Order of arrival, which breaks ties between equal deadlines. */
  readonly arrival: number;
  readonly queuedAtMs: number;
  readonly settle: Settle;
  /** Earliest deadline of its waiters: its place in the order. */
  orderMs: number;
  /** Latest deadline of its waiters: when it becomes hopeless. */
  latestMs: number;
  /** The replica whose link broke with it: it gets one more try, on another. */
  lostBy: string | undefined;
  phase: "QUEUED" | "SENT" | "DONE";
}

export function deadlineOrdered(): BinaryHeap<QueuedRow> {
  return new BinaryHeap<QueuedRow>((a, b) => (a.orderMs === b.orderMs ? a.arrival < b.arrival : a.orderMs < b.orderMs));
}
