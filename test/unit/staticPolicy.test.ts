import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Vote } from "../../src/correction/policy.js";
import { staticPolicy } from "../../src/correction/static.js";

const LABELS = ["ant", "bee", "cat"];
const LABEL_OUTPUT = { kind: "LABEL", labels: LABELS } as const;
const scores = (...values: number[]) => ({ kind: "SCORES", scores: Float64Array.from(values) }) as const;
const numbers = (...values: number[]) => ({ kind: "NUMBERS", numbers: Float64Array.from(values) }) as const;
const weight = fc.double({ min: 0.01, max: 100, noNaN: true });
const missing = fc.oneof(fc.constant(0), weight);

function valuesOf({ output }: Vote): number[] {
  return [...(output.kind === "SCORES" ? output.scores : output.numbers)];
}

/** Weighted mean of the `i`th value, written out. */
function meanAt(votes: readonly Vote[], i: number): number {
  let weighted = 0;
  let total = 0;
  for (const vote of votes) {
    weighted += vote.weight * (valuesOf(vote)[i] as number);
    total += vote.weight;
  }
  return weighted / total;
}

describe("static policy", () => {
  test("selects every linked model with certainty and its link's weight", () => {
    const links = [
      { model: "a", weight: 2 },
      { model: "b", weight: 0.5 },
    ];
    expect(staticPolicy.select(links)).toEqual([
      { member: 0, weight: 2, propensity: 1 },
      { member: 1, weight: 0.5, propensity: 1 },
    ]);
  });

  test("answers the label that brute force finds, ranks all labels, and is as confident as the vote's share", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const vote = fc.record({ weight, output: fc.tuple(share, share, share).map((values) => scores(...values)) });
    fc.assert(
      fc.property(fc.array(vote, { minLength: 1, maxLength: 6 }), missing, (votes, missingWeight) => {
        const { output, confidence } = staticPolicy.combine(LABEL_OUTPUT, votes, missingWeight);
        if (output.kind !== "LABEL" || output.scores === undefined) throw new Error("expected a label with scores");
        const means = LABELS.map((_, i) => meanAt(votes, i));
        const best = Math.max(...means);
        expect(means[LABELS.indexOf(output.label)]).toBeCloseTo(best, 9);
        expect(output.scores[0]?.label).toBe(output.label);
        for (const { label, score } of output.scores)
          expect(score).toBeCloseTo(means[LABELS.indexOf(label)] as number, 9);
        expect(output.scores.map(({ score }) => score)).toEqual(
          output.scores.map(({ score }) => score).toSorted((a, b) => b - a),
        );
        const present = votes.reduce((sum, one) => sum + one.weight, 0);
        expect(confidence).toBeCloseTo((best * present) / (present + missingWeight), 9);
      }),
    );
  });

  test("gives a tie to the label that the application names first", () => {
    const tie = [
      { weight: 1, output: scores(0, 0, 1) },
      { weight: 1, output: scores(0, 1, 0) },
    ];
    expect(staticPolicy.combine(LABEL_OUTPUT, tie, 0).output).toMatchObject({
      label: "bee",
      scores: [
        { label: "bee", score: 0.5 },
        { label: "cat", score: 0.5 },
        { label: "ant", score: 0 },
      ],
    });
  });

  test("renormalises over those present, and lowers confidence by the share of those missing", () => {
    const votes = [{ weight: 1, output: scores(0.2, 0.8, 0) }];
    const { output, confidence } = staticPolicy.combine(LABEL_OUTPUT, votes, 3);
    expect(output).toMatchObject({ label: "bee", scores: [{ score: 0.8 }, { score: 0.2 }, { score: 0 }] });
    expect(confidence).toBeCloseTo(0.2, 12);
  });

  test("keeps the confidence from 0 to 1 for scores that are no probabilities", () => {
    const wild = (value: number) =>
      staticPolicy.combine(LABEL_OUTPUT, [{ weight: 1, output: scores(value, -5, -9) }], 0);
    expect(wild(7).confidence).toBe(1);
    expect(wild(-3)).toMatchObject({ output: { label: "ant" }, confidence: 0 });
  });

  test("answers the weighted mean of numbers and of vectors", () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const vote = fc.record({ weight, output: fc.tuple(value, value).map((values) => numbers(...values)) });
    fc.assert(
      fc.property(fc.array(vote, { minLength: 1, maxLength: 6 }), missing, (votes, missingWeight) => {
        const vector = staticPolicy.combine({ kind: "VECTOR", size: 2 }, votes, missingWeight).output;
        const number = staticPolicy.combine({ kind: "NUMBER" }, votes, missingWeight).output;
        const means = [meanAt(votes, 0), meanAt(votes, 1)];
        if (vector.kind !== "VECTOR" || number.kind !== "NUMBER") throw new Error("expected a vector and a number");
        vector.vector.forEach((mean, i) => expect(mean).toBeCloseTo(means[i] as number, 3));
        expect(number.number).toBeCloseTo(means[0] as number, 3);
      }),
    );
  });

  test("is sure when all members agree on a number, less so the further apart they are", () => {
    const confidenceOf = (...values: number[]) => {
      const votes = values.map((value) => ({ weight: 1, output: numbers(value) }));
      return staticPolicy.combine({ kind: "NUMBER" }, votes, 0).confidence;
    };
    expect(confidenceOf(5)).toBe(1);
    expect(confidenceOf(5, 5, 5)).toBe(1);
    expect(confidenceOf(0, 0)).toBe(1);
    const [near, far] = [confidenceOf(5, 5.1), confidenceOf(5, 9)];
    expect(near).toBeLessThan(1);
    expect(far).toBeLessThan(near);
  });

  test("has a confidence from 0 to 1 for any finite numbers, also the largest", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const vote = fc.record({ weight, output: fc.tuple(value, value).map((values) => numbers(...values)) });
    fc.assert(
      fc.property(fc.array(vote, { minLength: 1, maxLength: 4 }), missing, (votes, missingWeight) => {
        const { confidence } = staticPolicy.combine({ kind: "VECTOR", size: 2 }, votes, missingWeight);
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});
