import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { drawOnlineUpdate, onlineUpdateCsv } from "./learning/onlineUpdateFigure.js";
import type { UpdateRow } from "./learning/onlineUpdateFigure.js";
import { drawLog, SETS } from "./learning/adaptationRun.js";
import { prepareLearningData } from "./learning/learningData.js";
import type { UpdateFigures } from "./learning/onlineUpdateRun.js";
import { retrain } from "./learning/retrain.js";
import { readTasteItems } from "./learning/tastes.js";
import { projectPath } from "./projectPath.js";
import { round, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const FEATURES = [16, 64, 128, 256, 1000] as const;
/** The one that retraining is compared with. */
const COMPARED = 64;

export const ONLINE_UPDATE: Scenario = {
  name: "online-update",
  summary: "time to learn one observation by number of features, beside training everything anew with scikit-learn",
  repetition: { runs: 5, seconds: 1 },
  goals: [
    { figure: ["microseconds", String(COMPARED)], atMost: 40 },
    // The ancestors' own: 7.149 s against 440 us.
    { figure: ["speedup"], atLeast: 16_200 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const rows: UpdateRow[] = [];
  for (const features of FEATURES) {
    const { foldMicroseconds, answerMicroseconds } = await runOne(bench, features);
    rows.push({ features, fold: spreadOf(foldMicroseconds), answer: spreadOf(answerMicroseconds) });
    bench.progress(`  ${features} features: ${showSpread(spreadOf(foldMicroseconds))} us`);
  }
  const { features, weights, observations } = await timeRetraining(bench);
  const retrainMs = features.median + weights.median;
  const figure = { svg: () => drawOnlineUpdate(rows, retrainMs), csv: onlineUpdateCsv(rows, retrainMs) };
  await writeFigure(bench, "online-update", figure);
  return outcomeOf(rows, features, weights, observations);
}

async function runOne({ signal, settings }: Bench, features: number): Promise<UpdateFigures> {
  const args = [projectPath("dist/bench/learning/onlineUpdateRun.js"), String(features), String(settings.runs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as UpdateFigures;
}

/** The full log of the scenario `adaptation` on texts. */
async function timeRetraining(bench: Bench): Promise<{ features: Spread; weights: Spread; observations: number }> {
  const data = await prepareLearningData(bench);
  const log = drawLog(await readTasteItems(data, "bbc"), SETS.bbc.known, 1);
  const last = log.after.at(-1)?.step as number;
  const steps = Array.from({ length: bench.settings.runs }, () => last);
  const trained = await retrain(bench, data, "bbc", log, steps);
  return {
    features: spreadOf(trained.map(({ featuresMs }) => featuresMs)),
    weights: spreadOf(trained.map(({ weightsMs }) => weightsMs)),
    observations: log.before.length + log.after.length,
  };
}

function outcomeOf(rows: readonly UpdateRow[], features: Spread, weights: Spread, observations: number): Outcome {
  const retrainMs = round(features.median + weights.median);
  const compared = rows.find((row) => row.features === COMPARED)?.fold.median as number;
  const medians = (of: "fold" | "answer") => Object.fromEntries(rows.map((row) => [row.features, row[of].median]));
  return {
    result: {
      microseconds: medians("fold"),
      answerMicroseconds: medians("answer"),
      retrainMs,
      retrainWeightsMs: weights.median,
      retrainObservations: observations,
      speedup: round((1000 * retrainMs) / compared),
      spreads: { rows, features, weights },
    },
    table: [
      ["", "microseconds", "the next answer"],
      ...rows.map((row) => [`${row.features} features`, showSpread(row.fold), showSpread(row.answer)]),
      ["retraining the feature model, ms", showSpread(features), ""],
      [`retraining all weights from ${observations} observations, ms`, showSpread(weights), ""],
    ],
  };
}
