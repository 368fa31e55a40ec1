import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { LEARNED_WINDOW, LearnedShare } from "../../src/serving/learnedShare.js";
import { Outliers } from "../../src/serving/outlier.js";
import {
  label,
  LABEL_OUTPUT,
  LABELS,
  membersOf,
  NUMBER_OUTPUT,
  numbers,
  policyOf,
  scores,
  seen,
  vote,
} from "../support/policies.js";

const SHARE = 0.1;

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

  /** One model is right nine times in ten; the poisoner says of each answer that the model that is mostly wrong was right. */
  function honestError(poison: number, seed: number): number {
    const random = seededRandom(seed);
    const policy = policyOf({ kind: "ensemble" });
    const state = policy.init();
    const members = membersOf("good", "bad");
    const share = new LearnedShare();
    let wrong = 0;
    let asked = 0;
    for (let i = 0; i < 4000; i++) {
      const isPoison = random() < poison;
      const truth = Math.floor(random() * LABELS.length);
      const good = random() < 0.9 ? truth : (truth + 1) % LABELS.length;
      const bad = random() < 0.1 ? truth : (truth + 2) % LABELS.length;
      const answered = [
        { model: "good", output: vote(good) },
        { model: "bad", output: vote(bad) },
      ];
      if (!isPoison) {
        const selection = policy.select(state, members, undefined, random);
        const { output } = policy.combine(state, members, selection, answered, undefined, random);
        asked += 1;
        wrong += Number(output.kind !== "LABEL" || output.label !== LABELS[truth]);
      }
      const admission = share.admit(isPoison ? "poisoner" : `honest-${i % 10}`, SHARE);
      if (admission.isLearned) policy.observe(state, seen(answered), label(LABELS[isPoison ? bad : truth] as string));
      admission.settle(admission.isLearned);
    }
    return wrong / asked;
  }

  test("harms the others by less than 2 points of error, however much a key tells that is not true", () => {
    const seed = fc.integer({ min: 1, max: 1_000_000 });
    const poison = fc.double({ min: 0.1, max: 0.6, noNaN: true });
    fc.assert(
      fc.property(seed, poison, (from, share) => {
        // Both are of their own random world: as many points again for chance, which is 0.006 in each.
        expect(honestError(share, from)).toBeLessThan(honestError(0, from) + 0.04);
      }),
      { numRuns: 8, examples: [[1, 0.6]], endOnFailure: true },
    );
  });
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
