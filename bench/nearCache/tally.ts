import { lowerBound, upperBound } from "../../src/lib/clopperPearson.js";
import { percentile, round } from "../statistics.js";

/** A share of events with its 95 % interval (Clopper-Pearson). */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export function shareOf(events: number, trials: number): Share {
  return {
    share: trials === 0 ? 0 : round(events / trials),
    low: round(lowerBound(events, trials, 0.975)),
    high: round(upperBound(events, trials, 0.975)),
  };
}

/** What one way to answer did with all requests. */
export interface Outcome {
  /** Share of requests answered from the cache. */
  readonly hitRatio: number;
  /** Share of those answers that were not the model's: every one is compared. */
  readonly error: Share;
}

export class Tally {
  requests = 0;
  hits = 0;
  wrong = 0;

  hit(isWrong: boolean): void {
    this.hits += 1;
    if (isWrong) this.wrong += 1;
  }

  get outcome(): Outcome {
    return { hitRatio: round(this.hits / this.requests), error: shareOf(this.wrong, this.hits) };
  }
}

/** Undefined without values. */
export function microseconds(milliseconds: readonly number[], q: number): number | undefined {
  const value = percentile(milliseconds, q);
  return value === undefined ? undefined : round(value * 1000);
}
