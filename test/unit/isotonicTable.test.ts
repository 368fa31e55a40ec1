import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { IsotonicTable } from "../../src/batching/isotonicTable.js";

const batch = fc.record({ rows: fc.integer({ min: 1, max: 32 }), ms: fc.double({ min: 0.01, max: 100, noNaN: true }) });

function tableOf(batches: readonly { rows: number; ms: number }[]): IsotonicTable {
  const table = new IsotonicTable();
  for (const { rows, ms } of batches) table.record(rows, ms);
  return table;
}

/** By the max-min formula (Robertson, Wright and Dykstra 1988, theorem 1.4.4), in cubic time. */
function oracle(batches: readonly { rows: number; ms: number }[]): Map<number, number> {
  const bySize = new Map<number, { weight: number; sum: number }>();
  batches.forEach(({ rows, ms }, i) => {
    const weight = 0.995 ** (batches.length - 1 - i);
    const before = bySize.get(rows) ?? { weight: 0, sum: 0 };
    bySize.set(rows, { weight: before.weight + weight, sum: before.sum + weight * ms });
  });
  const sizes = [...bySize.keys()].sort((a, b) => a - b);
  const mean = (from: number, to: number): number => {
    const pooled = sizes.slice(from, to + 1).map((size) => bySize.get(size) as { weight: number; sum: number });
    return pooled.reduce((sum, one) => sum + one.sum, 0) / pooled.reduce((sum, one) => sum + one.weight, 0);
  };
  const fitted = sizes.map((_, i) =>
    Math.max(...sizes.slice(0, i + 1).map((_s, j) => Math.min(...sizes.slice(i).map((_t, k) => mean(j, i + k))))),
  );
  return new Map(sizes.map((size, i) => [size, fitted[i] as number]));
}

describe("isotonic latency table", () => {
  test("is the weighted isotonic regression of the sizes seen, by another formula", () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 60 }), (batches) => {
        const table = tableOf(batches);
        for (const [rows, ms] of oracle(batches)) expect(table.expectedMs(rows)).toBeCloseTo(ms, 6);
      }),
    );
  });

  test("never says that more rows take less, and that a size between two seen takes what the larger one does", () => {
    const any = fc.record({
      rows: fc.integer({ min: 1, max: 3000 }),
      ms: fc.double({ min: 0.01, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4000 }),
        (batches, rows) => {
          const table = tableOf(batches);
          for (const size of [rows, ...batches.map((one) => one.rows)]) {
            expect(table.expectedMs(size + 1)).toBeGreaterThanOrEqual(table.expectedMs(size) - 1e-9);
          }
          const larger = batches.map((one) => one.rows).filter((seen) => seen >= rows);
          if (larger.length > 0)
            expect(table.expectedMs(rows)).toBeLessThanOrEqual(table.expectedMs(Math.min(...larger)) + 1e-9);
        },
      ),
    );
  });

  test("gives the most rows that fit: one more would not", () => {
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 300, noNaN: true }),
        (batches, withinMs) => {
          const table = tableOf(batches);
          const rows = table.maxRows(withinMs);
          if (rows > 0) expect(table.expectedMs(rows)).toBeLessThanOrEqual(withinMs + 1e-6);
          expect(table.expectedMs(rows + 1)).toBeGreaterThan(withinMs - 1e-6);
        },
      ),
    );
  });

  test("thinks the worst of larger batches than it has seen, and knows nothing before the first", () => {
    expect(tableOf([{ rows: 8, ms: 10 }]).expectedMs(16)).toBeCloseTo(20, 9);
    expect(tableOf([]).expectedMs(16)).toBe(0);
    expect(tableOf([]).maxRows(1)).toBe(Infinity);
  });

  test("forgets sizes that were not seen for a thousand batches", () => {
    const table = tableOf([{ rows: 4, ms: 50 }, ...Array.from({ length: 1000 }, () => ({ rows: 8, ms: 10 }))]);
    expect(table.expectedMs(4)).toBeCloseTo(10, 9);
  });
});
