import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Aimd } from "../../src/batching/aimd.js";

const BUDGET_MS = 20;
const sample = fc.record({
  rows: fc.integer({ min: 1, max: 300 }),
  full: fc.boolean(),
  serviceMs: fc.double({ min: 0, max: 60, noNaN: true }),
});

describe("additive increase, multiplicative decrease", () => {
  test("stays from 1 to its maximum, and moves by its rule alone", () => {
    const options = fc.record({
      initialRows: fc.integer({ min: 1, max: 400 }),
      maxBatchRows: fc.integer({ min: 1, max: 300 }),
      stepRows: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(options, fc.array(sample, { maxLength: 100 }), (given, samples) => {
        const aimd = new Aimd(given);
        for (const next of samples) {
          const before = aimd.size;
          aimd.record(next, BUDGET_MS);
          expect(Number.isInteger(aimd.size)).toBe(true);
          expect(aimd.size).toBeGreaterThanOrEqual(1);
          expect(aimd.size).toBeLessThanOrEqual(given.maxBatchRows);
          if (next.serviceMs > BUDGET_MS) expect(aimd.size).toBe(Math.max(1, Math.floor(before * 0.9)));
          else if (next.full) expect(aimd.size).toBe(Math.min(given.maxBatchRows, before + given.stepRows));
          else expect(aimd.size).toBe(before);
        }
      }),
    );
  });

  test("begins with one row and says why its size is what it is", () => {
    const aimd = new Aimd({ maxBatchRows: 8 });
    expect([aimd.size, aimd.reason]).toEqual([1, "initial size"]);
    aimd.record({ rows: 1, full: true, serviceMs: 5 }, 10);
    expect([aimd.size, aimd.reason]).toEqual([3, "increased: a full batch took 5.0 ms of 10.0"]);
    aimd.record({ rows: 3, full: true, serviceMs: 12 }, 10);
    expect([aimd.size, aimd.reason]).toEqual([2, "decreased: 3 rows took 12.0 ms of 10.0"]);
  });

  test("settles around the size whose batches take the budget", () => {
    const aimd = new Aimd();
    const sizes: number[] = [];
    for (let i = 0; i < 500; i++) {
      aimd.record({ rows: aimd.size, full: true, serviceMs: 2 + 0.5 * aimd.size }, BUDGET_MS);
      if (i > 100) sizes.push(aimd.size);
    }
    expect(Math.min(...sizes)).toBeGreaterThan(36 * 0.85);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(36 + 2);
  });
});
