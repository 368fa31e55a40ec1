import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ChoosingPolicy } from "../../src/correction/choosingPolicy.js";
import { draw } from "../../src/correction/chosenModel.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";
import { newLosses } from "../../src/correction/losses.js";
import { Thompson } from "../../src/correction/thompson.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import {
  ASKING_ONE,
  chosen,
  LABEL_OUTPUT,
  label,
  membersOf,
  MODELS,
  policyOf,
  REWARD,
  reward,
  scores,
  vote,
} from "../support/policies.js";

const MEMBERS = membersOf(...MODELS);
const RANDOMISED = ASKING_ONE.filter(({ kind }) => kind !== "ucb1");

/** Asks and tells so many rounds; each model is wrong as often as told. Returns how often each was chosen. */
function play(
  policy: LearnedPolicy,
  state: PolicyState,
  rates: Readonly<Record<string, number>>,
  rounds: number,
  random = seededRandom(1),
): Record<string, number> {
  const members = membersOf(...Object.keys(rates));
  const counts = Object.fromEntries(members.map(({ model }) => [model, 0]));
  for (let t = 0; t < rounds; t++) {
    const { choice } = policy.select(state, members, undefined, random);
    if (choice === undefined) throw new Error("expected a choice");
    counts[choice.arm] = (counts[choice.arm] as number) + 1;
    const isWrong = random() < (rates[choice.arm] as number);
    policy.observe(state, chosen(choice.arm, choice.propensity, choice.arms), reward(isWrong ? 0 : 1));
  }
  return counts;
}

describe.each(ASKING_ONE)("%j", (spec) => {
  const policy = policyOf(spec, REWARD);

  test("asks one model, with the probability that it says", () => {
    const state = policy.init();
    play(policy, state, { m1: 0.1, m2: 0.5, m3: 0.5 }, 200);
    const members = membersOf("m1", "m2", "m3");
    const expected = policy.weights(state, members);
    const counts = new Map<string, number>();
    const random = seededRandom(2);
    for (let i = 0; i < 4000; i++) {
      const { models, choice } = policy.select(state, members, undefined, random);
      expect(models).toEqual([choice?.arm]);
      expect(choice?.propensity).toBe(expected.find(({ model }) => model === choice?.arm)?.weight);
      expect(choice?.arms).toBe(3);
      counts.set(models[0] as string, (counts.get(models[0] as string) ?? 0) + 1);
    }
    // Five standard deviations.
    for (const { model, weight } of expected) {
      const sd = Math.sqrt(4000 * weight * (1 - weight));
      expect(Math.abs((counts.get(model) ?? 0) - 4000 * weight)).toBeLessThanOrEqual(5 * sd);
    }
  });

  test("comes to prefer the model that is right most often", () => {
    // Of what a rate of 0.01 can tell.
    const rounds = spec.kind === "exp3" ? 8000 : 4000;
    const counts = play(policy, policy.init(), { m1: 0.6, m2: 0.1, m3: 0.6 }, rounds);
    expect(counts["m2"]).toBeGreaterThan(0.7 * rounds);
  });

  test("answers as its model does", () => {
    const output = scores(0.1, 0.7, 0.2);
    const selection = policy.select(policy.init(), MEMBERS, undefined, () => 0.3);
    const answered = [{ model: selection.models[0] as string, output }];
    const combined = policy.combine(policy.init(), MEMBERS, selection, answered, undefined, () => 0);
    expect(combined).toMatchObject({ output: { label: "bee" }, agreement: 0.7, choice: selection.choice });
  });

  test("learns from the truth what its model's loss was, and nothing without the model's answer or the choice", () => {
    const truthful = policyOf(spec);
    const state = truthful.init();
    const choice = { arm: "m1", propensity: 0.5, arms: 2 };
    const answered = [{ model: "m1", output: vote(0) }];
    expect(truthful.observe(state, { answered: [], choice, context: undefined }, label("ant"))).toBe(false);
    expect(truthful.observe(state, { answered, choice: undefined, context: undefined }, label("ant"))).toBe(false);
    const elsewhere = { answered: [{ model: "m2", output: vote(0) }], choice, context: undefined };
    expect(truthful.observe(state, elsewhere, label("ant"))).toBe(false);
    expect(truthful.encode(state)).toEqual(truthful.encode(truthful.init()));
    const rewarded = policy.init();
    for (const [told, value] of [
      ["ant", 1],
      ["bee", 0],
    ] as const) {
      expect(truthful.observe(state, { answered, choice, context: undefined }, label(told))).toBe(true);
      policy.observe(rewarded, { answered, choice, context: undefined }, reward(value));
    }
    expect(truthful.encode(state)).toEqual(policy.encode(rewarded));
  });

  test("an entity begins near the population, and a hundred observations turn it", () => {
    const population = policy.init();
    play(policy, population, { m1: 0.1, m2: 0.6 }, 4000);
    const entity = policy.inherit(population);
    const members = membersOf("m1", "m2");
    const preferred = (state: PolicyState) => (policy.weights(state, members)[0]?.weight ?? 0) > 0.5;
    if (spec.kind !== "ucb1") expect(preferred(entity)).toBe(true);
    const counts = play(policy, entity, { m1: 0.9, m2: 0.1 }, spec.kind === "exp3" && spec.eta === 0.01 ? 2000 : 300);
    expect(counts["m2"]).toBeGreaterThan(counts["m1"] as number);
    // But for the rows it has, the population was not touched: its own next choices are as they were.
    if (spec.kind !== "ucb1") expect(preferred(population)).toBe(true);
  });
});

describe.each(RANDOMISED)("a new model under %j", (spec) => {
  const policy = policyOf(spec, REWARD);

  test("has a tenth of the queries until twenty observations told of it, also while none comes", () => {
    const state = policy.init();
    play(policy, state, { m1: 0.1, m2: 0.3, m3: 0.3 }, 3000);
    const members = membersOf("m1", "m2", "m3", "new");
    const propensity = () => policy.weights(state, members)[3]?.weight ?? 0;
    expect(propensity()).toBeGreaterThanOrEqual(0.1);
    for (let i = 0; i < 19; i++) policy.observe(state, chosen("new", propensity(), 4), reward(0));
    const before = propensity();
    expect(before).toBeGreaterThanOrEqual(0.1);
    policy.observe(state, chosen("new", before, 4), reward(0));
    // The twentieth takes more than one failure could.
    expect(propensity()).toBeLessThan(before - 0.04);
    // And never none: it may get better.
    expect(propensity()).toBeGreaterThan(0.002);
  });

  test("leaves half of the queries to the others, however many are new", () => {
    const state = policy.init();
    play(policy, state, { m1: 0.05, m2: 0.9 }, 3000);
    const members = membersOf("m1", "m2", ...Array.from({ length: 20 }, (_, i) => `new${i}`));
    const weights = policy.weights(state, members).map(({ weight }) => weight);
    for (const weight of weights.slice(2)) expect(weight).toBeGreaterThanOrEqual(0.025);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });
});

describe("thompson", () => {
  test("inherits the population's means at the given strength", () => {
    const policy = new ChoosingPolicy(new Thompson({ strength: 30 }), LABEL_OUTPUT, newLosses(REWARD, LABEL_OUTPUT));
    const population = policy.init();
    for (let i = 0; i < 1000; i++) policy.observe(population, chosen("a", 0.5, 2), reward(i % 4 === 0 ? 0 : 1));
    for (let i = 0; i < 8; i++) policy.observe(population, chosen("b", 0.5, 2), reward(1));
    const entity = policy.inherit(population);
    expect([entity.get(0, 0), entity.get(0, 1)]).toEqual([22.5, 7.5]);
    expect([entity.get(1, 0), entity.get(1, 1)]).toEqual([8, 0]);
  });
});

describe("drawing", () => {
  test("never draws what has no probability, and always something that has", () => {
    const probability = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(probability, { minLength: 1, maxLength: 6 }).filter((all) => all.some((one) => one > 0)),
        fc.oneof(
          fc.constant(0),
          fc.constant(1 - 2 ** -53),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ),
        (probabilities, at) => {
          const drawn = draw(Float64Array.from(probabilities), () => at);
          expect(probabilities[drawn]).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
