import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import type { Evidence } from "../../src/correction/correctionPolicy.js";
import type { Random } from "../../src/domain/ports.js";
import type { Truth } from "../../src/domain/storePorts.js";
import { LEARNED_WINDOW, LearnedShare } from "../../src/serving/learnedShare.js";
import { Outliers } from "../../src/serving/outlier.js";
import {
  chosen,
  label,
  LABEL_OUTPUT,
  LABELS,
  membersOf,
  NUMBER_OUTPUT,
  numbers,
  policyOf,
  REWARD,
  reward,
  scores,
  seen,
  vote,
} from "../support/policies.js";

const SHARE = 0.1;
/** A model that is right nine times in ten, and one that is wrong nine times in ten. */
const NAMES = ["good", "bad"];
const RIGHT = [0.9, 0.1];
const MEMBERS = membersOf(...NAMES);
const HONEST_ROUNDS = 3000;
type Randoms = [honest: Random, liar: Random, turns: Random, draws: Random];

describe("what is learned", () => {
  test("has at most the share of one key in any 1,000 in a row, whatever fails or is repeated meanwhile", () => {
    const told = fc.record({ key: fc.constantFrom("a", "b", undefined), isNew: fc.boolean(), waits: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(told, { minLength: 3000, maxLength: 5000, size: "max" }), (all) => {
        const share = new LearnedShare();
        const learned: (string | undefined)[] = [];
        const underWay: (() => void)[] = [];
        for (const { key, isNew, waits } of all) {
          const admission = share.admit(key, SHARE);
          if (admission.isLearned) {
            underWay.push(() => {
              admission.settle(isNew);
              if (isNew) learned.push(key);
            });
          }
          while (underWay.length > waits) underWay.shift()?.();
        }
        for (const key of ["a", "b"]) {
          let count = 0;
          let most = 0;
          for (const [i, by] of learned.entries()) {
            count += Number(by === key) - Number(i >= LEARNED_WINDOW && learned[i - LEARNED_WINDOW] === key);
            most = Math.max(most, count);
          }
          expect(most).toBeLessThanOrEqual(SHARE * LEARNED_WINDOW);
        }
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  test("goes on as others push a key's out of the last 1,000", () => {
    const share = new LearnedShare();
    const tell = (key: string | undefined): boolean => {
      const admission = share.admit(key, SHARE);
      admission.settle(admission.isLearned);
      return admission.isLearned;
    };
    const tellAll = (count: number): number => Array.from({ length: count }, () => tell("a")).filter(Boolean).length;
    const others = (count: number): void => void Array.from({ length: count }, () => tell(undefined));
    expect(tellAll(50)).toBe(10);
    others(190);
    // One more for the ten that it has told meanwhile.
    expect(tellAll(50)).toBe(11);
    others(10_000);
    expect(tellAll(500)).toBe(100);
    others(900);
    expect(tell("a")).toBe(false);
    others(1);
    // Each that is learned pushes out the oldest of its own.
    expect(tellAll(500)).toBe(100);
  });

  /**
   * Error of the honest, as it is expected in each of their rounds. Their rounds are the same whatever the poisoner does, so
   * that two runs differ by what it told and by nothing else.
   */
  function honestError(kind: "ensemble" | "exp3-ix", poison: number, seed: number, limit: number): number {
    const [honest, liar, turns, draws] = [0, 1, 2, 3].map((stream) => seededRandom(4 * seed + stream)) as Randoms;
    const policy = policyOf({ kind }, kind === "ensemble" ? undefined : REWARD);
    const state = policy.init();
    const share = new LearnedShare();
    const tell = (key: string, evidence: Evidence, truth: Truth): void => {
      const admission = share.admit(key, limit);
      if (admission.isLearned) policy.observe(state, evidence, truth);
      admission.settle(admission.isLearned);
    };
    const play = (key: string, random: Random, isHonest: boolean): number => {
      const selection = policy.select(state, MEMBERS, undefined, draws);
      const right = RIGHT.map((chance) => random() < chance);
      if (kind === "ensemble") {
        // Of each answer the poisoner says that the model that is mostly wrong was right.
        const answered = right.map((isRight, i) => ({ model: NAMES[i] as string, output: vote(isRight ? 0 : i + 1) }));
        const { output } = policy.combine(state, MEMBERS, selection, answered, undefined, draws);
        tell(key, seen(answered), label(isHonest || right[1] === true ? "ant" : "cat"));
        return Number(output.kind !== "LABEL" || output.label !== "ant");
      }
      const weights = policy.weights(state, MEMBERS);
      const { choice } = selection;
      if (choice === undefined) throw new Error("expected a choice");
      const value = right[NAMES.indexOf(choice.arm)] === isHonest ? 1 : 0;
      tell(key, chosen(choice.arm, choice.propensity, choice.arms), reward(value));
      return weights.reduce((sum, { weight }, i) => sum + weight * (1 - (RIGHT[i] as number)), 0);
    };
    let wrong = 0;
    for (let i = 0; i < HONEST_ROUNDS; i++) {
      while (turns() < poison) play("poisoner", liar, false);
      wrong += play(`honest-${i % 20}`, honest, true);
    }
    return wrong / HONEST_ROUNDS;
  }

  test.each(["ensemble", "exp3-ix"] as const)(
    "harms the others by less than 2 points of error, however much a key tells that is not true: %s",
    (kind) => {
      const seed = fc.integer({ min: 1, max: 1_000_000 });
      const poison = fc.double({ min: 0.1, max: 0.6, noNaN: true });
      fc.assert(
        fc.property(seed, poison, (from, part) => {
          const alone = honestError(kind, 0, from, SHARE);
          expect(honestError(kind, part, from, SHARE)).toBeLessThan(alone + 0.02);
        }),
        { numRuns: 8, examples: [[1, 0.6]], endOnFailure: true },
      );
      // Without the limit a key that tells more than half has the wrong model win.
      expect(honestError(kind, 0.6, 1, 0.99)).toBeGreaterThan(honestError(kind, 0, 1, 0.99) + 0.5);
    },
  );
});

describe("outliers", () => {
  test("are labels that the models hold to be impossible", () => {
    const outliers = new Outliers();
    const answer = { output: scores(0.8, 0.195, 0.005), agreement: 0.8 };
    expect(LABELS.map((name) => outliers.isOutlier(LABEL_OUTPUT, answer, label(name)))).toEqual([false, false, true]);
    expect(outliers.isOutlier(LABEL_OUTPUT, undefined, label("cat"))).toBe(false);
    expect(outliers.isOutlier(LABEL_OUTPUT, answer, { kind: "REWARD", reward: 1 })).toBe(false);
  });

  test("are numbers beyond five robust standard deviations of the errors, which they do not widen", () => {
    const outliers = new Outliers();
    const random = seededRandom(5);
    const isOutlier = (error: number): boolean =>
      outliers.isOutlier(NUMBER_OUTPUT, { output: numbers(10), agreement: 1 }, { kind: "NUMBER", number: 10 + error });
    for (let i = 0; i < 200; i++) expect(isOutlier(random() - 0.5)).toBe(false);
    for (let i = 0; i < 20; i++) {
      expect(isOutlier(100)).toBe(true);
      for (let j = 0; j < 9; j++) expect(isOutlier(random() - 0.5)).toBe(false);
    }
  });
});
