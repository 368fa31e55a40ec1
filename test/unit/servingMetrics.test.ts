import { describe, expect, test } from "@jest/globals";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { application, prediction } from "../support/fakeServing.js";

describe("an application's figures", () => {
  test("go with it", () => {
    const metrics = new ServingMetrics();
    for (const name of ["gone", "stays"]) metrics.record(application({ name }), prediction());
    metrics.retain(new Set(["stays", "new"]));
    expect([...metrics.entries()].map(([name]) => name)).toEqual(["stays"]);
    expect(metrics.of("stays").answers).toBe(1);
    expect(metrics.of("gone").answers).toBe(0);
  });
});
