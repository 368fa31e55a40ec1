import { configureModel } from "./application.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { drawSweep, sweepRows } from "./batchSweepFigure.js";
import { writeFigure } from "./figureFiles.js";
import { IMAGE_SLO_MS, startImageRig } from "./imageRig.js";
import type { ImageRig } from "./imageRig.js";
import { watchSize } from "./sizeWatch.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;
/** One in the wrapper and one that waits for it: a saturated model's queue at its shortest. */
const DOCUMENTS = 2;
const FIXED = { name: "network-fixed", model: "network" } as const;
const AIMD = { name: "network-aimd", model: "network" } as const;
/** So long that no size is refused: the deadline is drawn, not enforced. */
const PATIENT_SLO_MS = 2000;
const WARM_UP_SECONDS = 1;
/** Of the best fixed size's throughput: above it, so that AIMD always has full batches to learn from. */
const AIMD_LOAD = 1.25;

export const BATCH_SWEEP: Scenario = {
  name: "batch-sweep",
  summary: "throughput and latency of a real network over the batch size, and the size that AIMD settles at",
  repetition: { runs: 3, seconds: 4 },
  measure,
};

/** Of one fixed size. */
export interface SweepPoint {
  readonly rows: number;
  readonly perSecond: Spread;
  readonly p99Ms: Spread;
}

/** Of AIMD under an open loop above its capacity, at the objective. */
export interface AimdPoint {
  readonly size: Spread;
  readonly goodPerSecond: Spread;
  readonly p99Ms: Spread;
  readonly sloAttainment: Spread;
}

export interface Sweep {
  readonly sloMs: number;
  readonly fixed: readonly SweepPoint[];
  readonly aimd: AimdPoint;
}

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startImageRig(bench);
  await rig.serve({ ...FIXED, sloMs: PATIENT_SLO_MS });
  await rig.serve({ ...AIMD, sloMs: IMAGE_SLO_MS });
  const fixed: SweepPoint[] = [];
  for (const rows of SIZES) fixed.push(await measureSize(bench, rig, rows));
  const inTime = fixed.filter(({ p99Ms }) => p99Ms.median <= IMAGE_SLO_MS);
  const best = Math.max(...inTime.map(({ perSecond }) => perSecond.median));
  const sweep = { sloMs: IMAGE_SLO_MS, fixed, aimd: await measureAimd(bench, rig, AIMD_LOAD * best) };
  await writeFigure(bench, "batch-sweep", { svg: () => drawSweep(sweep), csv: sweepRows(sweep) });
  return outcomeOf(sweep, best);
}

/** Documents of as many rows as a batch, so that each batch is full. */
async function measureSize({ settings, progress }: Bench, rig: ImageRig, rows: number): Promise<SweepPoint> {
  await configureModel(rig.graphqlUrl, FIXED.name, { batchSizeController: "FIXED", maxBatchRows: rows });
  const load = { documents: DOCUMENTS, rows };
  await rig.keepInFlight(FIXED.name, { ...load, seconds: WARM_UP_SECONDS });
  const runs = [];
  for (let i = 0; i < settings.runs; i++) {
    runs.push(await rig.keepInFlight(FIXED.name, { ...load, seconds: settings.seconds }));
  }
  const point = {
    rows,
    perSecond: spreadOf(runs.map(({ perSecond }) => perSecond)),
    p99Ms: spreadOf(runs.map(({ p99Ms }) => p99Ms)),
  };
  progress(`  ${rows} rows: ${show(point.perSecond.median)} a second, p99 ${point.p99Ms.median} ms`);
  return point;
}

async function measureAimd({ settings, progress }: Bench, rig: ImageRig, perSecond: number): Promise<AimdPoint> {
  await rig.offer(AIMD.name, perSecond, settings.seconds);
  const runs = [];
  for (let i = 0; i < settings.runs; i++) {
    const sizes = watchSize(rig.graphqlUrl, AIMD.name);
    const figures = await rig.offer(AIMD.name, perSecond, settings.seconds).finally(() => sizes.stop());
    runs.push({ ...figures, size: spreadOf(sizes.seen()).median });
    progress(`  AIMD: ${runs[i]?.size} rows, ${show(figures.goodPerSecond)} in time a second, p99 ${figures.p99Ms} ms`);
  }
  return {
    size: spreadOf(runs.map(({ size }) => size)),
    goodPerSecond: spreadOf(runs.map(({ goodPerSecond }) => goodPerSecond)),
    p99Ms: spreadOf(runs.map(({ p99Ms }) => p99Ms)),
    sloAttainment: spreadOf(runs.map((run) => run.goodPerSecond / run.answeredPerSecond)),
  };
}

function outcomeOf({ sloMs, fixed, aimd }: Sweep, bestPerSecond: number): Outcome {
  const bySize = (of: (point: SweepPoint) => number) => Object.fromEntries(fixed.map((one) => [one.rows, of(one)]));
  return {
    result: {
      perSecond: bySize(({ perSecond }) => perSecond.median),
      p99Ms: bySize(({ p99Ms }) => p99Ms.median),
      aimdSize: aimd.size.median,
      aimdShareOfBest: round(aimd.goodPerSecond.median / bestPerSecond),
      sloMs,
      fixed,
      aimd,
    },
    table: [
      ["rows a batch", "a second", "p99 ms"],
      ...fixed.map(({ rows, perSecond, p99Ms }) => [String(rows), showSpread(perSecond), showSpread(p99Ms)]),
      [`AIMD: ${showSpread(aimd.size)}`, showSpread(aimd.goodPerSecond), showSpread(aimd.p99Ms)],
    ],
  };
}
