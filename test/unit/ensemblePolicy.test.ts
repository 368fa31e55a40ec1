import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { answersOf, label, membersOf, MODELS, policyOf, REWARD, reward, seen, tellAll } from "../support/policies.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";

const weightsOf = (policy: LearnedPolicy, state: PolicyState, ...models: string[]) =>
  policy.weights(state, membersOf(...models)).map(({ weight }) => weight);

/** All ways that two models can be right or wrong in four rounds. */
const ALL_LOSSES = Array.from({ length: 2 ** 8 }, (_, bits) =>
  Array.from({ length: 4 }, (_, t) => ({ a: ((bits >> (2 * t)) & 1) === 1, b: ((bits >> (2 * t + 1)) & 1) === 1 })),
);

/**
 * Fixed share is Hedge over all sequences of models, one a round, that begin evenly and change to a model drawn evenly
 * with probability `share` (Herbster and Warmuth 1998, section 5). Here by summing over every sequence.
 */
function weightOfA(rounds: readonly { a: boolean; b: boolean }[], eta: number, share: number): number {
  const totals = { a: 0, b: 0 };
  for (let bits = 0; bits < 2 ** (rounds.length + 1); bits++) {
    const sequence = Array.from({ length: rounds.length + 1 }, (_, t) => ((bits >> t) & 1 ? "a" : "b"));
    let weight = 1 / 2;
    rounds.forEach((wrong, t) => {
      weight *= Math.exp(-eta * (wrong[sequence[t] as "a"] ? 1 : 0));
      weight *= (sequence[t] === sequence[t + 1] ? 1 - share : 0) + share / 2;
    });
    totals[sequence.at(-1) as "a"] += weight;
  }
  return totals.a / (totals.a + totals.b);
}

describe("ensemble", () => {
  test.each([
    [0.1, 1e-3],
    [0.7, 0.2],
    [2, 0],
  ])(
    "at eta %d and share %d has the weights of the sum over all sequences, for all losses of four rounds",
    (eta, share) => {
      const policy = policyOf({ kind: "ensemble", eta, share });
      for (const rounds of ALL_LOSSES) {
        const state = policy.init();
        for (const wrong of rounds) tellAll(policy, state, wrong);
        // The first observation makes the rows and is a round like any other.
        expect(weightsOf(policy, state, "a", "b")[0]).toBeCloseTo(weightOfA(rounds, eta, share), 12);
      }
    },
  );

  test("adaptive has the weights of the paper's recursion, for all losses of four rounds", () => {
    const policy = policyOf({ kind: "ensemble", adaptive: true });
    for (const rounds of ALL_LOSSES) {
      const state = policy.init();
      for (const wrong of rounds) tellAll(policy, state, wrong);
      expect(weightsOf(policy, state, "a", "b")[0]).toBeCloseTo(adaHedgeWeightOfA(rounds), 12);
    }
  });

  test("leaves the others' ratios and a sleeping model's share of the weight as they are", () => {
    for (const adaptive of [false, true]) {
      const policy = policyOf(adaptive ? { kind: "ensemble", adaptive } : { kind: "ensemble", share: 0 });
      const state = policy.init();
      for (let i = 0; i < 12; i++) tellAll(policy, state, { a: i % 2 === 0, b: i % 3 === 0, c: i % 4 === 0 });
      const before = weightsOf(policy, state, "a", "b", "c");
      const gapBefore = weightsOf(policy, state, "c", "a")[0] as number;
      tellAll(policy, state, { a: true, b: true });
      // Both that were awake lost the same: nothing has changed between any two.
      weightsOf(policy, state, "a", "b", "c").forEach((weight, i) =>
        expect(weight).toBeCloseTo(before[i] as number, 9),
      );
      expect(weightsOf(policy, state, "c", "a")[0]).toBeCloseTo(gapBefore, 9);
      if (adaptive) continue;
      tellAll(policy, state, { a: true, b: false });
      expect(weightsOf(policy, state, "a", "b", "c")[2]).toBeCloseTo(before[2] as number, 9);
    }
  });

  test("takes a model that it does not know at the mean weight, and keeps it there when it joins", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.boolean(), b: fc.boolean() }), { maxLength: 60 }), (rounds) => {
        const policy = policyOf({ kind: "ensemble", share: 0 });
        const state = policy.init();
        for (const wrong of rounds) tellAll(policy, state, wrong);
        expect(weightsOf(policy, state, "a", "b", "new")[2]).toBeCloseTo(1 / 3, 9);
        tellAll(policy, state, { a: true, b: true, new: true });
        expect(weightsOf(policy, state, "a", "b", "new")[2]).toBeCloseTo(1 / 3, 9);
      }),
    );
  });

  test("an entity starts from nearly the population's weights and then learns alone", () => {
    for (const adaptive of [false, true]) {
      const policy = policyOf({ kind: "ensemble", adaptive });
      const population = policy.init();
      for (let i = 0; i < 5000; i++) tellAll(policy, population, { a: i % 10 === 0, b: i % 3 === 0 });
      const entity = policy.inherit(population);
      const [inherited] = weightsOf(policy, entity, "a", "b");
      const [original] = weightsOf(policy, population, "a", "b");
      expect(Math.abs((inherited as number) - (original as number))).toBeLessThan(0.03);
      for (let i = 0; i < 60; i++) tellAll(policy, entity, { a: true, b: false });
      expect(weightsOf(policy, entity, "a", "b")[0]).toBeLessThan(0.2);
      expect(weightsOf(policy, population, "a", "b")[0]).toBe(original);
    }
  });

  test("learns nothing from a reward, from nobody's answer, or from an unknown label", () => {
    const policy = policyOf({ kind: "ensemble" });
    const state = policy.init();
    const answered = answersOf({ a: true });
    expect(policy.observe(state, seen(answered), reward(1))).toBe(false);
    expect(policy.observe(state, seen([]), label("ant"))).toBe(false);
    expect(policy.observe(state, seen(answered), label("dog"))).toBe(false);
    expect(policy.encode(state)).toEqual(policy.encode(policy.init()));
    expect(() => policyOf({ kind: "ensemble" }, REWARD)).toThrow(
      "policy: expected one that learns from the loss reward",
    );
  });

  test("weighs by the link alone under static, and learns nothing", () => {
    const policy = policyOf({ kind: "static" });
    const members = [
      { model: "a", weight: 1e308 },
      { model: "b", weight: 1e308 },
      { model: "c", weight: 1e-300 },
    ];
    const weights = policy.weights(policy.init(), members).map(({ weight }) => weight);
    expect(weights.slice(0, 2)).toEqual([0.5, 0.5]);
    expect(weights[2]).toBeGreaterThan(0);
    expect(tellAll(policy, policy.init(), { a: true, b: false })).toBe(false);
  });
});

function adaHedgeWeightOfA(rounds: readonly { a: boolean; b: boolean }[]): number {
  let [a, b, gap] = [0, 0, 0];
  const weight = () => {
    if (gap === 0) return a === b ? 0.5 : a < b ? 1 : 0;
    return 1 / (1 + Math.exp((-Math.LN2 / gap) * (b - a)));
  };
  for (const wrong of rounds) {
    const [lossA, lossB] = [wrong.a ? 1 : 0, wrong.b ? 1 : 0];
    const w = weight();
    const mix =
      gap === 0
        ? Math.min(a + lossA, b + lossB) - Math.min(a, b)
        : (-gap / Math.LN2) *
          Math.log(w * Math.exp((-Math.LN2 / gap) * lossA) + (1 - w) * Math.exp((-Math.LN2 / gap) * lossB));
    gap += Math.max(0, w * lossA + (1 - w) * lossB - mix);
    a += lossA;
    b += lossB;
  }
  // The product leaves every model a weight of 1e-12 at least.
  return weight();
}

describe("a model that turns bad", () => {
  const RATES = [0.05, 0.08, 0.08, 0.1, 0.1];
  const FAILS = { from: 5000, to: 10_000, rate: 0.5 };
  const WINDOW = 500;

  /** Errors have a common part, as those of real models do, and all wrong models say the same. */
  function run(seed: number) {
    const random = seededRandom(seed);
    const policy = policyOf({ kind: "ensemble" });
    const members = membersOf(...MODELS);
    const state = policy.init();
    const errors: number[] = [];
    const best: number[] = [];
    for (let t = 0; t < 20_000; t++) {
      const isFailing = t >= FAILS.from && t < FAILS.to;
      const common = random();
      const wrong = RATES.map((rate, i) => {
        const own = random() < 0.7 ? common : random();
        return own < (isFailing && i === 0 ? FAILS.rate : rate);
      });
      const answered = answersOf(Object.fromEntries(MODELS.map((model, i) => [model, wrong[i] === true])));
      const selection = policy.select(state, members, undefined, random);
      const { output } = policy.combine(state, members, selection, answered, undefined, random);
      errors.push(output.kind === "LABEL" && output.label === "ant" ? 0 : 1);
      policy.observe(state, seen(answered), label("ant"));
      best.push(policy.weights(state, members)[0]?.weight ?? 0);
    }
    return { errors, best };
  }

  function peakOf(errors: readonly number[], from: number): number {
    let [sum, peak] = [0, 0];
    errors.forEach((error, t) => {
      sum += error - (errors[t - WINDOW] ?? 0);
      if (t >= from) peak = Math.max(peak, sum / WINDOW);
    });
    return peak;
  }

  test("loses its weight within tens of observations, costs little meanwhile, and can return", () => {
    for (const seed of [1, 2, 3]) {
      const { errors, best } = run(seed);
      const lost = best.findIndex((weight, t) => t >= FAILS.from && weight < 1 / MODELS.length) - FAILS.from;
      const back = best.findIndex((weight, t) => t >= FAILS.to && weight > 1 / MODELS.length) - FAILS.to;
      expect(best[FAILS.from - 1]).toBeGreaterThan(0.4);
      expect(lost).toBeGreaterThan(0);
      expect(lost).toBeLessThanOrEqual(100);
      expect(peakOf(errors, WINDOW)).toBeLessThanOrEqual(0.12);
      expect(back).toBeGreaterThan(0);
      expect(back).toBeLessThan(5000);
    }
  });
});
