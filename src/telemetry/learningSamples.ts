import type { AdaptationState } from "../domain/learningPorts.js";
import { Histogram } from "../lib/histogram.js";
import { perSecond } from "./deltas.js";
import type { LearningFigures, WeightFigures } from "./figures.js";

/** What an application learned in one interval, and what is known of it at its end. */
export interface LearningSample {
  readonly foldedPerSecond: number;
  readonly recentLoss: number | undefined;
  readonly adaptation: AdaptationState;
  readonly weights: readonly WeightFigures[];
  readonly realisedCoverage: number | undefined;
  readonly statedCoverage: number;
  readonly stateAgeMs: number;
  readonly drifts: number;
  readonly rebuildsPending: number;
  readonly rowsPerGroup: number | undefined;
  readonly foldP99Ms: number | undefined;
}

interface Counts {
  readonly folded: number;
  readonly drifts: number;
  readonly groupRows: Histogram;
  readonly foldMs: Histogram;
}

const NOTHING_YET: Counts = { folded: 0, drifts: 0, groupRows: new Histogram(), foldMs: new Histogram() };

/** What has come since it was last looked at. */
export class LearningSampler {
  readonly #learning: () => LearningFigures | undefined;
  #before: Counts;

  constructor(learning: () => LearningFigures | undefined) {
    this.#learning = learning;
    const figures = learning();
    this.#before = figures === undefined ? NOTHING_YET : countsOf(figures);
  }

  sample(intervalMs: number): LearningSample | undefined {
    const figures = this.#learning();
    if (figures === undefined) return undefined;
    const before = this.#before;
    const now = countsOf(figures);
    this.#before = now;
    const groups = now.groupRows.since(before.groupRows);
    const { recentLoss, adaptation, realisedCoverage, statedCoverage, stateAgeMs, rebuildsPending } = figures;
    return {
      ...{ recentLoss, adaptation, realisedCoverage, statedCoverage, stateAgeMs, rebuildsPending },
      weights: figures.weights(),
      foldedPerSecond: perSecond(now.folded - before.folded, intervalMs),
      drifts: now.drifts - before.drifts,
      rowsPerGroup: groups.count === 0 ? undefined : groups.sumMs / groups.count,
      foldP99Ms: now.foldMs.since(before.foldMs).quantile(0.99),
    };
  }
}

function countsOf({ folded, drifts, groupRows, foldMs }: LearningFigures): Counts {
  const all = Object.values(drifts).reduce((sum, count) => sum + count, 0);
  return { folded, drifts: all, groupRows: groupRows.copy(), foldMs: foldMs.copy() };
}
