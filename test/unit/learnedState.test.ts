import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { packFloats } from "../../src/correction/evidence.js";
import type { StoredEvidence } from "../../src/correction/evidence.js";
import { confidenceOf, newFolding, predictionSetOf } from "../../src/correction/learnedState.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import { ByteReader, ByteWriter } from "../../src/lib/byteCursor.js";
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

  const [right, wrong] = [
    [0.9, 0.05, 0.05],
    [0.05, 0.9, 0.05],
  ] as const;

  /** How many observations each told change came after; the answer is the first model's, and right or wrong. */
  function toldAt(state: LearnedState, rounds: readonly boolean[]) {
    const learning = folding();
    return rounds.flatMap((isRight, round) => {
      const given = evidence(isRight ? right : wrong, right, 0.9);
      const lesson = learning.read({ kind: "LABEL", label: "ant" }, given);
      if (lesson === undefined) throw new Error("no lesson");
      return learning.observe(state, lesson).map((drift) => ({ round, ...drift }));
    });
  }
  const rounds = (count: number, isRight: boolean) => Array.from({ length: count }, () => isRight);

  test("of the population tells when its answers become worse, and which model it was", () => {
    const population = folding().init();
    const told = toldAt(population, [...rounds(200, true), ...rounds(150, false)]);
    expect(told).toMatchObject([
      { detector: "ADWIN", model: undefined },
      { detector: "PAGE_HINKLEY", model: "m0", meanBefore: 0, meanAfter: 1 },
    ]);
    expect(told[0]?.round).toBeGreaterThanOrEqual(200);
    expect(population).toMatchObject({ drifts: 1 });
  });

  test("of an entity tells of its answers alone, and of a change soon after another one nothing more", () => {
    const entity = folding().inherit(folding().init());
    // It fires some 80 after each change: at 138, soon after that at 304, and at 469.
    const given = [...rounds(60, true), ...rounds(180, false), ...rounds(165, true), ...rounds(100, false)];
    const told = toldAt(entity, given);
    expect(told).toMatchObject([{ detector: "PAGE_HINKLEY", model: undefined }, { meanAfter: 1 }]);
    expect(entity.drifts).toBe(3);
    expect((told[1]?.round ?? 0) - (told[0]?.round ?? 0)).toBeGreaterThanOrEqual(200);
  });

  test("counts the answers whose loss is known by themselves", () => {
    const learning = folding();
    const state = learning.init();
    const { answer: _, ...withoutAnswer } = evidence(wrong, right, 0.5);
    for (const given of [evidence(wrong, right, 0.5), { ...withoutAnswer, agreement: undefined }]) {
      const lesson = learning.read({ kind: "LABEL", label: "ant" }, given);
      if (lesson !== undefined) learning.observe(state, lesson);
    }
    expect(state).toMatchObject({ observations: 2, losses: 1, lossSum: 1 });
  });

  test("is read as it was stored before models were watched, and learns on", () => {
    const learning = folding({ kind: "static" });
    const state = learning.inherit(learning.init());
    const policy = new ByteReader(learning.encode(state).subarray(1 + 6 * 8 + 1));
    policy.bytes(policy.uint32());
    const bytes = policy.bytes(policy.uint32());
    const detector = new ByteWriter().uint8(1).float64(3);
    for (const value of [0.5, 0.25, 0.25, -0.5, 0.75]) detector.float64(value);
    const old = new ByteWriter().uint8(1).float64(4).float64(1.5).float64(1).float64(2).uint8(0);
    for (const part of [detector.take(), bytes]) old.uint32(part.length).bytes(part);
    const read = learning.decode(old.take());
    expect(read).toMatchObject({ observations: 4, lossSum: 1.5, losses: 4, drifts: 1, lastDriftAt: 2, toldDriftAt: 2 });
    const again = learning.decode(learning.encode(read));
    expect(learning.encode(again)).toEqual(learning.encode(read));
    const lesson = learning.read({ kind: "LABEL", label: "ant" }, evidence(right, right, 0.9));
    if (lesson !== undefined) learning.observe(again, lesson);
    expect(again.observations).toBe(5);
  });

  /** Of the answers of a group of users who are right, then wrong in `share` of all. */
  function adaptationAfter(policy: PolicySpec, change: number): { state: string | undefined; told: unknown[] } {
    const learning = folding(policy);
    const population = learning.init();
    const told: unknown[] = [];
    for (let i = 0; i < 400 + change; i++) {
      const given = evidence(i < 400 ? right : wrong, right, 0.9);
      const place = { seq: i + 1, policyVersion: 1, entity: `user-${i % 100}` };
      const lesson = learning.read({ kind: "LABEL", label: "ant" }, given, place);
      if (lesson === undefined) throw new Error("no lesson");
      told.push(...learning.observe(population, lesson).filter((finding) => "adaptation" in finding));
    }
    return { state: population.answers?.adaptation.state, told };
  }

  test("of the population tells that learning stalls once users have had their examples of a change", () => {
    // The detector fires soon after the change; a hundred users need 2,000 until they have had twenty each.
    expect(adaptationAfter({ kind: "ensemble" }, 2000)).toEqual({ state: "ADAPTING", told: [] });
    const { state, told } = adaptationAfter({ kind: "ensemble" }, 2600);
    expect(state).toBe("STALLED");
    expect(told).toMatchObject([{ adaptation: "STALLED", meanBefore: 0, meanAtChange: 1, meanNow: 1 }]);
  });

  test("of a policy that learns for all alike does not wait for each of its users", () => {
    expect(adaptationAfter({ kind: "static" }, 600)).toMatchObject({ state: "STALLED", told: [{ meanNow: 1 }] });
  });

  test("is read as it was stored before it was watched what becomes of a change", () => {
    const learning = folding();
    const state = learning.init();
    toldAt(state, rounds(50, true));
    const bytes = learning.encode(state);
    const from = new ByteReader(bytes);
    const old = new ByteWriter().bytes(from.bytes(1 + 6 * 8 + 1));
    for (const part of ["calibration", "conformal", "drift", "models", "adaptation", "policy"]) {
      const held = from.bytes(from.uint32());
      if (part !== "adaptation") old.uint32(held.length).bytes(held);
    }
    const stored = old.take();
    stored[0] = 2;
    expect(stored.length).toBe(bytes.length - 5);
    expect(learning.encode(learning.decode(stored))).toEqual(bytes);
  });

  test("watches sixteen models at most", () => {
    const learning = folding();
    const state = learning.init();
    for (let i = 0; i < 60; i++) {
      const given = evidence(right, right, 0.5);
      const members = given.members.map((member) => ({ ...member, model: `${member.model}-${i}` }));
      const lesson = learning.read({ kind: "LABEL", label: "ant" }, { ...given, members });
      if (lesson !== undefined) learning.observe(state, lesson);
    }
    expect(state.answers?.models.encode()[0]).toBe(16);
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
    expect(predictionSetOf(population, output, 0.9)).toEqual({ kind: "LABELS", labels: ["ant", "bee", "cow"] });
    const lesson = learning.read({ kind: "LABEL", label: "ant" }, evidence([0.9, 0.06, 0.04], [0.9, 0.06, 0.04], 0.9));
    if (lesson === undefined) throw new Error("no lesson");
    for (let i = 0; i < 100; i++) learning.observe(population, lesson);
    expect(predictionSetOf(population, output, 0.9)).toEqual({ kind: "LABELS", labels: ["ant"] });
  });

  test("says which labels hold the truth for the coverage that is stated now, also when it was stored meanwhile", () => {
    const learning = folding();
    let population = learning.init();
    const said = [0.5, 0.375, 0.125] as const;
    const scores = OUTPUT.labels.map((label, i) => ({ label, score: said[i] as number }));
    const output: Output = { kind: "LABEL", label: "ant", scores };
    // Of ten truths seven are the best label, two the second and one the last.
    for (let i = 0; i < 500; i++) {
      const label = OUTPUT.labels[i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2] as string;
      const lesson = learning.read({ kind: "LABEL", label }, evidence([...said], [...said], 0.5));
      if (lesson === undefined) throw new Error("no lesson");
      learning.observe(population, lesson);
    }
    for (let round = 0; round < 2; round++) {
      expect(predictionSetOf(population, output, 0.5)).toEqual({ kind: "LABELS", labels: ["ant"] });
      expect(predictionSetOf(population, output, 0.99)).toEqual({ kind: "LABELS", labels: ["ant", "bee", "cow"] });
      population = learning.decode(learning.encode(population));
    }
  });

  test("learns nothing from features of another version, or another model, than its own", () => {
    const learning = folding({ kind: "linear", featureModel: "f", featureVersion: 2 });
    const given = { ...evidence([1, 0, 0], [1, 0, 0], 1), context: packFloats([1, 2]) };
    const read = (contextFrom?: string) => learning.read({ kind: "LABEL", label: "ant" }, { ...given, contextFrom });
    expect(["f@1", "f@3", "g@2"].map(read)).toEqual([undefined, undefined, undefined]);
    for (const known of [read("f@2"), read()]) expect(known?.evidence.context).toEqual(Float64Array.of(1, 2));
    expect(folding().read({ kind: "LABEL", label: "ant" }, { ...given, contextFrom: "f@1" })).toBeDefined();
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
