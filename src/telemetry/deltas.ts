import { COARSE_UPPERS_MS } from "../lib/histogram.js";
import type { Histogram } from "../lib/histogram.js";

export interface LatencyBucket {
  readonly upToMs: number;
  readonly count: number;
}

/** 0 in an interval of no length. */
export function perSecond(count: number, intervalMs: number): number {
  return intervalMs > 0 ? (count * 1000) / intervalMs : 0;
}

export function latencyBuckets(latencies: Histogram): LatencyBucket[] {
  return latencies.between(COARSE_UPPERS_MS).map(({ upper, count }) => ({ upToMs: upper, count }));
}
