import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { OutputSpec } from "../../src/domain/application.js";
import type { LossSpec } from "../../src/domain/policySpec.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Truth } from "../../src/domain/storePorts.js";
import { newLosses } from "../../src/correction/losses.js";
import { label, LABEL_OUTPUT, NUMBER_OUTPUT, numbers, reward, scores } from "../support/policies.js";

const lossOf = (loss: LossSpec | undefined, output: OutputSpec, of: MemberOutput, truth: Truth) =>
  newLosses(loss, output).ofOutput(of, truth);
const number = (value: number): Truth => ({ kind: "NUMBER", number: value });
const vector = (...values: number[]): Truth => ({ kind: "VECTOR", vector: values });

describe("losses of labels", () => {
  test("zero-one tells whether the best label is the true one, the first of equals being the best", () => {
    const loss = { kind: "ZERO_ONE" } as const;
    expect(lossOf(loss, LABEL_OUTPUT, scores(0.2, 0.5, 0.3), label("bee"))).toBe(0);
    expect(lossOf(loss, LABEL_OUTPUT, scores(0.2, 0.5, 0.3), label("cat"))).toBe(1);
    expect(lossOf(loss, LABEL_OUTPUT, scores(0.4, 0.4, 0.2), label("ant"))).toBe(0);
    expect(lossOf(loss, LABEL_OUTPUT, scores(0.4, 0.4, 0.2), label("bee"))).toBe(1);
  });

  test("log is 0 for certainty, 1 from a thousandth down, and never infinite", () => {
    const loss = { kind: "LOG" } as const;
    expect(lossOf(loss, LABEL_OUTPUT, scores(1, 0, 0), label("ant"))).toBeCloseTo(0, 12);
    expect(lossOf(loss, LABEL_OUTPUT, scores(0.1, 0.9, 0), label("ant"))).toBeCloseTo(1 / 3, 12);
    expect(lossOf(loss, LABEL_OUTPUT, scores(1, 0, 0), label("bee"))).toBe(1);
    expect(lossOf(loss, LABEL_OUTPUT, scores(1.01, 0, 0), label("ant"))).toBeCloseTo(0, 12);
  });
});

describe("losses of numbers", () => {
  test("squared and absolute count an error of the range as 1, and no error as more", () => {
    const squared = { kind: "SQUARED", range: 4 } as const;
    const absolute = { kind: "ABSOLUTE", range: 4 } as const;
    expect(lossOf(squared, NUMBER_OUTPUT, numbers(3), number(1))).toBe(0.25);
    expect(lossOf(absolute, NUMBER_OUTPUT, numbers(3), number(1))).toBe(0.5);
    expect(lossOf(absolute, NUMBER_OUTPUT, numbers(1e308), number(-1e308))).toBe(1);
    const output = { kind: "VECTOR", size: 2 } as const;
    expect(lossOf(squared, output, numbers(3, 1e9), vector(1, 0))).toBe((0.25 + 1) / 2);
  });
});

describe("losses of rewards", () => {
  test("are the distance from the best reward, in parts of the range", () => {
    const of = (min: number, max: number, value: number) =>
      newLosses({ kind: "REWARD", min, max }, NUMBER_OUTPUT).ofReward(reward(value));
    expect(of(-1, 3, 2)).toBe(0.25);
    expect(of(-1e308, 1e308, 0)).toBe(0.5);
    expect(of(0, 1, 1.001)).toBeUndefined();
    expect(of(0, 1, -0.001)).toBeUndefined();
    expect(of(0, 1, NaN)).toBeUndefined();
    expect(newLosses({ kind: "ZERO_ONE" }, LABEL_OUTPUT).ofReward(reward(1))).toBeUndefined();
  });
});

test("every loss is from 0 to 1 for truths and outputs of the right kind, and there is none for others", () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -1e308, 0));
  const output = fc.oneof(
    fc.array(value, { minLength: 1, maxLength: 4 }).map((all) => scores(...all)),
    fc.array(value, { minLength: 1, maxLength: 4 }).map((all) => numbers(...all)),
  );
  const truth: fc.Arbitrary<Truth> = fc.oneof(
    fc.constantFrom(label("ant"), label("dog"), reward(0.5)),
    value.map(number),
    fc.array(value, { minLength: 1, maxLength: 4 }).map((all) => vector(...all)),
  );
  const loss: fc.Arbitrary<LossSpec | undefined> = fc.constantFrom(
    undefined,
    { kind: "ZERO_ONE" },
    { kind: "LOG" },
    { kind: "SQUARED", range: 2 },
    { kind: "ABSOLUTE", range: 1e-300 },
    { kind: "REWARD", min: 0, max: 1 },
  );
  const spec: fc.Arbitrary<OutputSpec> = fc.constantFrom(LABEL_OUTPUT, NUMBER_OUTPUT, { kind: "VECTOR", size: 3 });
  fc.assert(
    fc.property(loss, spec, output, truth, (kind, application, of, told) => {
      const found = lossOf(kind, application, of, told);
      const values = of.kind === "SCORES" ? of.scores : of.numbers;
      if (found === undefined) return;
      expect(found).toBeGreaterThanOrEqual(0);
      expect(found).toBeLessThanOrEqual(1);
      expect([...values].every(Number.isFinite)).toBe(true);
      expect(told.kind).not.toBe("REWARD");
      expect(told.kind === "LABEL").toBe(of.kind === "SCORES");
    }),
    { numRuns: 2000 },
  );
});
