import { describe, expect, test } from "@jest/globals";
import { seededRandom, normal } from "../../bench/simulation/seededRandom.js";
import { CrossPolytopeHashes } from "../../src/caching/crossPolytopeHashes.js";
import { MAX_PROBES, ProbeSequence } from "../../src/caching/hashFamily.js";
import type { HashFamily } from "../../src/caching/hashFamily.js";
import { SignHashes } from "../../src/caching/signHashes.js";
import { StableHashes } from "../../src/caching/stableHashes.js";
import { displace, place } from "../../src/caching/vectorSpace.js";
import type { Distance } from "../../src/caching/vectorSpace.js";

const DIMENSIONS = 24;
/** Tables are independent draws of the family: of so many, a share is known to about 0.012. */
const TABLES = 2000;

/** Share of tables in which two random vectors at this distance share their bucket. */
function collisions(family: HashFamily, distance: Distance, by: number, dimensions: number): number {
  const random = seededRandom(99);
  const a = new Uint32Array(family.tables);
  const b = new Uint32Array(family.tables);
  let equal = 0;
  const pairs = 3;
  for (let pair = 0; pair < pairs; pair++) {
    const vector = Float32Array.from({ length: dimensions }, () => normal(random));
    place(distance, vector);
    const other = vector.slice();
    displace(distance, other, by, random);
    family.keys(vector, a);
    family.keys(other, b);
    for (let table = 0; table < family.tables; table++) if (a[table] === b[table]) equal += 1;
  }
  return equal / (pairs * family.tables);
}

/** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
function normalBelow(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = 0.5 * poly * Math.exp((-z * z) / 2);
  return z < 0 ? upper : 1 - upper;
}

describe("hash families", () => {
  test.each([0.1, 0.5, 1, 2])("signs collide with the published probability at an angle of %d", (angle) => {
    for (const bits of [1, 4]) {
      const centre = new Float32Array(DIMENSIONS);
      const family = new SignHashes({ tables: TABLES, bits, centre, random: seededRandom(1) });
      const published = (1 - angle / Math.PI) ** bits;
      expect(Math.abs(collisions(family, "ANGLE", angle, DIMENSIONS) - published)).toBeLessThan(0.025);
    }
  });

  test.each([0.5, 1, 3])("p-stable hashes collide with the published probability at a distance of %d", (r) => {
    for (const functions of [1, 3]) {
      const width = 4;
      const family = new StableHashes({
        tables: TABLES,
        functions,
        width,
        dimensions: DIMENSIONS,
        random: seededRandom(2),
      });
      const u = width / r;
      const one = 1 - 2 * normalBelow(-u) - (2 / (Math.sqrt(2 * Math.PI) * u)) * (1 - Math.exp((-u * u) / 2));
      expect(Math.abs(collisions(family, "L2", r, DIMENSIONS) - one ** functions)).toBeLessThan(0.025);
    }
  });

  test.each([0.3, 0.7, 1.1])("cross-polytopes collide as rotations drawn in full do, at an angle of %d", (angle) => {
    const dimensions = 64;
    const tables = 400;
    const centre = new Float32Array(dimensions);
    const family = new CrossPolytopeHashes({ tables, polytopes: 1, centre, random: seededRandom(3) });
    const got = collisions(family, "ANGLE", angle, dimensions);
    expect(Math.abs(got - drawnInFull(dimensions, angle, 4000))).toBeLessThan(0.04);
    // Theorem 1's leading term, d^(-r^2 / (4 - r^2)), is above it by a factor that grows with ln d only.
    const r = 2 * Math.sin(angle / 2);
    const leading = dimensions ** (-(r * r) / (4 - r * r));
    expect(got).toBeLessThan(leading);
    expect(got).toBeGreaterThan(leading / Math.log(dimensions));
  });

  test("signs are of the vector as seen from the centre", () => {
    const centre = new Float32Array(DIMENSIONS).fill(5);
    const family = new SignHashes({ tables: TABLES, bits: 1, centre, random: seededRandom(1) });
    const near = Float32Array.from(centre, (x, i) => x + (i === 0 ? 1 : 0));
    const opposite = Float32Array.from(centre, (x, i) => x - (i === 0 ? 1 : 0));
    const a = new Uint32Array(TABLES);
    const b = new Uint32Array(TABLES);
    family.keys(near, a);
    family.keys(opposite, b);
    expect(a.filter((key, i) => key === b[i]).length / TABLES).toBeLessThan(0.01);
  });
});

describe("multi-probe", () => {
  test("goes through sets of perturbations in the order of their cost, as trying all of them does", () => {
    const random = seededRandom(4);
    for (let round = 0; round < 50; round++) {
      const functions = 1 + (round % 5);
      const sequence = new ProbeSequence(2 * functions);
      for (let i = 0; i < 2 * functions; i++) {
        sequence.costs[i] = random();
        sequence.deltas[i] = 1 << i;
        sequence.functions[i] = i >> 1;
      }
      const out = new Uint32Array(10);
      sequence.write(0, 10, out, 0);
      const allowed = (set: number) => (set & (set >> 1) & 0x55555555) === 0;
      const cost = (set: number) => sequence.costs.reduce((sum, one, i) => sum + ((set & (1 << i)) === 0 ? 0 : one), 0);
      const expected = Array.from({ length: 4 ** functions }, (_, set) => set)
        .filter(allowed)
        .sort((a, b) => cost(a) - cost(b))
        .slice(0, 10);
      expect([...out]).toEqual([...expected, ...new Array<number>(10 - expected.length).fill(0)]);
    }
  });

  test.each(["signs", "p-stable", "cross-polytope"])(
    "finds a %s neighbour in more buckets the more it probes",
    (name) => {
      const dimensions = 64;
      const random = seededRandom(5);
      const tables = 100;
      const centre = new Float32Array(dimensions);
      const family: HashFamily =
        name === "signs"
          ? new SignHashes({ tables, bits: 14, centre, random })
          : name === "p-stable"
            ? new StableHashes({ tables, functions: 10, width: 2, dimensions, random })
            : new CrossPolytopeHashes({ tables, polytopes: 2, centre, random });
      const found = [0, 0, 0];
      for (let pair = 0; pair < 8; pair++) {
        const vector = Float32Array.from({ length: dimensions }, () => normal(random));
        place("ANGLE", vector);
        const other = vector.slice();
        displace("ANGLE", other, 0.5, random);
        const own = new Uint32Array(tables);
        const probed = new Uint32Array(tables * MAX_PROBES);
        family.keys(vector, own);
        family.probeKeys(other, MAX_PROBES, probed);
        const others = new Uint32Array(tables);
        family.keys(other, others);
        for (let table = 0; table < tables; table++) {
          const keys = probed.subarray(table * MAX_PROBES, (table + 1) * MAX_PROBES);
          expect(keys[0]).toBe(others[table]);
          [1, 8, MAX_PROBES].forEach((probes, i) => {
            if (keys.subarray(0, probes).includes(own[table] as number)) found[i] = (found[i] as number) + 1;
          });
        }
      }
      const [one, eight, all] = found as [number, number, number];
      expect(eight).toBeGreaterThan(2 * one);
      expect(all).toBeGreaterThan(1.2 * eight);
    },
  );
});

/** The oracle: the nearest vertex after multiplication with a full Gaussian matrix, one pair of rows at a time. */
function drawnInFull(dimensions: number, angle: number, draws: number): number {
  const random = seededRandom(6);
  let equal = 0;
  for (let draw = 0; draw < draws; draw++) {
    let bestA = 0;
    let bestB = 0;
    let vertexA = 0;
    let vertexB = 0;
    for (let i = 1; i <= dimensions; i++) {
      const a = normal(random);
      const b = Math.cos(angle) * a + Math.sin(angle) * normal(random);
      if (Math.abs(a) > bestA) {
        bestA = Math.abs(a);
        vertexA = Math.sign(a) * i;
      }
      if (Math.abs(b) > bestB) {
        bestB = Math.abs(b);
        vertexB = Math.sign(b) * i;
      }
    }
    if (vertexA === vertexB) equal += 1;
  }
  return equal / draws;
}
