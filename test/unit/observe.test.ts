import { describe, expect, test } from "@jest/globals";
import { failure } from "../../src/domain/failure.js";
import type { Truth } from "../../src/domain/storePorts.js";
import type { StoredEvidence } from "../../src/correction/evidence.js";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { OutputSpec } from "../../src/domain/application.js";
import { observationSteps } from "../../src/serving/observe.js";
import type { GivenTruth } from "../../src/serving/truth.js";
import { signReceipt } from "../../src/serving/receipt.js";
import { FakeClock } from "../support/fakeClock.js";
import { combinedOf, LABELS, prediction } from "../support/fakeServing.js";
import { ANT, KEYS, observing, TTL_MS } from "../support/observing.js";
import { haveSameShape } from "../support/sameShape.js";

describe("observe", () => {
  test("all observations are answered with objects of one shape, as often as it is asked", async () => {
    const { ask } = observing();
    const answers: object[] = [];
    for (let i = 0; i < 3_000; i++) answers.push(await ask(ANT, String(i)));
    const last = answers.at(-1) as object;
    expect(answers.slice(-1_000).filter((answer) => !haveSameShape(answer, last))).toEqual([]);
  });

  test("stores what turned out to be true with what the receipt tells, and answers with its place", async () => {
    const { ask, appended, clock, metrics } = observing();
    expect(await ask(ANT, "first")).toEqual({
      kind: "observation",
      seq: 9,
      duplicate: false,
      application: "insects",
      policyVersion: 3,
      learnedBy: [3],
      standing: "COUNTED",
      loss: 0,
    });
    const members = [{ model: "m", version: 1, values: "AABAPwAAgD4" }];
    const evidence = { source: "MODEL", members, agreement: 0.75 };
    expect(appended).toEqual([
      {
        application: "insects",
        receiptId: "p1",
        key: "first",
        policyVersion: 3,
        entity: "user-1",
        predictedAtMs: clock.wallMs(),
        truth: ANT,
        evidence,
        learnedBy: [3],
      },
    ]);
    expect(metrics.of("insects").observations).toBe(1);
  });

  test("takes a crowd over several turns, in its order, and all of it", async () => {
    const clock = new FakeClock();
    const { ask, appended } = observing(undefined, undefined, undefined, clock, observationSteps(clock));
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const keys = Array.from({ length: 30 }, (_, i) => `${i}`);
    const answers = keys.map(async (key) => ask(ANT, key));
    for (const size of [8, 16, 24, 30]) {
      await settle();
      expect(appended).toHaveLength(size);
      clock.endTurn();
    }
    expect(appended.map(({ key }) => key)).toEqual(keys);
    expect(await Promise.all(answers)).toHaveLength(30);
  });

  test("takes all of one request together, however many they are", async () => {
    const clock = new FakeClock();
    const { request, appended } = observing(undefined, undefined, undefined, clock, observationSteps(clock));
    for (let i = 0; i < 30; i++) void request({ key: `${i}`, isOneOfMany: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(appended).toHaveLength(30);
  });

  test("withholds what is more than its key's share, which corrects nothing; and says of a repetition what it was", async () => {
    const feedback = { ...DEFAULT_FEEDBACK, learnedShare: 0.1 };
    const { request, appended, storeAnswers, metrics, warned } = observing(undefined, { feedback });
    for (let i = 0; i < 10; i++) await request({ key: `k${i}`, keyId: "busy" });
    // Whoever repeats takes no place, and pushes nobody out.
    storeAnswers({ kind: "observation", seq: 1, duplicate: true });
    await request({ key: "k0", keyId: "other" });
    storeAnswers({ kind: "observation", seq: 11, duplicate: false, withheld: "LEARNED_SHARE" });
    expect(await request({ key: "more", supersedes: "k0", keyId: "busy" })).toMatchObject({
      ...{ withheld: "LEARNED_SHARE", learnedBy: [], standing: "NOT_COUNTED", loss: 0 },
    });
    expect(appended.at(-1)).toMatchObject({ learnedBy: [], counts: false, withheld: "LEARNED_SHARE" });
    expect(appended.at(-1)?.supersedes).toBeUndefined();
    expect(appended.slice(0, -1).every(({ learnedBy, counts }) => learnedBy.length > 0 && counts === undefined)).toBe(
      true,
    );
    expect(metrics.of("insects").withheldObservations).toBe(1);
    expect(warned).toEqual([expect.stringContaining("feedback of key busy is not learned by insects")]);
  });

  test("has an empty key when none is given", async () => {
    const { ask, appended } = observing();
    await ask(ANT);
    expect(appended[0]?.key).toBe("");
  });

  test("says that it is a duplicate, and hands on a conflict and a store that failed", async () => {
    const { ask, storeAnswers, metrics } = observing();
    storeAnswers({ kind: "observation", seq: 4, duplicate: true });
    expect(await ask(ANT)).toMatchObject({ seq: 4, duplicate: true });
    for (const code of ["CONFLICT", "STORE_UNAVAILABLE", "OUTCOME_UNKNOWN"] as const) {
      storeAnswers(failure(code, "why"));
      expect(await ask(ANT)).toEqual(failure(code, "why"));
    }
    expect(metrics.of("insects")).toMatchObject({ observations: 0, duplicateObservations: 1, failedObservations: 3 });
  });

  test("takes a receipt up to its time to live, and refuses it beyond as BAD_INPUT that names the setting", async () => {
    const { ask, appended, clock } = observing();
    clock.advance(TTL_MS);
    expect(await ask(ANT)).toMatchObject({ kind: "observation" });
    clock.advance(1);
    expect(await ask(ANT)).toMatchObject({ code: "BAD_INPUT", path: ["receipt"], got: "1.0 h" });
    expect(await ask(ANT)).toHaveProperty("message", expect.stringContaining("receiptTtl (1.0 h)"));
    expect(appended).toHaveLength(1);
  });

  test("refuses a key that the server itself gives, and one that would correct what it has counted", async () => {
    const { request, appended } = observing();
    for (const given of [{ key: "$default" }, { key: "mine", supersedes: "$total" }]) {
      expect(await request(given)).toMatchObject({
        code: "BAD_INPUT",
        path: [Object.keys(given).at(-1)],
        message: expect.stringContaining("begin with $") as unknown,
      });
    }
    expect(appended).toEqual([]);
  });

  test("says what has become of a reward", async () => {
    const { ask, appended, storeAnswers } = observing(undefined, {
      policy: { kind: "exp3-ix" },
      loss: { kind: "REWARD", min: 0, max: 1 },
    });
    const counted = { standing: "WAITING", learnedBy: [], key: "click" } as const;
    storeAnswers({ kind: "observation", seq: 4, duplicate: false, counted });
    expect(await ask({ kind: "REWARD", reward: 0.5 }, "click")).toMatchObject({ standing: "WAITING", learnedBy: [] });
    expect(appended).toMatchObject([{ counting: { kind: "REWARD", rule: { aggregation: "EARLIEST", max: 1 } } }]);
  });

  test("refuses a forged receipt before anything else, and one of an application that is gone", async () => {
    const { ask, receipt, appended } = observing();
    expect(await ask({ kind: "NUMBER", number: NaN }, undefined, `${receipt}A`)).toMatchObject({
      code: "NOT_FOUND",
      path: ["receipt"],
    });
    const gone = signReceipt(prediction({ application: "gone", atMs: new FakeClock().wallMs() }), KEYS);
    expect(await ask(ANT, undefined, gone.receipt)).toMatchObject({
      code: "NOT_FOUND",
      message: 'application "gone" does not exist',
    });
    expect(appended).toEqual([]);
  });

  const NUMBER: OutputSpec = { kind: "NUMBER" };
  const VECTOR: OutputSpec = { kind: "VECTOR", size: 2 };
  const LABEL: OutputSpec = { kind: "LABEL", labels: LABELS };
  test.each<[OutputSpec, Truth, (string | number)[], string]>([
    [LABEL, { kind: "LABEL", label: "cow" }, ["truth", "label"], '"cow"'],
    [LABEL, { kind: "LABEL", label: "Ant" }, ["truth", "label"], '"Ant"'],
    [LABEL, { kind: "LABEL", label: "x".repeat(1e6) }, ["truth", "label"], `"${"x".repeat(40)}"`],
    [LABEL, { kind: "NUMBER", number: 1 }, ["truth"], "number"],
    [LABEL, { kind: "REWARD", reward: 1 }, ["truth", "reward"], "a reward"],
    [NUMBER, ANT, ["truth"], "label"],
    [NUMBER, { kind: "NUMBER", number: NaN }, ["truth", "number"], "NaN"],
    [NUMBER, { kind: "NUMBER", number: -Infinity }, ["truth", "number"], "-Infinity"],
    [VECTOR, { kind: "VECTOR", vector: [1, 2, 3] }, ["truth", "vector"], "3"],
    [VECTOR, { kind: "VECTOR", vector: [] }, ["truth", "vector"], "0"],
    [VECTOR, { kind: "VECTOR", vector: [1, Infinity] }, ["truth", "vector", 1], "Infinity"],
  ])("of an application that answers %j refuses the truth %j", async (output, truth, path, got) => {
    const { ask, appended } = observing(output);
    expect(await ask(truth)).toMatchObject({ code: "BAD_INPUT", path, got });
    expect(appended).toEqual([]);
  });

  test("takes a label by its place among the application's", async () => {
    const { ask, appended } = observing(LABEL);
    expect(await ask({ kind: "CLASS_CODE", classCode: 1 })).toMatchObject({ kind: "observation" });
    expect(appended[0]?.truth).toEqual({ kind: "LABEL", label: "bee" });
  });

  test.each<[OutputSpec, GivenTruth, string]>([
    [LABEL, { kind: "CLASS_CODE", classCode: -1 }, "-1"],
    [LABEL, { kind: "CLASS_CODE", classCode: 3 }, "3"],
    [NUMBER, { kind: "CLASS_CODE", classCode: 0 }, "a class code"],
  ])("of an application that answers %j refuses %j, which is no label's place", async (output, truth, got) => {
    const { ask, appended } = observing(output);
    expect(await ask(truth)).toMatchObject({ code: "BAD_INPUT", path: ["truth", "classCode"], got });
    expect(appended).toEqual([]);
  });

  test.each<[OutputSpec, Truth]>([
    [NUMBER, { kind: "NUMBER", number: -0 }],
    [VECTOR, { kind: "VECTOR", vector: [1e308, -1] }],
  ])("of an application that answers %j takes the truth %j", async (output, truth) => {
    const { ask, appended } = observing(output);
    expect(await ask(truth)).toMatchObject({ kind: "observation" });
    expect(appended[0]?.truth).toBe(truth);
  });

  test("refuses a key of more than 200 characters", async () => {
    const { ask, appended } = observing();
    expect(await ask(ANT, "k".repeat(201))).toMatchObject({ code: "BAD_INPUT", path: ["key"], got: "201" });
    expect(appended).toEqual([]);
    expect(await ask(ANT, "k".repeat(200))).toMatchObject({ kind: "observation" });
  });

  test.each(["a\0b", "\ud800", "\udc00a"])("refuses the key %j, which the database cannot hold", async (key) => {
    const { ask, appended } = observing();
    expect(await ask(ANT, key)).toMatchObject({ code: "BAD_INPUT", path: ["key"], got: JSON.stringify(key) });
    expect(appended).toEqual([]);
  });

  test("counts what the evidence says in the version that predicted, and in the current one where nothing was chosen", async () => {
    const { ask, appended, clock } = observing();
    const ofAnother = signReceipt(prediction({ policyVersion: 2, atMs: clock.wallMs() }), KEYS).receipt;
    // Version 2 is gone: only the current one learns.
    expect(await ask(ANT, undefined, ofAnother)).toMatchObject({ learnedBy: [3], policyVersion: 2 });
    const choice = { arm: "m", propensity: 0.25, arms: 2 };
    const combined = { ...combinedOf(prediction().models), choice };
    const chosen = signReceipt(prediction({ policyVersion: 2, combined, atMs: clock.wallMs() }), KEYS).receipt;
    expect(await ask(ANT, undefined, chosen)).toMatchObject({ learnedBy: [] });
    expect(appended.at(-1)).toMatchObject({ evidence: { choice: ["m", 0.25, 2] } });
    const ofDefault = signReceipt(prediction({ combined: undefined, atMs: clock.wallMs() }), KEYS).receipt;
    expect(await ask(ANT, undefined, ofDefault)).toMatchObject({ learnedBy: [], loss: undefined });
  });

  test("counts what an earlier version's evidence says in the current one only if that learns on the same features", async () => {
    const { ask, appended, clock } = observing(undefined, {}, new Map([[3, "f@2"]]));
    const predicted = (contextFrom: string | undefined) => {
      const combined = { ...combinedOf(prediction().models), context: Float64Array.of(1), contextFrom };
      return signReceipt(prediction({ policyVersion: 2, combined, atMs: clock.wallMs() }), KEYS).receipt;
    };
    expect(await ask(ANT, "same", predicted("f@2"))).toMatchObject({ learnedBy: [3] });
    expect(await ask(ANT, "older", predicted("f@1"))).toMatchObject({ learnedBy: [] });
    expect(await ask(ANT, "other", predicted("g@2"))).toMatchObject({ learnedBy: [] });
    expect(await ask(ANT, "before", predicted(undefined))).toMatchObject({ learnedBy: [3] });
    expect(appended.map(({ evidence }) => (evidence as StoredEvidence).contextFrom)).toEqual([
      "f@2",
      "f@1",
      "g@2",
      undefined,
    ]);
  });

  test("finds in the prediction log what a receipt could not carry, and says so where it is not there any more", async () => {
    const { ask, logged, clock } = observing();
    const models = prediction().models.map((model) => ({
      ...model,
      output: { kind: "SCORES", scores: new Float64Array(400) } as const,
    }));
    const large = signReceipt(prediction({ models, combined: combinedOf(models), atMs: clock.wallMs() }), KEYS);
    expect(large.leftOut).toBeDefined();
    expect(await ask(ANT, undefined, large.receipt)).toMatchObject({ learnedBy: [] });
    logged.set("p1", { source: "MODEL", members: [{ model: "m", version: 1, values: "AABAPwAAgD4" }], agreement: 0.7 });
    expect(await ask(ANT, "again", large.receipt)).toMatchObject({ learnedBy: [3], loss: 0 });
  });

  const INPUT = { kind: "single", field: "values", data: { kind: "values", values: [1, 2] } } as const;
  const EXAMPLE = { kind: "EXAMPLE", application: "insects", input: INPUT, inputPath: ["x"], entity: "ann" } as const;

  test("evaluates an example's input as bulk work, and stores it under its key", async () => {
    const { request, appended, predicted } = observing();
    expect(await request({ target: EXAMPLE, key: "k1" })).toMatchObject({ kind: "observation", learnedBy: [3] });
    expect(predicted).toMatchObject([{ application: "insects", input: INPUT, entity: "ann", priority: "BULK" }]);
    expect(appended).toMatchObject([{ receiptId: "example", key: "k1", entity: "ann", truth: ANT }]);
  });

  test("refuses an example without a key, which a repetition could not be told by, and one with a reward", async () => {
    const { request, predicted, appended } = observing(undefined, {
      policy: { kind: "exp3" },
      loss: { kind: "REWARD", min: 0, max: 1 },
    });
    expect(await request({ target: EXAMPLE })).toMatchObject({ code: "BAD_INPUT", path: ["key"] });
    const reward: Truth = { kind: "REWARD", reward: 0.5 };
    expect(await request({ target: EXAMPLE, key: "k", truth: reward })).toMatchObject({ path: ["truth", "reward"] });
    expect([predicted, appended]).toEqual([[], []]);
  });

  test.each([NaN, Infinity, -0.001, 1.001])(
    "refuses the reward %d, outside of the declared range, unclipped",
    async (reward) => {
      const { ask, appended } = observing(undefined, {
        policy: { kind: "exp3" },
        loss: { kind: "REWARD", min: 0, max: 1 },
      });
      expect(await ask({ kind: "REWARD", reward })).toMatchObject({ code: "BAD_INPUT", path: ["truth", "reward"] });
      expect(appended).toEqual([]);
    },
  );

  test("takes a reward within its range as the loss, and nothing else where rewards are what is told", async () => {
    const { ask } = observing(undefined, { policy: { kind: "exp3" }, loss: { kind: "REWARD", min: -1, max: 1 } });
    expect(await ask({ kind: "REWARD", reward: 0.5 })).toMatchObject({ loss: 0.25 });
    expect(await ask(ANT)).toMatchObject({ code: "BAD_INPUT", path: ["truth"] });
  });

  test.each(["APPRENTICE", "LOW_CONFIDENCE"] as const)(
    "stores a reward of the default output (%s) that nobody learns from: nobody saw what the models said",
    async (defaultReason) => {
      const policy = { kind: "exp3-ix" } as const;
      const { ask, appended, clock } = observing(undefined, { policy, loss: { kind: "REWARD", min: 0, max: 1 } });
      const choice = { arm: "m", propensity: 0.25, arms: 2 };
      const combined = { ...combinedOf(prediction().models), choice };
      const made = { combined, atMs: clock.wallMs() };
      const reward: Truth = { kind: "REWARD", reward: 1 };
      const shown = signReceipt(prediction(made), KEYS).receipt;
      expect(await ask(reward, "shown", shown)).toMatchObject({ learnedBy: [3], loss: 0, skipReason: undefined });
      const ofDefault = signReceipt(prediction({ ...made, source: "DEFAULT", defaultReason }), KEYS).receipt;
      expect(await ask(reward, "default", ofDefault)).toMatchObject({
        ...{ learnedBy: [], loss: undefined, skipReason: "DEFAULT_SHOWN", standing: "COUNTED" },
      });
      expect(appended.at(-1)).toMatchObject({ truth: reward, evidence: { source: "DEFAULT", choice: ["m", 0.25, 2] } });
    },
  );

  test("learns a truth also where the default output was shown: it says how right the models were", async () => {
    const { ask, clock } = observing();
    const shown = { source: "DEFAULT", defaultReason: "LOW_CONFIDENCE", atMs: clock.wallMs() } as const;
    const { receipt } = signReceipt(prediction(shown), KEYS);
    expect(await ask(ANT, undefined, receipt)).toMatchObject({ learnedBy: [3], loss: 0, skipReason: undefined });
  });

  test("says that nothing can be learned where no model answered", async () => {
    const { ask, clock } = observing();
    const nothing = prediction({ source: "DEFAULT", combined: undefined, atMs: clock.wallMs() });
    const { receipt } = signReceipt(nothing, KEYS);
    expect(await ask(ANT, undefined, receipt)).toMatchObject({ learnedBy: [], skipReason: "NO_EVIDENCE" });
  });

  test("passes on the key that an observation corrects, which cannot be its own", async () => {
    const { request, appended } = observing();
    await request({ key: "second", supersedes: "" });
    expect(appended).toMatchObject([{ key: "second", supersedes: "" }]);
    expect(await request({ supersedes: "" })).toMatchObject({ code: "BAD_INPUT", path: ["supersedes"] });
  });
});
