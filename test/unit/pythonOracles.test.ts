import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { evaluateOffPolicy } from "../support/evaluateOffPolicy.js";
import { conditionEstimate, newRidge, observe, varianceOf, weightsOf } from "../../src/correction/ridge.js";
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

/** The same, turned every way, so that no feature alone is small. */
function mixedProblem(count: number, size: number, decades: number, ridge: number): Problem {
  const random = seededRandom(5);
  const mix = Array.from({ length: size }, (_, k) =>
    Array.from({ length: size }, () => (normal(random) / Math.sqrt(size)) * 10 ** ((-decades * k) / size)),
  );
  const weights = mix.map(() => normal(random));
  const turn = (latent: readonly number[]) =>
    weights.map((_, j) => latent.reduce((sum, value, k) => sum + value * (mix[k]?.[j] as number), 0));
  const features = Array.from({ length: count }, () => turn(mix.map(() => normal(random))));
  const targets = features.map((row) =>
    row.reduce((sum, x, k) => sum + x * (weights[k] as number), 0.1 * normal(random)),
  );
  return { features, targets, ridge, mean: weights.map(() => 0) };
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

  test("ridge regression keeps its digits over 20,000 ill-conditioned updates, as far as scikit-learn does", async () => {
    const given = mixedProblem(20_000, 16, 5, 1e-6);
    const { extended, scikitLearn, variance } = (await oracle("ridge.py", given)) as {
      readonly extended: number[];
      readonly scikitLearn: number[];
      readonly variance: number;
    };
    const inverse = new ShermanMorrison(given.mean, given.ridge);
    given.features.forEach((row, n) => inverse.observe(row, given.targets[n] as number));
    const state = fit(given);
    const ones = new Float64Array(16).fill(1);
    const own = relativeError(weightsOf(state), extended);
    // At this condition the exact solution of sums that are rounded once would be off by 1e-7.
    expect(conditionEstimate(state)).toBeGreaterThan(1e10);
    expect(own).toBeLessThan(5 * relativeError(scikitLearn, extended));
    expect(relativeError(inverse.weights, extended)).toBeGreaterThan(5 * own);
    expect(varianceOf(state, ones) / variance).toBeCloseTo(1, 8);
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
