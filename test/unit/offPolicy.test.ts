import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { evaluateOffPolicy } from "../support/evaluateOffPolicy.js";
import type { Estimates, LoggedChoice, OffPolicyEvaluation } from "../../src/correction/offPolicy.js";
import { openBandit } from "../support/openBandit.js";

function estimatesOf(evaluation: OffPolicyEvaluation): Estimates {
  if (evaluation.kind !== "estimates") throw new Error(`refused: ${evaluation.reason}`);
  return evaluation;
}

/** Made by test/oracles/openBandit.py: of the sample of men. */
const OBP = JSON.parse(readFileSync(new URL("../oracles/openBandit.json", import.meta.url), "utf8")) as Record<
  "ips" | "snips" | "dr",
  number
>;
const ARMS = ["a", "b", "c"];

/** Values depend on context and arm; the logging policy prefers `a`, the judged one follows the context. */
function simulate(count: number, seed: number): { log: LoggedChoice[]; truth: number } {
  const random = seededRandom(seed);
  const chances = [0.6, 0.25, 0.15];
  let truth = 0;
  const log = Array.from({ length: count }, () => {
    const context = Float64Array.of(normal(random), normal(random));
    const meanOf = (arm: number) => 0.5 + 0.4 * (context[0] as number) * (arm - 1) + 0.1 * arm;
    const best = (context[0] as number) > 0 ? 2 : 0;
    const target = new Map(ARMS.map((name, arm) => [name, arm === best ? 0.8 : 0.1]));
    ARMS.forEach((name, arm) => (truth += ((target.get(name) ?? 0) * meanOf(arm)) / count));
    const draw = random();
    const arm = draw < 0.6 ? 0 : draw < 0.85 ? 1 : 2;
    const value = meanOf(arm) + 0.3 * normal(random);
    return { arm: ARMS[arm] as string, propensity: chances[arm] as number, value, target, context };
  });
  return { log, truth };
}

describe("off-policy evaluation", () => {
  test("of an even choice from the Open Bandit sample of men gives obp's numbers", () => {
    const evaluation = evaluateOffPolicy(openBandit("men"));
    expect([evaluation.n, evaluation.unusable]).toEqual([10_000, 0]);
    expect(evaluation.effectiveSampleSize).toBeCloseTo(655.71, 2);
    expect(evaluation.meanWeight.value).toBeCloseTo(0.943314, 6);
    expect(evaluation.largestWeight).toBeCloseTo(178.2531, 4);
    const estimates = estimatesOf(evaluation);
    for (const name of ["ips", "snips", "dr"] as const) {
      const { value, low, high } = estimates[name];
      expect(Math.abs(value - OBP[name])).toBeLessThan(1e-12);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  test("refuses a verdict on the sample of women, where two observations have nearly all the weight", () => {
    const evaluation = evaluateOffPolicy(openBandit("women"));
    expect(evaluation).toMatchObject({ kind: "refused", reason: "ONE_WEIGHT_DOMINATES", n: 10_000 });
    expect(evaluation.effectiveSampleSize).toBeCloseTo(2.08, 2);
    expect(evaluation.largestShare).toBeGreaterThan(0.6);
    expect(evaluation).not.toHaveProperty("ips");
  });

  test("refuses a verdict below 100 effective samples", () => {
    const row: LoggedChoice = { arm: "a", propensity: 0.5, value: 1, target: new Map([["a", 0.5]]) };
    const few = evaluateOffPolicy(new Array<LoggedChoice>(99).fill(row));
    expect(few).toMatchObject({ kind: "refused", reason: "FEW_EFFECTIVE_SAMPLES" });
    expect(evaluateOffPolicy(new Array<LoggedChoice>(100).fill(row))).toMatchObject({ kind: "estimates" });
    expect(evaluateOffPolicy([])).toMatchObject({ kind: "refused", n: 0, effectiveSampleSize: 0 });
    const never = { ...row, target: new Map([["b", 1]]) };
    expect(evaluateOffPolicy(new Array<LoggedChoice>(1000).fill(never))).toMatchObject({ kind: "refused" });
  });

  test("refuses a verdict where one observation has more than a tenth of all weight", () => {
    const row: LoggedChoice = { arm: "a", propensity: 1, value: 1, target: new Map([["a", 1]]) };
    const heavy = (propensity: number) => ({ ...row, propensity });
    // A weight of 2,000 among 22,000 is a share of 0.0909; of 2,300 among 22,300, 0.103.
    const more = new Array<LoggedChoice>(20_000).fill(row);
    expect(evaluateOffPolicy([...more, heavy(1 / 2000)])).toMatchObject({ kind: "estimates" });
    expect(evaluateOffPolicy([...more, heavy(1 / 2300)])).toMatchObject({
      kind: "refused",
      reason: "ONE_WEIGHT_DOMINATES",
    });
  });

  test("leaves out rows without a usable propensity, chance or value, and says how many", () => {
    const { log } = simulate(2000, 1);
    const [row] = log as [LoggedChoice];
    const broken = [
      { ...row, propensity: 0 },
      { ...row, propensity: 1.5 },
      { ...row, propensity: NaN },
      { ...row, value: Infinity },
      { ...row, target: new Map([[row.arm, -1]]) },
    ];
    const evaluation = evaluateOffPolicy([...log, ...broken]);
    expect(evaluation.unusable).toBe(5);
    expect(estimatesOf(evaluation)).toMatchObject({ ...estimatesOf(evaluateOffPolicy(log)), unusable: 5 });
  });

  test("finds the value of the other policy, within its interval 95 times in 100, the doubly robust one nearest", () => {
    const inside = { ips: 0, snips: 0, dr: 0 };
    const widths = { ips: 0, snips: 0, dr: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const { log, truth } = simulate(800, 100 + seed);
      const evaluation = estimatesOf(evaluateOffPolicy(log));
      for (const name of ["ips", "snips", "dr"] as const) {
        const { low, high } = evaluation[name];
        if (low <= truth && truth <= high) inside[name] += 1;
        widths[name] += (high - low) / 200;
      }
    }
    // 190 expected, with a deviation of 3. (The truth varies with the contexts, which the intervals allow for.)
    for (const count of Object.values(inside)) expect(count).toBeGreaterThan(180);
    expect(widths.dr).toBeLessThan(0.7 * widths.ips);
  });

  test("is right with wrong propensities where the regression is right, but only the doubly robust one", () => {
    const { log, truth } = simulate(20_000, 3);
    const wrong = log.map((row) => ({ ...row, propensity: row.arm === "a" ? 0.9 : row.propensity }));
    const evaluation = evaluateOffPolicy(wrong);
    const { ips, dr } = estimatesOf(evaluation);
    expect(Math.abs(dr.value - truth)).toBeLessThan(0.02);
    expect(Math.abs(ips.value - truth)).toBeGreaterThan(0.05);
    // And the mean weight tells that something is wrong with the log.
    expect(evaluation.meanWeight.high).toBeLessThan(1);
  });

  test("of the logging policy itself is the mean of what was observed", () => {
    const row = fc.tuple(fc.constantFrom(...ARMS), fc.double({ min: -2, max: 2, noNaN: true }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 100, maxLength: 200 }), (rows) => {
        const target = new Map(ARMS.map((arm) => [arm, 1 / 3]));
        const log = rows.map(([arm, value]) => ({ arm, value, propensity: 1 / 3, target }));
        const { ips, snips } = estimatesOf(evaluateOffPolicy(log));
        const mean = rows.reduce((sum, [, value]) => sum + value, 0) / rows.length;
        expect(ips.value).toBeCloseTo(mean, 9);
        expect(snips.value).toBeCloseTo(mean, 9);
      }),
      { numRuns: 30 },
    );
  });
});
