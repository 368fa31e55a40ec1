/**
 * One data set of the scenario `approximate-cache`, in a process of its own:
 * `node dist/bench/nearCache/run.js FOLDER NAME [SEED]`. Prints its figures as JSON, and progress on stderr. With a seed:
 * another stream of requests, of which only the budgets are tried.
 */
import { seededRandom } from "../simulation/seededRandom.js";
import { percentile, round } from "../statistics.js";
import { replayBuckets } from "./bucketMatch.js";
import { CURVES, labelsOf, LARGE, readDataSet } from "./dataSet.js";
import type { DataSetName } from "./dataSet.js";
import { BUDGETS, budgetFigures } from "./figures.js";
import type { BudgetFigures, CurvePoint, DataSetFigures } from "./figures.js";
import { entryBytes, replay } from "./replay.js";
import type { Stream } from "./replay.js";
import { drawRequests } from "./requests.js";
import type { Outcome } from "./tally.js";

const STREAM_SEED = 11;
const CAPACITY_BYTES = 64 * 2 ** 20;
const ORACLE_EVERY = 20;
/** Of the distances to the nearest: the radii of the fixed curve. */
const RADIUS_QUANTILES = [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8] as const;
/** Of them, the one that a cell's width is made for. */
const CELL_RADIUS = 2;
const UNCHECKED_FUNCTIONS = { L2: [3, 4, 6, 8, 11, 15], ANGLE: [8, 12, 16, 20, 24, 28] } as const;
const LARGE_ENTRIES = 100_000;
const LABEL_BYTES = 8;
/** An exact look takes milliseconds there. */
const LARGE_ORACLE_EVERY = 200;

async function main(folder: string, name: DataSetName, otherSeed: number | undefined): Promise<void> {
  const dataSet = await readDataSet(folder, name);
  const rows = drawRequests(dataSet, seededRandom(otherSeed ?? STREAM_SEED));
  const stream: Stream = { dataSet, rows, labels: await labelsOf(dataSet, rows) };
  const figures =
    otherSeed !== undefined ? budgetsOf(stream, 0).budgets : name === LARGE ? large(stream) : curves(stream);
  process.stdout.write(JSON.stringify(figures));
}

interface Budgets {
  readonly budgets: Readonly<Record<string, BudgetFigures>>;
  /** To the nearest of all, at the last budget. */
  readonly distances: readonly number[];
}

function budgetsOf(stream: Stream, oracleEvery: number): Budgets {
  const budgets: Record<string, BudgetFigures> = {};
  let distances: readonly number[] = [];
  for (const errorBudget of BUDGETS) {
    const replayed = replay(stream, { errorBudget, capacityBytes: CAPACITY_BYTES, oracleEvery });
    distances = replayed.nearestDistances;
    budgets[String(errorBudget)] = budgetFigures(replayed);
    say(`${stream.dataSet.name}, budget ${percent(errorBudget)}`, replayed);
  }
  return { budgets, distances };
}

function curves(stream: Stream): DataSetFigures {
  const { name, title, dimensions } = stream.dataSet;
  const { budgets, distances } = budgetsOf(stream, ORACLE_EVERY);
  const radii = RADIUS_QUANTILES.map((q) => percentile(distances, q) as number).filter((radius) => radius > 0);
  const fixed = radii.map((radius) => fixedPoint(stream, radius));
  const capacity = Math.floor(CAPACITY_BYTES / entryBytes(dimensions));
  const cell = radii[Math.min(CELL_RADIUS, radii.length - 1)] as number;
  const unchecked = UNCHECKED_FUNCTIONS[stream.dataSet.distance].map((functions) => {
    const outcome = replayBuckets(stream, functions, cell, capacity);
    say(`${name}, buckets of ${functions} functions`, outcome);
    return { setting: functions, ...outcome };
  });
  return { title, requests: stream.labels.length, budgets, fixed, unchecked };
}

function fixedPoint(stream: Stream, fixedRadius: number): CurvePoint {
  // The budget is of no effect beside a fixed radius.
  const options = { errorBudget: 0.5, fixedRadius, capacityBytes: CAPACITY_BYTES, oracleEvery: 0 };
  const { hitRatio, error } = replay(stream, options);
  say(`${stream.dataSet.name}, radius ${round(fixedRadius)}`, { hitRatio, error });
  return { setting: round(fixedRadius), hitRatio, error };
}

/** Full: what comes in pushes something out. */
function large(stream: Stream): BudgetFigures {
  const replayed = replay(stream, {
    errorBudget: 0.01,
    capacityBytes: LARGE_ENTRIES * (entryBytes(stream.dataSet.dimensions) + LABEL_BYTES),
    oracleEvery: LARGE_ORACLE_EVERY,
    timedFromEntries: 0.99 * LARGE_ENTRIES,
  });
  say(`${stream.dataSet.name}, ${LARGE_ENTRIES} entries`, replayed);
  return budgetFigures(replayed);
}

function say(what: string, { hitRatio, error }: Outcome): void {
  process.stderr.write(`${what}: ${percent(hitRatio)} hits, ${percent(error.share)} of them wrong\n`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

const [folder, name, seed] = process.argv.slice(2);
const known = ([...CURVES, LARGE] as const).find((dataSet) => dataSet === name);
if (folder !== undefined && known !== undefined)
  await main(folder, known, seed === undefined ? undefined : Number(seed));
