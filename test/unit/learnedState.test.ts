import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { packFloats } from "../../src/correction/evidence.js";
import type { StoredEvidence } from "../../src/correction/evidence.js";
import { confidenceOf, newFolding, predictionSetOf } from "../../src/correction/learnedState.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { Output } from "../../src/domain/application.js";

const OUTPUT = { kind: "LABEL", labels: ["ant", "bee", "cow"] } as const;
const LABEL = fc.constantFrom(...OUTPUT.labels);
const SCORES = fc
  .array(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 3 })
  .map((counts) => counts.map((count) => count / counts.reduce((sum, each) => sum + each, 0)));

function folding(policy: PolicySpec = { kind: "ensemble" }) {
  return newFolding({ policy, loss: { kind: "ZERO_ONE" }, output: OUTPUT });
}

function evidence(first: readonly number[], second: readonly number[], agreement: number): StoredEvidence {
  const members = [first, second].map((scores, i) => ({ model: `m${i}`, version: 1, values: packFloats(scores) }));
  return { source: "ENSEMBLE", members, agreement, answer: packFloats(first) };
}

const OBSERVATION = fc.record({
  evidence: fc.tuple(SCORES, SCORES, fc.double({ min: 0, max: 1, noNaN: true })).map((parts) => evidence(...parts)),
  truth: LABEL.map((label) => ({ kind: "LABEL", label }) as const),
});

describe("a learned state", () => {
  test("is the same bytes after the same observations, also when it was encoded and decoded anywhere in between", () => {
    const policies: PolicySpec[] = [{ kind: "ensemble" }, { kind: "linear" }, { kind: "thompson" }, { kind: "static" }];
    fc.assert(
      fc.property(
        fc.constantFrom(...policies),
        fc.array(OBSERVATION, { maxLength: 60 }),
        fc.nat(60),
        (policy, rows, cut) => {
          const learning = folding(policy);
          const straight = [learning.init(), learning.inherit(learning.init())];
          const recoded = [learning.init(), learning.inherit(learning.init())];
          for (const [i, { truth, evidence }] of rows.entries()) {
            const lesson = learning.read(truth, evidence);
            if (lesson === undefined) throw new Error("no lesson");
            for (const [kind, state] of straight.entries()) {
              learning.observe(state, lesson);
              learning.observe(recoded[kind] as LearnedState, lesson);
              if (i === cut) recoded[kind] = learning.decode(learning.encode(recoded[kind] as LearnedState));
            }
          }
          expect(recoded.map((state) => learning.encode(state))).toEqual(
            straight.map((state) => learning.encode(state)),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test("of the population stays below what is written with every group, whatever it has seen", () => {
    const learning = folding();
    const state = learning.init();
    for (let i = 0; i < 5000; i++) {
      const scores = [(i * 7919) % 97, (i * 104729) % 89, 10].map((value) => value / 196);
      const lesson = learning.read(
        { kind: "LABEL", label: OUTPUT.labels[i % 3] as string },
        evidence(scores, scores, 0.5),
      );
      if (lesson !== undefined) learning.observe(state, lesson);
    }
    expect(learning.encode(state).length).toBeLessThan(8192);
  });

  test("of an entity begins with what the population has learned, and does not change it", () => {
    const learning = folding();
    const population = learning.init();
    const lesson = learning.read({ kind: "LABEL", label: "ant" }, evidence([0.9, 0.05, 0.05], [0.1, 0.8, 0.1], 0.5));
    if (lesson === undefined) throw new Error("no lesson");
    for (let i = 0; i < 50; i++) learning.observe(population, lesson);
    const before = learning.encode(population);
    const entity = learning.inherit(population);
    learning.observe(entity, lesson);
    expect(learning.encode(population)).toEqual(before);
    expect(entity.observations).toBe(1);
  });

  test("tells how much an agreement is worth by what was observed at it", () => {
    const learning = folding();
    const population = learning.init();
    expect(confidenceOf(population, 0.9)).toBeCloseTo(0.9, 9);
    // Sure and wrong, again and again.
    const lesson = learning.read({ kind: "LABEL", label: "bee" }, evidence([0.9, 0.05, 0.05], [0.9, 0.05, 0.05], 0.9));
    if (lesson === undefined) throw new Error("no lesson");
    for (let i = 0; i < 200; i++) learning.observe(population, lesson);
    expect(confidenceOf(population, 0.9)).toBeLessThan(0.4);
  });

  test("says which labels hold the truth: all while it knows nothing, fewer when answers prove right", () => {
    const learning = folding();
    const population = learning.init();
    const scores = OUTPUT.labels.map((label, i) => ({ label, score: [0.9, 0.06, 0.04][i] as number }));
    const output: Output = { kind: "LABEL", label: "ant", scores };
    expect(predictionSetOf(population, output)).toEqual({ kind: "LABELS", labels: ["ant", "bee", "cow"] });
    const lesson = learning.read({ kind: "LABEL", label: "ant" }, evidence([0.9, 0.06, 0.04], [0.9, 0.06, 0.04], 0.9));
    if (lesson === undefined) throw new Error("no lesson");
    for (let i = 0; i < 100; i++) learning.observe(population, lesson);
    expect(predictionSetOf(population, output)).toEqual({ kind: "LABELS", labels: ["ant"] });
  });

  test.each([null, undefined, 7, "x", {}, { members: [] }, { members: [{ model: "m", version: 1, values: "AAAA" }] }])(
    "learns nothing from the evidence %j",
    (given) => {
      expect(folding().read({ kind: "LABEL", label: "ant" }, given)).toBeUndefined();
    },
  );

  test.each([new Uint8Array(0), Uint8Array.of(9), new Uint8Array(100)])(
    "is not made of bytes that are none: %#",
    (bytes) => {
      expect(() => folding().decode(bytes)).toThrow(RangeError);
    },
  );
});
