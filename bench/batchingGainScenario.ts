import type { Bench, Outcome, Scenario } from "./bench.js";
import { IMAGE_SLO_MS, startImageRig } from "./imageRig.js";
import type { ImageRig, OpenFigures } from "./imageRig.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import type { ModelName } from "./trainedModels.js";

const MODELS = ["linear", "forest", "kernel-svm", "network"] as const satisfies readonly ModelName[];
const SIDES = ["batched", "single"] as const;
type Side = (typeof SIDES)[number];
const SETTINGS = { batched: {}, single: { batchSizeController: "FIXED", maxBatchRows: 1 } } as const;

/** Rows a second that the search for saturation starts with, and what it is multiplied by. */
const FIRST_RATE = 200;
const RATE_FACTOR = 1.5;
const SEARCH_SECONDS = 1.5;
const WARM_UP_SECONDS = 4;
/** Below this share of good answers the search ends, */
const KEEPS_UP = 0.9;
/** if it is so every time: a moment of a noisy machine is no limit. */
const SEARCH_TRIES = 3;
/** Of the most good answers a second in the search. */
const SATURATION = 1.25;

export const BATCHING_GAIN: Scenario = {
  name: "batching-gain",
  summary: `good answers a second of real models with batches, beside single rows, at an objective of ${IMAGE_SLO_MS} ms`,
  repetition: { runs: 3, seconds: 5 },
  measure,
};

interface Row {
  readonly model: ModelName;
  readonly offeredPerSecond: number;
  /** The most good answers a second that each side gave at any rate. */
  readonly best: Readonly<Record<Side, number>>;
  readonly runs: readonly Readonly<Record<Side, OpenFigures>>[];
}

/** Both sides get the same stream: as much as saturates even the better one. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startImageRig(bench);
  const rows: Row[] = [];
  for (const model of MODELS) rows.push(await measureModel(bench, rig, model));
  return outcomeOf(rows, rig.models.report);
}

async function measureModel({ settings, progress }: Bench, rig: ImageRig, model: ModelName): Promise<Row> {
  const nameOf = (side: Side): string => `${model}-${side}`;
  for (const side of SIDES) {
    await rig.serve({ name: nameOf(side), model, sloMs: IMAGE_SLO_MS, settings: SETTINGS[side] });
  }
  const best = {
    batched: await mostGoodPerSecond(rig, nameOf("batched")),
    single: await mostGoodPerSecond(rig, nameOf("single")),
  };
  const offered = Math.round(SATURATION * Math.max(best.batched, best.single));
  progress(`  ${model}: ${offered} rows a second`);
  for (const side of SIDES) await rig.offer(nameOf(side), offered, SEARCH_SECONDS);
  const runs: Record<Side, OpenFigures>[] = [];
  for (let i = 0; i < settings.runs; i++) {
    const run = {
      batched: await rig.offer(nameOf("batched"), offered, settings.seconds),
      single: await rig.offer(nameOf("single"), offered, settings.seconds),
    };
    runs.push(run);
    progress(`    in batches ${describe(run.batched)}; single ${describe(run.single)}`);
  }
  return { model, offeredPerSecond: offered, best, runs };
}

/** The first step warms up: a slow model's wrapper sees few queries in two seconds. */
async function mostGoodPerSecond(rig: ImageRig, name: string): Promise<number> {
  await rig.offer(name, FIRST_RATE, WARM_UP_SECONDS);
  let most = 0;
  for (let rate = FIRST_RATE; ; rate *= RATE_FACTOR) {
    let keepsUp = false;
    for (let i = 0; i < SEARCH_TRIES && !keepsUp; i++) {
      const { goodPerSecond, offeredPerSecond } = await rig.offer(name, rate, SEARCH_SECONDS);
      most = Math.max(most, goodPerSecond);
      keepsUp = goodPerSecond >= KEEPS_UP * offeredPerSecond;
    }
    if (!keepsUp) return most;
  }
}

function describe({ goodPerSecond, answeredPerSecond, p99Ms, generatorBusy }: OpenFigures): string {
  return `${show(goodPerSecond)} of ${show(answeredPerSecond)} in time (p99 ${p99Ms} ms, generator ${generatorBusy})`;
}

interface Figures {
  readonly model: ModelName;
  readonly offeredPerSecond: number;
  readonly gain: Spread;
  /** Each side at the rate at which it gives the most: a stream that suits batches drowns single rows in refusals. */
  readonly gainAtBest: number;
  readonly best: Row["best"];
  readonly batched: SideFigures;
  readonly single: SideFigures;
}

interface SideFigures {
  readonly goodPerSecond: Spread;
  /** Of the rows that the model answered, those in time. */
  readonly sloAttainment: Spread;
  readonly p99Ms: Spread;
  readonly generatorBusy: Spread;
}

function figuresOf({ model, offeredPerSecond, best, runs }: Row): Figures {
  const side = (name: Side): SideFigures => {
    const of = (figure: (run: OpenFigures) => number) => spreadOf(runs.map((run) => figure(run[name])));
    return {
      goodPerSecond: of((run) => run.goodPerSecond),
      sloAttainment: of((run) => run.goodPerSecond / run.answeredPerSecond),
      p99Ms: of((run) => run.p99Ms),
      generatorBusy: of((run) => run.generatorBusy),
    };
  };
  const gain = spreadOf(runs.map(({ batched, single }) => batched.goodPerSecond / single.goodPerSecond));
  const gainAtBest = round(best.batched / best.single);
  return { model, offeredPerSecond, gain, gainAtBest, best, batched: side("batched"), single: side("single") };
}

function outcomeOf(rows: readonly Row[], models: unknown): Outcome {
  const figures = rows.map(figuresOf);
  const byModel = (of: (one: Figures) => number) => Object.fromEntries(figures.map((one) => [one.model, of(one)]));
  return {
    result: {
      gain: byModel(({ gain }) => gain.median),
      gainAtBest: byModel(({ gainAtBest }) => gainAtBest),
      sloAttainment: byModel(({ batched }) => batched.sloAttainment.median),
      goodShareOfOffered: byModel((one) => round(one.batched.goodPerSecond.median / one.offeredPerSecond)),
      sloMs: IMAGE_SLO_MS,
      models,
      byModel: figures,
    },
    table: [
      [
        "model",
        "offered a second",
        "good in batches",
        "good single",
        "gain",
        "gain at best",
        "in time",
        "in time, single",
      ],
      ...figures.map(({ model, offeredPerSecond, gain, gainAtBest, batched, single }) => [
        model,
        show(offeredPerSecond),
        showSpread(batched.goodPerSecond),
        showSpread(single.goodPerSecond),
        showSpread(gain),
        show(gainAtBest),
        show(batched.sloAttainment.median),
        show(single.sloAttainment.median),
      ]),
    ],
  };
}
