import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Outcome, Scenario, Table } from "./bench.js";
import { percentile, round, show } from "./statistics.js";
import { StoreLoad } from "./storeFaults/storeLoad.js";
import type { Predicted, Told } from "./storeFaults/storeLoad.js";
import { startStoreRig } from "./storeFaults/storeRig.js";
import type { StoreRig } from "./storeFaults/storeRig.js";
import { isGood, latenciesOf } from "./stubRig.js";

/** Each way: what waits for an answer waits 200 ms more. */
const SLOW = { latencyMs: 100 };
const OBSERVED_PER_SECOND = 20;
const WARM_UP_SECONDS = 6;
/** After a change of the proxy, before anything is measured. */
const SETTLE_MS = 500;
const DOWN_SECONDS = 10;
const FULL_DOWN_SECONDS = 60;

export const STORE_FAULTS: Scenario = {
  name: "store-faults",
  summary: "predictions and observations while PostgreSQL is 200 ms away or down, beside the same while it is well",
  repetition: { runs: 8, seconds: 5 },
  goals: [
    { figure: ["slow", "p99Ratio"], atMost: 1.05 },
    { figure: ["down", "goodRatio"], atLeast: 0.99 },
    { figure: ["down", "refusedShare"], atLeast: 1 },
    { figure: ["down", "refusalP99Ms"], atMost: 100 },
    { figure: ["down", "firstStoredMs"], atMost: 2000 },
    { figure: ["lost"], atMost: 0 },
  ],
  measure,
};

interface Turn {
  readonly predicted: readonly Predicted[];
  readonly told: readonly Told[];
}

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStoreRig(bench);
  const load = new StoreLoad(bench, rig);
  await load.meetEntities();
  await turn(load, WARM_UP_SECONDS);
  const slow = await measureSlow(bench, rig, load);
  const down = await measureDown(bench, rig, load);
  const stored = new Set(await rig.storedKeys());
  const lost = [...load.acknowledged].filter((key) => !stored.has(key)).length;
  return {
    result: { slow, down, acknowledged: load.acknowledged.size, lost },
    table: [...slowTable(slow), [""], ...downTable(down, lost)],
  };
}

async function turn(load: StoreLoad, seconds: number): Promise<Turn> {
  const [predicted, told] = await Promise.all([load.predict(seconds), load.observe(OBSERVED_PER_SECOND, seconds)]);
  return { predicted, told };
}

function together(turns: readonly Turn[]): Turn {
  return {
    predicted: turns.flatMap(({ predicted }) => predicted),
    told: turns.flatMap(({ told }) => told),
  };
}

/** By turns, so that the machine's moods come to both; the percentile is of all turns of a side together. */
async function measureSlow(bench: Bench, { proxy }: StoreRig, load: StoreLoad) {
  const { runs, seconds } = bench.settings;
  const turns = { near: [] as Turn[], far: [] as Turn[] };
  for (let i = 0; i < 2 * runs; i++) {
    // Near, far, far, near: neither is always the later one.
    const side = ((i + 1) >> 1) % 2 === 0 ? "near" : "far";
    proxy.toxics = side === "far" ? SLOW : {};
    await sleep(SETTLE_MS, undefined, { signal: bench.signal });
    turns[side].push(await turn(load, seconds));
    if (i % 2 === 1) bench.progress(`  pair ${(i + 1) / 2} of ${runs}`);
  }
  proxy.toxics = {};
  const [near, far] = [together(turns.near), together(turns.far)];
  return {
    p99Ratio: round(p99Of(far.predicted) / p99Of(near.predicted)),
    near: slowFigures(near),
    far: slowFigures(far),
  };
}

type SlowFigures = ReturnType<typeof slowFigures>;

function slowFigures({ predicted, told }: Turn) {
  return {
    p99Ms: round(p99Of(predicted)),
    /** Of those whose state would have to be read. */
    strangersP99Ms: round(p99Of(predicted.filter(({ isStranger }) => isStranger))),
    goodShare: goodShare(predicted),
    storedShare: round(told.filter(({ code }) => code === undefined).length / told.length),
    observeP50Ms: round(percentile(storedMs(told), 0.5) ?? NaN),
    observeP99Ms: round(percentile(storedMs(told), 0.99) ?? NaN),
  };
}

function p99Of(predicted: readonly Predicted[]): number {
  return percentile(latenciesOf(predicted), 0.99) ?? NaN;
}

function goodShare(predicted: readonly Predicted[]): number {
  return round(predicted.filter(isGood).length / predicted.length);
}

function storedMs(told: readonly Told[]): readonly number[] {
  return told.filter(({ code }) => code === undefined).map(({ latencyMs }) => latencyMs);
}

/** Stopped as an operator does it, and started again. */
async function measureDown(bench: Bench, rig: StoreRig, load: StoreLoad) {
  const seconds = bench.settings.full ? FULL_DOWN_SECONDS : DOWN_SECONDS;
  await sleep(SETTLE_MS, undefined, { signal: bench.signal });
  const before = await turn(load, seconds);
  await rig.stopPostgres();
  bench.progress(`  PostgreSQL is down for ${seconds} s`);
  const down = await turn(load, seconds);
  await rig.startPostgres();
  const upMs = performance.now();
  await load.observeUntilStored();
  const firstStoredMs = round(performance.now() - upMs);
  const codes = new Set(down.told.map(({ code }) => code ?? "stored"));
  const refusals = down.told.filter(({ code }) => code === "STORE_UNAVAILABLE").map(({ latencyMs }) => latencyMs);
  return {
    seconds,
    goodRatio: round(goodShare(down.predicted) / goodShare(before.predicted)),
    goodShare: { before: goodShare(before.predicted), down: goodShare(down.predicted) },
    p99Ms: { before: round(p99Of(before.predicted)), down: round(p99Of(down.predicted)) },
    refusedShare: round(refusals.length / down.told.length),
    codes: [...codes],
    refusalP99Ms: round(percentile(refusals, 0.99) ?? NaN),
    refusalMaxMs: round(Math.max(...refusals)),
    firstStoredMs,
  };
}

function slowTable({ near, far, p99Ratio }: { near: SlowFigures; far: SlowFigures; p99Ratio: number }): Table {
  const row = (name: string, figures: SlowFigures): string[] => [
    name,
    ...[figures.p99Ms, figures.strangersP99Ms, figures.goodShare, figures.observeP50Ms].map(show),
    show(figures.storedShare),
  ];
  return [
    ["PostgreSQL", "predict p99 ms", "strangers' p99 ms", "good", "observe p50 ms", "stored"],
    row("near", near),
    row("200 ms away", far),
    ["ratio", show(p99Ratio)],
  ];
}

function downTable(down: Awaited<ReturnType<typeof measureDown>>, lost: number): Table {
  const { goodShare, goodRatio, p99Ms, refusedShare, refusalP99Ms, firstStoredMs } = down;
  return [
    ["", "good", "predict p99 ms", "refused", "refusal p99 ms", "first stored ms", "lost"],
    ["before", show(goodShare.before), show(p99Ms.before)],
    ["down", ...[goodShare.down, p99Ms.down, refusedShare, refusalP99Ms, firstStoredMs, lost].map(show)],
    ["ratio", show(goodRatio)],
  ];
}
