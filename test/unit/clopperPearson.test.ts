import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isAbove, isAtMost, lowerBound, regularisedBeta, upperBound } from "../../src/lib/clopperPearson.js";

/** Events, trials, one-sided confidence, and the bounds by scipy 1.17's beta.ppf. */
const PUBLISHED = [
  [0, 30, 0.95, 0, 0.09503385285530411],
  [0, 299, 0.95, 0, 0.009969146792899269],
  [1, 100, 0.95, 0.0005128014162622926, 0.046559811453538935],
  [5, 100, 0.975, 0.016431879182052158, 0.11283491110546275],
  [50, 1000, 0.95, 0.039163535925589354, 0.06286340351237973],
  [200, 10000, 0.95, 0.017751383415203843, 0.02245935301710235],
  [9.5, 812.25, 0.95, 0.006241024124691005, 0.02002654950319406],
  [3, 3, 0.95, 0.36840314986403877, 1],
  [700, 100000, 0.975, 0.0064926005242192985, 0.007536301398141952],
] as const;

describe("Clopper-Pearson bounds", () => {
  test.each(PUBLISHED)("of %d in %d at %d are scipy's", (events, trials, confidence, low, high) => {
    expect(lowerBound(events, trials, confidence)).toBeCloseTo(low, 11);
    expect(upperBound(events, trials, confidence)).toBeCloseTo(high, 11);
  });

  test("are never wrong more often than they say, summed over every outcome", () => {
    for (const proportion of [0.005, 0.01, 0.05, 0.4]) {
      const trials = 120;
      let tooLow = 0;
      let tooHigh = 0;
      for (let events = 0; events <= trials; events++) {
        const chance = binomial(events, trials, proportion);
        if (upperBound(events, trials, 0.95) < proportion) tooLow += chance;
        if (lowerBound(events, trials, 0.95) > proportion) tooHigh += chance;
      }
      expect(tooLow).toBeLessThanOrEqual(0.05);
      expect(tooHigh).toBeLessThanOrEqual(0.05);
    }
  });

  test("compare with a proportion as the bounds themselves do", () => {
    const share = fc.double({ min: 0.001, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(fc.nat(40), fc.nat(2000), share, (events, more, proportion) => {
        const trials = events + more + 1;
        const high = upperBound(events, trials, 0.95);
        const low = lowerBound(events, trials, 0.95);
        fc.pre(Math.abs(high - proportion) > 1e-9 && Math.abs(low - proportion) > 1e-9);
        expect(isAtMost(proportion, events, trials, 0.95)).toBe(high <= proportion);
        expect(isAbove(proportion, events, trials, 0.95)).toBe(low > proportion);
      }),
    );
  });

  test("say nothing without trials", () => {
    expect([lowerBound(0, 0, 0.95), upperBound(0, 0, 0.95)]).toEqual([0, 1]);
    expect(isAtMost(0.99, 0, 0, 0.95)).toBe(false);
  });

  test("rest on a beta function that sums the binomial's tail", () => {
    let tail = 0;
    for (let events = 7; events <= 50; events++) tail += binomial(events, 50, 0.11);
    expect(regularisedBeta(0.11, 7, 44)).toBeCloseTo(tail, 12);
  });
});

function binomial(events: number, trials: number, proportion: number): number {
  let log = events * Math.log(proportion) + (trials - events) * Math.log1p(-proportion);
  for (let i = 1; i <= events; i++) log += Math.log((trials - events + i) / i);
  return Math.exp(log);
}
