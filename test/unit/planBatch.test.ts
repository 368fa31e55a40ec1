import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { expectedFinishMs } from "../../src/batching/admission.js";
import { LatencyModel } from "../../src/batching/latencyModel.js";
import { planBatch } from "../../src/batching/planBatch.js";

function modelOf(alphaMs: number, betaMs: number): LatencyModel {
  const model = new LatencyModel();
  for (let i = 0; i < 50; i++) model.record(1 + (i % 20), alphaMs + betaMs * (1 + (i % 20)));
  return model;
}

describe("batch plan", () => {
  const model = modelOf(4, 0.25);

  test("takes the most urgent rows when all that may go can go", () => {
    const deadlines = [20, 20, 30];
    const plan = planBatch({ nowMs: 0, queued: 3, deadlineMs: (i) => deadlines[i] as number, maxRows: 10, model });
    expect(plan).toEqual({ from: 0, rows: 3 });
  });

  test("passes rows over whose deadlines would force a batch much worse than the best", () => {
    const deadlines = [4.6, ...Array.from({ length: 40 }, () => 30)];
    const plan = planBatch({ nowMs: 0, queued: 41, deadlineMs: (i) => deadlines[i] as number, maxRows: 100, model });
    expect(plan).toEqual({ from: 1, rows: 40 });
  });

  test("serves at least as many rows a millisecond as every other start, to 2 %, and meets its first deadline", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 4.6, max: 60, noNaN: true }), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 64 }),
        (given, maxRows) => {
          const deadlines = [...given].sort((a, b) => a - b);
          const queued = deadlines.length;
          const plan = planBatch({ nowMs: 0, queued, deadlineMs: (i) => deadlines[i] as number, maxRows, model });
          expect(plan.rows).toBeGreaterThan(0);
          expect(plan.from + plan.rows).toBeLessThanOrEqual(queued);
          expect(plan.rows).toBeLessThanOrEqual(maxRows);
          expect(model.tailMs(plan.rows)).toBeLessThanOrEqual((deadlines[plan.from] as number) + 1e-6);
          const rate = plan.rows / model.tailMs(plan.rows);
          for (let from = 0; from < queued; from++) {
            const rows = Math.min(queued - from, maxRows, model.maxRows(deadlines[from] as number));
            if (rows > 0) expect(rate * 1.0201 ** 8).toBeGreaterThanOrEqual(rows / model.tailMs(rows));
          }
        },
      ),
    );
  });
});

describe("admission", () => {
  const one = { restMs: 3, concurrency: 1, batchRows: 10, model: modelOf(4, 0.25) };

  test("expects the rest of the running batch, full batches of those ahead, and the row's own batch", () => {
    const { model } = one;
    expect(expectedFinishMs([one], 0)).toBeCloseTo(3 + model.tailMs(1), 9);
    expect(expectedFinishMs([one], 25)).toBeCloseTo(3 + 2 * model.expectedMs(10) + model.tailMs(6), 9);
    expect(model.tailMs(6)).toBeCloseTo(5.5, 0);
  });

  test("expects nothing while a replica is unknown, and the quickest where replicas differ", () => {
    const slow = { ...one, restMs: 100, model: modelOf(40, 2.5) };
    expect(expectedFinishMs([one, { ...one, model: new LatencyModel() }], 100)).toBe(0);
    expect(expectedFinishMs([slow, one], 0)).toBeLessThan(10);
  });

  test("never expects a row earlier for more rows ahead of it", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(50), (ahead, more) => {
        expect(expectedFinishMs([one], ahead + more)).toBeGreaterThanOrEqual(
          expectedFinishMs([one], ahead) - one.model.tailMs(10),
        );
      }),
    );
  });
});
