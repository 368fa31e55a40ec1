import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { LatencyLine } from "../../src/batching/latencyLine.js";
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

  test("expects twice as many rows to take no longer while it has seen one size only, and more in proportion", () => {
    const line = new LatencyLine();
    for (let i = 0; i < 3; i++) line.record(8, 10);
    expect([4, 8, 16, 32].map((rows) => line.expectedMs(rows))).toEqual(
      [5, 10, 10, 20].map((ms) => expect.closeTo(ms, 9)),
    );
    expect([5, 9.9, 10, 20].map((ms) => line.maxRows(ms))).toEqual([4, 7, 16, 32]);
    for (let i = 0; i < 3; i++) line.record(16, 20);
    expect(line.expectedMs(16)).toBeCloseTo(20, 9);
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

  /** A model that computes in tiles of 32 rows. */
  const tiledMs = (rows: number): number => 10 * Math.ceil(rows / 32);
  const LARGER = Array.from({ length: 400 }, (_, i) => 1 + ((i * 37) % 128));

  test("tells steps by a table where the line's median error exceeds 15 %", () => {
    const steps = (rows: number) => (rows <= 16 ? 2 : rows <= 64 ? 20 : 60);
    const model = learned(steps, LARGER);
    expect(model.usesTable).toBe(true);
    for (const rows of [1, 16, 17, 64, 65, 128]) expect(model.expectedMs(rows) / steps(rows)).toBeCloseTo(1, 1);
    expect(model.maxRows(model.tailMs(64))).toBe(64);
  });

  test("stays with the line where that is good enough, or noise is all that is wrong with it", () => {
    expect(learned((rows) => 4 + 0.25 * rows, LARGER).usesTable).toBe(false);
    expect(learned((rows) => 20 + tiledMs(rows), LARGER).usesTable).toBe(false);
    const random = seededRandom(3);
    expect(learned((rows) => (4 + 0.25 * rows) * Math.exp(0.4 * normal(random)), LARGER).usesTable).toBe(false);
  });

  test("comes back to the line when latency has become one", () => {
    const model = learned((rows) => (rows <= 16 ? 2 : rows <= 64 ? 20 : 60), LARGER);
    for (const rows of [...LARGER, ...LARGER]) model.record(rows, 4 + 0.25 * rows);
    expect(model.usesTable).toBe(false);
    expect(model.expectedMs(100) / 29).toBeCloseTo(1, 1);
  });

  test("keeps its promises whichever it uses: more rows never take less, and one more than the most does not fit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 128 }), fc.double({ min: 0.9, max: 1.1, noNaN: true })), {
          minLength: 150,
          maxLength: 300,
        }),
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0, max: 300, noNaN: true }),
        (samples, steps, withinMs) => {
          const model = new LatencyModel();
          for (const [rows, noise] of samples) {
            model.record(rows, noise * steps.slice(0, Math.ceil(rows / 32)).reduce((sum, ms) => sum + ms, 0));
          }
          for (let rows = 1; rows < 160; rows++) {
            expect(model.expectedMs(rows + 1)).toBeGreaterThanOrEqual(model.expectedMs(rows) - 1e-9);
          }
          const rows = model.maxRows(withinMs);
          if (rows > 0 && rows < Infinity) expect(model.tailMs(rows)).toBeLessThanOrEqual(withinMs + 1e-6);
          if (rows < Infinity) expect(model.tailMs(rows + 1)).toBeGreaterThan(withinMs - 1e-6);
        },
      ),
    );
  });
});
