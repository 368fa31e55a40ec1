import { describe, expect, test } from "@jest/globals";
import { failure } from "../../src/domain/failure.js";
import { Histogram } from "../../src/lib/histogram.js";
import type { LearningFigures, ModelFigures } from "../../src/telemetry/figures.js";
import { MetricsSamples } from "../../src/telemetry/metricsSamples.js";
import type { MetricsTarget } from "../../src/telemetry/metricsSamples.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "../support/fakeClock.js";
import { application, prediction } from "../support/fakeServing.js";

const INSECTS: MetricsTarget = { kind: "APPLICATION", application: "insects" };

function setUp(target: MetricsTarget = INSECTS, learning: () => LearningFigures | undefined = () => undefined) {
  const clock = new FakeClock();
  const metrics = new ServingMetrics();
  const models = new Map<string, ModelFigures[]>();
  const applications = new Set(["insects"]);
  const samples = new MetricsSamples({
    clock,
    metrics,
    ofApplication: (name) => (applications.has(name) ? [] : undefined),
    ofModel: (name) => models.get(name),
    learning,
  });
  const followed = samples.follow(target, 1000);
  const answer = (latencyMs: number, source: "MODEL" | "CACHE" = "MODEL") =>
    metrics.record(application(), prediction({ source, latencyMs }));
  const next = async () => {
    const result = await followed?.next();
    return result?.done === false ? result.value.value : undefined;
  };
  const nextOf = async () => (await next())?.application;
  return { clock, metrics, samples, models, applications, answer, next, nextOf };
}

describe("metrics samples of an application", () => {
  test("say what was answered in their interval", async () => {
    const { clock, answer, next } = setUp();
    expect(await next()).toMatchObject({ intervalMs: 0, application: { predictionsPerSecond: 0, p50Ms: undefined } });
    answer(10);
    answer(20, "CACHE");
    answer(80);
    clock.advance(1000);
    expect(await next()).toEqual({
      at: new Date(clock.wallMs()),
      intervalMs: 1000,
      application: {
        name: "insects",
        predictionsPerSecond: 3,
        p50Ms: expect.closeTo(20, 0) as unknown,
        p99Ms: expect.closeTo(80, -1) as unknown,
        latencyBuckets: [10, 20, 80].map((ms) => ({ upToMs: bucketOf(ms), count: 1 })),
        withinSlo: 2 / 3,
        sources: [
          { source: "MODEL", count: 2 },
          { source: "CACHE", count: 1 },
        ],
        abandoned: 0,
        observationsPerSecond: 0,
        duplicateObservations: 0,
        failedObservations: 0,
        learning: undefined,
        defaultReasons: [],
        failures: [],
      },
      models: [],
    });
  });

  test("say why defaults were given and what failed, in their interval alone", async () => {
    const { clock, metrics, nextOf } = setUp();
    const fail = () => metrics.record(application(), failure("NOT_FOUND", "none"));
    const late = prediction({ source: "DEFAULT", defaultReason: "DEADLINE", latencyMs: 60 });
    fail();
    metrics.record(application(), late);
    await nextOf();
    clock.advance(1000);
    await nextOf();
    fail();
    fail();
    metrics.record(application(), late);
    clock.advance(1000);
    expect(await nextOf()).toMatchObject({
      sources: [{ source: "DEFAULT", count: 1 }],
      defaultReasons: [{ reason: "DEADLINE", count: 1 }],
      failures: [{ code: "NOT_FOUND", count: 2 }],
    });
  });

  test("count what happened since the last one, and nothing twice", async () => {
    const { clock, metrics, answer, nextOf } = setUp();
    await nextOf();
    answer(5);
    clock.advance(1000);
    await nextOf();
    metrics.recordObservation("insects", { kind: "observation", seq: 1, duplicate: false }, () => false);
    metrics.recordAbandoned(application());
    clock.advance(1000);
    expect(await nextOf()).toMatchObject({
      predictionsPerSecond: 0,
      p50Ms: undefined,
      latencyBuckets: [],
      withinSlo: undefined,
      sources: [],
      abandoned: 1,
      observationsPerSecond: 1,
    });
  });

  test("begin anew with an application that was made anew", async () => {
    const { clock, metrics, answer, nextOf } = setUp();
    for (let i = 0; i < 5; i++) answer(5);
    await nextOf();
    metrics.retain(new Set());
    answer(7);
    clock.advance(1000);
    const sample = await nextOf();
    expect(sample).toMatchObject({ predictionsPerSecond: 1, sources: [{ source: "MODEL", count: 1 }] });
    expect(sample?.latencyBuckets).toEqual([{ upToMs: bucketOf(7), count: 1 }]);
  });

  test("say what was learned in the interval, and what is known at its end", async () => {
    const groupRows = new Histogram();
    const foldMs = new Histogram();
    const rates = { recentLoss: 0.25, realisedCoverage: 0.8, statedCoverage: 0.9 };
    const known = { ...rates, adaptation: "STALLED", stateAgeMs: 3, rebuildsPending: 2 } as const;
    const counts = { folded: 10, drifts: { APPLICATION: 1, MODEL: 0, ENTITY: 4 } };
    const weights = [{ model: "m", weight: 1, observations: 7, recentLoss: 0.5 }];
    groupRows.record(10);
    const { clock, nextOf } = setUp(INSECTS, () => ({
      ...{ application: "insects", ...known, ...structuredClone(counts), groupRows, foldMs },
      weights: () => weights,
    }));
    await nextOf();
    counts.folded = 16;
    counts.drifts.ENTITY = 6;
    groupRows.record(2);
    groupRows.record(4);
    foldMs.record(5);
    clock.advance(1000);
    const told = { foldedPerSecond: 6, drifts: 2, rowsPerGroup: 3, foldP99Ms: expect.closeTo(5, 0) as unknown };
    expect(await nextOf()).toMatchObject({ learning: { ...known, ...told, weights } });
  });

  test("are none of one that is not there, and end with it", async () => {
    const { clock, samples, applications, next } = setUp();
    expect(samples.follow({ kind: "APPLICATION", application: "birds" }, 1000)).toBeUndefined();
    await next();
    applications.clear();
    clock.advance(1000);
    expect(await next()).toBeUndefined();
    expect([samples.size, clock.alarms]).toEqual([0, 0]);
  });
});

/** The upper bound of the bucket that a latency is shown in. */
function bucketOf(ms: number): unknown {
  const histogram = new Histogram();
  histogram.record(ms);
  const uppers = Array.from({ length: 120 }, (_, i) => 0.001 * 1.02 ** (10 * i + 9));
  return expect.closeTo(uppers.find((upper) => upper >= ms) ?? 0, 6);
}
