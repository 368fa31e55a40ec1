import { describe, expect, test } from "@jest/globals";
import { Exp4 } from "../../src/correction/exp4.js";
import { newLosses } from "../../src/correction/losses.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { label, LABEL_OUTPUT, LABELS, membersOf, REWARD, reward, scores, vote } from "../support/policies.js";

const OUTPUT = { kind: "LABEL", labels: LABELS } as const;
const MEMBERS = membersOf("a", "b");
const ADVICE = [scores(0.7, 0.2, 0.1), scores(0.1, 0.1, 0.8)];
const ANSWERED = MEMBERS.map(({ model }, i) => ({ model, output: ADVICE[i] as (typeof ADVICE)[0] }));
const SELECTION = { models: ["a", "b"], choice: undefined };
const policyOf = (eta?: number) => new Exp4(OUTPUT, newLosses(REWARD, LABEL_OUTPUT), eta);

describe("exp4", () => {
  test("draws a label from the experts' weighted advice, and says with what probability", () => {
    const policy = policyOf();
    const expected = [0.4, 0.15, 0.45].map((share) => 0.99 * share + 0.01 / 3);
    let below = 0;
    expected.forEach((probability, i) => {
      const u = below + probability / 2;
      below += probability;
      const { output, choice } = policy.combine(policy.init(), MEMBERS, SELECTION, ANSWERED, undefined, () => u);
      expect(output).toMatchObject({ kind: "LABEL", label: LABELS[i] });
      expect(choice).toMatchObject({ arm: LABELS[i], arms: 3 });
      expect(choice?.propensity).toBeCloseTo(probability, 12);
    });
  });

  test("charges experts by reward without bias: over all draws, the loss of their own advice", () => {
    const policy = policyOf(0.3);
    const losses = [0.2, 1, 0.6];
    const charged = [0, 0];
    let below = 0;
    for (const [i, share] of [0.4, 0.15, 0.45].entries()) {
      const probability = 0.99 * share + 0.01 / 3;
      const u = below + probability / 2;
      below += probability;
      const state = policy.init();
      const { choice } = policy.combine(state, MEMBERS, SELECTION, ANSWERED, undefined, () => u);
      const told = reward(1 - (losses[i] as number));
      expect(policy.observe(state, { answered: ANSWERED, choice, context: undefined }, told)).toBe(true);
      charged.forEach((_, row) => (charged[row] = (charged[row] as number) + probability * state.get(row, 0)));
    }
    expect(charged[0]).toBeCloseTo(0.7 * 0.2 + 0.2 * 1 + 0.1 * 0.6, 12);
    expect(charged[1]).toBeCloseTo(0.1 * 0.2 + 0.1 * 1 + 0.8 * 0.6, 12);
  });

  test("charges experts by truth with the weight of their wrong advice, whatever was drawn", () => {
    const policy = policyOf();
    const state = policy.init();
    expect(policy.observe(state, { answered: ANSWERED, choice: undefined, context: undefined }, label("cat"))).toBe(
      true,
    );
    expect(state.get(0, 0)).toBeCloseTo(0.9, 12);
    expect(state.get(1, 0)).toBeCloseTo(0.2, 12);
  });

  test("charges an expert that did not answer the mean of those that did", () => {
    const policy = policyOf();
    const state = policy.init();
    const evidence = (answered: typeof ANSWERED) => ({ answered, choice: undefined, context: undefined });
    policy.observe(state, evidence(ANSWERED), label("cat"));
    const before = policy.weights(state, MEMBERS);
    policy.observe(state, evidence(ANSWERED.slice(0, 1)), label("cat"));
    expect(state.get(1, 0) - 0.2).toBeCloseTo(state.get(0, 0) - 0.9, 12);
    expect(before[0]?.observations).toBe(1);
  });

  test("learns from rewards which expert to follow", () => {
    const policy = policyOf();
    const state = policy.init();
    const random = seededRandom(3);
    for (let t = 0; t < 3000; t++) {
      const truth = Math.floor(random() * 3);
      const noise = Math.floor(random() * 3);
      const answered = [
        { model: "a", output: vote(random() < 0.8 ? truth : noise) },
        { model: "b", output: vote(noise) },
      ];
      const { choice } = policy.combine(state, MEMBERS, SELECTION, answered, undefined, random);
      const told = reward(choice?.arm === LABELS[truth] ? 1 : 0);
      policy.observe(state, { answered, choice, context: undefined }, told);
    }
    expect(policy.weights(state, MEMBERS)[0]?.weight).toBeGreaterThan(0.9);
  });

  test("learns nothing from a reward without a choice, or for a label that it does not have", () => {
    const policy = policyOf();
    const state = policy.init();
    const without = { answered: ANSWERED, choice: undefined, context: undefined };
    expect(policy.observe(state, without, reward(1))).toBe(false);
    const other = { ...without, choice: { arm: "dog", propensity: 0.5, arms: 3 } };
    expect(policy.observe(state, other, reward(1))).toBe(false);
    expect(policy.observe(state, without, label("dog"))).toBe(false);
    expect(policy.encode(state)).toEqual(policy.encode(policy.init()));
  });
});
