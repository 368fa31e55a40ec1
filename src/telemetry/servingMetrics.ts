import type { Application } from "../domain/application.js";
import { isFailure } from "../domain/failure.js";
import type { Failure, FailureCode } from "../domain/failure.js";
import type { DefaultReason, Prediction, PredictionSource } from "../domain/prediction.js";
import type { StoredObservation } from "../domain/storePorts.js";
import { Histogram } from "../lib/histogram.js";
import { AnswerFeed } from "./answerFeed.js";

/** Figures of one application since the process started: plain counters, read by whoever shows them. */
export class ApplicationMetrics {
  readonly latencyMs = new Histogram();
  readonly bySource = new Map<PredictionSource, number>();
  readonly byDefaultReason = new Map<DefaultReason, number>();
  readonly byFailure = new Map<FailureCode, number>();
  /** Answers within the objective, counted exactly. */
  withinSlo = 0;
  answers = 0;
  /** Queries whose caller left before the answer. */
  abandoned = 0;
  observations = 0;
  duplicateObservations = 0;
  failedObservations = 0;
  /** Those that nothing was to be learned from, since their API key had more than its share; and those unlike any answer. */
  withheldObservations = 0;
  outlierObservations = 0;
  /** Predictions that this process counted as their application's default reward. */
  defaultRewards = 0;
}

export class ServingMetrics {
  /** Answers for those who follow them. */
  readonly answered = new AnswerFeed();
  readonly #applications = new Map<string, ApplicationMetrics>();

  of(application: string): ApplicationMetrics {
    const known = this.#applications.get(application);
    if (known !== undefined) return known;
    const metrics = new ApplicationMetrics();
    this.#applications.set(application, metrics);
    return metrics;
  }

  /** Forgets the figures of applications that are no more, so that those who come and go leave nothing behind. */
  retain(applications: ReadonlySet<string>): void {
    for (const name of this.#applications.keys()) if (!applications.has(name)) this.#applications.delete(name);
    this.answered.retain(applications);
  }

  entries(): IterableIterator<[string, ApplicationMetrics]> {
    return this.#applications.entries();
  }

  record(application: Application, answer: Prediction | Failure): void {
    if (isFailure(answer)) return this.recordFailure(application, answer);
    const metrics = this.of(application.name);
    metrics.answers += 1;
    metrics.latencyMs.record(answer.latencyMs);
    if (answer.latencyMs <= application.sloMs) metrics.withinSlo += 1;
    increment(metrics.bySource, answer.source);
    if (answer.defaultReason !== undefined) increment(metrics.byDefaultReason, answer.defaultReason);
    this.answered.tell(answer);
  }

  recordFailure(application: Application, failed: Failure): void {
    increment(this.of(application.name).byFailure, failed.code);
  }

  recordAbandoned({ name }: Application): void {
    this.of(name).abandoned += 1;
  }

  /** `isOutlier` is asked of what is new only. */
  recordObservation(application: string, stored: StoredObservation | Failure, isOutlier: () => boolean): void {
    const metrics = this.of(application);
    if (isFailure(stored)) metrics.failedObservations += 1;
    else if (stored.duplicate) metrics.duplicateObservations += 1;
    else {
      metrics.observations += 1;
      if (stored.withheld !== undefined) metrics.withheldObservations += 1;
      if (isOutlier()) metrics.outlierObservations += 1;
    }
  }

  recordDefaultReward(application: string): void {
    this.of(application).defaultRewards += 1;
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
