import { describe, expect, test } from "@jest/globals";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import { failure } from "../../src/domain/failure.js";
import { Histogram } from "../../src/lib/histogram.js";
import type { LearningFigures, ModelFigures, ReplicaFigures } from "../../src/telemetry/figures.js";
import { prometheusRegistry } from "../../src/telemetry/prometheus.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { application, prediction } from "../support/fakeServing.js";

interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;

/** The text format, strictly: every line is a comment, empty, or a sample. */
function parse(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    if (line === "" || /^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+$/.test(line)) return [];
    const match = SAMPLE.exec(line);
    if (match === null) throw new Error(`not a sample: ${line}`);
    const labels = [...(match[2] ?? "").matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
    const value = match[3] === "+Inf" ? Infinity : Number(match[3]);
    return [
      {
        name: match[1] as string,
        labels: Object.fromEntries(labels.map(([, key, to]) => [String(key), String(to)])),
        value,
      },
    ];
  });
}

const LATENCIES_MS = [0.3, 1.5, 1.5, 30, 30, 700, 9000];

function filled(...samples: number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.record(sample);
  return histogram;
}

function replica(endpoint: string): ReplicaFigures {
  const counts = { links: 21, batches: 22, rows: 23, overdue: 24, lost: 25, ejected: 26, retried: 27 };
  return { endpoint, state: "READY", ...counts, serviceMs: filled(3, 4) };
}

function modelFigures(model = "m", replicas: readonly ReplicaFigures[] = [replica("a:1")]): ModelFigures {
  const failures = { DEADLINE_EXCEEDED: 31, OVERLOADED: 32, NO_REPLICA: 33, MODEL_ERROR: 34, MODEL_BAD_OUTPUT: 35 };
  const times = { serviceMs: filled(7), queueWaitMs: filled(8), wrapperMs: filled(9, 9), rowWaitMs: filled(1, 2, 3) };
  return {
    ...{ model, version: 2, answered: 1, failed: 2, dropped: 3, retried: 4, batches: 5, rows: 6 },
    ...{ approximate: [], cacheHits: 7, cacheMisses: 8, cacheJoined: 9, queuedRows: 10, readyReplicas: 11 },
    ...{ overdue: 17, ejected: 18, retriesRefused: 19, quarantined: 20, unknownReplies: 15, unusableReplies: 16 },
    failures: { ...failures, POISON: 36 },
    dispatches: { ...new BatcherMetrics().dispatches, FULL: 41, TURN_END: 42 },
    ...times,
    rowsPerBatch: filled(1, 1, 2, 8, 9, 64, 65, 1024, 2000),
    replicas,
  };
}

const LEARNING: LearningFigures = {
  ...{ application: "insects", folded: 51, drifts: { APPLICATION: 52, MODEL: 53, ENTITY: 54 } },
  ...{
    weights: () => [],
    recentLoss: 0.25,
    adaptation: "STALLED",
    realisedCoverage: 0.875,
    statedCoverage: 0.9,
    stateAgeMs: 500,
    rebuildsPending: 55,
  },
  ...{ groupRows: filled(1, 2, 64), foldMs: filled(3, 4) },
};

function setUp(models: readonly ModelFigures[] = [modelFigures()], learning = LEARNING) {
  const serving = new ServingMetrics();
  for (const latencyMs of LATENCIES_MS) serving.record(application(), prediction({ latencyMs }));
  serving.record(application(), prediction({ source: "DEFAULT", defaultReason: "OVERLOADED", latencyMs: 0.9 }));
  serving.record(application(), failure("NOT_FOUND", "none"));
  serving.recordObservation("insects", { kind: "observation", seq: 1, duplicate: true }, () => true);
  const withheld = { kind: "observation", seq: 2, duplicate: false, withheld: "LEARNED_SHARE" } as const;
  serving.recordObservation("insects", withheld, () => true);
  const process = {
    cacheBytes: 12,
    cacheEntries: 13,
    hotOperations: 14,
    refusedRequests: new Map([["UNAUTHENTICATED", 43]]),
    eventLoopLateMs: 2,
    heldEntities: 15,
    heldEntityBytes: 16,
  };
  const registry = prometheusRegistry({
    serving,
    models: () => models,
    learning: () => [learning],
    process: () => process,
  });
  const read = async () => parse(await registry.metrics());
  return { serving, read };
}

function find(lines: readonly Line[], name: string, labels: Record<string, string> = {}): number[] {
  const fits = (line: Line) => Object.entries(labels).every(([key, value]) => line.labels[key] === value);
  return lines.filter((line) => line.name === name && fits(line)).map(({ value }) => value);
}

describe("prometheus text", () => {
  test("has a histogram of cumulative buckets that end with the count", async () => {
    const lines = await setUp().read();
    const buckets = lines.filter(({ name }) => name === "skysail_prediction_seconds_bucket");
    const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Infinity : Number(labels["le"])));
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(bounds.length).toBeGreaterThan(10);
    // 0.3, 0.9, 1.5 twice, 30 twice, 700 and 9000 ms: none is within a bucket of a bound.
    const exact = bounds.map((bound) => [...LATENCIES_MS, 0.9].filter((ms) => ms <= bound * 1000).length);
    expect(buckets.map(({ value }) => value)).toEqual(exact);
    expect(find(lines, "skysail_prediction_seconds_count", { application: "insects" })).toEqual([8]);
    const [sum] = find(lines, "skysail_prediction_seconds_sum");
    expect(sum).toBeCloseTo(9.7642, 6);
  });

  test("has the counters of applications and of models by their labels", async () => {
    const lines = await setUp().read();
    expect(find(lines, "skysail_predictions_total", { application: "insects", source: "MODEL" })).toEqual([7]);
    expect(find(lines, "skysail_predictions_total", { source: "DEFAULT" })).toEqual([1]);
    expect(find(lines, "skysail_default_answers_total", { reason: "OVERLOADED" })).toEqual([1]);
    expect(find(lines, "skysail_failures_total", { code: "NOT_FOUND" })).toEqual([1]);
    expect(find(lines, "skysail_refused_requests_total", { code: "UNAUTHENTICATED" })).toEqual([43]);
    expect(find(lines, "skysail_within_slo_total")).toEqual([6]);
    expect(find(lines, "skysail_observations_total", { result: "duplicate" })).toEqual([1]);
    expect(find(lines, "skysail_withheld_observations_total", {})).toEqual([1]);
    expect(find(lines, "skysail_outlier_observations_total", {})).toEqual([1]);
    expect(find(lines, "skysail_model_bad_replies_total", { kind: "unknown" })).toEqual([15]);
    expect(find(lines, "skysail_model_bad_replies_total", { kind: "unusable" })).toEqual([16]);
    for (const [kind, count] of Object.entries({ overdue: 17, ejected: 18, retry_refused: 19, quarantined: 20 })) {
      expect(find(lines, "skysail_model_faults_total", { model: "m", kind })).toEqual([count]);
    }
    for (const [result, count] of Object.entries({ answered: 1, failed: 2, dropped: 3, retried: 4 })) {
      expect(find(lines, "skysail_model_rows_total", { model: "m", version: "2", result })).toEqual([count]);
    }
    expect(find(lines, "skysail_cache_bytes")).toEqual([12]);
    expect(find(lines, "skysail_hot_operations")).toEqual([14]);
    expect(find(lines, "skysail_event_loop_late_seconds")).toEqual([0.002]);
  });

  test("has what applications learn, and leaves out what is not known", async () => {
    const lines = await setUp().read();
    const of = (name: string, labels: Record<string, string> = {}) =>
      find(lines, `skysail_${name}`, { application: "insects", ...labels });
    expect(of("folded_observations_total")).toEqual([51]);
    expect(["APPLICATION", "MODEL", "ENTITY"].map((whose) => of("drifts_total", { of: whose }))).toEqual([
      [52],
      [53],
      [54],
    ]);
    expect([of("recent_loss"), of("realised_coverage"), of("stated_coverage")]).toEqual([[0.25], [0.875], [0.9]]);
    expect([of("state_age_seconds"), of("learning_stalled"), of("rebuilds_pending")]).toEqual([[0.5], [0], [55]]);
    expect(of("adaptation_stalled")).toEqual([1]);
    expect([of("group_rows_sum"), of("fold_seconds_count")]).toEqual([[67], [2]]);
    expect([find(lines, "skysail_held_entities"), find(lines, "skysail_held_entity_bytes")]).toEqual([[15], [16]]);
    const { read } = setUp([], { ...LEARNING, recentLoss: undefined, adaptation: "ADAPTING" });
    const others = await read();
    expect([find(others, "skysail_recent_loss"), find(others, "skysail_adaptation_stalled")]).toEqual([[], [0]]);
  });

  test("says why rows failed and why batches went", async () => {
    const lines = await setUp().read();
    expect(find(lines, "skysail_model_row_failures_total", { model: "m", code: "OVERLOADED" })).toEqual([32]);
    expect(find(lines, "skysail_model_row_failures_total", { version: "2", code: "POISON" })).toEqual([36]);
    expect(find(lines, "skysail_model_dispatches_total", { reason: "TURN_END" })).toEqual([42]);
    expect(find(lines, "skysail_row_queue_seconds_count")).toEqual([3]);
    expect(find(lines, "skysail_wrapper_seconds_count")).toEqual([2]);
  });

  test("counts batches by their rows exactly where bounds are whole numbers", async () => {
    const lines = await setUp().read();
    const upTo = (le: number) => find(lines, "skysail_batch_rows_bucket", { le: String(le) })[0];
    expect([1, 2, 4, 8, 16, 64, 128, 512, 1024].map(upTo)).toEqual([2, 3, 3, 4, 5, 6, 7, 7, 8]);
    expect(find(lines, "skysail_batch_rows_bucket", { le: "+Inf" })).toEqual([9]);
    expect(find(lines, "skysail_batch_rows_sum")).toEqual([3174]);
  });

  test("has the figures of each replica", async () => {
    const lines = await setUp([modelFigures("m", [replica("a:1"), { ...replica("b:1"), rows: 99 }])]).read();
    const of = (endpoint: string) => ({ model: "m", version: "2", replica: endpoint });
    expect(find(lines, "skysail_replica_rows_total", of("a:1"))).toEqual([23]);
    expect(find(lines, "skysail_replica_rows_total", of("b:1"))).toEqual([99]);
    expect(find(lines, "skysail_replica_batches_total", of("a:1"))).toEqual([22]);
    expect(find(lines, "skysail_replica_links_total", of("a:1"))).toEqual([21]);
    expect(find(lines, "skysail_replica_state", { ...of("a:1"), state: "READY" })).toEqual([1]);
    for (const [kind, count] of Object.entries({ overdue: 24, lost: 25, ejected: 26, retried: 27 })) {
      expect(find(lines, "skysail_replica_faults_total", { ...of("a:1"), kind })).toEqual([count]);
    }
    expect(find(lines, "skysail_replica_service_seconds_count", of("a:1"))).toEqual([2]);
  });

  test("does not grow without bound: what is beyond is counted as left out", async () => {
    const replicas = Array.from({ length: 3 }, (_, i) => replica(`r:${i}`));
    const { serving, read } = setUp(Array.from({ length: 250 }, (_, i) => modelFigures(`m${i}`, replicas)));
    for (let i = 0; i < 300; i++) serving.record(application({ name: `a${i}` }), prediction({ latencyMs: 1 }));
    const lines = await read();
    const labels = (name: string, label: string) =>
      new Set(lines.filter((line) => line.name === name).map((line) => line.labels[label])).size;
    expect(labels("skysail_prediction_seconds_count", "application")).toBe(200);
    expect(labels("skysail_model_batches_total", "model")).toBe(200);
    expect(find(lines, "skysail_replica_batches_total")).toHaveLength(400);
    expect(find(lines, "skysail_metrics_left_out", { kind: "application" })).toEqual([101]);
    expect(find(lines, "skysail_metrics_left_out", { kind: "version" })).toEqual([50]);
    expect(find(lines, "skysail_metrics_left_out", { kind: "replica" })).toEqual([350]);
  });

  test("is read anew each time, without counting anything twice", async () => {
    const { serving, read } = setUp();
    await read();
    serving.record(application(), prediction({ latencyMs: 1 }));
    const lines = await read();
    expect(find(lines, "skysail_predictions_total", { source: "MODEL" })).toEqual([8]);
    expect(find(lines, "skysail_prediction_seconds_count")).toEqual([9]);
  });
});
