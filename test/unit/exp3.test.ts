import { describe, expect, test } from "@jest/globals";
import { ChoosingPolicy } from "../../src/correction/choosingPolicy.js";
import { Exp3 } from "../../src/correction/exp3.js";
import { newLosses } from "../../src/correction/losses.js";
import type { ModelTable } from "../../src/correction/modelTable.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { chosen, LABEL_OUTPUT, membersOf, policyOf, REWARD, reward } from "../support/policies.js";

const MEMBERS = membersOf("a", "b", "c");
/** Losses of a, b and c in each of three rounds. */
const LOSSES = [
  [0.2, 1, 0.5],
  [0.9, 0, 0.4],
  [0.1, 0.7, 1],
] as const;

interface Path {
  readonly probability: number;
  readonly loss: number;
  readonly estimates: readonly number[];
}

/** Every way that the draws can fall, each with its probability. */
function enumerate(policy: ChoosingPolicy, state: ModelTable, round = 0): Path[] {
  const losses: readonly number[] | undefined = LOSSES[round];
  if (losses === undefined) {
    const estimates = MEMBERS.map(({ model }) => {
      const row = state.rowOf(model);
      return row === undefined ? 0 : state.get(row, 0);
    });
    return [{ probability: 1, loss: 0, estimates }];
  }
  const probabilities = policy.weights(state, MEMBERS).map(({ weight }) => weight);
  let below = 0;
  return probabilities.flatMap((probability, arm) => {
    const middle = below + probability / 2;
    below += probability;
    const { choice } = policy.select(state, MEMBERS, undefined, () => middle);
    expect(choice?.arm).toBe(MEMBERS[arm]?.model);
    expect(choice?.propensity).toBeCloseTo(probability, 12);
    const next = state.copy();
    const evidence = chosen(choice?.arm ?? "", choice?.propensity ?? 0, 3);
    expect(policy.observe(next, evidence, reward(1 - (losses[arm] as number)))).toBe(true);
    return enumerate(policy, next, round + 1).map((path) => ({
      probability: probability * path.probability,
      loss: (losses[arm] as number) + path.loss,
      estimates: path.estimates,
    }));
  });
}

/** The same by the papers' formulas, written out: all three models are new, so half of the choice is even. */
function expectedLoss(eta: (t: number) => number, gamma: (t: number) => number, sums = [0, 0, 0], t = 1): number {
  const losses: readonly number[] | undefined = LOSSES[t - 1];
  if (losses === undefined) return 0;
  const powers = sums.map((sum) => Math.exp(-eta(t) * sum));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.reduce((expected, power, arm) => {
    const extra = 0.3;
    const p = ((1 - 0.01 - extra) * power) / total + 0.01 / 3 + extra / 3;
    const next = sums.map((sum, i) => (i === arm ? sum + (losses[arm] as number) / (p + gamma(t)) : sum));
    return expected + p * ((losses[arm] as number) + expectedLoss(eta, gamma, next, t + 1));
  }, 0);
}

function exp3(kind: "exp3" | "exp3-ix", eta?: number): ChoosingPolicy {
  return new ChoosingPolicy(new Exp3(kind, eta), LABEL_OUTPUT, newLosses(REWARD, LABEL_OUTPUT));
}

const sumOver = (paths: readonly Path[], of: (path: Path) => number) =>
  paths.reduce((sum, path) => sum + path.probability * of(path), 0);
const anytime = (t: number) => Math.sqrt(Math.log(3) / (3 * t));

/** A model that joins is known by its first loss: before, all have the mean weight. So the oracle needs a first row. */
function withAllKnown(policy: ChoosingPolicy): ModelTable {
  const state = policy.init();
  for (const { model } of MEMBERS) state.add(model);
  return state;
}

describe("exp3 over all 27 ways that three draws among three models can fall", () => {
  test("estimates losses without bias", () => {
    const policy = exp3("exp3", 0.4);
    const paths = enumerate(policy, withAllKnown(policy));
    expect(paths.length).toBe(27);
    expect(sumOver(paths, () => 1)).toBeCloseTo(1, 12);
    MEMBERS.forEach((_, arm) => {
      const total = LOSSES.reduce((sum, losses) => sum + (losses[arm] as number), 0);
      expect(sumOver(paths, ({ estimates }) => estimates[arm] as number)).toBeCloseTo(total, 12);
    });
  });

  test("has the expected loss of the formula, for a fixed rate and for one that falls with time", () => {
    const fixed = exp3("exp3", 0.4);
    const expected = expectedLoss(
      () => 0.4,
      () => 0,
    );
    expect(sumOver(enumerate(fixed, withAllKnown(fixed)), ({ loss }) => loss)).toBeCloseTo(expected, 12);
    const falling = exp3("exp3");
    const paths = enumerate(falling, withAllKnown(falling));
    expect(sumOver(paths, ({ loss }) => loss)).toBeCloseTo(
      expectedLoss(anytime, () => 0),
      12,
    );
  });

  test("exp3-ix has the expected loss of its formula, and estimates no more than the losses", () => {
    const policy = exp3("exp3-ix");
    const paths = enumerate(policy, withAllKnown(policy));
    const expected = expectedLoss(anytime, (t) => anytime(t) / 2);
    expect(sumOver(paths, ({ loss }) => loss)).toBeCloseTo(expected, 12);
    MEMBERS.forEach((_, arm) => {
      const total = LOSSES.reduce((sum, losses) => sum + (losses[arm] as number), 0);
      expect(sumOver(paths, ({ estimates }) => estimates[arm] as number)).toBeLessThan(total);
    });
  });
});

describe("propensities", () => {
  test("are those of the prediction, however late the observation comes", () => {
    const policy = exp3("exp3", 0.5);
    const state = withAllKnown(policy);
    const early = policy.select(state, MEMBERS, undefined, () => 0).choice;
    expect(early?.arm).toBe("a");
    for (let i = 0; i < 50; i++) policy.observe(state, chosen("a", 0.9, 3), reward(0));
    const before = state.get(0, 0);
    policy.observe(state, chosen("a", early?.propensity ?? 0, 3), reward(0));
    expect(state.get(0, 0) - before).toBeCloseTo(3, 9);
  });

  test("keep the regret's spread at 500 rounds of delay", () => {
    const regrets = Array.from({ length: 10 }, (_, seed) => delayedRegret(seed));
    const mean = regrets.reduce((sum, one) => sum + one, 0) / regrets.length;
    const sd = Math.sqrt(regrets.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (regrets.length - 1));
    expect(mean).toBeLessThan(350);
    expect(sd).toBeLessThan(90);
  });
});

function delayedRegret(seed: number): number {
  const random = seededRandom(seed);
  const members = membersOf("a", "b", "c", "d", "e");
  const policy = policyOf({ kind: "exp3", eta: 0.01 }, REWARD);
  const state = policy.init();
  const waiting: (() => void)[] = [];
  let regret = 0;
  for (let t = 0; t < 10_000; t++) {
    const { choice } = policy.select(state, members, undefined, random);
    if (choice === undefined) throw new Error("expected a choice");
    const mean = choice.arm === "a" ? 0.3 : 0.4;
    regret += mean - 0.3;
    const told = reward(random() < mean ? 0 : 1);
    waiting.push(() => policy.observe(state, chosen(choice.arm, choice.propensity, choice.arms), told));
    if (waiting.length > 500) waiting.shift()?.();
  }
  return regret;
}
