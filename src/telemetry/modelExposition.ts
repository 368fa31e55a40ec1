import type { Registry } from "prom-client";
import type { Histogram } from "../lib/histogram.js";
import { addCounter, addGauge, addHistogram, ROWS } from "./exposition.js";
import type { Labels, Samples } from "./exposition.js";
import type { ApproximateFigures, ModelFigures } from "./figures.js";

export function addModelMetrics(registry: Registry, models: () => readonly ModelFigures[]): void {
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
  addCounter(
    registry,
    "skysail_model_row_failures_total",
    "Rows that were not answered, by reason",
    [...names, "code"],
    () => models().flatMap((figures) => byKey(labelsOf(figures), "code", figures.failures)),
  );
  addCounter(
    registry,
    "skysail_model_dispatches_total",
    "Batches by why they went when they did",
    [...names, "reason"],
    () => models().flatMap((figures) => byKey(labelsOf(figures), "reason", figures.dispatches)),
  );
  addModelHistograms(registry, models);
}

function byKey(labels: Labels, name: string, counts: Readonly<Record<string, number>>): Samples {
  return Object.entries(counts).map(([key, count]) => [{ ...labels, [name]: key }, count]);
}

function labelsOf({ model, version }: ModelFigures): Labels {
  return { model, version };
}

function addModelHistograms(registry: Registry, models: () => readonly ModelFigures[]): void {
  const each = (read: (figures: ModelFigures) => Histogram) => () =>
    models().map((figures) => [labelsOf(figures), read(figures)] as const);
  addHistogram(
    registry,
    "skysail_batch_rows",
    "Rows in a batch",
    each(({ rowsPerBatch }) => rowsPerBatch),
    ROWS,
  );
  addHistogram(
    registry,
    "skysail_row_queue_seconds",
    "Queue wait of a row",
    each(({ rowWaitMs }) => rowWaitMs),
  );
  addHistogram(
    registry,
    "skysail_wrapper_seconds",
    "From sending a batch to its reply",
    each(({ wrapperMs }) => wrapperMs),
  );
  addHistogram(
    registry,
    "skysail_batch_service_seconds",
    "A batch's own service time",
    each(({ serviceMs }) => serviceMs),
  );
  addHistogram(
    registry,
    "skysail_batch_queue_seconds",
    "Queue wait of a batch's first row",
    each(({ queueWaitMs }) => queueWaitMs),
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
