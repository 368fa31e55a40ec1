import { collectDefaultMetrics, Registry } from "prom-client";
import { addCounter, addGauge, addHistogram } from "./exposition.js";
import type { Labels, Samples } from "./exposition.js";
import type { LearningFigures, ModelFigures, ProcessFigures } from "./figures.js";
import { addLearningMetrics } from "./learningExposition.js";
import { addModelMetrics } from "./modelExposition.js";
import { addReplicaMetrics } from "./replicaExposition.js";
import type { ApplicationMetrics, ServingMetrics } from "./servingMetrics.js";

export interface MetricSources {
  readonly serving: ServingMetrics;
  readonly models: () => readonly ModelFigures[];
  readonly learning: () => readonly LearningFigures[];
  readonly process: () => ProcessFigures;
}

/** Each is some dozens of time series: what is beyond is counted as left out, so that no text grows without bound. */
const MOST = { applications: 200, versions: 200, replicas: 400 } as const;

/**
 * Prometheus' text. The hot path counts in plain fields and histograms of our own (an observation through the client
 * library costs ten times as much); they are read here, when somebody asks.
 */
export function prometheusRegistry(sources: MetricSources): Registry {
  const registry = new Registry();
  addProcessMetrics(registry);
  const shown = new Shown(sources);
  addApplicationMetrics(registry, () => shown.applications());
  addLearningMetrics(registry, () => sources.learning().slice(0, MOST.applications));
  addModelMetrics(registry, () => shown.models());
  addReplicaMetrics(registry, () => shown.models());
  addGauge(
    registry,
    "skysail_metrics_left_out",
    "Applications, model versions and replicas without figures here, since there are too many",
    () => shown.leftOut(),
    ["kind"],
  );
  addGauge(registry, "skysail_cache_bytes", "Memory of the exact cache, keys and overhead counted", () => [
    [{}, sources.process().cacheBytes],
  ]);
  addGauge(registry, "skysail_cache_entries", "Entries of the exact cache", () => [
    [{}, sources.process().cacheEntries],
  ]);
  addGauge(registry, "skysail_held_entities", "Entities whose learned states, or lack of one, are in memory", () => [
    [{}, sources.process().heldEntities],
  ]);
  addGauge(registry, "skysail_held_entity_bytes", "Memory of entities' learned states, overhead counted", () => [
    [{}, sources.process().heldEntityBytes],
  ]);
  addGauge(registry, "skysail_event_loop_late_seconds", "How late alarms fire, 99th percentile, at least 1 ms", () => [
    [{}, sources.process().eventLoopLateMs / 1000],
  ]);
  addGauge(registry, "skysail_hot_operations", "GraphQL operations that run without parsing and validation", () => [
    [{}, sources.process().hotOperations],
  ]);
  addCounter(
    registry,
    "skysail_refused_requests_total",
    "Requests and connections that were refused whole, by code; UNAUTHENTICATED: of callers whom nobody knows",
    ["code"],
    () => [...sources.process().refusedRequests].map(([code, count]) => [{ code }, count]),
  );
  return registry;
}

type Applications = readonly (readonly [string, ApplicationMetrics])[];

/** Of the event loop's delay, from a timer that would wake an idle process a hundred times a second. */
const POLLED = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (name) => `nodejs_eventloop_lag_${name}_seconds`,
);
const HOUR_MS = 3_600_000;

/** The client library's own, without those that poll: `skysail_event_loop_late_seconds` says how late the loop is. */
function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: HOUR_MS });
  for (const name of POLLED) registry.removeSingleMetric(name);
}

/** What is shown of what there is. */
class Shown {
  readonly #sources: MetricSources;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  applications(): Applications {
    return [...this.#sources.serving.entries()].slice(0, MOST.applications);
  }

  models(): readonly ModelFigures[] {
    let left: number = MOST.replicas;
    return this.#sources
      .models()
      .slice(0, MOST.versions)
      .map((figures) => {
        const replicas = figures.replicas.slice(0, left);
        left -= replicas.length;
        return replicas.length === figures.replicas.length ? figures : { ...figures, replicas };
      });
  }

  leftOut(): Samples {
    const models = this.#sources.models();
    const replicasOf = (of: readonly ModelFigures[]) => of.reduce((sum, { replicas }) => sum + replicas.length, 0);
    const left = {
      application: [...this.#sources.serving.entries()].length - this.applications().length,
      version: models.length - Math.min(models.length, MOST.versions),
      replica: replicasOf(models) - replicasOf(this.models()),
    };
    return Object.entries(left).map(([kind, count]) => [{ kind }, count]);
  }
}

function addApplicationMetrics(registry: Registry, applications: () => Applications): void {
  const perApplication = (read: (labels: Labels, metrics: ApplicationMetrics) => Samples) => () =>
    applications().flatMap(([application, metrics]) => read({ application }, metrics));
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
    "skysail_abandoned_total",
    "Queries whose caller left before the answer",
    ["application"],
    perApplication((labels, { abandoned }) => [[labels, abandoned]]),
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
  addCounter(
    registry,
    "skysail_withheld_observations_total",
    "Observations that were stored and not learned from, since their API key had more than its learnedShare",
    ["application"],
    perApplication((labels, { withheldObservations }) => [[labels, withheldObservations]]),
  );
  addCounter(
    registry,
    "skysail_outlier_observations_total",
    "Observations far from what was answered: labels held to be impossible, numbers beyond 5 robust standard deviations",
    ["application"],
    perApplication((labels, { outlierObservations }) => [[labels, outlierObservations]]),
  );
  addCounter(
    registry,
    "skysail_default_rewards_total",
    "Predictions counted as their application's default reward, for want of another, by this server",
    ["application"],
    perApplication((labels, { defaultRewards }) => [[labels, defaultRewards]]),
  );
  addHistogram(registry, "skysail_prediction_seconds", "Time from arrival to answer", () =>
    applications().map(([application, { latencyMs }]) => [{ application }, latencyMs] as const),
  );
}
