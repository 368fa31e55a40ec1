import { describe, expect, test } from "@jest/globals";
import { failure } from "../../src/domain/failure.js";
import { Histogram } from "../../src/lib/histogram.js";
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

function setUp() {
  const serving = new ServingMetrics();
  for (const latencyMs of LATENCIES_MS) serving.record(application(), prediction(), latencyMs);
  serving.record(application(), prediction({ source: "DEFAULT", defaultReason: "OVERLOADED" }), 0.9);
  serving.record(application(), failure("NOT_FOUND", "none"), 1);
  serving.recordObservation("insects", { kind: "observation", seq: 1, duplicate: true });
  const dispatches = { FULL: 21, BUDGET: 22, TURN_END: 23, DELAY: 24, DRAIN: 25 };
  const counts = { answered: 1, failed: 2, dropped: 3, retried: 4, batches: 5, rows: 6 };
  const cache = { approximate: [], cacheHits: 7, cacheMisses: 8, cacheJoined: 9 };
  const times = { serviceMs: new Histogram(), queueWaitMs: new Histogram() };
  const faults = { overdue: 17, ejected: 18, retriesRefused: 19, quarantined: 20 };
  const replies = { unknownReplies: 15, unusableReplies: 16 };
  const gauges = { queuedRows: 10, readyReplicas: 11 };
  const model = { model: "m", version: 2, dispatches, ...counts, ...cache, ...replies, ...faults, ...gauges, ...times };
  const process = { cacheBytes: 12, cacheEntries: 13, hotOperations: 14 };
  const registry = prometheusRegistry({ serving, models: () => [model], process: () => process });
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
    expect(find(lines, "skysail_within_slo_total")).toEqual([6]);
    expect(find(lines, "skysail_observations_total", { result: "duplicate" })).toEqual([1]);
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
  });

  test("is read anew each time, without counting anything twice", async () => {
    const { serving, read } = setUp();
    await read();
    serving.record(application(), prediction(), 1);
    const lines = await read();
    expect(find(lines, "skysail_predictions_total", { source: "MODEL" })).toEqual([8]);
    expect(find(lines, "skysail_prediction_seconds_count")).toEqual([9]);
  });
});
