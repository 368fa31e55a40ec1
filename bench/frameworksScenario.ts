import { setUpApplication } from "./application.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { measureDirect, trainModel } from "./directCalls.js";
import type { DirectFigures, FrameworkModel } from "./directCalls.js";
import { offerDocuments } from "./documentLoad.js";
import type { OpenFigures } from "./documentLoad.js";
import { startPythonWrapper } from "./pythonWrapper.js";
import { RowDocuments } from "./rowDocuments.js";
import { mostGoodPerSecond, SEARCH_SECONDS } from "./saturation.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

/** What `test/frameworks` trains for each, `model` being the one with numbers in. */
const FRAMEWORKS: readonly Framework[] = [
  { framework: "sklearn", environment: "light", model: 0 },
  { framework: "onnx", environment: "light", model: 0 },
  { framework: "xgboost", environment: "light", model: 0 },
  { framework: "lightgbm", environment: "light", model: 0 },
  { framework: "vw", environment: "light", model: 1 },
  { framework: "caffe", environment: "light", model: 0 },
  { framework: "pytorch", environment: "pytorch", model: 0 },
  { framework: "tensorflow", environment: "tensorflow", model: 1 },
  { framework: "spark", environment: "spark", model: 1 },
];
const SIDES = ["batched", "single"] as const;
type Side = (typeof SIDES)[number];
const SETTINGS = { batched: {}, single: { batchSizeController: "FIXED", maxBatchRows: 1 } } as const;

const SLO_MS = 20;
/** A row that takes as long alone gets an objective of so many times that. */
const SLOW_ROW_MS = 5;
const SLOW_ROW_FACTOR = 4;
/** Of the most good answers a second: offered in the measured runs. */
const LOAD = 0.9;
/** The search begins below what one row at a time would give. */
const FIRST_SHARE = 0.25;

export const FRAMEWORKS_SCENARIO: Scenario = {
  name: "frameworks",
  summary:
    "each framework's model through the server, beside batches of one row and beside direct calls (--only NAME,...)",
  repetition: { runs: 3, seconds: 3 },
  measure,
};

export interface Framework {
  readonly framework: string;
  /** Of scripts/test-python.sh. */
  readonly environment: string;
  /** Of those that its script makes. */
  readonly model: number;
}

interface Row {
  readonly framework: string;
  readonly name: string;
  readonly version: string;
  readonly sloMs: number;
  readonly direct: DirectFigures;
  readonly best: Readonly<Record<Side, number>>;
  readonly runs: Readonly<Record<Side, readonly OpenFigures[]>>;
}

async function measure(bench: Bench): Promise<Outcome> {
  const chosen = choose(bench.settings.only);
  const folder = await temporaryFolder(bench);
  const rows: Row[] = [];
  const { graphqlUrl } = await startSkysail(bench, folder);
  for (const framework of chosen) rows.push(await measureFramework(bench, folder, graphqlUrl, framework));
  return outcomeOf(rows);
}

function choose(only: readonly string[] | undefined): readonly Framework[] {
  if (only === undefined) return FRAMEWORKS;
  return only.map((name) => {
    const found = FRAMEWORKS.find(({ framework }) => framework === name);
    if (found !== undefined) return found;
    throw new BenchError(`--only ${name}: known are ${FRAMEWORKS.map(({ framework }) => framework).join(", ")}`);
  });
}

async function measureFramework(bench: Bench, folder: string, url: string, of: Framework): Promise<Row> {
  const { framework } = of;
  const model = await trainModel(bench, folder, of);
  const direct = await measureDirect(bench, of, model);
  const sloMs = direct.oneRowP99Ms < SLOW_ROW_MS ? SLO_MS : Math.ceil(SLOW_ROW_FACTOR * direct.oneRowP99Ms);
  const { perSecond, rows } = direct.bestWithin(sloMs);
  bench.progress(`  ${framework}: ${show(perSecond)} rows a second directly, ${rows} at once; objective ${sloMs} ms`);
  const documents = new RowDocuments(model.rows);
  let seed = 0;
  const offering =
    (side: Side) =>
    (perSecond: number, seconds: number): Promise<OpenFigures> => {
      const asked = { url, documents, application: `${framework}-${side}` };
      return offerDocuments(bench, asked, { perSecond, seconds, sloMs, seed: (seed += 1) });
    };
  const runs: Record<Side, OpenFigures[]> = { batched: [], single: [] };
  const best: Record<Side, number> = { batched: 0, single: 0 };
  for (const side of SIDES) {
    await serve({ bench, folder, url, of, model, side, sloMs });
    const firstRate = Math.max(2, Math.min(200, FIRST_SHARE * (direct.bySize.get(1)?.perSecond ?? 0)));
    best[side] = await mostGoodPerSecond(offering(side), firstRate);
  }
  for (const side of SIDES) await offering(side)(LOAD * best[side], SEARCH_SECONDS);
  for (let i = 0; i < bench.settings.runs; i++) {
    for (const side of SIDES) runs[side].push(await offering(side)(LOAD * best[side], bench.settings.seconds));
    bench.progress(`    ${SIDES.map((side) => `${side} ${show(runs[side][i]?.goodPerSecond ?? 0)}`).join(", ")}`);
  }
  return { framework, name: model.name, version: model.version, sloMs, direct, best, runs };
}

interface Served {
  readonly bench: Bench;
  readonly folder: string;
  readonly url: string;
  readonly of: Framework;
  readonly model: FrameworkModel;
  readonly side: Side;
  readonly sloMs: number;
}

async function serve({ bench, folder, url, of, model, side, sloMs }: Served): Promise<void> {
  const name = `${of.framework}-${side}`;
  const args = [of.framework, ...model.args];
  const { endpoint } = await startPythonWrapper(bench, folder, name, args, of.environment);
  const { input, classes } = model;
  const labels = Array.from({ length: classes }, (_, i) => `${i}`);
  const output = classes > 0 ? { kind: "LABEL" as const, labels } : { kind: "NUMBER" as const };
  await setUpApplication(url, { name, endpoint, sloMs, input, output, settings: SETTINGS[side] });
}

interface Figures {
  readonly framework: string;
  readonly model: string;
  readonly version: string;
  readonly sloMs: number;
  readonly directPerSecond: number;
  readonly directRows: number;
  readonly directOneRowP99Ms: number;
  readonly batchedPerSecond: Spread;
  readonly batchedP99Ms: Spread;
  readonly singlePerSecond: Spread;
  readonly singleP99Ms: Spread;
  readonly best: Row["best"];
  /** Good answers a second at the best rate, of what direct calls give within the same objective. */
  readonly ofDirect: number;
  readonly gain: number;
}

function figuresOf({ framework, name, version, sloMs, direct, best, runs }: Row): Figures {
  const of = (side: Side, figure: (run: OpenFigures) => number) => spreadOf(runs[side].map(figure));
  const { perSecond, rows } = direct.bestWithin(sloMs);
  return {
    framework,
    model: name,
    version,
    sloMs,
    directPerSecond: round(perSecond),
    directRows: rows,
    directOneRowP99Ms: round(direct.oneRowP99Ms),
    batchedPerSecond: of("batched", (run) => run.goodPerSecond),
    batchedP99Ms: of("batched", (run) => run.p99Ms),
    singlePerSecond: of("single", (run) => run.goodPerSecond),
    singleP99Ms: of("single", (run) => run.p99Ms),
    best,
    ofDirect: round(best.batched / perSecond),
    gain: round(best.batched / best.single),
  };
}

function outcomeOf(rows: readonly Row[]): Outcome {
  const figures = rows.map(figuresOf);
  const byFramework = (of: (one: Figures) => number) =>
    Object.fromEntries(figures.map((one) => [one.framework, of(one)]));
  return {
    result: {
      ofDirect: byFramework(({ ofDirect }) => ofDirect),
      gain: byFramework(({ gain }) => gain),
      byFramework: figures,
    },
    table: [
      ["framework", "SLO ms", "direct (rows)", "most", "of direct", "most single", "gain", "at 0.9: good", "p99 ms"],
      ...figures.map((one) => [
        one.framework,
        String(one.sloMs),
        `${show(one.directPerSecond)} (${one.directRows})`,
        show(one.best.batched),
        show(one.ofDirect),
        show(one.best.single),
        show(one.gain),
        showSpread(one.batchedPerSecond),
        showSpread(one.batchedP99Ms),
      ]),
    ],
  };
}
