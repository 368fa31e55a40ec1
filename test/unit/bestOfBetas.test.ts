import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bestOfBetas } from "../../src/correction/bestOfBetas.js";
import { regularisedBeta } from "../../src/lib/clopperPearson.js";

const GRID = 500;

/** The same from exact distribution functions on a fine even grid. */
function exact(a: readonly number[], b: readonly number[]): number[] {
  const shares = a.map(() => 0);
  let before = a.map(() => 0);
  for (let k = 1; k <= GRID; k++) {
    const after = a.map((_, i) => regularisedBeta(k / GRID, a[i] as number, b[i] as number));
    a.forEach((_, i) => {
      let share = (after[i] as number) - (before[i] as number);
      a.forEach((_, j) => (share *= j === i ? 1 : ((before[j] as number) + (after[j] as number)) / 2));
      shares[i] = (shares[i] as number) + share;
    });
    before = after;
  }
  return shares;
}

describe("the probability to be the largest of Beta variables", () => {
  const parameter = fc.integer({ min: 1, max: 60 });

  test("is the exact one within 0.02, for two to four variables", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(parameter, parameter), { minLength: 2, maxLength: 4 }), (pairs) => {
        const [a, b] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
        const found = bestOfBetas(Float64Array.from(a), Float64Array.from(b));
        exact(a, b).forEach((share, i) => expect(Math.abs((found[i] as number) - share)).toBeLessThan(0.02));
        expect(found.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 25 },
    );
  });

  test("is even for equal variables, and all on one that is surely the best, however narrow they are", () => {
    for (const n of [1, 10, 1e4, 1e8]) {
      const even = bestOfBetas(Float64Array.of(n, n, n), Float64Array.of(n, n, n));
      for (const share of even) expect(share).toBeCloseTo(1 / 3, 9);
    }
    const sure = bestOfBetas(Float64Array.of(9e6, 8e6), Float64Array.of(1e6, 2e6));
    expect(sure[0]).toBeGreaterThan(0.999);
    expect([...bestOfBetas(Float64Array.of(3), Float64Array.of(4))]).toEqual([1]);
  });
});
