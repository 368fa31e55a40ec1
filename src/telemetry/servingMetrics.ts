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
  /** Queries whose caller left before the answer. */
  abandoned = 0;
  observations = 0;
  duplicateObservations = 0;
  failedObservations = 0;
}

export class ServingMetrics {
  readonly #applications = new Map<string, ApplicationMetrics>();
  /** By application, so that a prediction costs only its own application's subscribers. */
  readonly #windows = new Map<string, Set<OpenWindow>>();

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
    const windows = this.#windows.get(application.name);
    if (windows !== undefined) for (const window of windows) window.latencyMs.record(latencyMs);
  }

  recordFailure(application: Application, failed: Failure): void {
    increment(this.of(application.name).byFailure, failed.code);
  }

  recordAbandoned({ name }: Application): void {
    this.of(name).abandoned += 1;
  }

  recordObservation(application: string, stored: StoredObservation | Failure): void {
    const metrics = this.of(application);
    if (isFailure(stored)) metrics.failedObservations += 1;
    else if (stored.duplicate) metrics.duplicateObservations += 1;
    else metrics.observations += 1;
  }

  /** An application's latencies from now on, until `close`. What is taken is gone from the window. */
  openWindow(application: string): LatencyWindow {
    const window: OpenWindow = { latencyMs: new Histogram() };
    const windows = this.#windows.get(application) ?? new Set();
    this.#windows.set(application, windows.add(window));
    return {
      take: () => {
        const { latencyMs } = window;
        window.latencyMs = new Histogram();
        return latencyMs;
      },
      close: () => {
        windows.delete(window);
        if (windows.size === 0 && this.#windows.get(application) === windows) this.#windows.delete(application);
      },
    };
  }
}

interface OpenWindow {
  latencyMs: Histogram;
}

export interface LatencyWindow {
  take(): Histogram;
  close(): void;
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
