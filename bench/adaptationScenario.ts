import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bench, Goal, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { adaptationCsv, drawAdaptation } from "./learning/adaptationFigure.js";
import { drawLog, EXAMPLES, runAdaptation, SETS } from "./learning/adaptationRun.js";
import type { Adaptation, SetName } from "./learning/adaptationRun.js";
import { prepareLearningData } from "./learning/learningData.js";
import type { LearningData } from "./learning/learningData.js";
import { retrain } from "./learning/retrain.js";
import type { Retrained } from "./learning/retrain.js";
import { readTasteItems } from "./learning/tastes.js";
import { round, show } from "./statistics.js";

const NAMES = Object.keys(SETS) as SetName[];

export const ADAPTATION: Scenario = {
  name: "adaptation",
  summary: "error against examples after an abrupt change of tastes: online updates beside retraining everything",
  // Draws of users and of what they see. Nothing is timed.
  repetition: { runs: 3, seconds: 1 },
  goals: NAMES.flatMap((name): Goal[] => [
    { figure: [name, "ofRetrained"], atMost: 1.1 },
    { figure: [name, "stalled", "poor"], atLeast: 1 },
    { figure: [name, "stalled", "good"], atMost: 0 },
  ]),
  measure,
};

/** Of one data set, for each draw of users. */
interface Draws {
  readonly good: Adaptation[];
  readonly poor: Adaptation[];
  readonly retrained: (readonly Retrained[])[];
}

const CURVES = ["good", "poor", "retrained", "hindsight", "weightsOnly"] as const;
/** Errors at each of `EXAMPLES`, the mean over all draws. */
export type AdaptationCurves = Readonly<Record<(typeof CURVES)[number], readonly number[]>>;

async function measure(bench: Bench): Promise<Outcome> {
  const data = await prepareLearningData(bench);
  const figures: Record<string, ReturnType<typeof figuresOf>> = {};
  for (const name of NAMES) figures[name] = figuresOf(await runDraws(bench, data, name));
  const curves = Object.fromEntries(NAMES.map((name) => [name, figures[name]?.curves as AdaptationCurves]));
  await writeFigure(bench, "adaptation", {
    svg: () => drawAdaptation(NAMES.map((name) => [SETS[name].title, curves[name] as AdaptationCurves])),
    csv: adaptationCsv(curves),
  });
  return { result: { examples: EXAMPLES, ...figures }, table: tableOf(curves) };
}

async function runDraws(bench: Bench, data: LearningData, name: SetName): Promise<Draws> {
  const items = await readTasteItems(data, name);
  const draws: Draws = { good: [], poor: [], retrained: [] };
  for (let seed = 1; seed <= bench.settings.runs; seed++) {
    const log = drawLog(items, SETS[name].known, seed);
    draws.good.push(runAdaptation(items, "good", log));
    draws.poor.push(runAdaptation(items, "poor", log));
    await nextTurn();
    draws.retrained.push(await retrain(bench, data, name, log, EXAMPLES));
    const online = draws.good.at(-1)?.errors.at(-1) as number;
    const anew = draws.retrained.at(-1)?.at(-1)?.error as number;
    bench.progress(`  ${name}, draw ${seed}: ${round(online)} online, ${round(anew)} retrained`);
  }
  return draws;
}

function figuresOf({ good, poor, retrained }: Draws) {
  const anew = (of: "error" | "hindsightError" | "weightsOnlyError") =>
    meanCurve(retrained.map((steps) => steps.map((step) => step[of])));
  const curves: AdaptationCurves = {
    good: meanCurve(good.map(({ errors }) => errors)),
    poor: meanCurve(poor.map(({ errors }) => errors)),
    retrained: anew("error"),
    hindsight: anew("hindsightError"),
    weightsOnly: anew("weightsOnlyError"),
  };
  const last = (curve: keyof AdaptationCurves): number => curves[curve].at(-1) as number;
  const stalled = (runs: readonly Adaptation[]): number =>
    runs.filter(({ isStalled }) => isStalled).length / runs.length;
  const losses = (runs: readonly Adaptation[]) => ({
    before: round(mean(runs.map(({ lossBefore }) => lossBefore))),
    atEnd: round(mean(runs.map(({ lossAtEnd }) => lossAtEnd))),
    drifts: runs.map(({ drifts }) => drifts),
  });
  return {
    curves,
    ofRetrained: round(last("good") / last("retrained")),
    ofHindsight: round(last("good") / last("hindsight")),
    poorOfRetrained: round(last("poor") / last("retrained")),
    /** Share of the draws in which it was noticed. */
    stalled: { good: stalled(good), poor: stalled(poor) },
    windowLoss: { good: losses(good), poor: losses(poor) },
  };
}

function meanCurve(curves: readonly (readonly number[])[]): readonly number[] {
  return EXAMPLES.map((_, i) => round(mean(curves.map((curve) => curve[i] as number))));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tableOf(curves: Readonly<Record<string, AdaptationCurves>>): Outcome["table"] {
  return [
    ["data, curve", ...EXAMPLES.map((examples) => `after ${examples}`)],
    ...Object.entries(curves).flatMap(([name, of]) =>
      CURVES.map((curve) => [`${name}, ${curve}`, ...of[curve].map((error) => show(error))]),
    ),
  ];
}
