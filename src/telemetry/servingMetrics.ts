import type { Application } from "../domain/application.js";
import { isFailure } from "../domain/failure.js";
import type { Failure, FailureCode } from "../domain/failure.js";
import type { DefaultReason, Prediction, PredictionSource } from "../domain/prediction.js";
import type { StoredObservation } from "../domain/storePorts.js";
import { Histogram } from "../lib/histogram.js";

/** Figures of one application since the process started: plain counters, read by whoever shows them. */
export class ApplicationMetrics {
  readonly latencyMs = new Histogram();
  readonly bySource = new Map<PredictionSource, number>();
  readonly byDefaultReason = new Map<DefaultReason, number>();
  readonly byFailure = new Map<FailureCode, number>();
  /** Answers within the objective, counted exactly. */
  withinSlo = 0;
  answers = 0;
  observations = 0;
  duplicateObservations = 0;
  failedObservations = 0;
}

export class ServingMetrics {
  readonly #applications = new Map<string, ApplicationMetrics>();
  readonly #windows = new Set<Map<string, Histogram>>();

  of(application: string): ApplicationMetrics {
    const known = this.#applications.get(application);
    if (known !== undefined) return known;
    const metrics = new ApplicationMetrics();
    this.#applications.set(application, metrics);
    return metrics;
  }

  entries(): IterableIterator<[string, ApplicationMetrics]> {
    return this.#applications.entries();
  }

  record(application: Application, answer: Prediction | Failure, latencyMs: number): void {
    if (isFailure(answer)) return this.recordFailure(application, answer);
    const metrics = this.of(application.name);
    metrics.answers += 1;
    metrics.latencyMs.record(latencyMs);
    if (latencyMs <= application.sloMs) metrics.withinSlo += 1;
    increment(metrics.bySource, answer.source);
    if (answer.defaultReason !== undefined) increment(metrics.byDefaultReason, answer.defaultReason);
    for (const window of this.#windows) windowOf(window, application.name).record(latencyMs);
  }

  recordFailure(application: Application, failed: Failure): void {
    increment(this.of(application.name).byFailure, failed.code);
  }

  recordObservation(application: string, stored: StoredObservation | Failure): void {
    const metrics = this.of(application);
    if (isFailure(stored)) metrics.failedObservations += 1;
    else if (stored.duplicate) metrics.duplicateObservations += 1;
    else metrics.observations += 1;
  }

  /** Latencies from now on, by application, until `close`. What is taken is gone from the window. */
  openWindow(): LatencyWindow {
    const window = new Map<string, Histogram>();
    this.#windows.add(window);
    return {
      take: (application) => {
        const histogram = window.get(application) ?? new Histogram();
        window.delete(application);
        return histogram;
      },
      close: () => void this.#windows.delete(window),
    };
  }
}

export interface LatencyWindow {
  take(application: string): Histogram;
  close(): void;
}

function windowOf(window: Map<string, Histogram>, application: string): Histogram {
  const known = window.get(application);
  if (known !== undefined) return known;
  const histogram = new Histogram();
  window.set(application, histogram);
  return histogram;
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
