import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { combineVotes, isDecided } from "../../src/correction/combine.js";
import type { Votes } from "../../src/correction/combine.js";
import { LABEL_OUTPUT, membersOf, NUMBER_OUTPUT, numbers, policyOf, scores, vote } from "../support/policies.js";

const VECTOR_OUTPUT = { kind: "VECTOR", size: 2 } as const;
const votes = (outputs: Votes["outputs"], weights: readonly number[], missingWeight = 0): Votes => ({
  outputs,
  weights: Float64Array.from(weights),
  missingWeight,
});
const weight = fc.double({ min: 0.01, max: 100, noNaN: true });
const anyScores = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map(([a, b, c]) => {
  const total = a + b + c + 1;
  return scores((a + 1) / total, b / total, c / total);
});
const labelVote = fc.record({ output: fc.oneof(anyScores, fc.constantFrom(vote(0), vote(1), vote(2))), weight });
const labelOf = (combination: "SCORES" | "TOP", given: Votes) => {
  const { output } = combineVotes(LABEL_OUTPUT, combination, given);
  return output.kind === "LABEL" ? output.label : "";
};

describe("combining labels", () => {
  test("adds up weighted scores, or one vote a model", () => {
    const three = votes([scores(0.4, 0.6, 0), scores(0.4, 0.6, 0), scores(1, 0, 0)], [1, 1, 1]);
    expect(combineVotes(LABEL_OUTPUT, "SCORES", three)).toMatchObject({ output: { label: "ant" }, agreement: 0.6 });
    const majority = combineVotes(LABEL_OUTPUT, "TOP", three);
    expect(majority.output).toMatchObject({ label: "bee" });
    expect(majority.agreement).toBeCloseTo(2 / 3, 12);
  });

  test("of one model alone are its scores, which stay as they are", () => {
    const given = scores(0.2, 0.7, 0.1);
    const { output, agreement } = combineVotes(LABEL_OUTPUT, "SCORES", votes([given], [1]));
    const ranked = [
      { label: "bee", score: 0.7 },
      { label: "ant", score: 0.2 },
      { label: "cat", score: 0.1 },
    ];
    expect(output).toMatchObject({ label: "bee", scores: ranked });
    expect(agreement).toBe(0.7);
    expect(given).toEqual(scores(0.2, 0.7, 0.1));
  });

  test("counts the weight of missing members as disagreeing, and renormalises the rest", () => {
    const { output, agreement } = combineVotes(LABEL_OUTPUT, "SCORES", votes([scores(0.2, 0.8, 0)], [1], 3));
    expect(output).toMatchObject({ label: "bee", scores: [{ score: 0.8 }, { score: 0.2 }, { score: 0 }] });
    expect(agreement).toBeCloseTo(0.2, 12);
  });

  test("is decided only when no answer of the missing members can change the label, by trying all", () => {
    let decided = 0;
    fc.assert(
      fc.property(
        fc.array(labelVote, { minLength: 1, maxLength: 4 }),
        fc.array(labelVote, { minLength: 1, maxLength: 2 }),
        fc.constantFrom("SCORES" as const, "TOP" as const),
        (present, missing, combination) => {
          const missingWeight = missing.reduce((sum, one) => sum + one.weight, 0);
          const now = votes(
            present.map(({ output }) => output),
            present.map((one) => one.weight),
            missingWeight,
          );
          if (!isDecided(LABEL_OUTPUT, combination, now)) return;
          decided += 1;
          for (const answers of [
            missing.map(({ output }) => output),
            ...[0, 1, 2].map((i) => missing.map(() => vote(i))),
          ]) {
            const outputs = [...answers, ...now.outputs];
            const all = votes(outputs, [...missing.map((one) => one.weight), ...now.weights]);
            expect(labelOf(combination, all)).toBe(labelOf(combination, now));
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(decided).toBeGreaterThan(100);
  });

  test("is decided as soon as the lead is larger than what is missing", () => {
    const sure = [vote(0), vote(0), vote(1)];
    expect(isDecided(LABEL_OUTPUT, "TOP", votes(sure, [1, 1, 1], 0.9))).toBe(true);
    expect(isDecided(LABEL_OUTPUT, "TOP", votes(sure, [1, 1, 1], 1))).toBe(false);
    expect(isDecided(LABEL_OUTPUT, "TOP", votes(sure, [1, 1, 1], 0))).toBe(true);
  });
});

describe("a median of which members are missing", () => {
  const small = fc.integer({ min: 0, max: 3 });
  const voter = fc.record({ value: fc.tuple(small, small), weight: fc.integer({ min: 1, max: 9 }) });
  const medianOf = (voters: readonly { value: readonly number[]; weight: number }[]) => {
    const all = votes(
      voters.map(({ value }) => numbers(...value)),
      voters.map((one) => one.weight),
    );
    const { output } = combineVotes(VECTOR_OUTPUT, "MEDIAN", all);
    return output.kind === "VECTOR" ? [...output.vector] : [];
  };

  test("is decided only when none of their answers can change it, by trying all that are next to those present", () => {
    let decided = 0;
    fc.assert(
      fc.property(
        fc.array(voter, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }),
        (present, missing) => {
          const now = votes(
            present.map(({ value }) => numbers(...value)),
            present.map((one) => one.weight),
            missing.reduce((sum, one) => sum + one, 0),
          );
          const ends = [-1e9, 1e9, 0.5, 1.5, 2.5];
          const stays = ends.every((value) => {
            const all = [...missing.map((one) => ({ value: [value, value], weight: one })), ...present];
            return JSON.stringify(medianOf(all)) === JSON.stringify(medianOf(present));
          });
          const isSure = isDecided(VECTOR_OUTPUT, "MEDIAN", now);
          if (isSure) decided += 1;
          if (isSure) expect(stays).toBe(true);
          expect(isDecided(VECTOR_OUTPUT, "MEAN", now)).toBe(false);
        },
      ),
      { numRuns: 3000 },
    );
    expect(decided).toBeGreaterThan(100);
  });

  test("is decided by those who agree and have more than half of the weight", () => {
    const same = [numbers(4), numbers(4), numbers(7)];
    expect(isDecided(NUMBER_OUTPUT, "MEDIAN", votes(same, [1, 1, 1], 0.5))).toBe(true);
    expect(isDecided(NUMBER_OUTPUT, "MEDIAN", votes(same, [1, 1, 1], 2))).toBe(false);
    expect(isDecided(NUMBER_OUTPUT, "MEAN", votes(same, [1, 1, 1], 0))).toBe(true);
  });
});

describe("deciding early", () => {
  const members = membersOf("a", "b", "c");
  const at = (policy: ReturnType<typeof policyOf>, ...models: string[]) => {
    const state = policy.init();
    const selection = policy.select(state, members, undefined, () => 0.5);
    const output = policy.kind === "static" ? numbers(1) : vote(0);
    const answered = models.map((model) => ({ model, output }));
    return policy.isDecided(state, members, selection, answered, undefined);
  };

  test("labels stand after two of three equal votes, numbers and drawn labels when nobody is missing", () => {
    expect(at(policyOf({ kind: "majority" }), "a", "b")).toBe(true);
    expect(at(policyOf({ kind: "ensemble" }), "a", "b")).toBe(true);
    expect(at(policyOf({ kind: "ensemble" }), "a")).toBe(false);
    expect(at(policyOf({ kind: "ensemble" }))).toBe(false);
    const ofNumbers = policyOf({ kind: "static" }, undefined, NUMBER_OUTPUT);
    expect(at(ofNumbers, "a", "b")).toBe(false);
    expect(at(ofNumbers, "a", "b", "c")).toBe(true);
    expect(at(policyOf({ kind: "exp4" }), "a", "b")).toBe(false);
    expect(at(policyOf({ kind: "exp4" }), "a", "b", "c")).toBe(true);
    expect(at(policyOf({ kind: "exp3" }))).toBe(false);
    expect(at(policyOf({ kind: "exp3" }), "b")).toBe(true);
  });
});

describe("combining numbers", () => {
  test("the median withstands a member that is far off, the mean does not", () => {
    const given = votes([numbers(1), numbers(2), numbers(1e9)], [1, 1, 1]);
    expect(combineVotes(NUMBER_OUTPUT, "MEDIAN", given).output).toEqual({ kind: "NUMBER", number: 2 });
    expect(combineVotes(NUMBER_OUTPUT, "MEAN", given).output).toMatchObject({ number: (3 + 1e9) / 3 });
    const weighted = votes([numbers(1), numbers(2), numbers(1e9)], [1, 1, 5]);
    expect(combineVotes(NUMBER_OUTPUT, "MEDIAN", weighted).output).toMatchObject({ number: 1e9 });
  });

  test("the median of each element has at most half of the weight on either side, and is one of the values", () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const one = fc.record({ values: fc.tuple(value, value), weight });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), (given) => {
        const outputs = given.map(({ values }) => numbers(...values));
        const { output } = combineVotes(
          VECTOR_OUTPUT,
          "MEDIAN",
          votes(
            outputs,
            given.map((each) => each.weight),
          ),
        );
        if (output.kind !== "VECTOR") throw new Error("expected a vector");
        const half = given.reduce((sum, each) => sum + each.weight, 0) / 2;
        output.vector.forEach((median, i) => {
          const side = (is: (x: number) => boolean) =>
            given.filter(({ values }) => is(values[i] as number)).reduce((sum, each) => sum + each.weight, 0);
          expect(given.map(({ values }) => values[i])).toContain(median);
          expect(side((x) => x < median)).toBeLessThanOrEqual(half + 1e-9);
          expect(side((x) => x > median)).toBeLessThanOrEqual(half + 1e-9);
        });
      }),
    );
  });

  test("a member of little weight lowers the agreement little", () => {
    const agreement = (small: number) =>
      combineVotes(NUMBER_OUTPUT, "MEAN", votes([numbers(5), numbers(9)], [1, small])).agreement;
    expect(agreement(1e-6)).toBeGreaterThan(0.99999);
    expect(agreement(1)).toBeLessThan(0.8);
  });

  test("any finite numbers give a finite answer and an agreement from 0 to 1", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const one = fc.record({ values: fc.tuple(value, value), weight });
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.constantFrom("MEAN" as const, "MEDIAN" as const),
        (given, missing, combination) => {
          const outputs = given.map(({ values }) => numbers(...values));
          const weights = given.map((each) => each.weight);
          const { output, agreement } = combineVotes(VECTOR_OUTPUT, combination, votes(outputs, weights, missing));
          expect(output.kind === "VECTOR" && output.vector.every(Number.isFinite)).toBe(true);
          expect(agreement).toBeGreaterThanOrEqual(0);
          expect(agreement).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 500 },
    );
  });
});
