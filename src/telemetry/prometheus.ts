import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { MetricObjectWithValues, MetricValue } from "prom-client";
import type { Histogram } from "../lib/histogram.js";
import type { ServingMetrics } from "./servingMetrics.js";

/** Figures of one model version, as whoever knows them hands them over. */
export interface ModelFigures {
  readonly model: string;
  readonly version: number;
  readonly answered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly retried: number;
  readonly overdue: number;
  readonly ejected: number;
  readonly retriesRefused: number;
  readonly quarantined: number;
  readonly batches: number;
  /** Batches by dispatch reason. */
  readonly dispatches: Readonly<Record<string, number>>;
  readonly rows: number;
  /** Of each approximate cache of the version. */
  readonly approximate: readonly ApproximateFigures[];
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheJoined: number;
  readonly queuedRows: number;
  readonly readyReplicas: number;
  readonly unknownReplies: number;
  readonly unusableReplies: number;
  readonly serviceMs: Histogram;
  readonly queueWaitMs: Histogram;
}

export interface ApproximateFigures {
  readonly hits: number;
  readonly misses: number;
  readonly skipped: number;
  readonly audits: number;
  readonly disagreements: number;
  readonly disagreementLow: number;
  readonly disagreementHigh: number;
  readonly radius: number | undefined;
  readonly entries: number;
}

export interface ProcessFigures {
  readonly cacheBytes: number;
  readonly cacheEntries: number;
  readonly hotOperations: number;
}

export interface MetricSources {
  readonly serving: ServingMetrics;
  readonly models: () => readonly ModelFigures[];
  readonly process: () => ProcessFigures;
}

const BUCKETS_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/**
 * Prometheus' text. The hot path counts in plain fields and histograms of our own (an observation through the client
 * library costs ten times as much); they are read here, when somebody asks.
 */
export function prometheusRegistry(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addApplicationMetrics(registry, sources.serving);
  addModelMetrics(registry, sources.models);
  addGauge(registry, "skysail_cache_bytes", "Memory of the exact cache, keys and overhead counted", () => [
    [{}, sources.process().cacheBytes],
  ]);
  addGauge(registry, "skysail_cache_entries", "Entries of the exact cache", () => [
    [{}, sources.process().cacheEntries],
  ]);
  addGauge(registry, "skysail_hot_operations", "GraphQL operations that run without parsing and validation", () => [
    [{}, sources.process().hotOperations],
  ]);
  return registry;
}

type Labels = Record<string, string | number>;
type Samples = readonly (readonly [Labels, number])[];

function addApplicationMetrics(registry: Registry, serving: ServingMetrics): void {
  const perApplication = (read: (labels: Labels, metrics: ReturnType<ServingMetrics["of"]>) => Samples) => () =>
    [...serving.entries()].flatMap(([application, metrics]) => read({ application }, metrics));
  addCounter(
    registry,
    "skysail_predictions_total",
    "Answers by source",
    ["application", "source"],
    perApplication((labels, { bySource }) => [...bySource].map(([source, count]) => [{ ...labels, source }, count])),
  );
  addCounter(
    registry,
    "skysail_default_answers_total",
    "Default outputs by reason",
    ["application", "reason"],
    perApplication((labels, { byDefaultReason }) =>
      [...byDefaultReason].map(([reason, count]) => [{ ...labels, reason }, count]),
    ),
  );
  addCounter(
    registry,
    "skysail_failures_total",
    "Typed failures by code",
    ["application", "code"],
    perApplication((labels, { byFailure }) => [...byFailure].map(([code, count]) => [{ ...labels, code }, count])),
  );
  addCounter(
    registry,
    "skysail_within_slo_total",
    "Answers within the objective",
    ["application"],
    perApplication((labels, { withinSlo }) => [[labels, withinSlo]]),
  );
  addCounter(
    registry,
    "skysail_observations_total",
    "Observations by result",
    ["application", "result"],
    perApplication((labels, metrics) => [
      [{ ...labels, result: "stored" }, metrics.observations],
      [{ ...labels, result: "duplicate" }, metrics.duplicateObservations],
      [{ ...labels, result: "failed" }, metrics.failedObservations],
    ]),
  );
  addHistogram(registry, "skysail_prediction_seconds", "Time from arrival to answer", () =>
    [...serving.entries()].map(([application, { latencyMs }]) => [{ application }, latencyMs]),
  );
}

function addModelMetrics(registry: Registry, models: () => readonly ModelFigures[]): void {
  const labelsOf = ({ model, version }: ModelFigures): Labels => ({ model, version });
  const each = (read: (figures: ModelFigures) => number) => (): Samples =>
    models().map((figures) => [labelsOf(figures), read(figures)]);
  const byResult = (results: (figures: ModelFigures) => Record<string, number>) => (): Samples =>
    models().flatMap((figures) =>
      Object.entries(results(figures)).map(([result, count]) => [{ ...labelsOf(figures), result }, count] as const),
    );
  const names = ["model", "version"];
  addCounter(
    registry,
    "skysail_model_rows_total",
    "Rows by result",
    [...names, "result"],
    byResult(({ answered, failed, dropped, retried }) => ({ answered, failed, dropped, retried })),
  );
  addCounter(
    registry,
    "skysail_cache_lookups_total",
    "Exact cache by result",
    [...names, "result"],
    byResult(({ cacheHits, cacheMisses, cacheJoined }) => ({ hit: cacheHits, miss: cacheMisses, joined: cacheJoined })),
  );
  addApproximateMetrics(registry, models);
  addCounter(
    registry,
    "skysail_model_batches_total",
    "Batches sent",
    names,
    each(({ batches }) => batches),
  );
  addCounter(
    registry,
    "skysail_model_dispatches_total",
    "Batches by why they went as they did",
    [...names, "reason"],
    () =>
      models().flatMap((figures) =>
        Object.entries(figures.dispatches).map(
          ([reason, count]) => [{ ...labelsOf(figures), reason: reason.toLowerCase() }, count] as const,
        ),
      ),
  );
  addCounter(
    registry,
    "skysail_model_batch_rows_total",
    "Rows in batches sent",
    names,
    each(({ rows }) => rows),
  );
  addGauge(
    registry,
    "skysail_model_queued_rows",
    "Rows waiting for a replica",
    each(({ queuedRows }) => queuedRows),
    names,
  );
  addGauge(
    registry,
    "skysail_model_ready_replicas",
    "Replicas that take batches",
    each(({ readyReplicas }) => readyReplicas),
    names,
  );
  addCounter(
    registry,
    "skysail_model_bad_replies_total",
    "Replies that were not used: to no request in flight (unknown), or malformed, wrong or corrupted (unusable)",
    [...names, "kind"],
    () =>
      models().flatMap((figures) => [
        [{ ...labelsOf(figures), kind: "unknown" }, figures.unknownReplies] as const,
        [{ ...labelsOf(figures), kind: "unusable" }, figures.unusableReplies] as const,
      ]),
  );
  addCounter(
    registry,
    "skysail_model_faults_total",
    "Batches overdue, replicas ejected, batches not retried for lack of budget (retry_refused), inputs quarantined",
    [...names, "kind"],
    () =>
      models().flatMap((figures) => [
        [{ ...labelsOf(figures), kind: "overdue" }, figures.overdue] as const,
        [{ ...labelsOf(figures), kind: "ejected" }, figures.ejected] as const,
        [{ ...labelsOf(figures), kind: "retry_refused" }, figures.retriesRefused] as const,
        [{ ...labelsOf(figures), kind: "quarantined" }, figures.quarantined] as const,
      ]),
  );
  addHistogram(registry, "skysail_batch_service_seconds", "A batch's own service time", () =>
    models().map((figures) => [labelsOf(figures), figures.serviceMs]),
  );
  addHistogram(registry, "skysail_batch_queue_seconds", "Queue wait of a batch's first row", () =>
    models().map((figures) => [labelsOf(figures), figures.queueWaitMs]),
  );
}

function addApproximateMetrics(registry: Registry, models: () => readonly ModelFigures[]): void {
  const names = ["model", "version"];
  const sum = (of: readonly ApproximateFigures[], read: (figures: ApproximateFigures) => number) =>
    of.reduce((total, figures) => total + read(figures), 0);
  const caches = (read: (of: readonly ApproximateFigures[]) => Samples) => (): Samples =>
    models().flatMap(({ model, version, approximate }) =>
      approximate.length === 0
        ? []
        : read(approximate).map(([labels, n]) => [{ model, version, ...labels }, n] as const),
    );
  addCounter(
    registry,
    "skysail_approximate_lookups_total",
    "Approximate cache by result; an audit is a hit that the model was asked about all the same",
    [...names, "result"],
    caches((of) => [
      [{ result: "hit" }, sum(of, ({ hits }) => hits)],
      [{ result: "audit" }, sum(of, ({ audits }) => audits)],
      [{ result: "miss" }, sum(of, ({ misses }) => misses)],
      [{ result: "skipped" }, sum(of, ({ skipped }) => skipped)],
    ]),
  );
  addCounter(
    registry,
    "skysail_approximate_disagreements_total",
    "Audits in which the model answered differently",
    names,
    caches((of) => [[{}, sum(of, ({ disagreements }) => disagreements)]]),
  );
  const gauges: readonly [string, string, (figures: ApproximateFigures) => number][] = [
    ["radius", "Largest distance at which a near answer is taken; 0: none is", ({ radius }) => radius ?? 0],
    ["disagreement_low", "Lower bound of the share of near answers that differ", (figures) => figures.disagreementLow],
    ["disagreement_high", "Upper bound of that share", (figures) => figures.disagreementHigh],
    ["entries", "Inputs in the approximate cache", ({ entries }) => entries],
  ];
  for (const [name, help, read] of gauges) {
    const largest = (of: readonly ApproximateFigures[]): Samples => [[{}, Math.max(...of.map(read))]];
    addGauge(registry, `skysail_approximate_${name}`, help, caches(largest), names);
  }
}

function addCounter(registry: Registry, name: string, help: string, labelNames: string[], read: () => Samples): void {
  const counter: Counter = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [labels, value] of read()) counter.inc(labels, value);
    },
  });
}

function addGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => Samples,
  labelNames: string[] = [],
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [labels, value] of read()) gauge.set(labels, value);
    },
  });
}

/** prom-client's own histogram can only be fed sample by sample: this one is read from ours. */
function addHistogram(
  registry: Registry,
  name: string,
  help: string,
  read: () => (readonly [Labels, Histogram])[],
): void {
  const get = (): Promise<MetricObjectWithValues<MetricValue<string>>> => {
    const values = read().flatMap(([labels, histogram]) => histogramValues(name, labels, histogram));
    return Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values } as never);
  };
  registry.registerMetric({ name, help, get } as never);
}

function histogramValues(name: string, labels: Labels, histogram: Histogram): object[] {
  const buckets = BUCKETS_SECONDS.map((le) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: histogram.countUpTo(le * 1000),
  }));
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: histogram.count },
    { metricName: `${name}_sum`, labels, value: histogram.sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
