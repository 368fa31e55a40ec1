import { round } from "../statistics.js";
import { FAILS_AT, QUERIES, REPAIRED_AT } from "./modelFailureRun.js";

/** How often one way to answer was wrong, the mean over several orders of the queries. */
export interface ErrorCurve {
  /** Of all queries; before the failure, during it, after the repair. */
  readonly error: Readonly<Record<"all" | "before" | "failed" | "after", number>>;
  /** The highest share of all queries so far that were wrong, from the failure on. */
  readonly peakError: number;
  /** The highest share among any 500 queries side by side. */
  readonly peakWindowError: number;
  /**
   * Queries from the failure on until the error of the next 100 is at most 0.03 above what it settles at, which is that
   * of the failure's second half. Undefined where it never settles near the error before.
   */
  readonly recovery: number | undefined;
  /** For the figure: at every so many queries. */
  readonly points: readonly { readonly query: number; readonly cumulative: number; readonly window: number }[];
}

const WINDOW = 500;
const POINTS_EVERY = 250;
const SETTLED_FROM = (FAILS_AT + REPAIRED_AT) / 2;
const RECOVERY_WINDOW = 100;
const TOLERANCE = 0.03;
/** A model that stays failed has not recovered. */
const MOST_RISE = 0.1;

export function errorsOf(orders: readonly Uint8Array[]): ErrorCurve {
  const sums = runningSums(orders);
  const mean = (from: number, to: number): number => ((sums[to] as number) - (sums[from] as number)) / (to - from);
  let peakError = 0;
  let peakWindowError = 0;
  for (let query = FAILS_AT; query <= QUERIES; query++) {
    peakError = Math.max(peakError, mean(0, query));
    peakWindowError = Math.max(peakWindowError, mean(query - WINDOW, query));
  }
  const points = Array.from({ length: QUERIES / POINTS_EVERY }, (_, i) => {
    const query = (i + 1) * POINTS_EVERY;
    return { query, cumulative: round(mean(0, query)), window: round(mean(Math.max(0, query - WINDOW), query)) };
  });
  return {
    error: {
      all: round(mean(0, QUERIES)),
      before: round(mean(0, FAILS_AT)),
      failed: round(mean(FAILS_AT, REPAIRED_AT)),
      after: round(mean(REPAIRED_AT, QUERIES)),
    },
    peakError: round(peakError),
    peakWindowError: round(peakWindowError),
    recovery: recoveryOf(mean),
    points,
  };
}

/** At i, how many of the first i queries were answered wrongly, the mean over all orders. */
function runningSums(orders: readonly Uint8Array[]): Float64Array {
  const sums = new Float64Array(QUERIES + 1);
  for (let i = 0; i < QUERIES; i++) {
    let wrong = 0;
    for (const order of orders) wrong += order[i] as number;
    sums[i + 1] = (sums[i] as number) + wrong / orders.length;
  }
  return sums;
}

function recoveryOf(mean: (from: number, to: number) => number): number | undefined {
  const settled = mean(SETTLED_FROM, REPAIRED_AT);
  if (settled > mean(0, FAILS_AT) + MOST_RISE) return undefined;
  for (let query = FAILS_AT; query + RECOVERY_WINDOW <= REPAIRED_AT; query++) {
    if (mean(query, query + RECOVERY_WINDOW) <= settled + TOLERANCE) return query - FAILS_AT;
  }
  return undefined;
}
