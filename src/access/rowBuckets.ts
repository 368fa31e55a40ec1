import { BUCKETS } from "../domain/access.js";
import type { Bucket, Costs, RowLimit } from "../domain/access.js";

/** Rounding must not refuse the row that becomes free at the very moment that was promised. */
const ROUNDING = 1e-6;

interface Level {
  rows: number;
  atMs: number;
}

/**
 * Token buckets in rows: each holds one second's worth, is full at first and refills steadily. Monotonic time, so that
 * changes of the wall clock do nothing; a clock that goes back gives no rows and takes none.
 */
export class RowBuckets implements RowLimit {
  readonly rowsPerSecond: number;
  readonly #nowMs: () => number;
  readonly #capacity: number;
  readonly #levels: Readonly<Record<Bucket, Level>>;

  constructor(rowsPerSecond: number, nowMs: () => number) {
    this.rowsPerSecond = rowsPerSecond;
    this.#nowMs = nowMs;
    this.#capacity = Math.max(1, rowsPerSecond);
    const full = (): Level => ({ rows: this.#capacity, atMs: nowMs() });
    this.#levels = { PREDICT: full(), OBSERVE: full(), OTHER: full() };
  }

  take(costs: Costs): { readonly bucket: Bucket; readonly retryAfterMs: number } | undefined {
    const nowMs = this.#nowMs();
    for (const bucket of BUCKETS) {
      const missing = costs[bucket] === 0 ? 0 : costs[bucket] - this.#refill(this.#levels[bucket], nowMs);
      if (missing > ROUNDING) return { bucket, retryAfterMs: this.#waitMs(costs[bucket], missing) };
    }
    for (const bucket of BUCKETS) this.#levels[bucket].rows -= costs[bucket];
    return undefined;
  }

  #refill(level: Level, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - level.atMs);
    level.rows = Math.min(this.#capacity, level.rows + (elapsedMs * this.rowsPerSecond) / 1000);
    level.atMs = nowMs;
    return level.rows;
  }

  /** Infinite for more than there ever is at once. */
  #waitMs(cost: number, missing: number): number {
    return cost > this.#capacity + ROUNDING
      ? Infinity
      : Math.ceil(((missing - ROUNDING / 2) * 1000) / this.rowsPerSecond);
  }
}
