import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Histogram } from "../../src/lib/histogram.js";

/** Log-uniform from 2 microseconds to some 16 minutes. */
const latency = fc.double({ min: Math.log(0.002), max: Math.log(1e6), noNaN: true }).map((log) => Math.exp(log));
const latencies = fc.array(latency, { minLength: 1, maxLength: 400 });
const QUANTILES = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

function of(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.record(sample);
  return histogram;
}

describe("histogram", () => {
  test("keeps every quantile within 1 % of the exact one", () => {
    fc.assert(
      fc.property(latencies, (samples) => {
        const histogram = of(samples);
        const sorted = samples.toSorted((a, b) => a - b);
        for (const q of QUANTILES) {
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
          const error = Math.abs((histogram.quantile(q) as number) / exact - 1);
          expect(error).toBeLessThan(0.01);
        }
      }),
    );
  });

  test("merges into what one histogram of all samples is", () => {
    fc.assert(
      fc.property(latencies, latencies, (left, right) => {
        const merged = of(left);
        merged.add(of(right));
        const whole = of([...left, ...right]);
        expect(merged.count).toBe(left.length + right.length);
        expect(merged.sumMs / whole.sumMs).toBeCloseTo(1, 9);
        expect(QUANTILES.map((q) => merged.quantile(q))).toEqual(QUANTILES.map((q) => whole.quantile(q)));
      }),
    );
  });

  test("gives what came since a copy was taken, as a histogram of that alone", () => {
    const [all, later] = [new Histogram(), new Histogram()];
    for (const ms of [1, 5, 5, 900]) all.record(ms);
    const before = all.copy();
    for (const ms of [0.2, 5, 77]) {
      all.record(ms);
      later.record(ms);
    }
    const since = all.since(before);
    expect([since.count, since.quantile(0.5), since.quantile(1)]).toEqual([3, later.quantile(0.5), later.quantile(1)]);
    expect(since.sumMs).toBeCloseTo(82.2, 9);
    expect(before.count).toBe(4);
  });

  test("counts the samples up to a bound, to within a bucket, and never more for a smaller bound", () => {
    fc.assert(
      fc.property(latencies, latency, (samples, bound) => {
        const histogram = of(samples);
        const counted = histogram.countUpTo(bound);
        expect(counted).toBeGreaterThanOrEqual(samples.filter((sample) => sample <= bound / 1.021).length);
        expect(counted).toBeLessThanOrEqual(samples.filter((sample) => sample <= bound * 1.001).length);
        expect(histogram.countUpTo(bound / 2)).toBeLessThanOrEqual(counted);
        expect(histogram.countUpTo(1e9)).toBe(samples.length);
      }),
    );
  });

  test("takes samples below and above its range into its outermost buckets", () => {
    const histogram = of([0, 1e-9, 1e12]);
    expect(histogram.count).toBe(3);
    expect(histogram.countUpTo(0.001)).toBe(2);
    expect(histogram.quantile(1)).toBeGreaterThan(1e7);
  });

  test("has no quantile without samples, also after it was cleared", () => {
    const histogram = of([1, 2]);
    histogram.clear();
    expect([histogram.count, histogram.sumMs, histogram.countUpTo(1e9)]).toEqual([0, 0, 0]);
    expect(histogram.quantile(0.5)).toBeUndefined();
  });
});
