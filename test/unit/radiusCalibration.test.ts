import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { RadiusCalibration } from "../../src/caching/radiusCalibration.js";
import { lowerBound, upperBound } from "../../src/lib/clopperPearson.js";

const BUDGET = 0.05;

function calibration(errorBudget = BUDGET): RadiusCalibration {
  return new RadiusCalibration({ errorBudget, confidence: 0.95, largest: 1 });
}

function record(to: RadiusCalibration, times: number, distance: number, disagreed = false, isAudit = false): void {
  for (let i = 0; i < times; i++) to.record(distance, disagreed, isAudit);
}

/** The radii that the rule of the requirement names, over all evidence, from the bounds themselves. */
function slowRadius(evidence: readonly { distance: number; disagreed: boolean }[]): number | undefined {
  const edges = Array.from({ length: 40 }, (_, bin) => 400 ** ((bin - 39) / 40));
  const bins = edges.map((edge, bin) =>
    evidence.filter(({ distance }) => distance <= edge && (bin === 0 || distance > (edges[bin - 1] as number))),
  );
  const count = (samples: typeof evidence) => samples.filter(({ disagreed }) => disagreed).length;
  let radius: number | undefined;
  let part: typeof evidence = [];
  let within: typeof evidence = [];
  for (const [bin, samples] of bins.entries()) {
    if (samples.length === 0) continue;
    if (lowerBound(count(samples), samples.length, 0.95) > BUDGET) break;
    part = [...part, ...samples];
    if (upperBound(count(part), part.length, 0.95) > 5 * BUDGET) continue;
    within = [...within, ...part];
    part = [];
    if (within.length >= 30 && upperBound(count(within), within.length, 0.95) <= BUDGET) radius = edges[bin];
  }
  return radius;
}

describe("radius calibration", () => {
  test("reuses nothing before the bound is within the budget: 59 agreements for 5 %, not 58", () => {
    for (const agreements of [58, 59]) {
      const one = calibration();
      record(one, agreements, 0.1);
      record(one, 16, 0.9, true);
      if (agreements === 58) expect(one.radius).toBeUndefined();
      else expect(Math.log((one.radius as number) / 0.1)).toBeCloseTo(0.07, 0);
    }
  });

  test("bounds the share of disagreements, not its mean: 4 in 100 are too many for 5 %", () => {
    const one = calibration();
    record(one, 96, 0.1);
    record(one, 4, 0.1, true);
    expect(one.radius).toBeUndefined();
  });

  test("needs 30 samples, whatever the budget", () => {
    const one = calibration(0.5);
    record(one, 16, 0.1);
    expect(one.radius).toBeUndefined();
    record(one, 16, 0.1);
    expect(one.radius).toBeGreaterThanOrEqual(0.1);
  });

  test("stops before a bin that is bad by itself, however good the mean is", () => {
    const one = calibration();
    record(one, 2000, 0.1);
    record(one, 40, 0.5, true);
    record(one, 4000, 0.8);
    expect(one.radius).toBeLessThan(0.5);
    expect(one.radius).toBeGreaterThanOrEqual(0.1);
  });

  test("does not reach into distances of which too little is known", () => {
    const one = calibration();
    record(one, 2000, 0.1);
    record(one, 3, 0.5);
    record(one, 16, 0.95, true);
    expect(one.radius).toBeLessThan(0.5);
  });

  test("gives the radius that the rule names over all evidence", () => {
    const sample = fc.record({ distance: fc.double({ min: 0, max: 1, noNaN: true }), luck: fc.nat(999) });
    const steepness = fc.constantFrom(0, 20, 60, 200);
    fc.assert(
      fc.property(fc.array(sample, { minLength: 100, maxLength: 800, size: "max" }), steepness, (samples, steep) => {
        const one = calibration();
        const evidence = samples.map(({ distance, luck }) => ({ distance, disagreed: luck < steep * distance }));
        // They are judged at every sixteenth, and at once where the radius may have to narrow: the last time is among the
        // second half of these, when the farthest bin is as bad as it can be already.
        for (let i = 0; i < 32; i++) evidence.push({ distance: 1, disagreed: true });
        for (const { distance, disagreed } of evidence) one.record(distance, disagreed, false);
        const expected = slowRadius(evidence);
        if (expected === undefined) expect(one.radius).toBeUndefined();
        else expect(one.radius).toBeCloseTo(expected, 9);
      }),
      { numRuns: 60 },
    );
  });

  test("narrows at the first disagreement that breaks the bound, and widens again with agreements", () => {
    const one = calibration();
    record(one, 64, 0.1);
    expect(one.radius).toBeDefined();
    one.record(0.1, true, true);
    expect(one.radius).toBeUndefined();
    record(one, 64, 0.1);
    expect(one.radius).toBeDefined();
  });

  test("forgets half of its evidence every 10,000 samples", () => {
    const one = calibration();
    record(one, 800, 0.1, true);
    record(one, 29_200, 0.9);
    // Three halvings: about 100 of the 800 are left, so that 4,000 agreements are enough.
    expect(one.radius).toBeUndefined();
    record(one, 4000, 0.1);
    expect(one.radius).toBeGreaterThanOrEqual(0.1);
  });

  test("keeps what it knows within the radius, however many samples lie beyond", () => {
    const one = calibration(0.01);
    record(one, 400, 0.1);
    expect(one.radius).toBeDefined();
    // Audits are a twentieth of what is within: by a common count these would leave 50 of the 400.
    for (let i = 0; i < 30_000; i++) one.record(0.9, true, false);
    expect(one.radius).toBeGreaterThanOrEqual(0.1);
  });

  test("forgets within the radius by what is learned there", () => {
    const one = calibration();
    record(one, 20, 0.1, true);
    record(one, 2000, 0.1);
    expect(one.radius).toBeDefined();
    // The 700 to come are 2 % of all samples, and 6 % of those that are left.
    record(one, 30_000, 0.1, false, true);
    record(one, 700, 0.1, true);
    expect(one.radius).toBeUndefined();
  });

  test("starts again when audits disagree four times as often as the budget allows", () => {
    const random = seededRandom(1);
    const one = calibration(0.01);
    record(one, 9000, 0.1);
    expect(one.radius).toBeDefined();
    let audits = 0;
    for (; one.radius !== undefined && audits < 5000; audits++) one.record(0.1, random() < 0.2, true);
    expect(one.driftResets).toBe(1);
    expect(audits).toBeLessThan(120);
    record(one, 290, 0.1);
    expect(one.radius).toBeUndefined();
    record(one, 30, 0.1);
    expect(one.radius).toBeDefined();
  });

  test("hardly ever starts again by chance: not in 1,000 audits at the budget, in nine of ten runs", () => {
    let resets = 0;
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const one = calibration(0.01);
      for (let i = 0; i < 1000; i++) one.record(0.1, random() < 0.01, true);
      resets += one.driftResets > 0 ? 1 : 0;
    }
    expect(resets).toBeLessThanOrEqual(3);
  });

  test("takes the unit from the data where none is given, and takes it anew when it has changed", () => {
    const one = new RadiusCalibration({ errorBudget: BUDGET, confidence: 0.95, largest: undefined });
    record(one, 200, 3000);
    expect(one.radius).toBeGreaterThanOrEqual(3000);
    record(one, 2000, 3);
    expect(one.radius).toBeGreaterThanOrEqual(3);
    expect(one.radius).toBeLessThan(4);
    record(one, 4000, 1e6);
    expect(one.radius).toBeGreaterThanOrEqual(1e6);
  });

  test("says which distance a share of the evidence lies within", () => {
    const one = calibration();
    expect(one.quantile(0.5)).toBeUndefined();
    record(one, 30, 0.1);
    record(one, 70, 0.7);
    expect(one.quantile(0.3)).toBeLessThan(0.12);
    expect(one.quantile(0.31)).toBeGreaterThanOrEqual(0.7);
  });
});
