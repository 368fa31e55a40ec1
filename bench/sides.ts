import type { Bench } from "./bench.js";
import type { DirectFigures, FrameworkModel } from "./directCalls.js";
import { offerDocuments } from "./documentLoad.js";
import type { OpenFigures } from "./documentLoad.js";
import type { OutputSpecInput } from "./generated/graphql.js";
import { RowDocuments } from "./rowDocuments.js";
import { mostGoodPerSecond, SEARCH_SECONDS } from "./saturation.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

/** A model behind the server with batches, and the same with one row at a time. */
export const SIDES = ["batched", "single"] as const;
export type Side = (typeof SIDES)[number];
/** Of the model. */
export const SETTINGS = { batched: {}, single: { batchSizeController: "FIXED", maxBatchRows: 1 } } as const;

const SLO_MS = 20;
/** A row that takes as long alone gets an objective of so many times that. */
const SLOW_ROW_MS = 5;
const SLOW_ROW_FACTOR = 4;
/** Of the most good answers a second: offered in the measured runs. */
const LOAD = 0.9;
/** The search begins below what one row at a time would give. */
const FIRST_SHARE = 0.25;

export interface Asked {
  readonly url: string;
  /** Its applications are this with `-batched` and `-single` behind it. */
  readonly name: string;
  readonly model: FrameworkModel;
  readonly direct: DirectFigures;
  /** Sets up the application of a side. */
  readonly serve: (side: Side, sloMs: number) => Promise<void>;
  /** Runs a measured run, and may look on meanwhile. */
  readonly watch?: <T>(side: Side, run: () => Promise<T>) => Promise<T>;
}

export interface Compared {
  readonly name: string;
  readonly sloMs: number;
  readonly direct: DirectFigures;
  /** Good answers a second at the best rate. */
  readonly best: Readonly<Record<Side, number>>;
  readonly runs: Readonly<Record<Side, readonly OpenFigures[]>>;
}

/** The most good answers a second of each side, and runs a little below that by turns. */
export async function compareSides(bench: Bench, asked: Asked): Promise<Compared> {
  const { url, name, model, direct, serve, watch = (_, run) => run() } = asked;
  const sloMs = direct.oneRowP99Ms < SLOW_ROW_MS ? SLO_MS : Math.ceil(SLOW_ROW_FACTOR * direct.oneRowP99Ms);
  const { perSecond, rows } = direct.bestWithin(sloMs);
  bench.progress(`  ${name}: ${show(perSecond)} rows a second directly, ${rows} at once; objective ${sloMs} ms`);
  const documents = new RowDocuments(model.rows);
  let seed = 0;
  const offering =
    (side: Side) =>
    (perSecond: number, seconds: number): Promise<OpenFigures> => {
      const to = { url, documents, application: `${name}-${side}` };
      return offerDocuments(bench, to, { perSecond, seconds, sloMs, seed: (seed += 1) });
    };
  const runs: Record<Side, OpenFigures[]> = { batched: [], single: [] };
  const best: Record<Side, number> = { batched: 0, single: 0 };
  for (const side of SIDES) {
    await serve(side, sloMs);
    const firstRate = Math.max(2, Math.min(200, FIRST_SHARE * (direct.bySize.get(1)?.perSecond ?? 0)));
    best[side] = await mostGoodPerSecond(offering(side), firstRate);
  }
  for (const side of SIDES) await offering(side)(LOAD * best[side], SEARCH_SECONDS);
  for (let i = 0; i < bench.settings.runs; i++) {
    for (const side of SIDES) {
      runs[side].push(await watch(side, () => offering(side)(LOAD * best[side], bench.settings.seconds)));
    }
    bench.progress(`    ${SIDES.map((side) => `${side} ${show(runs[side][i]?.goodPerSecond ?? 0)}`).join(", ")}`);
  }
  return { name, sloMs, direct, best, runs };
}

/** Of its probabilities, or of its number. */
export function outputOf({ classes }: FrameworkModel): OutputSpecInput {
  if (classes === 0) return { number: {} };
  return { label: { labels: Array.from({ length: classes }, (_, i) => `${i}`) } };
}

export interface SideFigures {
  readonly name: string;
  readonly sloMs: number;
  readonly directPerSecond: number;
  readonly directRows: number;
  readonly directOneRowP99Ms: number;
  readonly batchedPerSecond: Spread;
  readonly batchedP99Ms: Spread;
  readonly singlePerSecond: Spread;
  readonly singleP99Ms: Spread;
  readonly best: Compared["best"];
  /** Good answers a second at the best rate, of what direct calls give within the same objective. */
  readonly ofDirect: number;
  readonly gain: number;
}

export function figuresOf({ name, sloMs, direct, best, runs }: Compared): SideFigures {
  const of = (side: Side, figure: (run: OpenFigures) => number) => spreadOf(runs[side].map(figure));
  const { perSecond, rows } = direct.bestWithin(sloMs);
  return {
    name,
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

export const SIDE_COLUMNS = [
  ...["SLO ms", "direct (rows)", "most", "of direct", "most single", "gain", "at 0.9: good", "p99 ms", "single p99 ms"],
] as const;

/** Under those columns. */
export function sideCells(one: SideFigures): readonly string[] {
  return [
    String(one.sloMs),
    `${show(one.directPerSecond)} (${one.directRows})`,
    show(one.best.batched),
    show(one.ofDirect),
    show(one.best.single),
    show(one.gain),
    showSpread(one.batchedPerSecond),
    showSpread(one.batchedP99Ms),
    showSpread(one.singleP99Ms),
  ];
}
