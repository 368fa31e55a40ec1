import { RecentMedian } from "../lib/recentMedian.js";

const REMEMBERED = 32;
/** Sorting them for everybody who asks would cost more than it tells. */
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
  /** Answers that there had been when they were sorted last. */
  #looked = 0;

  /** Milliseconds; Infinity as long as too little is known. Most applications have one model, of which nobody asks. */
  get lateAfterMs(): number {
    const { recorded, isFull } = this.#latencies;
    if (isFull && recorded - this.#looked >= LOOK_EVERY) {
      this.#looked = recorded;
      this.#lateAfterMs = TIMES_USUAL * (this.#latencies.value ?? Infinity);
    }
    return this.#lateAfterMs;
  }

  /** What came from a cache is not the model's doing and is not told. */
  answered(latencyMs: number): void {
    this.#latencies.record(latencyMs);
  }

  notAwaited(): void {
    this.answered(Infinity);
  }
}
