import type { Cancel, Clock } from "../../src/domain/ports.js";
import { BinaryHeap } from "../../src/lib/binaryHeap.js";
import type { HeapItem } from "../../src/lib/binaryHeap.js";

interface Event extends HeapItem {
  readonly atMs: number;
  /** Turn ends come after everything else of their moment. */
  readonly turnEnd: boolean;
  readonly sequence: number;
  readonly callback: () => void;
}

/** Time that jumps from event to event: what takes minutes in the world takes milliseconds here, and always alike. */
export class VirtualClock implements Clock {
  readonly #events = new BinaryHeap<Event>(isBefore);
  #nowMs = 0;
  #sequence = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): Cancel {
    const event = this.#push(Math.max(atMs, this.#nowMs), false, callback);
    return () => void this.#events.remove(event);
  }

  turnEnd(callback: () => void): void {
    this.#push(this.#nowMs, true, callback);
  }

  /** Runs all events up to a time. `afterEach` is called after each of them. */
  runUntil(untilMs: number, afterEach?: () => void): void {
    for (let next = this.#events.peek(); next !== undefined && next.atMs <= untilMs; next = this.#events.peek()) {
      this.#events.pop();
      this.#nowMs = next.atMs;
      next.callback();
      afterEach?.();
    }
    this.#nowMs = untilMs;
  }

  #push(atMs: number, turnEnd: boolean, callback: () => void): Event {
    const event = { atMs, turnEnd, sequence: this.#sequence++, callback, heapIndex: -1 };
    this.#events.push(event);
    return event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.turnEnd !== b.turnEnd) return b.turnEnd;
  return a.sequence < b.sequence;
}
