import type { FailureCode } from "../domain/failure.js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { DefaultReason, PredictionSource } from "../domain/prediction.js";
import type { ModelFigures } from "./figures.js";
import { ModelSampler } from "./modelSamples.js";
import type { ModelSample } from "./modelSamples.js";
import type { ServingMetrics } from "./servingMetrics.js";

export interface MetricsSample {
  readonly at: Date;
  readonly intervalMs: number;
  readonly application: string;
  readonly predictionsPerSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly withinSlo: number | undefined;
  readonly sources: readonly { readonly source: PredictionSource; readonly count: number }[];
  readonly defaultReasons: readonly { readonly reason: DefaultReason; readonly count: number }[];
  readonly failures: readonly { readonly code: FailureCode; readonly count: number }[];
  readonly observationsPerSecond: number;
  readonly models: readonly ModelSample[];
}

/**
 * A sample at once, then one each interval, for as long as it is read. A reader that takes longer than an interval
 * gets one sample for all that it missed: nothing queues up. Who asks several times at once gets as many samples, an
 * interval apart. `models` gives the figures of the versions that answer for the application.
 */
export function metricsSamples(
  metrics: ServingMetrics,
  clock: Clock,
  application: string,
  intervalMs: number,
  models: () => readonly ModelFigures[] = () => [],
): AsyncIterableIterator<MetricsSample> {
  return new SampleIterator(metrics, clock, application, intervalMs, models);
}

interface Counts {
  readonly answers: number;
  readonly withinSlo: number;
  readonly observations: number;
  readonly bySource: ReadonlyMap<PredictionSource, number>;
  readonly byDefaultReason: ReadonlyMap<DefaultReason, number>;
  readonly byFailure: ReadonlyMap<FailureCode, number>;
}

const END = { done: true, value: undefined } as const;

class SampleIterator implements AsyncIterableIterator<MetricsSample> {
  readonly #metrics: ServingMetrics;
  readonly #clock: Clock;
  readonly #application: string;
  readonly #intervalMs: number;
  readonly #window;
  readonly #models: ModelSampler;
  #counts: Counts;
  #lastMs: number;
  #first = true;
  #done = false;
  /** Who waits for a sample; the alarm is set while there is somebody. */
  #waiting: ((result: IteratorResult<MetricsSample>) => void)[] = [];
  #cancelAlarm: Cancel | undefined;

  constructor(
    metrics: ServingMetrics,
    clock: Clock,
    application: string,
    intervalMs: number,
    models: () => readonly ModelFigures[],
  ) {
    this.#models = new ModelSampler(models);
    this.#metrics = metrics;
    this.#clock = clock;
    this.#application = application;
    this.#intervalMs = intervalMs;
    this.#window = metrics.openWindow(application);
    this.#counts = this.#readCounts();
    this.#lastMs = clock.nowMs();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<MetricsSample>> {
    if (this.#done) return Promise.resolve(END);
    if (this.#first) {
      this.#first = false;
      return Promise.resolve({ done: false, value: this.#sample() });
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#setAlarm();
    });
  }

  return(): Promise<IteratorResult<MetricsSample>> {
    this.#done = true;
    this.#window.close();
    this.#cancelAlarm?.();
    for (const resolve of this.#waiting.splice(0)) resolve(END);
    return Promise.resolve(END);
  }

  #setAlarm(): void {
    this.#cancelAlarm = this.#clock.at(this.#lastMs + this.#intervalMs, () => {
      this.#waiting.shift()?.({ done: false, value: this.#sample() });
      if (this.#waiting.length > 0) this.#setAlarm();
    });
  }

  #sample(): MetricsSample {
    const nowMs = this.#clock.nowMs();
    const intervalMs = nowMs - this.#lastMs;
    const before = this.#counts;
    const counts = this.#readCounts();
    const latencies = this.#window.take();
    const answers = counts.answers - before.answers;
    const perSecond = (count: number) => (intervalMs > 0 ? (count * 1000) / intervalMs : 0);
    this.#counts = counts;
    this.#lastMs = nowMs;
    return {
      at: new Date(this.#clock.wallMs()),
      intervalMs,
      application: this.#application,
      predictionsPerSecond: perSecond(answers),
      p50Ms: latencies.quantile(0.5),
      p99Ms: latencies.quantile(0.99),
      withinSlo: answers === 0 ? undefined : (counts.withinSlo - before.withinSlo) / answers,
      sources: grown(counts.bySource, before.bySource).map(([source, count]) => ({ source, count })),
      defaultReasons: grown(counts.byDefaultReason, before.byDefaultReason).map(([reason, count]) => ({
        reason,
        count,
      })),
      failures: grown(counts.byFailure, before.byFailure).map(([code, count]) => ({ code, count })),
      observationsPerSecond: perSecond(counts.observations - before.observations),
      models: this.#models.sample(intervalMs),
    };
  }

  #readCounts(): Counts {
    const { answers, withinSlo, observations, ...maps } = this.#metrics.of(this.#application);
    return {
      ...{ answers, withinSlo, observations },
      bySource: new Map(maps.bySource),
      byDefaultReason: new Map(maps.byDefaultReason),
      byFailure: new Map(maps.byFailure),
    };
  }
}

/** What has more than before, and how much. */
function grown<K>(now: ReadonlyMap<K, number>, before: ReadonlyMap<K, number>): (readonly [K, number])[] {
  return [...now].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, more]) => more > 0);
}
