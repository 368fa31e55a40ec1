import { describe, expect, test } from "@jest/globals";
import { failure } from "../../src/domain/failure.js";
import type { Failure } from "../../src/domain/failure.js";
import type { NewObservation, StoredObservation, Truth } from "../../src/domain/storePorts.js";
import type { OutputSpec } from "../../src/domain/application.js";
import { observe } from "../../src/serving/observe.js";
import { signReceipt } from "../../src/serving/receipt.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "../support/fakeClock.js";
import { application, catalogueOf, LABELS, prediction } from "../support/fakeServing.js";

const KEYS = [{ id: 1, secret: new Uint8Array(32).fill(1) }];
const TTL_MS = 3_600_000;
const ANT: Truth = { kind: "LABEL", label: "ant" };

/** Predicted now, observed now. */
function setUp(output: OutputSpec = { kind: "LABEL", labels: LABELS }) {
  const clock = new FakeClock();
  const appended: NewObservation[] = [];
  const metrics = new ServingMetrics();
  let stored: StoredObservation | Failure = { kind: "observation", seq: 9, duplicate: false };
  const deps = {
    clock,
    metrics,
    catalogue: catalogueOf(application({ output })),
    observations: {
      append: (observation: NewObservation) => {
        appended.push(observation);
        return Promise.resolve(stored);
      },
    },
    receiptKeys: () => KEYS,
    receiptTtlMs: TTL_MS,
  };
  const receipt = signReceipt(prediction({ atMs: clock.wallMs() }), KEYS);
  return {
    clock,
    appended,
    metrics,
    receipt,
    storeAnswers: (answer: StoredObservation | Failure) => void (stored = answer),
    ask: (truth: Truth, key?: string, of = receipt) => observe(deps, { receipt: of, truth, key }),
  };
}

describe("observe", () => {
  test("stores what turned out to be true with what the receipt tells, and answers with its place", async () => {
    const { ask, appended, clock, metrics } = setUp();
    expect(await ask(ANT, "first")).toEqual({
      kind: "observation",
      seq: 9,
      duplicate: false,
      application: "insects",
      receiptId: "p1",
      policyVersion: 3,
    });
    const evidence = { source: "MODEL", members: [{ model: "m", version: 1, values: "AABAPwAAgD4" }] };
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
      },
    ]);
    expect(metrics.of("insects").observations).toBe(1);
  });

  test("has an empty key when none is given", async () => {
    const { ask, appended } = setUp();
    await ask(ANT);
    expect(appended[0]?.key).toBe("");
  });

  test("says that it is a duplicate, and hands on a conflict and a store that failed", async () => {
    const { ask, storeAnswers, metrics } = setUp();
    storeAnswers({ kind: "observation", seq: 4, duplicate: true });
    expect(await ask(ANT)).toMatchObject({ seq: 4, duplicate: true });
    for (const code of ["CONFLICT", "STORE_UNAVAILABLE", "OUTCOME_UNKNOWN"] as const) {
      storeAnswers(failure(code, "why"));
      expect(await ask(ANT)).toEqual(failure(code, "why"));
    }
    expect(metrics.of("insects")).toMatchObject({ observations: 0, duplicateObservations: 1, failedObservations: 3 });
  });

  test("takes a receipt up to its time to live, and refuses it beyond as BAD_INPUT that names the setting", async () => {
    const { ask, appended, clock } = setUp();
    clock.advance(TTL_MS);
    expect(await ask(ANT)).toMatchObject({ kind: "observation" });
    clock.advance(1);
    expect(await ask(ANT)).toMatchObject({ code: "BAD_INPUT", path: ["receipt"], got: "1.0 h" });
    expect(await ask(ANT)).toHaveProperty("message", expect.stringContaining("receiptTtl (1.0 h)"));
    expect(appended).toHaveLength(1);
  });

  test("refuses a forged receipt before anything else, and one of an application that is gone", async () => {
    const { ask, receipt, appended } = setUp();
    expect(await ask({ kind: "NUMBER", number: NaN }, undefined, `${receipt}A`)).toMatchObject({
      code: "NOT_FOUND",
      path: ["receipt"],
    });
    const gone = signReceipt(prediction({ application: "gone", atMs: new FakeClock().wallMs() }), KEYS);
    expect(await ask(ANT, undefined, gone)).toMatchObject({
      code: "NOT_FOUND",
      message: 'application "gone" does not exist any more',
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
    const { ask, appended } = setUp(output);
    expect(await ask(truth)).toMatchObject({ code: "BAD_INPUT", path, got });
    expect(appended).toEqual([]);
  });

  test.each<[OutputSpec, Truth]>([
    [NUMBER, { kind: "NUMBER", number: -0 }],
    [VECTOR, { kind: "VECTOR", vector: [1e308, -1] }],
  ])("of an application that answers %j takes the truth %j", async (output, truth) => {
    const { ask, appended } = setUp(output);
    expect(await ask(truth)).toMatchObject({ kind: "observation" });
    expect(appended[0]?.truth).toBe(truth);
  });

  test("refuses a key of more than 200 characters", async () => {
    const { ask, appended } = setUp();
    expect(await ask(ANT, "k".repeat(201))).toMatchObject({ code: "BAD_INPUT", path: ["key"], got: "201" });
    expect(appended).toEqual([]);
    expect(await ask(ANT, "k".repeat(200))).toMatchObject({ kind: "observation" });
  });
});
