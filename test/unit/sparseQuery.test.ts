import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { NeighbourIndex } from "../../src/caching/neighbourIndex.js";
import { distanceWork, SparseQuery, squaredLength } from "../../src/caching/sparseQuery.js";
import { distanceFromSquare, place, squareWithin } from "../../src/caching/vectorSpace.js";

const DIMENSIONS = 256;

/** A bag of a dozen words. */
function bag(random: () => number): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (let i = 0; i < 12; i++) {
    const at = Math.floor(random() ** 2 * DIMENSIONS);
    vector[at] = (vector[at] as number) + 1;
  }
  return vector;
}

describe("a sparse query", () => {
  test("has the same squared distances as a dense one, to the last digits of single precision", () => {
    const values = fc.array(fc.tuple(fc.nat(DIMENSIONS - 1), fc.float({ min: -100, max: 100, noNaN: true })), {
      maxLength: 20,
    });
    const query = new SparseQuery(DIMENSIONS);
    fc.assert(
      fc.property(values, values, fc.nat(3), (own, other, row) => {
        const q = new Float32Array(DIMENSIONS);
        for (const [at, value] of own) q[at] = value;
        const x = new Float32Array(DIMENSIONS * 4);
        for (const [at, value] of other) x[row * DIMENSIONS + at] = value;
        const length = squaredLength(x.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS));
        query.read(q);
        const exact = squareWithin(q, x, row * DIMENSIONS, Infinity);
        const scale = squaredLength(q) + length;
        expect(Math.abs(query.squareTo(x, row * DIMENSIONS, length) - exact)).toBeLessThanOrEqual(1e-12 * scale);
      }),
    );
  });

  test("is one where its own coordinates cost less than all", () => {
    const query = new SparseQuery(DIMENSIONS);
    const ones = (count: number) => new Float32Array(DIMENSIONS).fill(1, 0, count);
    expect(query.read(ones(31))).toBe(true);
    expect(query.nonZeros).toBe(31);
    expect(query.read(ones(32))).toBe(false);
    expect([distanceWork(256, 12), distanceWork(256, 200)]).toEqual([96, 256]);
  });

  test.each(["L2", "ANGLE"] as const)("finds what a look at each finds, at its true distance: %s", (distance) => {
    const random = seededRandom(3);
    const index = new NeighbourIndex({ dimensions: DIMENSIONS, distance, capacity: 400, random });
    const vectors = Array.from({ length: 400 }, () => bag(random));
    for (const vector of vectors) {
      place(distance, vector);
      index.insert(vector);
    }
    for (let i = 0; i < 300; i++) {
      // Some of them known, which are at distance 0 and not near it.
      const query = i % 3 === 0 ? (vectors[i] as Float32Array) : bag(random);
      if (i % 3 !== 0) place(distance, query);
      const least = Math.min(...vectors.map((vector) => squareWithin(query, vector, 0, Infinity)));
      expect(index.nearest(query)).toBeDefined();
      expect(index.foundDistance).toBe(distanceFromSquare(distance, least));
    }
  });

  test("may look at many more candidates: nine of ten near bags are found among 4,000", () => {
    const random = seededRandom(8);
    const index = new NeighbourIndex({ dimensions: DIMENSIONS, distance: "ANGLE", capacity: 4000, random });
    const radius = 0.35;
    const vectors: Float32Array[] = [];
    while (vectors.length < 4000) {
      const vector = bag(random);
      place("ANGLE", vector);
      index.insert(vector);
      vectors.push(vector);
    }
    index.setRadius(radius);
    while (index.maintain());
    expect(index.plan).toBeDefined();
    let near = 0;
    let found = 0;
    for (let i = 0; i < 600; i++) {
      const query = (vectors[Math.floor(random() * 4000)] as Float32Array).map((x) => (random() < 0.06 ? 0 : x));
      if (!place("ANGLE", query)) continue;
      index.scan(query);
      const exact = index.foundDistance;
      if (exact > radius) continue;
      near += 1;
      if (index.nearest(query) !== undefined && index.foundDistance <= exact + 1e-6) found += 1;
    }
    expect(near).toBeGreaterThan(200);
    expect(found / near).toBeGreaterThanOrEqual(0.9);
  });
});
