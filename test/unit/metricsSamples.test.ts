import { describe, expect, test } from "@jest/globals";
import { failure } from "../../src/domain/failure.js";
import { metricsSamples } from "../../src/telemetry/metricsSamples.js";
import type { MetricsSample } from "../../src/telemetry/metricsSamples.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "../support/fakeClock.js";
import { application, prediction } from "../support/fakeServing.js";

function setUp() {
  const clock = new FakeClock();
  const metrics = new ServingMetrics();
  const samples = metricsSamples(metrics, clock, "insects", 1000);
  const answer = (latencyMs: number, source: "MODEL" | "CACHE" = "MODEL") =>
    metrics.record(application(), prediction({ source }), latencyMs);
  /** Asks for the next sample; what came of it by now. */
  const next = () => {
    let result: IteratorResult<MetricsSample> | undefined;
    void samples.next().then((given) => (result = given));
    return async () => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      return result;
    };
  };
  return { clock, metrics, samples, answer, next };
}

describe("metrics samples", () => {
  test("say why defaults were given and what failed, in their interval alone", async () => {
    const { clock, metrics, next } = setUp();
    const fail = () => metrics.record(application(), failure("NOT_FOUND", "none"), 1);
    const late = prediction({ source: "DEFAULT", defaultReason: "DEADLINE" });
    fail();
    metrics.record(application(), late, 60);
    await next()();
    const second = next();
    fail();
    fail();
    metrics.record(application(), late, 60);
    clock.advance(1000);
    expect((await second())?.value).toMatchObject({
      sources: [{ source: "DEFAULT", count: 1 }],
      defaultReasons: [{ reason: "DEADLINE", count: 1 }],
      failures: [{ code: "NOT_FOUND", count: 2 }],
    });
  });

  test("begin at once, then come one an interval", async () => {
    const { clock, answer, next } = setUp();
    expect(await next()()).toMatchObject({ done: false, value: { intervalMs: 0, predictionsPerSecond: 0 } });
    const second = next();
    answer(10);
    answer(20, "CACHE");
    answer(80);
    clock.advance(999);
    expect(await second()).toBeUndefined();
    clock.advance(1);
    expect(await second()).toEqual({
      done: false,
      value: {
        at: new Date(clock.wallMs()),
        intervalMs: 1000,
        application: "insects",
        predictionsPerSecond: 3,
        p50Ms: expect.closeTo(20, 0) as unknown,
        p99Ms: expect.closeTo(80, -1) as unknown,
        withinSlo: 2 / 3,
        sources: [
          { source: "MODEL", count: 2 },
          { source: "CACHE", count: 1 },
        ],
        observationsPerSecond: 0,
        defaultReasons: [],
        failures: [],
        models: [],
      },
    });
  });

  test("count what happened since the last one, and nothing twice", async () => {
    const { clock, metrics, answer, next } = setUp();
    answer(5);
    metrics.record(application(), failure("OVERLOADED", "full"), 1);
    await next()();
    metrics.recordObservation("insects", { kind: "observation", seq: 1, duplicate: false });
    const second = next();
    clock.advance(1000);
    const sample = await second();
    expect(sample?.value).toMatchObject({
      predictionsPerSecond: 0,
      sources: [],
      observationsPerSecond: 1,
      withinSlo: undefined,
    });
    expect(sample?.value).toMatchObject({ p50Ms: undefined, p99Ms: undefined });
  });

  test("are one for all the intervals that a slow reader missed", async () => {
    const { clock, answer, next } = setUp();
    await next()();
    for (let i = 0; i < 5; i++) {
      answer(5);
      clock.advance(1000);
    }
    const late = next();
    clock.advance(0);
    expect(await late()).toMatchObject({ value: { intervalMs: 5000, predictionsPerSecond: 1 } });
    const following = next();
    clock.advance(999);
    expect(await following()).toBeUndefined();
  });

  test("are given to all who ask at once, an interval apart", async () => {
    const { clock, answer, next } = setUp();
    const asked = [next(), next(), next()] as const;
    expect(await asked[0]()).toMatchObject({ done: false, value: { intervalMs: 0 } });
    answer(5);
    clock.advance(1000);
    expect(await asked[1]()).toMatchObject({ done: false, value: { intervalMs: 1000, predictionsPerSecond: 1 } });
    expect(await asked[2]()).toBeUndefined();
    clock.advance(1000);
    expect(await asked[2]()).toMatchObject({ done: false, value: { intervalMs: 1000, predictionsPerSecond: 0 } });
    expect(clock.alarms).toBe(0);
  });

  test("end for all who ask at once", async () => {
    const { clock, samples, next } = setUp();
    await next()();
    const asked = [next(), next()] as const;
    await samples.return?.();
    expect(clock.alarms).toBe(0);
    for (const result of asked) expect(await result()).toEqual({ done: true, value: undefined });
  });

  test("have the latencies of their own application only", async () => {
    const { clock, metrics, answer, next } = setUp();
    await next()();
    const second = next();
    answer(10);
    metrics.record(application({ name: "birds" }), prediction(), 400);
    clock.advance(1000);
    expect(await second()).toMatchObject({ value: { p99Ms: expect.closeTo(10, 0) as unknown } });
  });

  test("end on return, also for one who waits, with nothing left to fire", async () => {
    const { clock, samples, next } = setUp();
    await next()();
    const waiting = next();
    expect(clock.alarms).toBe(1);
    expect(await samples.return?.()).toEqual({ done: true, value: undefined });
    expect(clock.alarms).toBe(0);
    expect(await waiting()).toEqual({ done: true, value: undefined });
    expect(await next()()).toEqual({ done: true, value: undefined });
  });
});
