import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import {
  addOuterProduct,
  columnStart,
  conditionOf,
  extendFactor,
  factorise,
  factorOfDiagonal,
  multiply,
  productOf,
  solve,
  solveLower,
} from "../../src/correction/packedCholesky.js";
import { denseOuterSum, denseSolve } from "../support/denseAlgebra.js";

/** Rows of a size, each with the seed of what is in it. */
const problem = fc.record({
  size: fc.integer({ min: 1, max: 12 }),
  rows: fc.integer({ min: 0, max: 30 }),
  seed: fc.nat(),
  ridge: fc.double({ min: 0.01, max: 10, noNaN: true }),
});

function randomRows(count: number, size: number, seed: number): Float64Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Float64Array.from({ length: size }, () => normal(random)));
}

function updatedFactor(rows: readonly Float64Array[], ridge: number, size: number): Float64Array {
  const factor = factorOfDiagonal(new Float64Array(size).fill(ridge));
  for (const row of rows) addOuterProduct(factor, row.slice());
  return factor;
}

function expectClose(actual: Float64Array, expected: Float64Array, relative = 1e-10): void {
  const unit = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value) / unit).toBeLessThan(relative);
  }
}

describe("packed Cholesky factor", () => {
  test("solves as Gauss elimination on the summed matrix does, after any updates", () => {
    fc.assert(
      fc.property(problem, ({ size, rows: count, seed, ridge }) => {
        const rows = randomRows(count, size, seed);
        const [right] = randomRows(1, size, seed + 1) as [Float64Array];
        const x = right.slice();
        solve(updatedFactor(rows, ridge, size), x);
        expectClose(x, denseSolve(denseOuterSum(rows, ridge, size), right));
      }),
    );
  });

  test("multiplies by the matrix that it solves, and unfolds into it", () => {
    fc.assert(
      fc.property(problem, ({ size, rows: count, seed, ridge }) => {
        const rows = randomRows(count, size, seed);
        const factor = updatedFactor(rows, ridge, size);
        const dense = denseOuterSum(rows, ridge, size);
        const product = productOf(factor, size);
        for (let k = 0; k < size; k++) {
          const unit = new Float64Array(size);
          unit[k] = 1;
          multiply(factor, unit);
          expectClose(unit, Float64Array.from(dense[k] as Float64Array));
          expectClose(product.subarray(columnStart(size, k), columnStart(size, k + 1)), unit.subarray(k));
        }
      }),
    );
  });

  test("is found again from the matrix", () => {
    fc.assert(
      fc.property(problem, ({ size, rows: count, seed, ridge }) => {
        const factor = updatedFactor(randomRows(count, size, seed), ridge, size);
        const again = productOf(factor, size);
        expect(factorise(again, size)).toBe(true);
        expectClose(again, factor, 1e-9);
      }),
    );
  });

  test("is not found where the matrix is not positive definite", () => {
    expect(factorise(Float64Array.of(1, 2, 1), 2)).toBe(false);
    expect(factorise(Float64Array.of(NaN), 1)).toBe(false);
  });

  test("takes an update that starts further down", () => {
    const axis = Float64Array.of(0, 0, 3, 0);
    const whole = updatedFactor(randomRows(6, 4, 3), 1, 4);
    const part = whole.slice();
    addOuterProduct(whole, axis.slice());
    addOuterProduct(part, axis.slice(), 2);
    expect(part).toEqual(whole);
  });

  test("grows by coordinates that nothing is known of", () => {
    const rows = randomRows(5, 3, 8);
    const extended = extendFactor(updatedFactor(rows, 0.5, 3), 3, Float64Array.of(0.5, 0.5));
    expectClose(
      extended,
      updatedFactor(
        rows.map((row) => Float64Array.of(...row, 0, 0)),
        0.5,
        5,
      ),
    );
  });

  test("knows about its condition: within a factor of 3 below the truth, never above", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(), fc.nat(9), (size, seed, decades) => {
        const diagonal = Float64Array.from({ length: size }, (_, i) => 10 ** ((-decades * i) / (size - 1)));
        const factor = rotatedDiagonal(diagonal, seed);
        const estimate = conditionOf(factor, size);
        expect(estimate).toBeLessThanOrEqual(10 ** decades * 1.01);
        expect(estimate).toBeGreaterThan(10 ** decades / 3);
      }),
    );
  });

  test("keeps 1e-13 of accuracy over 20,000 updates whose sizes are seven decades apart", () => {
    const size = 8;
    const random = seededRandom(5);
    const factor = factorOfDiagonal(new Float64Array(size).fill(1e-3));
    const sums = Array.from({ length: size }, () => new Float64Array(size));
    for (let n = 0; n < 20_000; n++) {
      const row = Float64Array.from({ length: size }, (_, i) => normal(random) * 10 ** (-i / 2));
      for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) addTo(sums, i, j, row);
      addOuterProduct(factor, row);
    }
    const product = productOf(factor, size);
    for (let k = 0, at = 0; k < size; k++) {
      for (let i = k; i < size; i++, at++) {
        const expected = ((sums[i] as Float64Array)[k] as number) + (i === k ? 1e-3 : 0);
        const scale = Math.sqrt(productDiagonal(product, size, i) * productDiagonal(product, size, k));
        expect(Math.abs((product[at] as number) - expected) / scale).toBeLessThan(1e-13);
      }
    }
  });

  test("has variances that fall with every row, and never below 0", () => {
    fc.assert(
      fc.property(problem, ({ size, rows: count, seed, ridge }) => {
        const rows = randomRows(count, size, seed);
        const [probe] = randomRows(1, size, seed + 1) as [Float64Array];
        const factor = factorOfDiagonal(new Float64Array(size).fill(ridge));
        let before = Infinity;
        for (const row of rows) {
          addOuterProduct(factor, row.slice());
          const x = probe.slice();
          solveLower(factor, x);
          const variance = x.reduce((sum, value) => sum + value * value, 0);
          expect(variance).toBeLessThanOrEqual(before * (1 + 1e-12));
          before = variance;
        }
      }),
    );
  });
});

function addTo(sums: readonly Float64Array[], i: number, j: number, row: Float64Array): void {
  const line = sums[i] as Float64Array;
  line[j] = (line[j] as number) + (row[i] as number) * (row[j] as number);
}

function productDiagonal(product: Float64Array, size: number, i: number): number {
  return product[columnStart(size, i)] as number;
}

/** The factor of a matrix with these eigenvalues, by a Householder reflection along a random vector. */
function rotatedDiagonal(eigenvalues: Float64Array, seed: number): Float64Array {
  const size = eigenvalues.length;
  const [axis] = randomRows(1, size, seed) as [Float64Array];
  const length = Math.hypot(...axis);
  const unit = axis.map((value) => value / length);
  const factor = factorOfDiagonal(new Float64Array(size).fill(1e-300));
  for (const [k, eigenvalue] of eigenvalues.entries()) {
    const vector = unit.map((value, i) => (i === k ? 1 : 0) - 2 * value * (unit[k] as number));
    addOuterProduct(
      factor,
      vector.map((value) => value * Math.sqrt(eigenvalue)),
    );
  }
  return factor;
}
