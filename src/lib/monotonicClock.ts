import type { Cancel, Clock } from "../domain/ports.js";
import { BinaryHeap } from "./binaryHeap.js";
import type { HeapItem } from "./binaryHeap.js";

interface Alarm extends HeapItem {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Node's timers take no longer ones: they would fire at once. The clock arms itself again on the way. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The real clock. All alarms share one timer that is re-armed for the earliest: tens of thousands of deadlines a
 * second, nearly all called off before they fire, would cost a timer object each otherwise.
 */
export class MonotonicClock implements Clock {
  readonly #alarms = new BinaryHeap<Alarm>((a, b) => a.atMs < b.atMs);
  readonly #onLate: ((lateMs: number, nowMs: number) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;
  /** When the timer cannot fire before: an alarm may be set for a time that has passed. */
  #dueMs = 0;

  /**
   * `onLate` is told how late the timer fired, in milliseconds: the event loop's lag as deadlines meet it. Once, however many
   * alarms were waiting: a pause is one, and an alarm that was set too late says nothing of the loop.
   */
  constructor(onLate?: (lateMs: number, nowMs: number) => void) {
    this.#onLate = onLate;
  }

  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  at(atMs: number, callback: () => void): Cancel {
    const alarm: Alarm = { atMs, callback, heapIndex: -1 };
    this.#alarms.push(alarm);
    // An alarm called off leaves the timer armed: waking once for nothing is cheaper than re-arming each time.
    if (atMs < this.#armedForMs) this.#arm(atMs);
    return () => void this.#alarms.remove(alarm);
  }

  turnEnd(callback: () => void): void {
    setImmediate(callback);
  }

  #arm(atMs: number): void {
    clearTimeout(this.#timer);
    this.#armedForMs = atMs;
    const nowMs = this.nowMs();
    this.#dueMs = Math.max(atMs, nowMs);
    this.#timer = setTimeout(() => this.#fire(), Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(atMs - nowMs))));
  }

  #fire(): void {
    this.#armedForMs = Infinity;
    this.#timer = undefined;
    const nowMs = this.nowMs();
    if (nowMs >= this.#dueMs) this.#onLate?.(nowMs - this.#dueMs, nowMs);
    try {
      for (let next = this.#alarms.peek(); next !== undefined && next.atMs <= nowMs; next = this.#alarms.peek()) {
        this.#alarms.pop();
        next.callback();
      }
    } finally {
      // Also when a callback throws: the other alarms are not its business.
      const earliest = this.#alarms.peek();
      if (earliest !== undefined) this.#arm(earliest.atMs);
    }
  }
}
