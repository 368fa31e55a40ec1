import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Output } from "../../src/domain/application.js";
import { AdaptiveConformal, conformityScore, labelSet } from "../../src/correction/conformal.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { label, LABELS } from "../support/policies.js";

const labelOutput = (...values: number[]) => ({
  kind: "LABEL" as const,
  label: LABELS[values.indexOf(Math.max(...values))] as string,
  scores: LABELS.map((name, i) => ({ label: name, score: values[i] as number })).sort((a, b) => b.score - a.score),
});

/** Threshold by sorting: the finite-sample quantile of the window. */
function slowThreshold(scores: readonly number[], alpha: number): number {
  if (alpha >= 1) return 0;
  const window = scores.slice(-1000).map(Math.fround);
  window.sort((a, b) => a - b);
  const rank = Math.ceil((window.length + 1) * (1 - alpha));
  return rank > window.length ? Infinity : (window[Math.max(0, rank - 1)] as number);
}

describe("adaptive conformal sets", () => {
  test("have the threshold that sorting and the recursion of alpha give", () => {
    const score = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5));
    fc.assert(
      fc.property(fc.array(score, { maxLength: 2500, size: "max" }), (scores) => {
        const conformal = new AdaptiveConformal({ coverage: 0.75 });
        let alpha = 0.25;
        scores.forEach((one, i) => {
          const threshold = slowThreshold(scores.slice(Math.max(0, i - 1000), i), alpha);
          expect(conformal.threshold).toBe(threshold);
          conformal.observe(one);
          alpha += 0.01 * (0.25 - (Math.fround(one) > threshold ? 1 : 0));
        });
      }),
      { numRuns: 8 },
    );
  });

  test("keep the coverage when errors grow tenfold half-way", () => {
    const random = seededRandom(1);
    const conformal = new AdaptiveConformal({ coverage: 0.9 });
    let [coveredLate, late] = [0, 0];
    for (let t = 0; t < 20_000; t++) {
      const score = -Math.log(1 - random()) * (t < 10_000 ? 1 : 10);
      if (t >= 12_000) {
        late += 1;
        coveredLate += Math.fround(score) <= conformal.threshold ? 1 : 0;
      }
      conformal.observe(score);
    }
    expect(Math.abs((conformal.realisedCoverage ?? 0) - 0.9)).toBeLessThan(0.01);
    expect(Math.abs(coveredLate / late - 0.9)).toBeLessThan(0.02);
    expect(conformal.observations).toBe(20_000);
  });

  test("keep the coverage while errors grow all the time, where the window alone lags behind", () => {
    const random = seededRandom(3);
    const conformal = new AdaptiveConformal({ coverage: 0.9 });
    for (let t = 0; t < 20_000; t++) conformal.observe(-Math.log(1 - random()) * 1.001 ** t);
    expect(Math.abs((conformal.realisedCoverage ?? 0) - 0.9)).toBeLessThan(0.01);
  });

  test("hold everything while there are too few observations, and the best label always", () => {
    const conformal = new AdaptiveConformal();
    expect(conformal.realisedCoverage).toBeUndefined();
    expect(conformal.threshold).toBe(Infinity);
    const { scores } = labelOutput(0.7, 0.2, 0.1);
    expect(labelSet(scores, Infinity)).toEqual(["ant", "bee", "cat"]);
    expect(labelSet(scores, 0.55)).toEqual(["ant", "bee"]);
    expect(labelSet(scores, 0)).toEqual(["ant"]);
    for (let i = 0; i < 3000; i++) conformal.observe(0);
    expect(labelSet(scores, conformal.threshold)).toEqual(["ant"]);
  });

  test("count a truth as held exactly when its label is in the set", () => {
    const weight = fc.nat(20);
    fc.assert(
      fc.property(
        weight,
        weight,
        weight,
        fc.constantFrom(...LABELS),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (...given) => {
          const [a, b, c, truth, at] = given;
          const total = a + b + c + 1;
          const output = labelOutput((a + 1) / total, b / total, c / total);
          const threshold = Math.fround(at);
          const score = conformityScore(output, label(truth)) as number;
          expect(labelSet(output.scores, threshold).includes(truth)).toBe(Math.fround(score) <= threshold);
        },
      ),
    );
  });

  test("score numbers by their error, vectors by that of the worst element", () => {
    const number: Output = { kind: "NUMBER", number: 3 };
    expect(conformityScore(number, { kind: "NUMBER", number: 5 })).toBe(2);
    const vector: Output = { kind: "VECTOR", vector: Float64Array.of(1, 2) };
    expect(conformityScore(vector, { kind: "VECTOR", vector: [0, 5] })).toBe(3);
    expect(conformityScore(vector, { kind: "VECTOR", vector: [0] })).toBeUndefined();
    expect(conformityScore(number, { kind: "REWARD", reward: 1 })).toBeUndefined();
    expect(conformityScore({ kind: "NUMBER", number: -1e308 }, { kind: "NUMBER", number: 1e308 })).toBeUndefined();
    expect(conformityScore(labelOutput(1, 0, 0), label("dog"))).toBeUndefined();
  });

  test("judge a miss by the threshold that was shown, where it is told", () => {
    const conformal = new AdaptiveConformal();
    conformal.observe(0.5, 0.4);
    expect(conformal.realisedCoverage).toBe(0);
    conformal.observe(0.5, Infinity);
    expect(conformal.realisedCoverage).toBe(0.5);
  });

  test("are the same bytes, at most 4.2 kB, when stored and read in between", () => {
    const random = seededRandom(2);
    for (const at of [0, 1, 700, 1000, 1700]) {
      const straight = new AdaptiveConformal({ coverage: 0.8 });
      let stored = new AdaptiveConformal({ coverage: 0.8 });
      for (let t = 0; t < 2300; t++) {
        if (t === at) stored = AdaptiveConformal.decode(stored.encode());
        const score = random();
        straight.observe(score);
        stored.observe(score);
      }
      expect(stored.encode()).toEqual(straight.encode());
      expect(stored.threshold).toBe(straight.threshold);
      expect(stored.encode().length).toBeLessThanOrEqual(4200);
    }
  });

  test("take no score that is none, and are read from nothing but their own bytes", () => {
    const conformal = new AdaptiveConformal();
    for (const bad of [NaN, -1, Infinity, 1e300]) expect(conformal.observe(bad)).toBe(false);
    expect(conformal.encode()).toEqual(new AdaptiveConformal().encode());
    conformal.observe(0.5);
    const bytes = conformal.encode();
    expect(() => AdaptiveConformal.decode(bytes.slice(0, -1))).toThrow("too few");
    const poisoned = bytes.slice();
    new DataView(poisoned.buffer).setFloat32(bytes.length - 4, NaN, true);
    expect(() => AdaptiveConformal.decode(poisoned)).toThrow("score NaN");
  });
});
