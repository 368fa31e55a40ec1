import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { newFolding } from "../../src/correction/learnedState.js";
import { newLosses } from "../../src/correction/losses.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { evaluateOffPolicy } from "../support/evaluateOffPolicy.js";
import { packFloats } from "../../src/correction/evidence.js";
import type { Application } from "../../src/domain/application.js";
import type { LoggedObservation } from "../../src/domain/learningPorts.js";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import { evaluatePolicy } from "../../src/learning/policyEvaluation.js";
import { FakeClock } from "../support/fakeClock.js";
import { openBandit } from "../support/openBandit.js";
import { ArrayLog, LABELS, logged, MODELS, randomRow, score } from "../support/replayedLog.js";

const ZERO_ONE: LossSpec = { kind: "ZERO_ONE" };
const OUTPUT: Application["output"] = { kind: "LABEL", labels: [...LABELS] };

interface Options {
  readonly output?: Application["output"];
  readonly loss?: LossSpec;
  readonly models?: readonly string[];
  readonly entity?: string;
  readonly maxRows?: number;
  readonly withinMs?: number;
}

function requestOf(policySpec: PolicySpec, options: Options = {}) {
  const { output = OUTPUT, loss = ZERO_ONE, models = MODELS, entity, maxRows = 1e6, withinMs = 1e9 } = options;
  const replay = { afterSeq: 0, untilSeq: Infinity, contextVersions: new Set<number>(), weights: new Map() };
  return {
    application: "app",
    policy: newPolicy({ policy: policySpec, loss, output }),
    folding: newFolding({ policy: policySpec, loss, output, replay }),
    losses: newLosses(loss, output),
    members: models.map((model) => ({ model, weight: 1 })),
    range: { afterSeq: 0 },
    entity,
    maxRows,
    withinMs,
  };
}

function evaluate(log: readonly LoggedObservation[], policy: PolicySpec, options: Options = {}) {
  return evaluatePolicy({ clock: new FakeClock(), log: new ArrayLog(log) }, requestOf(policy, options));
}

function randomLog(rows: number, choosing: boolean, entities = 0): LoggedObservation[] {
  const random = seededRandom(7);
  return Array.from({ length: rows }, (_, i) => logged(i + 1, randomRow(random, entities, choosing)));
}

describe("a policy that is evaluated", () => {
  test("has the chance that it had before it learned from the row, beside the one that was logged", async () => {
    const log = randomLog(600, true);
    const policySpec: PolicySpec = { kind: "exp3-ix" };
    const { policy, members, folding } = requestOf(policySpec);
    const state = folding.init();
    const choices = log.map((row) => {
      const lesson = folding.read(row.truth, row.evidence, row);
      if (lesson?.evidence.choice === undefined) throw new Error("no choice");
      const { arm, propensity } = lesson.evidence.choice;
      const weights = policy.weights(state.policy, members);
      const target = new Map(weights.map(({ model, weight }) => [model, weight]));
      folding.observe(state, lesson);
      return { arm, propensity, value: folding.lossOf(lesson) ?? NaN, target };
    });
    const evaluation = await evaluate(log, policySpec);
    expect(evaluation).toMatchObject({ rows: 600, judged: 600, complete: true, exact: undefined, measure: "LOSS" });
    expect(evaluation.offPolicy).toEqual(evaluateOffPolicy(choices));
    expect(evaluation.offPolicy).toMatchObject({ kind: "estimates", n: 600 });
  });

  test("is judged exactly where all answers are known, by its chances and not by a draw", async () => {
    const log = randomLog(300, false);
    const policySpec: PolicySpec = { kind: "thompson" };
    const { policy, members, folding, losses } = requestOf(policySpec);
    const state = folding.init();
    let sum = 0;
    for (const row of log) {
      const lesson = folding.read(row.truth, row.evidence, row);
      if (lesson === undefined) throw new Error("no lesson");
      for (const { model, weight } of policy.weights(state.policy, members)) {
        const output = lesson.evidence.answered.find((one) => one.model === model)?.output;
        if (output !== undefined) sum += weight * (losses.ofOutput(output, row.truth) ?? NaN);
      }
      folding.observe(state, lesson);
    }
    const { exact, offPolicy } = await evaluate(log, policySpec);
    expect(exact?.policy.value).toBeCloseTo(sum / 300, 12);
    expect(offPolicy).toBeUndefined();
    expect(exact?.difference.value).toBeCloseTo((exact?.policy.value ?? 0) - (exact?.logged.value ?? 0), 12);
  });

  test("that asks all models is judged by what it makes of their answers", async () => {
    const row = logged(1, {
      truth: { kind: "LABEL", label: "a" },
      answers: [
        ["m0", score(0)],
        ["m1", score(1)],
        ["m2", score(1)],
      ],
    });
    const { exact } = await evaluate([row, { ...row, seq: 2 }], { kind: "majority" });
    expect(exact).toMatchObject({ rows: 2, policy: { value: 1 } });
    const refused = await evaluate(randomLog(50, true), { kind: "ensemble" });
    expect(refused).toMatchObject({ judged: 0, skipped: { MEMBERS_MISSING: 50 }, logged: undefined });
  });

  test("learns of all rows and is judged by those of one entity", async () => {
    const log = randomLog(400, true, 3);
    const all = await evaluate(log, { kind: "exp3-ix" });
    const one = await evaluate(log, { kind: "exp3-ix" }, { entity: "u1" });
    const own = log.filter(({ entity }) => entity === "u1").length;
    expect([all.judged, one.rows, one.judged]).toEqual([400, 400, own]);
    expect(one.offPolicy?.n).toBe(own);
  });

  test("stops at its limits and says where", async () => {
    const log = randomLog(1200, true);
    expect(await evaluate(log, { kind: "ucb1" }, { maxRows: 700 })).toMatchObject({
      rows: 700,
      complete: false,
      endSeq: 700,
    });
    const clock = new FakeClock();
    const late = { ...requestOf({ kind: "ucb1" }), withinMs: -1 };
    const evaluation = await evaluatePolicy({ clock, log: new ArrayLog(log) }, late);
    expect(evaluation).toMatchObject({ rows: 0, complete: false, logged: undefined });
  });

  test("of an even choice on the Open Bandit sample gets obp's numbers", async () => {
    const sample = openBandit("men");
    const models = [...new Set(sample.map(({ arm }) => arm))];
    const log = sample.map(({ arm, propensity, value }, i) => ({
      ...logged(i + 1, {
        truth: { kind: "REWARD", reward: value },
        answers: [[arm, [0]]],
        choice: [arm, propensity, models.length],
      }),
      evidence: {
        source: "MODEL",
        members: [{ model: arm, version: 1, values: packFloats([0]) }],
        choice: [arm, propensity, models.length],
        agreement: 1,
      },
    }));
    const options = { output: { kind: "NUMBER" }, loss: { kind: "REWARD", min: 0, max: 1 }, models } as const;
    const { offPolicy, measure } = await evaluate(log, { kind: "epsilon-greedy", epsilon: 1 }, options);
    expect(measure).toBe("REWARD");
    if (offPolicy?.kind !== "estimates") throw new Error("refused");
    expect(offPolicy.effectiveSampleSize).toBeCloseTo(655.71, 2);
    expect(offPolicy.ips.value).toBeCloseTo(0.003009, 6);
    expect(offPolicy.snips.value).toBeCloseTo(0.003189, 6);
    expect(offPolicy.dr.value).toBeCloseTo(0.002952, 6);
  });

  test("is not judged by rewards of the default output, which are counted", async () => {
    const random = seededRandom(3);
    const log = Array.from({ length: 2000 }, (_, i) => {
      const row = logged(i + 1, { ...randomRow(random, 2, true), truth: { kind: "REWARD", reward: random() } });
      // A default that is always liked, whatever the models said.
      return { ofDefault: { ...row, evidence: { ...(row.evidence as object), source: "DEFAULT" } }, row };
    });
    const options = { loss: { kind: "REWARD", min: 0, max: 1 } } as const;
    const shown = log.filter((_, i) => i % 4 === 0).map(({ row }) => row);
    const mixed = log.map(({ row, ofDefault }, i) =>
      i % 4 === 0 ? row : { ...ofDefault, truth: { kind: "REWARD", reward: 1 } as const },
    );
    const [expected, evaluation] = await Promise.all(
      [shown, mixed].map((rows) => evaluate(rows, { kind: "exp3-ix" }, options)),
    );
    expect(expected?.offPolicy).toMatchObject({ kind: "estimates", n: 500 });
    expect(evaluation).toMatchObject({ rows: 2000, judged: 500, skipped: { DEFAULT_SHOWN: 1500 } });
    expect(evaluation?.offPolicy).toEqual(expected?.offPolicy);
    expect(evaluation?.logged).toEqual(expected?.logged);
  });
});
