import { describe, expect, test } from "@jest/globals";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { Application } from "../../src/domain/application.js";
import { isFailure } from "../../src/domain/failure.js";
import { Caller } from "../../src/lib/caller.js";
import type { RowOutcome } from "../../src/domain/ports.js";
import type { MemberFailureCode } from "../../src/domain/prediction.js";
import { predict } from "../../src/serving/predict.js";
import type { PredictDependencies, PredictRequest } from "../../src/serving/predict.js";
import { openReceipt, signReceipt } from "../../src/serving/receipt.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "../support/fakeClock.js";
import {
  application,
  catalogueOf,
  failedWith,
  FakeEvaluator,
  member,
  nothingLearned,
  scores,
} from "../support/fakeServing.js";

const DEFAULT = { defaultOutput: { kind: "LABEL", label: "unknown" } } as const;
const LATE = undefined;

/** Members that answer at once, or never where the outcome is undefined. */
function setUp(outcomes: readonly (RowOutcome | undefined)[], changes: Partial<Application> = {}, marginMs = 2) {
  const clock = new FakeClock();
  const evaluators = outcomes.map((outcome) => Object.assign(new FakeEvaluator(), { atOnce: outcome }));
  const members = evaluators.map((evaluator, i) => member(`m${i}`, evaluator, i === 0 ? 3 : 1));
  const metrics = new ServingMetrics();
  const refused = new Set<string>();
  let ids = 0;
  const given = application(changes);
  const logged: [string, boolean][] = [];
  const deps: PredictDependencies = {
    clock,
    random: () => 0.5,
    learning: nothingLearned(given),
    logPrediction: (prediction, row) => void logged.push([prediction.id, row !== undefined]),
    metrics,
    catalogue: catalogueOf(given, members),
    newPredictionId: () => `p${++ids}`,
    answerMarginMs: () => marginMs,
    pressure: { refusal: (priority: string) => (refused.has(priority) ? "the server is short of it" : undefined) },
  };
  const request: PredictRequest = {
    application: "insects",
    input: { kind: "single", field: "values", data: { kind: "values", values: [1, 2] } },
    inputPath: ["input"],
    entity: undefined,
    deadlineMs: undefined,
    priority: "INTERACTIVE",
    explain: false,
    arrivalMs: clock.nowMs(),
  };
  const ask = async (given: Partial<PredictRequest> = {}) => {
    const answer = predict(deps, { ...request, ...given });
    clock.advance(100);
    return answer;
  };
  return { clock, metrics, refused, logged, ask, request, evaluator: evaluators[0] as FakeEvaluator };
}

const fresh = scores([0.25, 0.75]);
const cached = scores([1, 0], "CACHE");
const near = scores([1, 0], "APPROXIMATE");

const closeTo = (value: number): number => expect.closeTo(value, 9) as unknown as number;

describe("predict", () => {
  test.each([
    ["MODEL", [fresh]],
    ["ENSEMBLE", [fresh, fresh]],
    ["ENSEMBLE", [fresh, cached]],
    ["CACHE", [cached]],
    ["APPROXIMATE", [near]],
    ["APPROXIMATE", [cached, near]],
    ["APPROXIMATE", [fresh, near]],
    ["PARTIAL", [near, failedWith("NO_REPLICA")]],
    ["CACHE", [cached, cached]],
    ["PARTIAL", [fresh, failedWith("NO_REPLICA")]],
    ["PARTIAL", [cached, LATE]],
  ])("says that its source is %s", async (source, outcomes) => {
    const { ask, metrics } = setUp(outcomes, DEFAULT);
    const answer = await ask();
    expect(answer).toMatchObject({ kind: "prediction", source, defaultReason: undefined });
    expect(metrics.of("insects").bySource).toEqual(new Map([[source, 1]]));
  });

  test("combines its members by the weights of their links", async () => {
    const { ask } = setUp([fresh, cached, LATE]);
    const answer = await ask({ entity: "user-1" });
    expect(answer).toMatchObject({
      id: "p1",
      application: "insects",
      policyVersion: 3,
      entity: "user-1",
      output: { kind: "LABEL", label: "bee", scores: [{ score: closeTo(0.5625) }, { score: closeTo(0.4375) }] },
      models: [{ model: "m0" }, { model: "m1" }],
      modelsMissing: [{ model: "m2", code: "DEADLINE_EXCEEDED" }],
    });
    expect(answer).toHaveProperty("confidence", expect.closeTo(0.5625 * 0.8, 9));
  });

  test.each<[string, string, number | undefined, (MemberFailureCode | undefined)[]]>([
    ["DEADLINE", "DEADLINE_EXCEEDED", undefined, [LATE]],
    ["OVERLOADED", "OVERLOADED", 1000, ["OVERLOADED"]],
    ["NO_REPLICA", "MODEL_UNAVAILABLE", 1000, ["NO_REPLICA"]],
    ["MODEL_ERROR", "MODEL_UNAVAILABLE", 1000, ["MODEL_ERROR"]],
    ["MODEL_ERROR", "MODEL_BAD_OUTPUT", undefined, ["MODEL_BAD_OUTPUT"]],
    ["NO_REPLICA", "MODEL_UNAVAILABLE", undefined, []],
    ["MODEL_ERROR", "BAD_INPUT", undefined, ["POISON"]],
    // The other may answer when the query comes again.
    ["OVERLOADED", "OVERLOADED", 1000, ["POISON", "OVERLOADED"]],
    // The most telling of several.
    ["MODEL_ERROR", "MODEL_BAD_OUTPUT", undefined, ["NO_REPLICA", "MODEL_ERROR", "MODEL_BAD_OUTPUT"]],
    ["MODEL_ERROR", "MODEL_UNAVAILABLE", 1000, [LATE, "OVERLOADED", "MODEL_ERROR"]],
    ["OVERLOADED", "OVERLOADED", 1000, [LATE, "OVERLOADED", "NO_REPLICA"]],
    ["DEADLINE", "DEADLINE_EXCEEDED", undefined, ["NO_REPLICA", LATE]],
  ])(
    "gives the default for the reason %s, or fails as %s without a default",
    async (reason, code, retryAfterMs, members) => {
      const outcomes = members.map((member) => member && failedWith(member));
      const defaulted = setUp(outcomes, DEFAULT);
      expect(await defaulted.ask()).toMatchObject({
        source: "DEFAULT",
        defaultReason: reason,
        output: { kind: "LABEL", label: "unknown" },
        confidence: undefined,
        models: [],
      });
      expect(defaulted.metrics.of("insects").byDefaultReason).toEqual(new Map([[reason, 1]]));
      const plain = setUp(outcomes);
      const failed = await plain.ask();
      expect(failed).toMatchObject({ kind: "failure", code });
      expect(isFailure(failed) && failed.retryAfterMs).toBe(retryAfterMs);
      expect(plain.metrics.of("insects").byFailure).toEqual(new Map([[code, 1]]));
    },
  );

  test.each([
    [undefined, 0, 48],
    [undefined, 30, 18],
    [undefined, 70, -22],
    [10, 0, 8],
    [10, 3, 5],
    [500, 0, 48],
    [Infinity, 0, 48],
    // The margin never takes more than half.
    [1, 0, 0.5],
  ])(
    "with a deadline of %s ms, asked %s ms after arrival, asks for answers within %s ms",
    async (deadlineMs, sinceMs, leftMs) => {
      const { clock, ask, evaluator } = setUp([fresh]);
      const nowMs = clock.nowMs();
      await ask({ deadlineMs, arrivalMs: nowMs - sinceMs });
      expect(evaluator.asked.map((asked) => asked.deadlineMs - nowMs)).toEqual([leftMs]);
    },
  );

  test("gives bulk queries the application's bulk deadline, or less if they ask for less", async () => {
    const { clock, ask, evaluator } = setUp([fresh], { bulkDeadlineMs: 1000 });
    const nowMs = clock.nowMs();
    await ask({ priority: "BULK" });
    await ask({ priority: "BULK", deadlineMs: 300, arrivalMs: nowMs });
    await ask({ priority: "BULK", deadlineMs: 3000, arrivalMs: nowMs });
    expect(evaluator.asked.map(({ deadlineMs, priority }) => [deadlineMs - nowMs, priority])).toEqual([
      [998, "BULK"],
      [298, "BULK"],
      [998, "BULK"],
    ]);
  });

  test("asks no model under pressure: the default, or a failure to try again after", async () => {
    const plain = setUp([fresh]);
    plain.refused.add("BULK");
    expect(await plain.ask()).toMatchObject({ source: "MODEL" });
    const overloaded = { code: "OVERLOADED", retryAfterMs: 1000, message: "the server is short of it" };
    expect(await plain.ask({ priority: "BULK" })).toMatchObject(overloaded);
    expect(plain.evaluator.asked).toHaveLength(1);
    const defaulted = setUp([fresh], DEFAULT);
    defaulted.refused.add("INTERACTIVE");
    expect(await defaulted.ask()).toMatchObject({ source: "DEFAULT", defaultReason: "OVERLOADED" });
  });

  test("counts a query whose caller has left as abandoned, neither as an answer nor as a failure", async () => {
    const { metrics, request, ask, evaluator } = setUp([LATE], DEFAULT);
    const caller = new Caller();
    const asked = ask({ ...request, caller });
    caller.leave();
    expect(await asked).toMatchObject({ message: "the caller has left" });
    expect(evaluator.cancelled).toBe(1);
    const { answers, abandoned, byFailure } = metrics.of("insects");
    expect({ answers, abandoned, failures: byFailure.size }).toEqual({ answers: 0, abandoned: 1, failures: 0 });
  });

  test("says where its time went when asked to", async () => {
    for (const [outcome, gatheredMs] of [
      [fresh, 4],
      [LATE, 104],
    ] as const) {
      const { clock, ask } = setUp([outcome], DEFAULT);
      clock.advance(4);
      const arrivalMs = clock.nowMs() - 4;
      const explanation = { askedMs: 4, gatheredMs, deadlineMs: 48 };
      expect(await ask({ arrivalMs, explain: true })).toMatchObject({ explanation });
      expect(await ask({ arrivalMs: clock.nowMs() })).toMatchObject({ explanation: undefined });
    }
  });

  test("answers at its deadline, not later, counted from arrival", async () => {
    const { clock, metrics, ask } = setUp([LATE], { ...DEFAULT, sloMs: 20 });
    const arrivalMs = clock.nowMs();
    clock.advance(5);
    const answer = await ask({ arrivalMs });
    expect(answer).toMatchObject({ defaultReason: "DEADLINE" });
    expect(metrics.of("insects").answers).toBe(1);
  });

  test.each([0, -1, NaN, -Infinity])("refuses a deadline of %s ms", async (deadlineMs) => {
    const { ask, evaluator } = setUp([fresh]);
    expect(await ask({ deadlineMs })).toMatchObject({ code: "BAD_INPUT", path: ["deadlineMs"] });
    expect(evaluator.asked).toEqual([]);
  });

  test.each([-1, 1.5, 2 ** 53])("refuses a minStateSeq of %s, which is no place in a log", async (minStateSeq) => {
    const { ask, evaluator } = setUp([fresh]);
    const got = String(minStateSeq);
    expect(await ask({ minStateSeq })).toMatchObject({ code: "BAD_INPUT", path: ["minStateSeq"], got });
    expect(evaluator.asked).toEqual([]);
  });

  test("refuses an input that does not fit before any model is asked", async () => {
    const { ask, evaluator, metrics } = setUp([fresh], DEFAULT);
    const input = { kind: "single", field: "values", data: { kind: "values", values: [1, NaN] } } as const;
    expect(await ask({ input })).toMatchObject({ code: "BAD_INPUT", path: ["input", "values", 1], got: "NaN" });
    expect(evaluator.asked).toEqual([]);
    expect(metrics.of("insects").byFailure).toEqual(new Map([["BAD_INPUT", 1]]));
  });

  test("names the known applications to one who asks for another, and keeps no figures of it", async () => {
    const { ask, metrics } = setUp([fresh]);
    const message = `application "${"x".repeat(80)}" does not exist; known: insects`;
    expect(await ask({ application: "x".repeat(10_000) })).toMatchObject({ code: "NOT_FOUND", message });
    expect([...metrics.entries()]).toEqual([]);
  });

  test.each(["e".repeat(129), "a\0b", "a\nb", "\ud800"])(
    "refuses the entity %j, which no receipt or database could hold",
    async (entity) => {
      const { ask, evaluator } = setUp([fresh]);
      expect(await ask({ entity })).toMatchObject({ code: "BAD_INPUT", path: ["entity"] });
      expect(evaluator.asked).toEqual([]);
    },
  );

  test.each(["\u{1f41c}".repeat(64), "蟻".repeat(128), '"\\'.repeat(64)])(
    "answers for the entity %j with a receipt that opens",
    async (entity) => {
      const { ask } = setUp([fresh]);
      const answer = await ask({ entity });
      if (isFailure(answer)) throw new Error(answer.message);
      const keys = [{ id: 1, secret: new Uint8Array(32) }];
      const longNamed = { ...answer, application: "a".repeat(63), id: "i".repeat(24) };
      expect(openReceipt(signReceipt(longNamed, keys).receipt, keys)).toMatchObject({ entity });
    },
  );

  const UNKNOWN = { kind: "LABEL", label: "unknown" } as const;

  test("gives the default output below the application's threshold, and with it the confidence that was too low", async () => {
    const { ask } = setUp([fresh], { ...DEFAULT, confidenceThreshold: 0.8 });
    expect(await ask()).toMatchObject({
      source: "DEFAULT",
      defaultReason: "LOW_CONFIDENCE",
      output: UNKNOWN,
      confidence: 0.75,
      belowThreshold: false,
      combined: { output: { label: "bee" } },
    });
    const above = setUp([fresh], { ...DEFAULT, confidenceThreshold: 0.75 });
    expect(await above.ask()).toMatchObject({ source: "MODEL", output: { label: "bee" }, belowThreshold: false });
  });

  test("marks an answer below the threshold where there is no default output", async () => {
    const { ask } = setUp([fresh], { confidenceThreshold: 0.8 });
    expect(await ask()).toMatchObject({ source: "MODEL", output: { label: "bee" }, belowThreshold: true });
  });

  test("answers an apprentice's default, and keeps what the models said to learn from", async () => {
    const feedback = { ...DEFAULT_FEEDBACK, apprentice: true };
    const { ask } = setUp([fresh], { ...DEFAULT, feedback });
    expect(await ask()).toMatchObject({
      source: "DEFAULT",
      defaultReason: "APPRENTICE",
      output: UNKNOWN,
      combined: { output: { label: "bee" }, members: [{ model: "m0" }] },
    });
  });

  test.each(["", "a".repeat(129), "a\u0000b", "\ud800"])("refuses the entity %j", async (entity) => {
    const { ask, evaluator } = setUp([fresh]);
    expect(await ask({ entity })).toMatchObject({ code: "BAD_INPUT", path: ["entity"] });
    expect(evaluator.asked).toEqual([]);
  });

  test.each([
    ["NONE", []],
    ["EVIDENCE", [["p1", false]]],
    ["INPUTS", [["p1", true]]],
  ] as const)("keeps beside the receipt what logPredictions %s says", async (logPredictions, expected) => {
    const { ask, logged } = setUp([fresh], { feedback: { ...DEFAULT_FEEDBACK, logPredictions } });
    await ask();
    await ask({ entity: "" });
    expect(logged).toEqual(expected);
  });
});
