import type { Bench, Outcome, Scenario } from "./bench.js";
import { IMAGE_SLO_MS, startImageRig } from "./imageRig.js";
import type { ImageRig, Runtime } from "./imageRig.js";
import type { OpenFigures } from "./documentLoad.js";
import { mostGoodPerSecond, SEARCH_SECONDS } from "./saturation.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import type { ModelName } from "./trainedModels.js";

/** The network is large for what batches save in its weights, whatever runs it. */
const MODELS: readonly Served[] = [
  ...(["linear", "forest", "kernel-svm", "network"] as const).map((model) => ({ model, runtime: "onnx" as const })),
  ...(["linear", "forest", "kernel-svm"] as const).map((model) => ({ model, runtime: "scikit-learn" as const })),
];
const SIDES = ["batched", "single"] as const;
type Side = (typeof SIDES)[number];
const SETTINGS = { batched: {}, single: { batchSizeController: "FIXED", maxBatchRows: 1 } } as const;

/** Of the most good answers a second in the search. */
const SATURATION = 1.25;

export const BATCHING_GAIN: Scenario = {
  name: "batching-gain",
  summary: `good answers a second of real models with batches, beside single rows, at an objective of ${IMAGE_SLO_MS} ms`,
  repetition: { runs: 3, seconds: 5 },
  measure,
};

interface Served {
  readonly model: ModelName;
  readonly runtime: Runtime;
}

interface Row {
  /** `linear`, or `linear-scikit-learn`. */
  readonly name: string;
  readonly offeredPerSecond: number;
  /** The most good answers a second that each side gave at any rate. */
  readonly best: Readonly<Record<Side, number>>;
  readonly runs: readonly Readonly<Record<Side, OpenFigures>>[];
}

/** Both sides get the same stream: as much as saturates even the better one. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startImageRig(bench);
  const rows: Row[] = [];
  for (const served of MODELS) rows.push(await measureModel(bench, rig, served));
  return outcomeOf(rows, rig.models.report);
}

async function measureModel({ settings, progress }: Bench, rig: ImageRig, served: Served): Promise<Row> {
  const name = served.runtime === "onnx" ? served.model : `${served.model}-${served.runtime}`;
  const nameOf = (side: Side): string => `${name}-${side}`;
  for (const side of SIDES) {
    await rig.serve({ ...served, name: nameOf(side), sloMs: IMAGE_SLO_MS, settings: SETTINGS[side] });
  }
  const offering = (side: Side) => (perSecond: number, seconds: number) => rig.offer(nameOf(side), perSecond, seconds);
  const best = {
    batched: await mostGoodPerSecond(offering("batched")),
    single: await mostGoodPerSecond(offering("single")),
  };
  const offered = Math.round(SATURATION * Math.max(best.batched, best.single));
  progress(`  ${name}: ${offered} rows a second`);
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
  return { name, offeredPerSecond: offered, best, runs };
}

function describe({ goodPerSecond, answeredPerSecond, p99Ms, generatorBusy }: OpenFigures): string {
  return `${show(goodPerSecond)} of ${show(answeredPerSecond)} in time (p99 ${p99Ms} ms, generator ${generatorBusy})`;
}

interface Figures {
  readonly name: string;
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

function figuresOf({ name, offeredPerSecond, best, runs }: Row): Figures {
  const sideOf = (which: Side): SideFigures => {
    const of = (figure: (run: OpenFigures) => number) => spreadOf(runs.map((run) => figure(run[which])));
    return {
      goodPerSecond: of((run) => run.goodPerSecond),
      sloAttainment: of((run) => run.goodPerSecond / run.answeredPerSecond),
      p99Ms: of((run) => run.p99Ms),
      generatorBusy: of((run) => run.generatorBusy),
    };
  };
  const gain = spreadOf(runs.map(({ batched, single }) => batched.goodPerSecond / single.goodPerSecond));
  const gainAtBest = round(best.batched / best.single);
  return { name, offeredPerSecond, gain, gainAtBest, best, batched: sideOf("batched"), single: sideOf("single") };
}

function outcomeOf(rows: readonly Row[], models: unknown): Outcome {
  const figures = rows.map(figuresOf);
  const byModel = (of: (one: Figures) => number) => Object.fromEntries(figures.map((one) => [one.name, of(one)]));
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
      ...figures.map(({ name, offeredPerSecond, gain, gainAtBest, batched, single }) => [
        name,
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
