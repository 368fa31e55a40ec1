import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { evaluateOffPolicy } from "../../src/correction/offPolicy.js";
import { newRidge, observe, weightsOf } from "../../src/correction/ridge.js";
import type { RidgeState } from "../../src/correction/ridge.js";
import { inverseGaps } from "../../src/correction/squarecb.js";
import { openBandit } from "../support/openBandit.js";
import { withPython } from "../support/pythonOracle.js";
import { ShermanMorrison } from "../support/shermanMorrison.js";

const PLAIN = { forgetting: 1, clipsResiduals: false };

interface Problem {
  readonly features: number[][];
  readonly targets: number[];
  readonly ridge: number;
  readonly mean: number[];
}

/** Features whose sizes are `decades` apart. */
function problem(count: number, size: number, decades: number, ridge: number): Problem {
  const random = seededRandom(count + size);
  const scales = Array.from({ length: size }, (_, k) => 10 ** ((-decades * k) / size));
  const features = Array.from({ length: count }, () => scales.map((scale) => scale * normal(random)));
  const weights = scales.map(() => normal(random));
  const targets = features.map((row) =>
    row.reduce((sum, x, k) => sum + x * (weights[k] as number), 0.1 * normal(random)),
  );
  return { features, targets, ridge, mean: scales.map(() => normal(random)) };
}

function fit({ features, targets, ridge, mean }: Problem): RidgeState {
  const precision = new Float64Array(mean.length).fill(ridge);
  const state = newRidge(1, { mean: Float64Array.from(mean), precision });
  features.forEach((row, n) => {
    observe(state, Float64Array.from(row), Float64Array.of(targets[n] as number), PLAIN);
  });
  return state;
}

/** The distance from what is right, relative to its length. */
function relativeError(actual: ArrayLike<number>, right: readonly number[]): number {
  return Math.hypot(...right.map((value, k) => (actual[k] as number) - value)) / Math.hypot(...right);
}

await withPython("compared with Python's libraries", (oracle) => {
  test("ridge regression has scikit-learn's weights to 1e-9", async () => {
    for (const given of [problem(5, 12, 0, 1), problem(2000, 16, 0, 3), problem(500, 64, 1, 0.1)]) {
      const { scikitLearn } = (await oracle("ridge.py", given)) as { scikitLearn: number[] };
      expect(relativeError(weightsOf(fit(given)), scikitLearn)).toBeLessThan(1e-9);
    }
  });

  test("ridge regression keeps its digits over 20,000 ill-conditioned updates, where the inverse's updates lose them", async () => {
    const given = problem(20_000, 16, 4, 1e-4);
    const { extended } = (await oracle("ridge.py", given)) as { extended: number[] };
    const inverse = new ShermanMorrison(given.mean, given.ridge);
    given.features.forEach((row, n) => inverse.observe(row, given.targets[n] as number));
    const error = relativeError(weightsOf(fit(given)), extended);
    const inverseError = relativeError(inverse.weights, extended);
    expect(error).toBeLessThan(1e-10);
    expect(inverseError).toBeGreaterThan(20 * error);
  });

  test("without a prior to speak of it goes the way of statsmodels' recursive least squares", async () => {
    const given = { ...problem(60, 4, 0, 1e-9), mean: [0, 0, 0, 0] };
    const { coefficients } = (await oracle("recursiveLs.py", given)) as { coefficients: number[][] };
    for (const n of [10, 20, 40, 60]) {
      const part = { ...given, features: given.features.slice(0, n), targets: given.targets.slice(0, n) };
      expect(relativeError(weightsOf(fit(part)), coefficients[n - 1] as number[])).toBeLessThan(1e-6);
    }
  });

  test("SquareCB makes Vowpal Wabbit's probabilities of Vowpal Wabbit's scores", async () => {
    for (const gammaScale of [1, 10]) {
      const given = { rounds: 100, arms: 4, gammaScale };
      const rounds = (await oracle("squarecb.py", given)) as {
        readonly learned: number;
        readonly scores: number[];
        readonly probabilities: number[];
      }[];
      expect(rounds).toHaveLength(100);
      for (const { learned, scores, probabilities } of rounds) {
        const own = inverseGaps(Float64Array.from(scores), gammaScale * Math.sqrt(learned));
        probabilities.forEach((value, arm) => expect(Math.abs((own[arm] as number) - value)).toBeLessThan(1e-5));
      }
    }
  });

  test("off-policy estimates of the Open Bandit sample are those of numpy and scikit-learn", async () => {
    const path = fileURLToPath(new URL("../fixtures/openBandit/bts-men.csv", import.meta.url));
    const right = (await oracle("offPolicy.py", { path })) as Record<string, number>;
    const evaluation = evaluateOffPolicy(openBandit("men"));
    expect(evaluation.effectiveSampleSize).toBeCloseTo(right["effectiveSampleSize"] as number, 6);
    if (evaluation.kind !== "estimates") throw new Error("refused");
    for (const name of ["ips", "snips", "dr"] as const) {
      expect(evaluation[name].value).toBeCloseTo(right[name] as number, 12);
    }
  });
});
