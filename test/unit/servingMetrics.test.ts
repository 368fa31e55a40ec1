import { describe, expect, test } from "@jest/globals";
import { Histogram } from "../../src/lib/histogram.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { application, prediction } from "../support/fakeServing.js";

/** Counts what all histograms record while `work` runs. */
function recordingsOf(work: () => void): number {
  const record = Object.getOwnPropertyDescriptor(Histogram.prototype, "record")?.value as Histogram["record"];
  let recordings = 0;
  Histogram.prototype.record = function (this: Histogram, ...given: Parameters<typeof record>) {
    recordings += 1;
    record.apply(this, given);
  };
  try {
    work();
  } finally {
    Histogram.prototype.record = record;
  }
  return recordings;
}

describe("an application's figures", () => {
  test("go with it", () => {
    const metrics = new ServingMetrics();
    for (const name of ["gone", "stays"]) metrics.record(application({ name }), prediction(), 3);
    metrics.retain(new Set(["stays", "new"]));
    expect([...metrics.entries()].map(([name]) => name)).toEqual(["stays"]);
    expect(metrics.of("stays").answers).toBe(1);
    expect(metrics.of("gone").answers).toBe(0);
  });
});

describe("latency windows", () => {
  const record = (metrics: ServingMetrics, name: string, latencyMs = 5) =>
    metrics.record(application({ name }), prediction(), latencyMs);

  test("cost a prediction only where they are of its own application", () => {
    const metrics = new ServingMetrics();
    for (let i = 0; i < 50; i++) metrics.openWindow("birds");
    metrics.openWindow("insects");
    expect(recordingsOf(() => record(metrics, "insects"))).toBe(2);
    expect(recordingsOf(() => record(metrics, "fish"))).toBe(1);
  });

  test("have what came since they were opened or taken, each on its own", () => {
    const metrics = new ServingMetrics();
    const early = metrics.openWindow("insects");
    record(metrics, "insects");
    const late = metrics.openWindow("insects");
    record(metrics, "insects");
    expect([early.take().count, late.take().count, early.take().count]).toEqual([2, 1, 0]);
  });

  test("cost nothing once they are closed, also where one is opened again", () => {
    const metrics = new ServingMetrics();
    const first = metrics.openWindow("insects");
    const second = metrics.openWindow("insects");
    first.close();
    expect(recordingsOf(() => record(metrics, "insects"))).toBe(2);
    second.close();
    expect(recordingsOf(() => record(metrics, "insects"))).toBe(1);
    const third = metrics.openWindow("insects");
    first.close();
    record(metrics, "insects");
    expect(third.take().count).toBe(1);
  });
});
