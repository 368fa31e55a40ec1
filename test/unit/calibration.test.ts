import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ConfidenceCalibration } from "../../src/correction/calibration.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const told = fc.array(fc.tuple(share, fc.constantFrom(0, 1, 0.3)), { maxLength: 300 });

function calibrationOf(observations: readonly (readonly [number, number])[]): ConfidenceCalibration {
  const calibration = new ConfidenceCalibration();
  for (const [agreement, outcome] of observations) calibration.observe(agreement, outcome);
  return calibration;
}

describe("calibrated confidence", () => {
  test("is the agreement itself before any observation", () => {
    const calibration = new ConfidenceCalibration();
    for (let i = 0; i <= 1000; i++) expect(calibration.confidence(i / 1000)).toBeCloseTo(i / 1000, 12);
  });

  test("never falls as the agreement rises, and stays from 0 to 1", () => {
    fc.assert(
      fc.property(told, (observations) => {
        const calibration = calibrationOf(observations);
        let last = 0;
        for (let i = 0; i <= 200; i++) {
          const confidence = calibration.confidence(i / 200);
          expect(confidence).toBeGreaterThanOrEqual(last - 1e-12);
          expect(confidence).toBeLessThanOrEqual(1);
          last = confidence;
        }
      }),
      { numRuns: 200 },
    );
  });

  test("comes to the observed accuracy: within 0.03 after 20,000 observations of an overconfident ensemble", () => {
    const random = seededRandom(1);
    const accuracy = (agreement: number) => 0.5 + 0.4 * agreement ** 2;
    const calibration = new ConfidenceCalibration();
    for (let i = 0; i < 20_000; i++) {
      const agreement = random();
      calibration.observe(agreement, random() < accuracy(agreement) ? 1 : 0);
    }
    for (const agreement of [0.1, 0.3, 0.5, 0.7, 0.9, 0.97]) {
      expect(Math.abs(calibration.confidence(agreement) - accuracy(agreement))).toBeLessThan(0.03);
    }
  });

  test("of answers that all have the same agreement is their accuracy", () => {
    const calibration = new ConfidenceCalibration();
    for (let i = 0; i < 5000; i++) calibration.observe(1, i % 10 === 0 ? 0 : 1);
    expect(calibration.confidence(1)).toBeCloseTo(0.9, 2);
  });

  test("moves little while observations are few", () => {
    const calibration = calibrationOf([
      [0.9, 0],
      [0.9, 0],
    ]);
    expect(calibration.confidence(0.9)).toBeGreaterThan(0.8);
    expect(calibration.confidence(0.9)).toBeLessThan(0.9);
  });

  test("follows a change of the models: what was learned before fades", () => {
    const calibration = new ConfidenceCalibration();
    for (let i = 0; i < 30_000; i++) calibration.observe(0.8, 1);
    for (let i = 0; i < 30_000; i++) calibration.observe(0.8, i % 2);
    expect(calibration.confidence(0.8)).toBeLessThan(0.6);
  });

  test("is left as it is by what is no agreement or no outcome", () => {
    const calibration = new ConfidenceCalibration();
    for (const bad of [NaN, -0.1, 1.1, Infinity]) {
      expect(calibration.observe(bad, 1)).toBe(false);
      expect(calibration.observe(0.5, bad)).toBe(false);
    }
    expect(calibration.encode()).toEqual(new ConfidenceCalibration().encode());
  });

  test("is the same bytes when stored and read in between", () => {
    fc.assert(
      fc.property(told, fc.nat(300), (observations, at) => {
        const straight = calibrationOf(observations);
        const stored = ConfidenceCalibration.decode(calibrationOf(observations.slice(0, at)).encode());
        for (const [agreement, outcome] of observations.slice(at)) stored.observe(agreement, outcome);
        expect(stored.encode()).toEqual(straight.encode());
        expect(stored.confidence(0.4)).toBe(straight.confidence(0.4));
      }),
      { numRuns: 100 },
    );
  });

  test("is read from nothing but its own bytes", () => {
    const bytes = calibrationOf([[0.5, 1]]).encode();
    expect(bytes.length).toBeLessThan(500);
    expect(() => ConfidenceCalibration.decode(bytes.slice(1))).toThrow();
    expect(() => ConfidenceCalibration.decode(Uint8Array.from([...bytes, 0]))).toThrow("too many");
    const poisoned = bytes.slice();
    new DataView(poisoned.buffer).setFloat64(9, -1, true);
    expect(() => ConfidenceCalibration.decode(poisoned)).toThrow("bin 0");
  });
});
