import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { LatencyModel } from "../../src/batching/latencyModel.js";

function learned(lineMs: (rows: number) => number, sizes: readonly number[]): LatencyModel {
  const model = new LatencyModel();
  for (const rows of sizes) model.record(rows, lineMs(rows));
  return model;
}

const SIZES = Array.from({ length: 200 }, (_, i) => 1 + ((i * 7) % 60));

describe("latency model", () => {
  test("learns the line of batches without noise", () => {
    const model = learned((rows) => 4 + 0.25 * rows, SIZES);
    expect(model.alphaMs).toBeCloseTo(4, 6);
    expect(model.betaMs).toBeCloseTo(0.25, 6);
    expect(model.expectedMs(100)).toBeCloseTo(29, 5);
  });

  test("keeps both coefficients at least 0, whatever it sees", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 256 }), fc.double({ min: 0.001, max: 1e4, noNaN: true }))),
        (samples) => {
          const model = new LatencyModel();
          for (const [rows, ms] of samples) model.record(rows, ms);
          expect(model.alphaMs).toBeGreaterThanOrEqual(0);
          expect(model.betaMs).toBeGreaterThanOrEqual(0);
          expect(model.tailRatio).toBeGreaterThanOrEqual(1);
          expect(model.tailRatio).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  test("gives the most rows whose tail fits: one more would not", () => {
    const model = learned((rows) => 4 + 0.25 * rows, SIZES);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 500, noNaN: true }), (withinMs) => {
        const rows = model.maxRows(withinMs);
        if (rows > 0) expect(model.tailMs(rows)).toBeLessThanOrEqual(withinMs + 1e-6);
        expect(model.tailMs(rows + 1)).toBeGreaterThan(withinMs - 1e-6);
      }),
    );
  });

  test("thinks the worst of larger batches while it has seen one size only", () => {
    expect(learned(() => 10, [8, 8, 8]).expectedMs(16)).toBeCloseTo(20, 9);
  });

  test("follows the 0.99 quantile of noise with its tail ratio", () => {
    const random = seededRandom(7);
    const model = new LatencyModel();
    let above = 0;
    for (let i = 0; i < 30_000; i++) {
      const rows = 1 + Math.floor(random() * 60);
      const ms = (4 + 0.25 * rows) * Math.exp(0.08 * normal(random));
      if (i >= 10_000 && ms > model.tailMs(rows)) above += 1;
      model.record(rows, ms);
    }
    expect(above / 20_000).toBeGreaterThan(0.003);
    expect(above / 20_000).toBeLessThan(0.02);
  });

  test("sets two stalls aside, and begins again from three in a row", () => {
    const model = learned((rows) => 4 + 0.25 * rows, SIZES);
    model.record(10, 5000);
    model.record(10, 5000);
    expect(model.expectedMs(10)).toBeCloseTo(6.5, 6);
    model.record(10, 6.5);
    model.record(10, 5000);
    model.record(10, 5000);
    expect(model.expectedMs(10)).toBeCloseTo(6.5, 6);
    model.record(10, 5000);
    expect(model.expectedMs(10)).toBeCloseTo(5000, 6);
  });

  test("begins again when ten batches in a row are off the line to one side", () => {
    for (const factor of [2, 0.5]) {
      const model = learned((rows) => 4 + 0.25 * rows, SIZES);
      for (let i = 0; i < 10; i++) model.record(10 + i, factor * (4 + 0.25 * (10 + i)));
      expect(model.samples).toBe(10);
      expect(model.expectedMs(30)).toBeCloseTo(factor * 11.5, 3);
    }
  });
});
