import { RecentMedian } from "../lib/recentMedian.js";

const REMEMBERED = 32;
/** Sorting them for every answer would cost more than it tells. */
const LOOK_EVERY = 8;
const TIMES_USUAL = 3;

/**
 * How long a model version takes to answer, waiting in its queue included, and so from when on it is late for itself: three
 * times the median of its last 32 answers. Those that were not waited for count as later than any, so that one that has
 * become slower for good is waited for again.
 */
export class UsualLatency {
  readonly #latencies = new RecentMedian(REMEMBERED);
  #lateAfterMs = Infinity;

  /** Milliseconds; Infinity as long as too little is known. */
  get lateAfterMs(): number {
    return this.#lateAfterMs;
  }

  /** What came from a cache is not the model's doing and is not told. */
  answered(latencyMs: number): void {
    this.#latencies.record(latencyMs);
    if (!this.#latencies.isFull || this.#latencies.recorded % LOOK_EVERY !== 0) return;
    this.#lateAfterMs = TIMES_USUAL * (this.#latencies.value ?? Infinity);
  }

  notAwaited(): void {
    this.answered(Infinity);
  }
}
