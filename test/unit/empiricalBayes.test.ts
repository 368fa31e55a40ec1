import { describe, expect, test } from "@jest/globals";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { estimatePrior, MIN_ENTITIES } from "../../src/correction/empiricalBayes.js";
import { linearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearState } from "../../src/correction/linearState.js";
import { newRidge, observe, predict } from "../../src/correction/ridge.js";
import type { RidgePrior, RidgeState } from "../../src/correction/ridge.js";
import { applyPrior } from "../../src/correction/ridgeRefit.js";
import { context, isNumber, NUMBER, numberOf } from "../support/linearCases.js";

/** Entities whose weights are normal around these means with these deviations, seen through noise. */
const MEAN = [2, -1, 0.5];
const SPREAD = [1, 0.1, 0.02];
const NOISE = 0.5;
const FLAT: RidgePrior = { mean: new Float64Array(3), precision: new Float64Array(3).fill(1) };

function drawWeights(random: () => number): number[] {
  return MEAN.map((mean, k) => mean + (SPREAD[k] as number) * normal(random));
}

function watch(state: RidgeState, weights: readonly number[], count: number, random: () => number): void {
  for (let n = 0; n < count; n++) {
    const features = Float64Array.of(1, normal(random), normal(random));
    const target = weights.reduce((sum, weight, k) => sum + weight * (features[k] as number), NOISE * normal(random));
    observe(state, features, Float64Array.of(target), { forgetting: 1, clipsResiduals: false });
  }
}

function entities(count: number, observations: number, seed: number, prior = FLAT): RidgeState[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const state = newRidge(1, prior);
    watch(state, drawWeights(random), observations, random);
    return state;
  });
}

describe("empirical Bayes over entities", () => {
  test("finds the mean and the spread that their weights were drawn from", () => {
    const prior = estimatePrior(entities(300, 30, 1));
    expect(prior?.entities).toBe(300);
    MEAN.forEach((mean, k) => expect(prior?.mean[k]).toBeCloseTo(mean, 0));
    const [first, second, third] = prior?.precision as unknown as [number, number, number];
    // Precisions are noise over spread: 0.25, 25, 625.
    expect(first).toBeGreaterThan(0.18);
    expect(first).toBeLessThan(0.35);
    expect(second).toBeGreaterThan(15);
    expect(second).toBeLessThan(40);
    expect(third).toBeGreaterThan(100);
  });

  test("does not depend on the prior that the entities had", () => {
    const other: RidgePrior = { mean: Float64Array.of(5, 5, 5), precision: Float64Array.of(0.1, 3, 9) };
    const [one, two] = [estimatePrior(entities(50, 30, 2)), estimatePrior(entities(50, 30, 2, other))];
    one?.mean.forEach((value, k) => expect(two?.mean[k]).toBeCloseTo(value, 2));
    expect(Math.log((one?.precision[0] as number) / (two?.precision[0] as number))).toBeCloseTo(0, 1);
  });

  test("says nothing from too few entities, or from entities with too few observations", () => {
    expect(estimatePrior([])).toBeUndefined();
    expect(estimatePrior(entities(MIN_ENTITIES - 1, 30, 3))).toBeUndefined();
    expect(estimatePrior(entities(MIN_ENTITIES, 19, 3))).toBeUndefined();
    expect(estimatePrior(entities(MIN_ENTITIES, 20, 3))).toBeDefined();
  });

  test("halves the error of entities with few observations, against a flat prior around the same mean", () => {
    const prior = estimatePrior(entities(200, 25, 4)) as RidgePrior;
    const flat: RidgePrior = { mean: prior.mean, precision: FLAT.precision };
    const error = (under: RidgePrior): number => {
      const random = seededRandom(5);
      let squares = 0;
      for (let n = 0; n < 300; n++) {
        const weights = drawWeights(random);
        const state = newRidge(1, under);
        watch(state, weights, 3, random);
        const features = Float64Array.of(1, normal(random), normal(random));
        const truth = weights.reduce((sum, weight, k) => sum + weight * (features[k] as number), 0);
        squares += (predict(state, features, 0) - truth) ** 2;
      }
      return squares / 300;
    };
    expect(error(prior)).toBeLessThan(0.5 * error(flat));
  });

  test("stays within bounds where entities are all alike, or without noise", () => {
    const random = seededRandom(6);
    const alike = Array.from({ length: 20 }, () => {
      const state = newRidge(1, FLAT);
      for (let n = 0; n < 25; n++) {
        const features = Float64Array.of(1, normal(random), 0);
        const target = Float64Array.of(4 + (features[1] as number));
        observe(state, features, target, { forgetting: 1, clipsResiduals: false });
      }
      return state;
    });
    const prior = estimatePrior(alike) as RidgePrior;
    expect(prior.mean[0]).toBeCloseTo(4, 1);
    for (const value of prior.precision) {
      expect(value).toBeGreaterThanOrEqual(1e-6);
      expect(value).toBeLessThanOrEqual(1e6);
    }
    expect(applyPrior(alike[0] as RidgeState, prior)).toBe(true);
  });
});

describe("a shared prior of linear", () => {
  const policy = linearPolicy({ kind: "linear", featureModel: "factors" }, NUMBER);

  function learned(seed: number, count = 30): { population: LinearState; all: LinearState[] } {
    const random = seededRandom(seed);
    const population = policy.init();
    const all: LinearState[] = [];
    for (let entity = 0; entity < count; entity++) {
      const state = policy.inherit(population);
      const weights = drawWeights(random);
      for (let n = 0; n < 25; n++) {
        const features = [normal(random), normal(random)];
        const truth = [1, ...features].reduce((sum, value, k) => sum + value * (weights[k] as number), 0);
        const evidence = context(...features);
        policy.observe(state, evidence, isNumber(truth + NOISE * normal(random)));
        policy.observe(population, evidence, isNumber(truth));
      }
      all.push(state);
    }
    return { population, all };
  }

  test("goes through the log as JSON, and is what entities are born with", () => {
    const { population, all } = learned(7);
    const content: unknown = JSON.parse(JSON.stringify(policy.sharedPrior.estimate(all)));
    expect(policy.sharedPrior.adopt(population, content)).toBe(true);
    const born = policy.inherit(policy.decode(policy.encode(population)));
    expect([...(born.ridge?.precision ?? [])]).toEqual((content as { precision: number[] }).precision);
    expect([...(born.ridge?.mean ?? [])]).toEqual((content as { mean: number[] }).mean);
    expect(policy.encode(policy.decode(policy.encode(population)))).toEqual(policy.encode(population));
  });

  test("gets under what an entity has observed", () => {
    const { all } = learned(8);
    const content = policy.sharedPrior.estimate(all.slice(1));
    const entity = all[0] as LinearState;
    const fresh = policy.decode(policy.encode(entity));
    expect(policy.sharedPrior.refit(entity, content)).toBe(true);
    expect(entity.ridge?.precision[2]).toBeGreaterThan(20);
    expect(Math.abs(numberOf(policy, entity, context(1, 1)) - numberOf(policy, fresh, context(1, 1)))).toBeLessThan(
      0.5,
    );
  });

  test("is refused where it does not fit, and where it is none", () => {
    const { all, population } = learned(9);
    const content = policy.sharedPrior.estimate(all);
    const other = policy.init();
    expect(policy.sharedPrior.adopt(other, content)).toBe(false);
    policy.observe(other, context(1), isNumber(1));
    const before = policy.encode(other);
    expect(policy.sharedPrior.adopt(other, content)).toBe(false);
    expect(policy.sharedPrior.refit(other, content)).toBe(false);
    expect(policy.encode(other)).toEqual(before);
    for (const wrong of [
      {},
      { ...(content as object), mean: [null] },
      { ...(content as object), precision: [1, 1, -1] },
    ]) {
      expect(() => policy.sharedPrior.adopt(population, wrong)).toThrow(TypeError);
    }
    expect(policy.sharedPrior.estimate(all.slice(0, 3))).toBeUndefined();
  });
});
