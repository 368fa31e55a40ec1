import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import {
  chosen,
  EXP4,
  LABELS,
  membersOf,
  MODELS,
  policyOf,
  REWARD,
  reward,
  scores,
  seen,
  tellAll,
} from "../support/policies.js";

/** Made by test/oracles/regret.py, which says what the situations are. */
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
  ["exp4", EXP4, 4],
  ["squarecb", { kind: "squarecb", featureModel: "f" }, 4],
  ["linucb", { kind: "linucb", featureModel: "f" }, 4],
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

/** Plays one round and learns from it; returns how much worse it was than the best. */
type Play = (state: PolicyState, t: number) => number;

function playLosses(spec: PolicySpec, situation: Situation, random: () => number): [LearnedPolicy, Play] {
  const policy = spec.kind === "ensemble" ? policyOf(spec) : policyOf(spec, REWARD);
  const play = spec.kind === "ensemble" ? playAll : playOne(random);
  return [
    policy,
    (state, t) => {
      const means = MEANS[situation](t);
      const losses = means.map((mean) => (random() < mean ? 1 : 0));
      return play(policy, state, losses, means) - Math.min(...means);
    },
  ];
}

function playAdvice(spec: PolicySpec, situation: Situation, random: () => number): [LearnedPolicy, Play] {
  const policy = policyOf(spec, REWARD);
  return [
    policy,
    (state, t) => {
      const means = MEANS[situation](t);
      const truth = Math.floor(random() * LABELS.length);
      const answered = MODELS.map((model, i) => {
        const isWrong = random() < (means[i] as number);
        const named = (truth + (isWrong ? 1 + Math.floor(random() * 2) : 0)) % LABELS.length;
        return { model, output: scores(...LABELS.map((_, label) => (label === named ? 0.9 : 0.05))) };
      });
      const selection = policy.select(state, MEMBERS, undefined, random);
      const chance = policy.chances?.(state, MEMBERS, undefined, answered).get(LABELS[truth] as string) ?? NaN;
      const { choice } = policy.combine(state, MEMBERS, selection, answered, undefined, random);
      policy.observe(state, { ...seen(answered), choice }, reward(choice?.arm === LABELS[truth] ? 1 : 0));
      const best = answered[means.indexOf(Math.min(...means))]?.output;
      return (best?.kind === "SCORES" ? (best.scores[truth] as number) : NaN) - chance;
    },
  ];
}

function playInContext(spec: PolicySpec, situation: Situation, random: () => number): [LearnedPolicy, Play] {
  const policy = policyOf(spec, REWARD);
  return [
    policy,
    (state, t) => {
      const angle = 2 * Math.PI * random();
      const turned = situation === "change" && t >= ROUNDS / 2 ? Math.PI : 0;
      const means = MODELS.map((_, i) => 0.4 - 0.2 * Math.cos(angle - (2 * Math.PI * i) / MODELS.length - turned));
      const context = Float64Array.of(Math.cos(angle), Math.sin(angle));
      const { choice } = policy.select(state, MEMBERS, context, random);
      const mean = means[MODELS.indexOf(choice?.arm ?? "")] as number;
      policy.observe(state, { answered: [], choice, context }, reward(random() < mean ? 0 : 1));
      return mean - Math.min(...means);
    },
  ];
}

function regretOf(spec: PolicySpec, situation: Situation, seed: number): number {
  const random = seededRandom(seed);
  const world = spec.kind === "exp4" ? playAdvice : "featureModel" in spec ? playInContext : playLosses;
  const [policy, play] = world(spec, situation, random);
  const state = policy.init();
  let regret = 0;
  for (let t = 0; t < ROUNDS; t++) regret += play(state, t);
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
