import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { RecentQuantile } from "../../src/lib/recentQuantile.js";

const WINDOW_MS = 1000;

function made(): RecentQuantile {
  return new RecentQuantile({ quantile: 0.99, windowMs: WINDOW_MS, minimum: 1, maximum: 50 });
}

describe("recent quantile", () => {
  test("is the quantile of what came in the last window, to a hundredth", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 50, noNaN: true }), { minLength: 2, maxLength: 500 }),
        (samples) => {
          const recent = made();
          samples.forEach((sample, i) => recent.record(sample, (i * WINDOW_MS) / samples.length));
          const sorted = [...samples].sort((a, b) => a - b);
          const rank = Math.min(samples.length - 1, Math.ceil(0.99 * samples.length));
          const expected = sorted[rank - 1] as number;
          expect(Math.abs(recent.value(WINDOW_MS) / expected - 1)).toBeLessThan(0.011);
        },
      ),
    );
  });

  test("forgets a bad moment within two windows, whether or not other samples come", () => {
    for (const others of [0, 3, 300]) {
      const recent = made();
      for (let i = 0; i < 20; i++) recent.record(40, 0);
      for (let i = 0; i < others; i++) recent.record(2, WINDOW_MS + i);
      expect(recent.value(WINDOW_MS / 2)).toBeGreaterThan(39);
      expect(recent.value(2 * WINDOW_MS)).toBeLessThan(2.1);
    }
  });

  test("is not decided by one sample, however few there are", () => {
    const recent = made();
    recent.record(40, 0);
    expect(recent.value(0)).toBe(1);
    recent.record(3, 100);
    expect(recent.value(100)).toBeLessThan(3.1);
    recent.record(30, 200);
    expect(recent.value(200)).toBeGreaterThan(29);
  });

  test("stays between its minimum and its maximum", () => {
    const recent = made();
    for (let i = 0; i < 5; i++) recent.record(0.01, i);
    expect(recent.value(100)).toBe(1);
    for (let i = 0; i < 5; i++) recent.record(900, 200);
    expect(recent.value(300)).toBe(50);
  });
});
