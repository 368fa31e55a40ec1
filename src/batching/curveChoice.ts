import { RecentMedian } from "../lib/recentMedian.js";
import type { LatencyCurve } from "./latencyLine.js";

/** Batches that the errors are taken over, and after how many they are looked at. */
const WINDOW = 64;
const LOOK_EVERY = 16;
/** Median relative error above which the line gives way, and below which it comes back. */
const BAD_ERROR = 0.15;
const GOOD_ERROR = 0.1;
/** The table must be so much better: where noise is all that is wrong with the line, it is no better. */
const WORTHWHILE = 0.8;

/**
 * Whether a replica's latency is told by the line or by the table: the line, which learns from few batches and says
 * something of sizes not seen, unless its median relative error exceeds 15 % and the table's is a fifth smaller.
 */
export class CurveChoice {
  readonly #line: LatencyCurve;
  readonly #table: LatencyCurve;
  readonly #lineErrors = new RecentMedian(WINDOW);
  readonly #tableErrors = new RecentMedian(WINDOW);
  #usesTable = false;

  constructor(line: LatencyCurve, table: LatencyCurve) {
    this.#line = line;
    this.#table = table;
  }

  get usesTable(): boolean {
    return this.#usesTable;
  }

  /** Judges both before they learn from the batch. True if the choice has changed. */
  judge(rows: number, ms: number): boolean {
    this.#lineErrors.record(relativeError(ms, this.#line.expectedMs(rows)));
    this.#tableErrors.record(relativeError(ms, this.#table.expectedMs(rows)));
    if (!this.#lineErrors.isFull || this.#lineErrors.recorded % LOOK_EVERY !== 0) return false;
    const before = this.#usesTable;
    const lineError = this.#lineErrors.value ?? 0;
    if (before) this.#usesTable = lineError > GOOD_ERROR;
    else this.#usesTable = lineError > BAD_ERROR && (this.#tableErrors.value ?? 0) < WORTHWHILE * lineError;
    return this.#usesTable !== before;
  }
}

function relativeError(ms: number, expectedMs: number): number {
  return Math.abs(ms - expectedMs) / Math.max(expectedMs, 1e-9);
}
