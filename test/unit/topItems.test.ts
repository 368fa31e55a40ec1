import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { TopItems } from "../../src/lib/topItems.js";

/** All products, sorted. */
function slowTop(vectors: Float64Array, size: number, weights: Float64Array, k: number) {
  const scored = Array.from({ length: vectors.length / size }, (_, index) => {
    let score = 0;
    for (let i = 0; i < size; i++) score += (vectors[index * size + i] as number) * (weights[i] as number);
    return { index, score };
  });
  return scored.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, k);
}

describe("top items", () => {
  test("are those of a full sort, equals in the input's order", () => {
    // Whole numbers: sums are exact in any order, and equal ones are common.
    const whole = fc.integer({ min: -4, max: 4 });
    const cases = fc.record({ size: fc.integer({ min: 1, max: 9 }), numbers: fc.array(whole, { maxLength: 200 }) });
    fc.assert(
      fc.property(cases, fc.array(whole, { minLength: 9, maxLength: 9 }), fc.nat(12), ({ size, numbers }, query, k) => {
        const vectors = Float64Array.from(numbers.slice(0, numbers.length - (numbers.length % size)));
        const weights = Float64Array.from(query.slice(0, size));
        const found = new TopItems(vectors, size).top(weights, k);
        // -0 and 0 are one score.
        const plain = (items: typeof found) => items.map(({ index, score }) => ({ index, score: score + 0 }));
        expect(plain(found)).toEqual(plain(slowTop(vectors, size, weights, k)));
      }),
      { numRuns: 500 },
    );
  });

  test("are found among many without looking at those too short to be one", () => {
    const random = seededRandom(3);
    const size = 16;
    const vectors = Float64Array.from({ length: 5000 * size }, (_, at) => normal(random) / (1 + Math.floor(at / size)));
    const weights = Float64Array.from({ length: size }, () => normal(random));
    const found = new TopItems(vectors, size).top(weights, 10);
    const right = slowTop(vectors, size, weights, 10);
    expect(found.map(({ index }) => index)).toEqual(right.map(({ index }) => index));
  });

  test("take vectors of 32 bits, none, and fewer than were asked for", () => {
    const items = new TopItems(Float32Array.of(1, 0, 0, 2), 2);
    expect(items.top(Float64Array.of(1, 1), 5)).toEqual([
      { index: 1, score: 2 },
      { index: 0, score: 1 },
    ]);
    expect(items.top(Float64Array.of(1, 1), 0)).toEqual([]);
    expect(new TopItems(new Float32Array(0), 2).top(Float64Array.of(1, 1), 3)).toEqual([]);
  });

  test("are refused where sizes do not fit", () => {
    expect(() => new TopItems(new Float64Array(5), 2)).toThrow("5 numbers are no items of 2");
    expect(() => new TopItems(new Float64Array(4), 2).top(new Float64Array(3), 1)).toThrow("3 weights for items of 2");
  });
});
