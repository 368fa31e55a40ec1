import { round } from "../statistics.js";
import type { Replayed } from "./replay.js";
import { shareOf } from "./tally.js";
import type { Outcome, Share } from "./tally.js";

export const BUDGETS = [0.005, 0.01, 0.03] as const;

/** A way to answer, and the setting of this point of its curve. */
export interface CurvePoint extends Outcome {
  readonly setting: number;
}

export interface BudgetFigures {
  readonly errorMeasured: number;
  readonly errorLow: number;
  readonly errorHigh: number;
  readonly hitRatio: number;
  /** Undefined where the exact nearest neighbour never was within the radius. */
  readonly recall: number | undefined;
  readonly lookupP50Microseconds: number | undefined;
  readonly lookupP99Microseconds: number | undefined;
  readonly radius: number | undefined;
  readonly entries: number;
  readonly driftResets: number;
  /** What the cache itself says of its error. */
  readonly audited: Share;
  readonly oracle: Outcome;
}

/** All of one data set. */
export interface DataSetFigures {
  readonly title: string;
  readonly requests: number;
  readonly budgets: Readonly<Record<string, BudgetFigures>>;
  readonly fixed: readonly CurvePoint[];
  readonly unchecked: readonly CurvePoint[];
}

export function budgetFigures(replayed: Replayed): BudgetFigures {
  const { error, hitRatio, recall, figures, oracle, lookupP50Microseconds, lookupP99Microseconds } = replayed;
  return {
    errorMeasured: error.share,
    errorLow: error.low,
    errorHigh: error.high,
    hitRatio,
    recall: recall === undefined ? undefined : round(recall),
    lookupP50Microseconds,
    lookupP99Microseconds,
    radius: figures.radius === undefined ? undefined : round(figures.radius),
    entries: figures.entries,
    driftResets: figures.driftResets,
    audited: shareOf(figures.disagreements, figures.audits),
    oracle,
  };
}
