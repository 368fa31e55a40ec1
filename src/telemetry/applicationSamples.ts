import type { FailureCode } from "../domain/failure.js";
import type { DefaultReason, PredictionSource } from "../domain/prediction.js";
import type { Histogram } from "../lib/histogram.js";
import { latencyBuckets, perSecond } from "./deltas.js";
import type { LatencyBucket } from "./deltas.js";
import type { LearningFigures } from "./figures.js";
import { LearningSampler } from "./learningSamples.js";
import type { LearningSample } from "./learningSamples.js";
import { ApplicationMetrics } from "./servingMetrics.js";
import type { ServingMetrics } from "./servingMetrics.js";

/** What one application did in an interval. Times are undefined without an answer. */
export interface ApplicationSample {
  readonly name: string;
  readonly predictionsPerSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly latencyBuckets: readonly LatencyBucket[];
  readonly withinSlo: number | undefined;
  readonly sources: readonly { readonly source: PredictionSource; readonly count: number }[];
  readonly defaultReasons: readonly { readonly reason: DefaultReason; readonly count: number }[];
  readonly failures: readonly { readonly code: FailureCode; readonly count: number }[];
  readonly abandoned: number;
  readonly observationsPerSecond: number;
  /** Sent again, with the same truth. */
  readonly duplicateObservations: number;
  readonly failedObservations: number;
  readonly learning: LearningSample | undefined;
}

type Counts = Readonly<Record<Counter, number>> & {
  /** Whose counts these are: an application that was made anew has others. */
  readonly metrics: ApplicationMetrics;
  readonly latencyMs: Histogram;
  readonly bySource: ReadonlyMap<PredictionSource, number>;
  readonly byDefaultReason: ReadonlyMap<DefaultReason, number>;
  readonly byFailure: ReadonlyMap<FailureCode, number>;
};

type Counter = "answers" | "withinSlo" | "abandoned" | "observations" | "duplicateObservations" | "failedObservations";

/** What has come of an application since it was last looked at: differences of what is counted anyway. */
export class ApplicationSampler {
  readonly #metrics: ServingMetrics;
  readonly #name: string;
  readonly #learning: LearningSampler;
  #before: Counts;

  constructor(metrics: ServingMetrics, name: string, learning: () => LearningFigures | undefined) {
    this.#metrics = metrics;
    this.#name = name;
    this.#learning = new LearningSampler(learning);
    this.#before = countsOf(metrics.of(name));
  }

  sample(intervalMs: number): ApplicationSample {
    const now = countsOf(this.#metrics.of(this.#name));
    const before = now.metrics === this.#before.metrics ? this.#before : countsOf(new ApplicationMetrics());
    this.#before = now;
    const more = (name: Counter): number => now[name] - before[name];
    const latencies = now.latencyMs.since(before.latencyMs);
    return {
      name: this.#name,
      predictionsPerSecond: perSecond(more("answers"), intervalMs),
      p50Ms: latencies.quantile(0.5),
      p99Ms: latencies.quantile(0.99),
      latencyBuckets: latencyBuckets(latencies),
      withinSlo: more("answers") === 0 ? undefined : more("withinSlo") / more("answers"),
      sources: grown(now.bySource, before.bySource).map(([source, count]) => ({ source, count })),
      defaultReasons: grown(now.byDefaultReason, before.byDefaultReason).map(([reason, count]) => ({ reason, count })),
      failures: grown(now.byFailure, before.byFailure).map(([code, count]) => ({ code, count })),
      abandoned: more("abandoned"),
      observationsPerSecond: perSecond(more("observations"), intervalMs),
      duplicateObservations: more("duplicateObservations"),
      failedObservations: more("failedObservations"),
      learning: this.#learning.sample(intervalMs),
    };
  }
}

function countsOf(metrics: ApplicationMetrics): Counts {
  const { answers, withinSlo, abandoned, observations, duplicateObservations, failedObservations } = metrics;
  return {
    ...{ answers, withinSlo, abandoned, observations, duplicateObservations, failedObservations },
    metrics,
    latencyMs: metrics.latencyMs.copy(),
    bySource: new Map(metrics.bySource),
    byDefaultReason: new Map(metrics.byDefaultReason),
    byFailure: new Map(metrics.byFailure),
  };
}

/** What has more than before, and how much. */
function grown<K>(now: ReadonlyMap<K, number>, before: ReadonlyMap<K, number>): (readonly [K, number])[] {
  return [...now].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, more]) => more > 0);
}
