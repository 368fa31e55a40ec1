import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Application } from "../../src/domain/application.js";
import type { Cancel, RowEvaluator, RowOutcome, RowQuery, Settle } from "../../src/domain/ports.js";
import type { Failure } from "../../src/domain/failure.js";
import type { Prediction } from "../../src/domain/prediction.js";
import { Caller } from "../../src/lib/caller.js";
import { predict } from "../../src/serving/predict.js";
import type { PredictDependencies, PredictTerms } from "../../src/serving/predict.js";
import { newPredictMany, predictMany } from "../../src/serving/predictMany.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "../support/fakeClock.js";
import { application, catalogueOf, failedWith, member, nothingLearned, scores } from "../support/fakeServing.js";

type Answer = Prediction | Failure | "DEFECT";

/** What becomes of one row at one member: nothing, ever, if it is undefined. */
interface Fate {
  /** Before `evaluate` returns; else after so many milliseconds. */
  readonly afterMs: number | undefined;
  readonly outcome: RowOutcome | "THROWS";
}

interface World {
  readonly fates: readonly (readonly (Fate | undefined)[])[];
  readonly changes: Partial<Application>;
  readonly terms: Partial<PredictTerms>;
  /** Rows whose input does not fit, or cannot even be read. */
  readonly badRows: ReadonlySet<number>;
  readonly unreadableRows: ReadonlySet<number>;
  readonly pressed: boolean;
  readonly leavesAfterMs: number | undefined;
  readonly stateComesLater: boolean;
}

const TERMS = {
  application: "insects",
  entity: undefined,
  deadlineMs: undefined,
  priority: "INTERACTIVE",
  explain: false,
} as const;
const numbers = (values: readonly number[]) =>
  ({ kind: "single", field: "values", data: { kind: "values", values } }) as const;
const SHARED = failedWith("OVERLOADED");
const OUTCOMES: readonly (RowOutcome | "THROWS")[] = [
  scores([0.25, 0.75]),
  scores([0.5, 0.5], "CACHE"),
  scores([1, 0], "APPROXIMATE"),
  scores([7, 7]),
  SHARED,
  SHARED,
  failedWith("NO_REPLICA"),
  failedWith("MODEL_ERROR"),
  "THROWS",
];

/** Tells its rows apart by their first number. */
class FatedEvaluator implements RowEvaluator {
  readonly #clock: FakeClock;
  readonly #fates: readonly (Fate | undefined)[];
  readonly deadlines: number[] = [];
  cancelled = 0;

  constructor(clock: FakeClock, fates: readonly (Fate | undefined)[]) {
    this.#clock = clock;
    this.#fates = fates;
  }

  evaluate({ row, deadlineMs }: RowQuery, settle: Settle): Cancel {
    this.deadlines.push(deadlineMs);
    const fate = this.#fates[Buffer.from(row[0] as Uint8Array).readFloatLE()];
    if (fate === undefined) return () => void (this.cancelled += 1);
    const { outcome, afterMs } = fate;
    if (outcome === "THROWS") throw new Error("a defect");
    if (afterMs === undefined) {
      settle(outcome);
      return () => undefined;
    }
    const cancel = this.#clock.at(this.#clock.nowMs() + afterMs, () => settle(outcome));
    return () => {
      this.cancelled += 1;
      cancel();
    };
  }
}

const fate = fc.option(
  fc.record({
    afterMs: fc.option(
      fc.integer({ min: 0, max: 120 }).map((ms) => ms + 0.25),
      { nil: undefined },
    ),
    outcome: fc.constantFrom(...OUTCOMES),
  }),
  { nil: undefined },
);
const rows = (count: number) => fc.array(fate, { minLength: count, maxLength: count });
const some = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }).map((list) => new Set(list));
const changes: fc.Arbitrary<Partial<Application>> = fc.record(
  {
    defaultOutput: fc.constant({ kind: "LABEL" as const, label: "unknown" }),
    confidenceThreshold: fc.constantFrom(0.6, 0.9),
    policy: fc.constantFrom({ kind: "static" as const }, { kind: "exp3" as const }),
  },
  { requiredKeys: [] },
);
const terms: fc.Arbitrary<Partial<PredictTerms>> = fc.record(
  {
    application: fc.constantFrom("insects", "insects", "insects", "nobody"),
    entity: fc.constantFrom("user-1", ""),
    deadlineMs: fc.constantFrom(20, 500, -1),
    minStateSeq: fc.constantFrom(0, 1.5),
    explain: fc.boolean(),
  },
  { requiredKeys: [] },
);
const anyWorld: fc.Arbitrary<World> = fc.record({
  fates: fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 3 }))
    .chain(([count, members]) => fc.array(rows(count), { minLength: members, maxLength: members })),
  changes,
  terms,
  badRows: some,
  unreadableRows: some,
  pressed: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  leavesAfterMs: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
  stateComesLater: fc.boolean(),
});

/** Inputs for an application that does not exist are not even looked at. */
const world = anyWorld.map((of) =>
  of.terms.application === "nobody" ? { ...of, unreadableRows: new Set<number>() } : of,
);

/** All that can be seen of the rows' answers, without what says only in which order they were given. */
async function seen(
  of: World,
  ask: (deps: PredictDependencies, terms: PredictTerms, rows: Asked) => Promise<Answer[]>,
) {
  const clock = new FakeClock();
  const evaluators = of.fates.map((fates) => new FatedEvaluator(clock, fates));
  const given = application({ ...of.changes, links: [] });
  const metrics = new ServingMetrics();
  const logged: string[] = [];
  const learning = nothingLearned(given);
  const state = learning.stateFor("insects", undefined, 0);
  const ids = new Set<string>();
  const deps: PredictDependencies = {
    clock,
    random: () => 0.5,
    learning: { ...learning, stateFor: () => (of.stateComesLater ? Promise.resolve(state) : state) },
    logPrediction: ({ source }, row) => void logged.push(`${source} ${row === undefined}`),
    metrics,
    catalogue: catalogueOf(
      given,
      evaluators.map((evaluator, i) => member(`m${i}`, evaluator)),
    ),
    newPredictionId: () => {
      ids.add(`p${ids.size}`);
      return `p${ids.size - 1}`;
    },
    answerMarginMs: () => 2,
    pressure: { refusal: () => (of.pressed ? "the server is short of it" : undefined) },
  };
  const caller = new Caller();
  const askedFor: PredictTerms = {
    ...TERMS,
    arrivalMs: clock.nowMs(),
    caller,
    ...of.terms,
  };
  const count = of.fates[0]?.length ?? 3;
  const inputOf = (i: number) => {
    if (of.unreadableRows.has(i)) throw new Error("unreadable");
    const values = of.badRows.has(i) ? [i] : [i, 1];
    return numbers(values);
  };
  const answers = ask(deps, askedFor, { count, inputOf, pathOf: (i) => ["input", "inputs", i] });
  if (of.leavesAfterMs !== undefined) clock.at(clock.nowMs() + of.leavesAfterMs + 0.5, () => caller.leave());
  let givenAtMs = NaN;
  void answers.then(() => (givenAtMs = clock.nowMs()));
  // Whatever happens at one moment is over before the next.
  for (let quarter = 0; quarter < 4 * 130; quarter++) {
    for (let turn = 0; turn < 12; turn++) await Promise.resolve();
    clock.advance(0.25);
  }
  expect(givenAtMs).not.toBeNaN();
  const found = await answers;
  const predictions = found.filter((one) => one !== "DEFECT" && one.kind === "prediction");
  expect(new Set(predictions.map((one) => one.id)).size).toBe(predictions.length);
  return {
    answers: found.map((one) => (one === "DEFECT" ? one : { ...one, id: undefined })),
    metrics: [...metrics.entries()],
    logged: logged.sort(),
    asked: evaluators.map(({ deadlines, cancelled }) => ({ deadlines, cancelled })),
    alarms: clock.alarms,
    givenAtMs,
  };
}

interface Asked {
  readonly count: number;
  readonly inputOf: (i: number) => PredictRequestInput;
  readonly pathOf: (i: number) => readonly (string | number)[];
}
type PredictRequestInput = Parameters<typeof predict>[1]["input"];

const together = async (deps: PredictDependencies, asked: PredictTerms, of: Asked): Promise<Answer[]> =>
  predictMany<Answer>(deps, asked, { ...of, answerOf: (found) => found, defectOf: () => "DEFECT" });

const oneByOne = (deps: PredictDependencies, asked: PredictTerms, of: Asked): Promise<Answer[]> =>
  Promise.all(
    Array.from({ length: of.count }, async (_, i): Promise<Answer> => {
      try {
        return await predict(deps, { ...asked, input: of.inputOf(i), inputPath: of.pathOf(i) });
      } catch {
        return "DEFECT";
      }
    }),
  );

/** Of one model that answers the row of number 0 at once. */
function setUpMany() {
  const clock = new FakeClock();
  const evaluator = new FatedEvaluator(clock, [{ afterMs: undefined, outcome: scores([0, 1]) }]);
  const given = application();
  const many = newPredictMany({
    clock,
    random: () => 0.5,
    learning: nothingLearned(given),
    logPrediction: () => undefined,
    metrics: new ServingMetrics(),
    catalogue: catalogueOf(given, [member("m0", evaluator)]),
    newPredictionId: () => "p",
    answerMarginMs: () => 2,
    pressure: { refusal: () => undefined },
  });
  return { clock, evaluator, many };
}

describe("predictMany", () => {
  test("answers, counts, logs and calls off as predict does for each of its rows", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (of) => {
        expect(await seen(of, together)).toEqual(await seen(of, oneByOne));
      }),
      { numRuns: 150 },
    );
  });

  const late: Fate = { afterMs: 90.25, outcome: scores([1, 0]) };
  const quick: Fate = { afterMs: undefined, outcome: scores([0.25, 0.75]) };
  const refusedAlike: Fate = { afterMs: undefined, outcome: SHARED };
  const defective: Fate = { afterMs: undefined, outcome: "THROWS" };
  test.each<[string, readonly Fate[], Partial<World>]>([
    ["rows that fail alike", [quick, refusedAlike, refusedAlike, refusedAlike], {}],
    ["rows that are late", [quick, late, late], {}],
    ["a row with a defect among others", [quick, defective, quick], {}],
    ["rows whose caller leaves", [late, quick, late], { leavesAfterMs: 10 }],
  ])("answers, counts, logs and calls off %s as predict does", async (_, fates, more) => {
    const none = { changes: {}, terms: {}, badRows: new Set<number>(), unreadableRows: new Set<number>() };
    const of = { ...none, pressed: false, leavesAfterMs: undefined, stateComesLater: false, fates: [fates], ...more };
    expect(await seen(of, together)).toEqual(await seen(of, oneByOne));
  });

  test("asks nobody where the time is over before it begins", async () => {
    const { clock, evaluator, many } = setUpMany();
    const late: PredictTerms = { ...TERMS, arrivalMs: clock.nowMs() - 60 };
    const answers = await many(late, {
      count: 3,
      inputOf: () => numbers([0, 1]),
      pathOf: () => [],
      answerOf: (found) => (found.kind === "failure" ? found.code : found.source),
      defectOf: () => "defect",
    });
    expect(answers).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    expect(evaluator.deadlines).toEqual([]);
  });

  test("of requests that come together takes one up at once and the others turn by turn", async () => {
    const { clock, evaluator, many } = setUpMany();
    const terms: PredictTerms = { ...TERMS, arrivalMs: clock.nowMs() };
    const of = { count: 2, inputOf: () => numbers([0, 1]), pathOf: () => [] };
    const answers = Array.from({ length: 3 }, () =>
      many(terms, { ...of, answerOf: (found) => found.kind, defectOf: () => "defect" }),
    );
    const askedAfterTurns = [evaluator.deadlines.length];
    for (let turn = 0; turn < 2; turn++) {
      clock.endTurn();
      for (let i = 0; i < 4; i++) await Promise.resolve();
      askedAfterTurns.push(evaluator.deadlines.length);
    }
    expect(askedAfterTurns).toEqual([2, 4, 6]);
    expect(await Promise.all(answers.map((each) => Promise.resolve(each)))).toEqual(
      Array(3).fill(["prediction", "prediction"]),
    );
  });
});
