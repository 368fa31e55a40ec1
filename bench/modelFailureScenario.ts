import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { FAILS_AT, POLICIES, QUERIES, REPAIRED_AT, runFailure } from "./learning/modelFailureRun.js";
import type { FailureRun } from "./learning/modelFailureRun.js";
import { drawModelFailure, failureCsv } from "./learning/modelFailureFigure.js";
import { errorsOf } from "./learning/modelFailureErrors.js";
import type { ErrorCurve } from "./learning/modelFailureErrors.js";
import { prepareLearningData } from "./learning/learningData.js";
import { readScoredItems } from "./learning/scoredItems.js";
import { round, show, spreadOf } from "./statistics.js";

export const MODEL_FAILURE: Scenario = {
  name: "model-failure",
  summary: "errors of learning policies while the best of five models fails, beside the best single model",
  // Orders of the queries. Nothing is timed.
  repetition: { runs: 5, seconds: 1 },
  goals: [
    { figure: ["peakError"], atMost: 0.12 },
    { figure: ["recoveryObservations"], atMost: 100 },
    { figure: ["weightLostAfter"], atMost: 100 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const items = await readScoredItems(await prepareLearningData(bench), "mnist");
  const runs: FailureRun[] = [];
  for (let seed = 1; seed <= bench.settings.runs; seed++) {
    bench.signal.throwIfAborted();
    const run = runFailure(items, seed);
    runs.push(run);
    bench.progress(`  order ${seed}: the failed model lost its weight after ${run.weightLostAfter} observations`);
    await nextTurn();
  }
  const curves = curvesOf(runs);
  await writeFigure(bench, "model-failure", { svg: () => drawModelFailure(curves), csv: failureCsv(curves) });
  return outcomeOf(runs, curves);
}

export type FailureCurves = Readonly<Record<string, ErrorCurve>>;

function curvesOf(runs: readonly FailureRun[]): FailureCurves {
  const learned = POLICIES.map((name) => [name, errorsOf(runs.map(({ wrong }) => wrong[name]))] as const);
  return {
    ...Object.fromEntries(learned),
    bestSingle: errorsOf(runs.map(bestInHindsight)),
    failing: errorsOf(runs.map(({ wrongOf, failing }) => wrongOf[failing] as Uint8Array)),
  };
}

/** Of the models, the one that was wrong least often over all queries. */
function bestInHindsight({ wrongOf }: FailureRun): Uint8Array {
  const errors = wrongOf.map((wrong) => wrong.reduce((sum, one) => sum + one, 0));
  return wrongOf[errors.indexOf(Math.min(...errors))] as Uint8Array;
}

function outcomeOf(runs: readonly FailureRun[], curves: FailureCurves): Outcome {
  const { ensemble } = curves as Readonly<Record<"ensemble", ErrorCurve>>;
  const figures = Object.entries(curves).map(([name, { error, peakError, peakWindowError, recovery }]) => {
    return { name, error, peakError, peakWindowError, recoveryObservations: recovery };
  });
  return {
    result: {
      peakError: ensemble.peakError,
      recoveryObservations: ensemble.recovery,
      weightLostAfter: spreadOf(runs.map(({ weightLostAfter }) => weightLostAfter)).max,
      weightBackAfter: spreadOf(runs.map(({ weightBackAfter = Infinity }) => weightBackAfter)).median,
      queries: { all: QUERIES, failsAt: FAILS_AT, repairedAt: REPAIRED_AT },
      byPolicy: Object.fromEntries(figures.map(({ name, ...of }) => [name, of])),
    },
    table: [
      [
        "policy",
        "error",
        "before",
        "failed",
        "after",
        "highest cumulative",
        "highest of 500",
        "recovery, observations",
      ],
      ...figures.map(({ name, error, peakError, peakWindowError, recoveryObservations }) => [
        name,
        ...[error.all, error.before, error.failed, error.after, peakError, peakWindowError].map((value) =>
          show(round(value)),
        ),
        recoveryObservations === undefined ? "none" : show(recoveryObservations),
      ]),
    ],
  };
}
