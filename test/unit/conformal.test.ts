import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Output } from "../../src/domain/application.js";
import { ByteWriter } from "../../src/lib/byteCursor.js";
import { AdaptiveConformal, conformityScore, labelSet } from "../../src/correction/conformal.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { label, LABELS } from "../support/policies.js";

const labelOutput = (...values: number[]) => ({
  kind: "LABEL" as const,
  label: LABELS[values.indexOf(Math.max(...values))] as string,
  scores: LABELS.map((name, i) => ({ label: name, score: values[i] as number })).sort((a, b) => b.score - a.score),
});

/** By sorting: the finite-sample quantile of the scores so far. */
function slowQuantile(scores: readonly number[], alpha: number): number {
  if (alpha >= 1) return 0;
  const inOrder = [...scores].sort((a, b) => a - b);
  const rank = Math.ceil((inOrder.length + 1) * (1 - alpha));
  return rank > inOrder.length ? Infinity : (inOrder[Math.max(0, rank - 1)] as number);
}

/** The recursion of alpha over the latest 1,000 scores. */
function slowSets(scores: readonly number[], coverage: number) {
  const latest = scores.slice(-1000).map(Math.fround);
  let alpha = 1 - coverage;
  let held = 0;
  latest.forEach((score, i) => {
    const before = latest.slice(0, i);
    const missed = score > slowQuantile(before, alpha);
    if (!missed) held += 1;
    const canLeaveOut = slowQuantile(before, 1 - coverage) < Infinity;
    if (canLeaveOut) alpha += 0.01 * (1 - coverage - (missed ? 1 : 0));
  });
  return { threshold: slowQuantile(latest, alpha), realised: latest.length === 0 ? undefined : held / latest.length };
}

const exponential = (random: () => number): number => -Math.log(1 - random());

/** Share of scores within the threshold of just before them, over every fifth of the last `over`. */
function realisedOver(scores: readonly number[], over: number, coverage: number): number {
  const conformal = new AdaptiveConformal();
  let [held, judged] = [0, 0];
  scores.forEach((score, i) => {
    if (i >= scores.length - over && i % 5 === 0) {
      judged += 1;
      held += Math.fround(score) <= conformal.threshold(coverage) ? 1 : 0;
    }
    conformal.observe(score);
  });
  return held / judged;
}

describe("adaptive conformal sets", () => {
  test("have the threshold and the coverage that sorting and the recursion of alpha give, whichever is asked for", () => {
    const score = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5));
    const coverage = fc.constantFrom(0.5, 0.75, 0.9, 0.99, 0.999);
    fc.assert(
      fc.property(fc.array(score, { maxLength: 1300, size: "max" }), coverage, coverage, (scores, ...asked) => {
        const conformal = new AdaptiveConformal();
        scores.forEach((one, i) => {
          conformal.observe(one);
          if (i === scores.length >> 1) conformal.threshold(asked[0]);
        });
        for (const each of asked) {
          const { threshold, realised } = slowSets(scores, each);
          expect(conformal.threshold(each)).toBe(threshold);
          expect(conformal.realisedCoverage(each)).toBe(realised);
        }
      }),
      { numRuns: 5 },
    );
  });

  test.each([0.5, 0.8, 0.9, 0.99])("keep the coverage %d, also after errors have grown tenfold", (coverage) => {
    const random = seededRandom(1);
    const scores = Array.from({ length: 6_000 }, (_, t) => exponential(random) * (t < 1_000 ? 1 : 10));
    expect(Math.abs(realisedOver(scores, 4_000, coverage) - coverage)).toBeLessThan(0.03);
  });

  test("keep the coverage while errors grow all the time, where the window alone lags behind", () => {
    const random = seededRandom(3);
    const scores = Array.from({ length: 6_000 }, (_, t) => exponential(random) * 1.001 ** t);
    expect(Math.abs(realisedOver(scores, 4_000, 0.9) - 0.9)).toBeLessThan(0.02);
  });

  test("hold everything while there are too few observations, and the best label always", () => {
    const conformal = new AdaptiveConformal();
    expect(conformal.realisedCoverage(0.9)).toBeUndefined();
    expect(conformal.threshold(0.9)).toBe(Infinity);
    const { scores } = labelOutput(0.7, 0.2, 0.1);
    expect(labelSet(scores, Infinity)).toEqual(["ant", "bee", "cat"]);
    expect(labelSet(scores, 0.55)).toEqual(["ant", "bee"]);
    expect(labelSet(scores, 0)).toEqual(["ant"]);
    for (let i = 0; i < 3000; i++) conformal.observe(0);
    expect(labelSet(scores, conformal.threshold(0.9))).toEqual(["ant"]);
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

  test("score numbers by their error, and vectors not at all: they have no sets", () => {
    const number: Output = { kind: "NUMBER", number: 3 };
    expect(conformityScore(number, { kind: "NUMBER", number: 5 })).toBe(2);
    const vector: Output = { kind: "VECTOR", vector: Float64Array.of(1, 2) };
    expect(conformityScore(vector, { kind: "VECTOR", vector: [0, 5] })).toBeUndefined();
    expect(conformityScore(number, { kind: "REWARD", reward: 1 })).toBeUndefined();
    expect(conformityScore({ kind: "NUMBER", number: -1e308 }, { kind: "NUMBER", number: 1e308 })).toBeUndefined();
    expect(conformityScore(labelOutput(1, 0, 0), label("dog"))).toBeUndefined();
  });

  test("are the same bytes, at most 4.1 kB, when stored and read in between", () => {
    const random = seededRandom(2);
    for (const at of [0, 1, 700, 1000, 1700]) {
      const straight = new AdaptiveConformal();
      let stored = new AdaptiveConformal();
      for (let t = 0; t < 2300; t++) {
        if (t === at) stored = AdaptiveConformal.decode(stored.encode());
        const score = random();
        straight.observe(score);
        stored.observe(score);
      }
      expect(stored.encode()).toEqual(straight.encode());
      expect(stored.threshold(0.8)).toBe(straight.threshold(0.8));
      expect(stored.encode().length).toBeLessThanOrEqual(4100);
    }
  });

  test("are the same bytes whatever coverage is asked for meanwhile", () => {
    const random = seededRandom(4);
    const [asked, silent] = [new AdaptiveConformal(), new AdaptiveConformal()];
    for (let t = 0; t < 1200; t++) {
      const score = random();
      asked.observe(score);
      silent.observe(score);
      if (t % 100 === 0) asked.threshold(t % 200 === 0 ? 0.6 : 0.99);
    }
    expect(asked.encode()).toEqual(silent.encode());
  });

  test("read what was kept when a state had one coverage for ever", () => {
    const scores = [0.5, 0.25];
    const to = new ByteWriter().uint8(1).float64(0.1).float64(0.12).float64(2).float64(1).uint16(scores.length);
    for (const score of scores) to.float32(score);
    const now = new AdaptiveConformal();
    for (const score of scores) now.observe(score);
    expect(AdaptiveConformal.decode(to.take()).encode()).toEqual(now.encode());
    expect(() => AdaptiveConformal.decode(Uint8Array.of(3))).toThrow("layout 3");
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
