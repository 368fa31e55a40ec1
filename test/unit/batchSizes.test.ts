import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { exponential, seededRandom } from "../../bench/simulation/seededRandom.js";
import type { BatchSizeController } from "../../src/batching/batchSizeController.js";
import { LatencyModel } from "../../src/batching/latencyModel.js";
import { ModelSize } from "../../src/batching/modelSize.js";
import { quantileLine } from "../../src/batching/quantileLine.js";
import { QuantileSize } from "../../src/batching/quantileSize.js";

const MAX_ROWS = 200;

/** A controller with what has to learn before it, under full batches of a given latency. */
function driven(kind: "model" | "quantile") {
  const model = new LatencyModel();
  const controller: BatchSizeController =
    kind === "model" ? new ModelSize(model, MAX_ROWS) : new QuantileSize(MAX_ROWS);
  const record = (rows: number, serviceMs: number, budgetMs: number) => {
    model.record(rows, serviceMs);
    controller.record({ rows, full: rows >= controller.size, serviceMs }, budgetMs);
  };
  return { controller, record };
}

describe.each(["model", "quantile"] as const)("controller %s", (kind) => {
  test("settles on the largest size whose tail fits the budget", () => {
    const { controller, record } = driven(kind);
    for (let i = 0; i < 400; i++)
      record(Math.max(1, controller.size - (i % 3)), 4 + 0.25 * Math.max(1, controller.size - (i % 3)), 25);
    expect(controller.size).toBeGreaterThanOrEqual(82);
    expect(controller.size).toBeLessThanOrEqual(85);
    expect(controller.reason).not.toBe("");
  });

  test("stays within 1 and its maximum, whatever it sees", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0.001, max: 1e4, noNaN: true })), {
          maxLength: 100,
        }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        (samples, budgetMs) => {
          const { controller, record } = driven(kind);
          for (const [rows, ms] of samples) {
            record(rows, ms, budgetMs);
            expect(Number.isInteger(controller.size)).toBe(true);
            expect(controller.size).toBeGreaterThanOrEqual(1);
            expect(controller.size).toBeLessThanOrEqual(MAX_ROWS);
          }
        },
      ),
    );
  });
});

describe("quantile line", () => {
  test("has about a share q of the points on or below it, and the slope of the noise's scale", () => {
    const random = seededRandom(3);
    const x = Float64Array.from({ length: 2000 }, () => 1 + Math.floor(random() * 100));
    const y = x.map((rows) => 4 + 0.25 * rows + exponential(random));
    for (const q of [0.5, 0.9, 0.99]) {
      const { intercept, slope } = quantileLine(x, y, q);
      const below = x.filter((rows, i) => (y[i] as number) <= intercept + slope * rows + 1e-9).length / x.length;
      expect(Math.abs(below - q)).toBeLessThan(0.01);
      expect(intercept + 50 * slope).toBeCloseTo(16.5 - Math.log(1 - q), q > 0.95 ? 0 : 1);
    }
  });
});
