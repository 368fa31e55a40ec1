import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RowBuckets } from "../../src/access/rowBuckets.js";

const predictions = (rows: number) => ({ PREDICT: rows, OBSERVE: 0, OTHER: 0 });

describe("a limit in rows a second", () => {
  test("lets exactly as many through at once, then one for each that became free", () => {
    let nowMs = 5;
    const limit = new RowBuckets(10, () => nowMs);
    for (let i = 0; i < 10; i++) expect(limit.take(predictions(1))).toBeUndefined();
    expect(limit.take(predictions(1))).toEqual({ bucket: "PREDICT", retryAfterMs: 100 });
    nowMs += 99;
    expect(limit.take(predictions(1))).toMatchObject({ retryAfterMs: 1 });
    nowMs += 1;
    expect(limit.take(predictions(1))).toBeUndefined();
    expect(limit.take(predictions(1))).toMatchObject({ retryAfterMs: 100 });
  });

  test("allows what it said would be allowed, when it said so", () => {
    const scenario = fc.record({
      rate: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      steps: fc.array(fc.record({ rows: fc.integer({ min: 1, max: 50 }), waitMs: fc.nat(100) }), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(scenario, ({ rate, steps }) => {
        let nowMs = 0;
        const limit = new RowBuckets(rate, () => nowMs);
        for (const { rows, waitMs } of steps) {
          const refused = limit.take(predictions(rows));
          if (refused !== undefined && refused.retryAfterMs < Infinity) {
            nowMs += refused.retryAfterMs;
            expect(limit.take(predictions(rows))).toBeUndefined();
          }
          nowMs += waitMs;
        }
      }),
    );
  });

  test("never gives more than the burst and what time has freed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: -500, max: 500 })), (rate, jumps) => {
        let nowMs = 1000;
        let forwardMs = 0;
        let taken = 0;
        const limit = new RowBuckets(rate, () => nowMs);
        for (const jump of jumps) {
          nowMs += jump;
          forwardMs += Math.max(0, jump);
          while (limit.take(predictions(1)) === undefined) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(rate + (forwardMs * rate) / 1000 + 1e-3);
      }),
    );
  });

  test("a long rest fills it once, not more", () => {
    let nowMs = 0;
    const limit = new RowBuckets(3, () => nowMs);
    nowMs = 1e12;
    expect(limit.take(predictions(3))).toBeUndefined();
    expect(limit.take(predictions(1))).toBeDefined();
  });

  test("takes nothing from one count when another refuses", () => {
    const limit = new RowBuckets(2, () => 0);
    expect(limit.take({ PREDICT: 1, OBSERVE: 3, OTHER: 0 })).toEqual({ bucket: "OBSERVE", retryAfterMs: Infinity });
    expect(limit.take(predictions(2))).toBeUndefined();
  });
});
