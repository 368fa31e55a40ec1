import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { packedLength, productOf } from "../../src/correction/packedCholesky.js";
import {
  conditionEstimate,
  ILL_CONDITIONED,
  newRidge,
  observe,
  predict,
  varianceOf,
  weightsOf,
} from "../../src/correction/ridge.js";
import type { RidgeOptions, RidgePrior, RidgeState } from "../../src/correction/ridge.js";
import { applyPrior, extend, observedInformation, observedSquares } from "../../src/correction/ridgeRefit.js";
import { readRidge, writeRidge } from "../../src/correction/ridgeCodec.js";
import { ByteReader, ByteWriter } from "../../src/lib/byteCursor.js";
import { denseOuterSum, denseSolve } from "../support/denseAlgebra.js";

const PLAIN: RidgeOptions = { forgetting: 1, clipsResiduals: false };
const CLIPPING: RidgeOptions = { forgetting: 1, clipsResiduals: true };

interface Example {
  readonly features: Float64Array;
  readonly targets: Float64Array;
}

function flatPrior(size: number, targets: number, ridge = 1): RidgePrior {
  return { mean: new Float64Array(size * targets), precision: new Float64Array(size).fill(ridge) };
}

function randomPrior(size: number, targets: number, seed: number): RidgePrior {
  const random = seededRandom(seed);
  return {
    mean: Float64Array.from({ length: size * targets }, () => normal(random)),
    precision: Float64Array.from({ length: size }, () => 0.1 + 3 * random()),
  };
}

function examples(count: number, size: number, targets: number, seed: number): Example[] {
  const random = seededRandom(seed);
  const vector = (length: number) => Float64Array.from({ length }, () => normal(random));
  return Array.from({ length: count }, () => ({ features: vector(size), targets: vector(targets) }));
}

function fold(state: RidgeState, from: readonly Example[], options = PLAIN): RidgeState {
  for (const { features, targets } of from) expect(observe(state, features, targets, options)).toBe(true);
  return state;
}

function encode(state: RidgeState): Uint8Array {
  const writer = new ByteWriter();
  writeRidge(writer, state);
  return writer.take();
}

function decode(bytes: Uint8Array): RidgeState {
  const reader = new ByteReader(bytes);
  const state = readRidge(reader);
  reader.end();
  return state;
}

/** The weights of one target, by Gauss elimination; `weightOf` says what the example at an index counts. */
function slowWeights(prior: RidgePrior, from: readonly Example[], target: number, weightOf = (_: number) => 1) {
  const size = prior.precision.length;
  const scaled = from.map(({ features }, n) => features.map((value) => value * Math.sqrt(weightOf(n))));
  const matrix = denseOuterSum(scaled, 0, size);
  const right = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const precision = prior.precision[i] as number;
    (matrix[i] as Float64Array)[i] = ((matrix[i] as Float64Array)[i] as number) + precision;
    right[i] = precision * (prior.mean[target * size + i] as number);
    for (const [n, { features, targets }] of from.entries()) {
      right[i] = (right[i] as number) + weightOf(n) * (features[i] as number) * (targets[target] as number);
    }
  }
  return denseSolve(matrix, right);
}

function expectClose(actual: Float64Array, expected: Float64Array, within = 1e-9): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThan(within * Math.max(1, Math.abs(value)));
  }
}

const problem = fc.record({
  size: fc.integer({ min: 1, max: 8 }),
  targets: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 0, max: 30 }),
  seed: fc.nat(),
});

describe("ridge regression", () => {
  test("has the weights of the normal equations, for every target, whatever the prior", () => {
    fc.assert(
      fc.property(problem, ({ size, targets, count, seed }) => {
        const prior = randomPrior(size, targets, seed);
        const data = examples(count, size, targets, seed + 1);
        const state = fold(newRidge(targets, prior), data);
        for (let target = 0; target < targets; target++) {
          const weights = weightsOf(state).subarray(target * size, (target + 1) * size);
          expectClose(weights, slowWeights(prior, data, target));
        }
      }),
    );
  });

  test("keeps the least sum of squares, and what was observed without the prior", () => {
    fc.assert(
      fc.property(problem, fc.constantFrom(1, 0.9), ({ size, count, seed }, forgetting) => {
        const data = examples(count, size, 1, seed + 1);
        const state = fold(newRidge(1, randomPrior(size, 1, seed)), data, { forgetting, clipsResiduals: false });
        const weights = weightsOf(state);
        let squares = 0;
        let least = 0;
        data.forEach(({ features, targets }, n) => {
          const weight = forgetting ** (count - 1 - n);
          const [target] = targets as unknown as [number];
          squares += weight * target ** 2;
          least += weight * (target - predict(state, features, 0)) ** 2;
        });
        state.held.forEach((held, k) => {
          least += held * ((weights[k] as number) - (state.mean[k] as number)) ** 2;
        });
        expect(state.residuals[0]).toBeCloseTo(least, 8);
        expect(observedSquares(state)[0]).toBeCloseTo(squares, 8);
        const information = observedInformation(state);
        for (let k = 0; k < size; k++) {
          const sum = data.reduce((total, { features, targets }, n) => {
            return total + forgetting ** (count - 1 - n) * (features[k] as number) * (targets[0] as number);
          }, 0);
          expect(information[k]).toBeCloseTo(sum, 8);
        }
      }),
    );
  });

  test("begins at the prior's mean", () => {
    const prior = randomPrior(4, 2, 1);
    expectClose(weightsOf(newRidge(2, prior)), prior.mean, 1e-14);
  });

  test("is as unsure of a prediction as A^-1 says", () => {
    fc.assert(
      fc.property(problem, ({ size, count, seed }) => {
        const prior = randomPrior(size, 1, seed);
        const data = examples(count, size, 1, seed + 1);
        const [probe] = examples(1, size, 1, seed + 2) as [Example];
        const state = fold(newRidge(1, prior), data);
        const matrix = denseOuterSum(
          data.map(({ features }) => features),
          0,
          size,
        );
        for (let i = 0; i < size; i++) {
          (matrix[i] as Float64Array)[i] = ((matrix[i] as Float64Array)[i] as number) + (prior.precision[i] as number);
        }
        const solved = denseSolve(matrix, probe.features);
        const expected = solved.reduce((sum, value, i) => sum + value * (probe.features[i] as number), 0);
        expect(varianceOf(state, probe.features)).toBeCloseTo(expected, 9);
      }),
    );
  });

  test("is the same state, bit for bit, after encoding and decoding anywhere in the fold", () => {
    const split = fc.nat(30);
    const forgetting = fc.constantFrom(1, 0.9, 0.999);
    fc.assert(
      fc.property(problem, split, forgetting, ({ size, targets, count, seed }, at, keep) => {
        const options = { forgetting: keep, clipsResiduals: true };
        const data = examples(count, size, targets, seed);
        const prior = randomPrior(size, targets, seed);
        const whole = fold(newRidge(targets, prior), data, options);
        const first = fold(newRidge(targets, prior), data.slice(0, at), options);
        const second = fold(decode(encode(first)), data.slice(at), options);
        expect(encode(second)).toEqual(encode(whole));
        expect(weightsOf(second)).toEqual(weightsOf(whole));
      }),
    );
  });

  test("does not depend on when its weights were asked for", () => {
    const data = examples(40, 5, 2, 9);
    const asked = newRidge(2, flatPrior(5, 2));
    for (const example of data) {
      weightsOf(asked);
      fold(asked, [example]);
    }
    expect(encode(asked)).toEqual(encode(fold(newRidge(2, flatPrior(5, 2)), data)));
  });

  test("refuses bytes that are cut off, too long, or no factor", () => {
    const bytes = encode(fold(newRidge(1, flatPrior(3, 1)), examples(4, 3, 1, 2)));
    expect(() => decode(bytes.slice(0, -1))).toThrow(RangeError);
    expect(() => decode(Uint8Array.of(...bytes, 0))).toThrow(RangeError);
    const withoutDiagonal = bytes.slice();
    withoutDiagonal.fill(0, 22, 30);
    expect(() => decode(withoutDiagonal)).toThrow("factor with diagonal 0");
  });

  test("grows by features as if they had been the mean of others before, or 0", () => {
    const keep = fc.constantFrom(1, 0.9);
    fc.assert(
      fc.property(problem, keep, ({ size, targets, count, seed }, forgetting) => {
        const options = { forgetting, clipsResiduals: false };
        const prior = randomPrior(size, targets, seed);
        const data = examples(count, size, targets, seed + 1);
        const grown = fold(newRidge(targets, prior), data, options);
        const held = grown.held.slice();
        extend(grown, Float64Array.of(0.5, 0.7), [[0, size - 1], []]);
        const wide = data.map(({ features, targets: y }) => ({
          features: Float64Array.of(...features, ((features[0] as number) + (features[size - 1] as number)) / 2, 0),
          targets: y,
        }));
        const weightOf = (n: number) => forgetting ** (count - 1 - n);
        for (let target = 0; target < targets; target++) {
          const mean = Float64Array.of(...prior.mean.subarray(target * size, (target + 1) * size), 0, 0);
          const own = wide.map(({ features, targets: y }) => ({ features, targets: y.subarray(target) }));
          const expected = slowWeights({ mean, precision: Float64Array.of(...held, 0.5, 0.7) }, own, 0, weightOf);
          expectClose(weightsOf(grown).subarray(target * (size + 2), (target + 1) * (size + 2)), expected, 1e-8);
        }
        fold(grown, examples(3, size + 2, targets, seed), options);
      }),
    );
  });

  test("under another prior is as if it had begun with it", () => {
    fc.assert(
      fc.property(problem, ({ size, targets, count, seed }) => {
        const data = examples(count, size, targets, seed);
        const later = randomPrior(size, targets, seed + 2);
        const state = fold(newRidge(targets, randomPrior(size, targets, seed + 1)), data);
        expect(applyPrior(state, later)).toBe(true);
        const anew = fold(newRidge(targets, later), data);
        expectClose(weightsOf(state), weightsOf(anew), 1e-8);
        expectClose(state.residuals, anew.residuals, 1e-8);
        expect(applyPrior(state, flatPrior(size + 1, targets))).toBe(false);
      }),
    );
  });
});

describe("forgetting", () => {
  test("is exponential, with a prior that stays between 0.9 and 1 of its precision around its mean", () => {
    const keep = fc.double({ min: 0.5, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(problem, keep, ({ size, count, seed }, forgetting) => {
        const prior = randomPrior(size, 1, seed);
        const data = examples(count, size, 1, seed + 1);
        const state = fold(newRidge(1, prior), data, { forgetting, clipsResiduals: false });
        for (const [k, held] of state.held.entries()) {
          const precision = prior.precision[k] as number;
          // An observation's forgetting is before the filling up of those whose turn it is.
          expect(held).toBeGreaterThan(0.9 * forgetting * precision * (1 - 1e-9));
          expect(held).toBeLessThanOrEqual(precision);
        }
        const held = { mean: prior.mean, precision: state.held };
        const expected = slowWeights(held, data, 0, (n) => forgetting ** (data.length - 1 - n));
        expectClose(weightsOf(state), expected, 1e-8);
      }),
    );
  });

  test("does not wind up: what is not observed any more goes back to the prior, not to nothing", () => {
    const state = newRidge(1, { mean: Float64Array.of(0, 0.5), precision: Float64Array.of(1, 1) });
    const options = { forgetting: 0.95, clipsResiduals: false };
    for (let n = 0; n < 3000; n++) observe(state, Float64Array.of(1, 0), Float64Array.of(2), options);
    const [observed, unobserved] = weightsOf(state) as unknown as [number, number];
    expect(observed).toBeCloseTo(2 * (20 / 21), 1);
    expect(unobserved).toBeCloseTo(0.5, 12);
    expect(varianceOf(state, Float64Array.of(0, 1))).toBeLessThan(1 / 0.85);
    // One observation there moves its weight by half of the way, as it would have at birth.
    observe(state, Float64Array.of(0, 1), Float64Array.of(10.5), options);
    expect(weightsOf(state)[1]).toBeCloseTo(5.5, 0);
  });

  test("follows a change that a long memory answers with the mean of before and after", () => {
    const random = seededRandom(6);
    const error = (forgetting: number): number => {
      const state = newRidge(1, flatPrior(2, 1));
      for (let n = 0; n < 600; n++) {
        const features = Float64Array.of(1, normal(random));
        const slope = n < 300 ? 1 : -1;
        observe(state, features, Float64Array.of(slope * (features[1] as number)), {
          forgetting,
          clipsResiduals: false,
        });
      }
      return Math.abs((weightsOf(state)[1] as number) + 1);
    };
    expect(error(0.95)).toBeLessThan(0.1);
    expect(error(1)).toBeGreaterThan(0.8);
  });
});

describe("guards of a regression", () => {
  test.each([
    ["NaN in the features", [1, NaN], [1]],
    ["an infinite feature", [Infinity, 0], [1]],
    ["features beyond the largest norm", [8e5, 8e5], [1]],
    ["a target that is not a number", [1, 1], [NaN]],
    ["an infinite target", [1, 1], [-Infinity]],
    ["a target beyond the largest", [1, 1], [2e12]],
    ["too many features", [1, 1, 1], [1]],
    ["too few targets", [1, 1], []],
  ])("refuse %s, and leave the state as it was", (_, features, targets) => {
    const state = fold(newRidge(1, flatPrior(2, 1)), examples(5, 2, 1, 3));
    const before = encode(state);
    expect(observe(state, Float64Array.from(features), Float64Array.from(targets), CLIPPING)).toBe(false);
    expect(encode(state)).toEqual(before);
  });

  test("keep every number finite over any observations within the bounds", () => {
    const value = fc.double({ min: -5e5, max: 5e5, noNaN: true });
    const target = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    const rows = fc.array(fc.tuple(value, value, value, target), { maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.constantFrom(1, 0.5), (all, forgetting) => {
        const state = newRidge(1, flatPrior(3, 1, 1e-3));
        for (const [a, b, c, y] of all) {
          observe(state, Float64Array.of(a, b, c), Float64Array.of(y), { forgetting, clipsResiduals: true });
        }
        expect(() => decode(encode(state))).not.toThrow();
        expect(weightsOf(state).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test("draw an outlier in to 5 robust standard deviations", () => {
    const random = seededRandom(11);
    const state = newRidge(1, flatPrior(1, 1));
    for (let n = 0; n < 200; n++) observe(state, Float64Array.of(1), Float64Array.of(3 + normal(random)), CLIPPING);
    const before = predict(state, Float64Array.of(1), 0);
    // Of a normal distribution, over the median of its sizes.
    const sd = 1.4826 * (state.scales[0]?.median ?? NaN);
    expect(sd).toBeGreaterThan(0.6);
    expect(sd).toBeLessThan(1.5);
    observe(state, Float64Array.of(1), Float64Array.of(1e9), CLIPPING);
    const moved = predict(state, Float64Array.of(1), 0) - before;
    expect(moved).toBeGreaterThan(0);
    // The mean of 201 moves by a residual's 202nd part.
    expect(moved).toBeLessThan((5.1 * sd) / 202);
  });

  test("believe the third far residual in a row: the world has changed", () => {
    const random = seededRandom(12);
    const state = newRidge(1, flatPrior(1, 1));
    const options = { forgetting: 0.9, clipsResiduals: true };
    for (let n = 0; n < 200; n++) observe(state, Float64Array.of(1), Float64Array.of(normal(random)), options);
    for (let n = 0; n < 40; n++) observe(state, Float64Array.of(1), Float64Array.of(1000), options);
    expect(predict(state, Float64Array.of(1), 0)).toBeGreaterThan(850);
  });

  test("learn without noise too, where every robust deviation is 0", () => {
    const state = newRidge(1, flatPrior(3, 1, 1e-6));
    const random = seededRandom(13);
    for (let n = 0; n < 60; n++) {
      // The third feature says something only later.
      const features = Float64Array.of(1, normal(random), n < 30 ? 0 : normal(random));
      const target = 2 + (features[1] as number) - 7 * (features[2] as number);
      observe(state, features, Float64Array.of(target), CLIPPING);
    }
    const features = Float64Array.of(1, 0.5, 1);
    expect(Math.abs(predict(state, features, 0) + 4.5)).toBeLessThan(1);
  });

  test("report a condition above the bound, from features that are almost the same", () => {
    const state = newRidge(1, flatPrior(2, 1, 1e-8));
    const random = seededRandom(14);
    expect(conditionEstimate(state)).toBeCloseTo(1, 6);
    for (let n = 0; n < 1000; n++) {
      const value = 10 * normal(random);
      observe(state, Float64Array.of(value, value * (1 + 1e-9)), Float64Array.of(value), PLAIN);
    }
    expect(conditionEstimate(state)).toBeGreaterThan(ILL_CONDITIONED);
    expect(productOf(state.factor, 2)).toHaveLength(packedLength(2));
  });
});
