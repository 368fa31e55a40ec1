import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { nearestProbabilities } from "../../src/lib/simplex.js";

const values = fc
  .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 12 })
  .map((numbers) => Float64Array.from(numbers));

describe("nearest probabilities", () => {
  test("are probabilities, and no nearer ones exist", () => {
    fc.assert(
      fc.property(values, values, (from, other) => {
        const nearest = nearestProbabilities(from);
        expect(nearest.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        expect(Math.min(...nearest)).toBeGreaterThanOrEqual(0);
        // At the nearest point of a convex set every way into it leads away: (from - nearest)(q - nearest) <= 0.
        const total = from.reduce((sum, _, i) => sum + Math.abs(other[i % other.length] as number) + 1e-3, 0);
        let inner = 0;
        for (const [i, value] of from.entries()) {
          const q = (Math.abs(other[i % other.length] as number) + 1e-3) / total;
          inner += (value - (nearest[i] as number)) * (q - (nearest[i] as number));
        }
        expect(inner).toBeLessThan(1e-9);
      }),
    );
  });

  test("leave probabilities as they are, and keep the order of all", () => {
    const own = nearestProbabilities(Float64Array.of(0.25, 0.5, 0.25));
    [0.25, 0.5, 0.25].forEach((value, i) => expect(own[i]).toBeCloseTo(value, 15));
    expect([...nearestProbabilities(Float64Array.of(3, -1, 2.5))]).toEqual([0.75, 0, 0.25]);
  });
});
