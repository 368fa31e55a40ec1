import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom, normal } from "../../bench/simulation/seededRandom.js";
import { HashTables } from "../../src/caching/hashTables.js";
import { NeighbourIndex } from "../../src/caching/neighbourIndex.js";
import { displace, distanceFromSquare, place } from "../../src/caching/vectorSpace.js";
import type { Distance } from "../../src/caching/vectorSpace.js";

function gaussian(dimensions: number, random: () => number): Float32Array {
  return Float32Array.from({ length: dimensions }, () => normal(random));
}

/** The slow oracle: every live vector, in double precision, one by one. */
function distanceTo(distance: Distance, a: Float32Array, b: Float32Array): number {
  let square = 0;
  for (let i = 0; i < a.length; i++) square += ((a[i] as number) - (b[i] as number)) ** 2;
  return distanceFromSquare(distance, square);
}

function settle(index: NeighbourIndex): void {
  while (index.maintain());
}

describe("hash tables", () => {
  test("give the slots that have a key, each once, as a list of all entries does", () => {
    const step = fc.record({ slot: fc.nat(19), keys: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)), (steps, asked) => {
        const tables = new HashTables(3, 20);
        const entries = new Map<number, readonly number[]>();
        for (const { slot, keys } of steps) {
          if (entries.has(slot)) {
            tables.remove(slot);
            entries.delete(slot);
          } else {
            tables.insert(slot, Uint32Array.from(keys));
            entries.set(slot, keys);
          }
          const out = new Int32Array(20);
          const count = tables.candidates(Uint32Array.from(asked), 1, out);
          const expected = [...entries].filter(([, own]) => own.some((key, table) => key === asked[table]));
          expect([...out.subarray(0, count)].sort((a, b) => a - b)).toEqual(
            expected.map(([at]) => at).sort((a, b) => a - b),
          );
        }
      }),
    );
  });

  test("stop at as many candidates as there is room for, those of the likelier probes first", () => {
    const tables = new HashTables(2, 10);
    for (let slot = 0; slot < 10; slot++) tables.insert(slot, Uint32Array.of(slot < 5 ? 1 : 2, 9));
    const out = new Int32Array(6);
    expect(tables.candidates(Uint32Array.of(1, 2, 3, 4), 2, out)).toBe(6);
    expect([...out.subarray(0, 5)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("neighbour index", () => {
  const CASES = [
    { distance: "L2", dimensions: 16, radius: 1 },
    { distance: "L2", dimensions: 64, radius: 3 },
    { distance: "ANGLE", dimensions: 16, radius: 0.2 },
    { distance: "ANGLE", dimensions: 64, radius: 0.4 },
    { distance: "ANGLE", dimensions: 128, radius: 0.6 },
  ] as const;

  test.each(CASES)(
    "finds at least nine of ten nearest neighbours within the radius: $distance, $dimensions dimensions",
    ({ distance, dimensions, radius }) => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.constantFrom(0, 40), (seed, clusters) => {
          const random = seededRandom(seed);
          const index = new NeighbourIndex({ dimensions, distance, capacity: 2500, random });
          const centres = Array.from({ length: clusters }, () => gaussian(dimensions, random));
          const vectors: Float32Array[] = [];
          index.setRadius(radius);
          while (vectors.length < 2500) {
            const vector = gaussian(dimensions, random);
            const centre = centres[vectors.length % Math.max(1, clusters)];
            if (centre !== undefined) vector.forEach((x, i) => (vector[i] = 0.4 * x + (centre[i] as number)));
            place(distance, vector);
            index.insert(vector);
            vectors.push(vector);
          }
          settle(index);
          expect(index.plan).toBeDefined();
          let near = 0;
          let found = 0;
          for (let i = 0; i < 150; i++) {
            const query = (vectors[Math.floor(random() * vectors.length)] as Float32Array).slice();
            displace(distance, query, radius * random() ** 0.3, random);
            index.scan(query);
            const exact = index.foundDistance;
            if (exact > radius) continue;
            near += 1;
            if (index.nearest(query) !== undefined && index.foundDistance <= exact + 1e-6) found += 1;
          }
          expect(near).toBeGreaterThan(100);
          expect(found / near).toBeGreaterThanOrEqual(0.9);
        }),
        { numRuns: 2, seed: 7 },
      );
    },
  );

  test("gives the nearest by its true distance while vectors come and go, as a look at each does", () => {
    const step = fc.record({ remove: fc.boolean(), at: fc.nat(1000), seed: fc.nat(1000) });
    fc.assert(
      fc.property(fc.constantFrom<Distance>("L2", "ANGLE"), fc.array(step, { maxLength: 60 }), (distance, steps) => {
        const index = new NeighbourIndex({ dimensions: 5, distance, capacity: 20, random: seededRandom(1) });
        const live = new Map<number, Float32Array>();
        for (const { remove, at, seed } of steps) {
          const random = seededRandom(seed);
          const slots = [...live.keys()];
          if (live.size === 20 || (remove && live.size > 0)) {
            const slot = slots[at % slots.length] as number;
            index.remove(slot);
            live.delete(slot);
          } else {
            const vector = gaussian(5, random);
            place(distance, vector);
            live.set(index.insert(vector), vector);
          }
          expect(index.size).toBe(live.size);
          const query = gaussian(5, random);
          place(distance, query);
          const nearest = index.nearest(query);
          const all = [...live.values()].map((vector) => distanceTo(distance, vector, query));
          if (nearest === undefined) expect(all).toEqual([]);
          else {
            expect(index.foundDistance).toBeCloseTo(Math.min(...all), 5);
            expect(distanceTo(distance, live.get(nearest) as Float32Array, query)).toBeCloseTo(Math.min(...all), 5);
          }
        }
      }),
    );
  });

  test("serves from the old tables while new ones are made, and forgets removed vectors in both", () => {
    const random = seededRandom(3);
    const dimensions = 64;
    const index = new NeighbourIndex({ dimensions, distance: "L2", capacity: 3000, random });
    const vectors = Array.from({ length: 1000 }, () => gaussian(dimensions, random));
    const slots = vectors.map((vector) => index.insert(vector));
    index.setRadius(1);
    settle(index);
    const first = index.plan;
    index.setRadius(1.5);
    let steps = 0;
    while (index.maintain()) {
      const at = steps % vectors.length;
      if (steps % 3 === 0) index.remove(slots[at] as number);
      else if (index.has(slots[at] as number)) {
        expect(index.nearest(vectors[at] as Float32Array)).toBe(slots[at]);
        const more = gaussian(dimensions, random);
        const slot = index.insert(more);
        expect(index.nearest(more)).toBe(slot);
      }
      steps += 1;
    }
    expect(steps).toBeGreaterThan(100);
    expect(index.plan).not.toBe(first);
    for (const vector of vectors) {
      const found = index.nearest(vector);
      if (found !== undefined) expect(index.has(found)).toBe(true);
    }
  });

  test("makes its tables anew only when radius or size have changed much", () => {
    const random = seededRandom(4);
    const index = new NeighbourIndex({ dimensions: 64, distance: "ANGLE", capacity: 3000, random });
    const add = (count: number) => {
      for (let i = 0; i < count; i++) {
        const vector = gaussian(64, random);
        place("ANGLE", vector);
        index.insert(vector);
      }
    };
    index.setRadius(0.3);
    add(500);
    expect(index.maintain()).toBe(false);
    add(300);
    settle(index);
    const first = index.plan;
    expect(first).toBeDefined();
    index.setRadius(0.35);
    add(500);
    expect(index.maintain()).toBe(false);
    index.setRadius(0.45);
    settle(index);
    const second = index.plan;
    expect(second).not.toBe(first);
    add(1500);
    settle(index);
    expect(index.plan).not.toBe(second);
  });

  test("refuses one more than its capacity", () => {
    const index = new NeighbourIndex({ dimensions: 1, distance: "L2", capacity: 1, random: seededRandom(1) });
    index.insert(Float32Array.of(1));
    expect(() => index.insert(Float32Array.of(2))).toThrow("the index is full: capacity is 1");
  });
});

describe("vector space", () => {
  test("has no place for what is not finite, nor for what has no direction under an angle", () => {
    expect(place("L2", Float32Array.of(1, NaN))).toBe(false);
    expect(place("L2", Float32Array.of(1, Infinity))).toBe(false);
    expect(place("ANGLE", Float32Array.of(0, 0))).toBe(false);
    expect(place("L2", Float32Array.of(0, 0))).toBe(true);
  });

  test("measures angles as angles, small ones too", () => {
    for (const angle of [1e-3, 0.5, Math.PI / 2, 3]) {
      const a = Float32Array.of(7, 0);
      const b = Float32Array.of(Math.cos(angle), Math.sin(angle));
      place("ANGLE", a);
      place("ANGLE", b);
      expect(distanceTo("ANGLE", a, b)).toBeCloseTo(angle, 4);
    }
  });

  test.each(["L2", "ANGLE"] as const)("displaces by exactly the distance: %s", (distance) => {
    const random = seededRandom(1);
    const a = gaussian(50, random);
    place(distance, a);
    const b = a.slice();
    displace(distance, b, 0.7, random);
    expect(distanceTo(distance, a, b)).toBeCloseTo(0.7, 4);
  });
});
