import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { chosen, membersOf, MODELS, policyOf, REWARD, reward, tellAll } from "../support/policies.js";

/** Made by test/oracles/regret.py, which says what the two situations are. */
const TABLE = JSON.parse(readFileSync(new URL("../oracles/regret.json", import.meta.url), "utf8")) as Record<
  string,
  Record<Situation, { mean: number; sd: number }>
>;
type Situation = "steady" | "change";
const ROUNDS = 10_000;
const MEMBERS = membersOf(...MODELS);
const CHANGING = [0.3, 0.4, 0.4, 0.4, 0.5];
const MEANS: Readonly<Record<Situation, (t: number) => readonly number[]>> = {
  steady: () => [0.3, 0.4, 0.4, 0.4, 0.4],
  change: (t) => (t < ROUNDS / 2 ? CHANGING : CHANGING.toReversed()),
};

const CASES: readonly (readonly [name: string, spec: PolicySpec, runs: number])[] = [
  ["exp3", { kind: "exp3", eta: 0.01 }, 4],
  ["exp3-ix", { kind: "exp3-ix" }, 4],
  ["epsilon-greedy", { kind: "epsilon-greedy" }, 4],
  ["ucb1", { kind: "ucb1" }, 4],
  ["thompson", { kind: "thompson" }, 2],
  ["ensemble", { kind: "ensemble" }, 4],
  ["adaptive", { kind: "ensemble", adaptive: true }, 4],
];

/** Tells one round's losses; returns the expected loss of what was played. */
type Round = (policy: LearnedPolicy, state: PolicyState, losses: readonly number[], means: readonly number[]) => number;

const playAll: Round = (policy, state, losses, means) => {
  const played = policy.weights(state, MEMBERS).reduce((sum, { weight }, i) => sum + weight * (means[i] as number), 0);
  tellAll(policy, state, Object.fromEntries(MODELS.map((model, i) => [model, losses[i] === 1])));
  return played;
};

function playOne(random: () => number): Round {
  return (policy, state, losses, means) => {
    const { choice } = policy.select(state, MEMBERS, undefined, random);
    if (choice === undefined) throw new Error("expected a choice");
    const arm = MODELS.indexOf(choice.arm);
    policy.observe(state, chosen(choice.arm, choice.propensity, choice.arms), reward(1 - (losses[arm] as number)));
    return means[arm] as number;
  };
}

function regretOf(spec: PolicySpec, situation: Situation, seed: number): number {
  const random = seededRandom(seed);
  const policy = spec.kind === "ensemble" ? policyOf(spec) : policyOf(spec, REWARD);
  const play = spec.kind === "ensemble" ? playAll : playOne(random);
  const state = policy.init();
  let regret = 0;
  for (let t = 0; t < ROUNDS; t++) {
    const means = MEANS[situation](t);
    const losses = means.map((mean) => (random() < mean ? 1 : 0));
    regret += play(policy, state, losses, means) - Math.min(...means);
  }
  return regret;
}

describe.each(["steady", "change"] as const)("regret over 10,000 rounds, %s", (situation) => {
  test.each(CASES)("of %s is that of the table within two standard deviations", (name, spec, runs) => {
    const expected = (TABLE[name] as Record<Situation, { mean: number; sd: number }>)[situation];
    let total = 0;
    for (let seed = 1; seed <= runs; seed++) total += regretOf(spec, situation, seed);
    const mean = total / runs;
    expect(Math.abs(mean - expected.mean)).toBeLessThan(2 * expected.sd);
  });
});
