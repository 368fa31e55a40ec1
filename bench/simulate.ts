import { Command, Option } from "commander";
import { Aimd } from "../src/batching/aimd.js";
import { FixedSize } from "../src/batching/fixed.js";
import type { NewController } from "../src/batching/lane.js";
import { ModelSize } from "../src/batching/modelSize.js";
import { QuantileSize } from "../src/batching/quantileSize.js";
import { Run } from "./simulation/simulate.js";
import type { Outcome, Simulation } from "./simulation/simulate.js";
import { fillWaits, prefetches, priorities, steps } from "./simulation/settingTables.js";
import type { Line } from "./simulation/settingTables.js";
import type { Service } from "./simulation/simulatedReplica.js";

const MAX_BATCH_ROWS = 256;

const CONTROLLERS: Readonly<Record<string, NewController>> = {
  aimd: () => new Aimd({ maxBatchRows: MAX_BATCH_ROWS }),
  quantile: () => new QuantileSize(MAX_BATCH_ROWS),
  model: (latencies) => new ModelSize(latencies, MAX_BATCH_ROWS),
  "fixed 32": () => new FixedSize(32),
};

const SLO_MS = 50;
const NOISY: Service = { fixedMs: 4, rowMs: 0.25, sigma: 0.08, stallShare: 0.01 };
const QUIET: Service = { ...NOISY, sigma: 0, stallShare: 0 };
const LOADS = [0.5, 0.8, 0.95, 1.2, 2, 10] as const;

/** Rows a second of a replica with batches that take half of the objective, as a query that just missed one needs. */
function capacity({ fixedMs, rowMs }: Service, sloMs: number): number {
  const rows = Math.min(MAX_BATCH_ROWS, Math.floor((sloMs / 2 - fixedMs) / rowMs));
  return (rows * 1000) / (fixedMs + rowMs * rows);
}

interface Row {
  readonly controller: string;
  readonly setting: string;
  /** Goodput in percent of min(load, nominal capacity), by load. */
  readonly goodput: Readonly<Record<string, number>>;
}

async function goodput(simulation: Simulation, nominal: number): Promise<{ percent: number; outcome: Outcome }> {
  const outcome = await new Run(simulation).run();
  if (outcome.breach !== undefined) throw new Error(`seed ${simulation.seed}: ${outcome.breach}`);
  return { percent: (100 * outcome.goodPerSecond) / Math.min(outcome.arrivedPerSecond, nominal), outcome };
}

async function table(
  setting: string,
  replicas: readonly Service[],
  sloMs: readonly number[],
  seed: number,
): Promise<Row[]> {
  const nominal = replicas.reduce((sum, service) => sum + capacity(service, Math.min(...sloMs)), 0);
  const rows: Row[] = [];
  for (const [controller, newController] of Object.entries(CONTROLLERS)) {
    const byLoad: Record<string, number> = {};
    for (const load of LOADS) {
      const ratePerSecond = load * nominal;
      const simulation = { seed, newController, replicas, sloMs, ratePerSecond, seconds: 15, warmUpSeconds: 5 };
      byLoad[`${load}x`] = Math.round((await goodput(simulation, nominal)).percent);
    }
    rows.push({ controller, setting, goodput: byLoad });
    print(rows.at(-1) as Row);
  }
  return rows;
}

/** Goodput in percent of that before, in the two seconds after a stall of five, and of the new capacity 5 s after a doubling. */
async function faults(seed: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [controller, newController] of Object.entries(CONTROLLERS)) {
    const common = { seed, newController, replicas: [NOISY], sloMs: [SLO_MS], seconds: 30, warmUpSeconds: 0 };
    const ratePerSecond = 0.8 * capacity(NOISY, SLO_MS);
    const stalled = await new Run({
      ...common,
      ratePerSecond,
      events: [{ atMs: 10_000, run: ([replica]) => void (replica && (replica.stalledUntilMs = 15_000)) }],
    }).run();
    const slower: Service = { ...NOISY, fixedMs: 8, rowMs: 0.5 };
    const doubled = await new Run({
      ...common,
      ratePerSecond,
      events: [{ atMs: 10_000, run: ([replica]) => void (replica && (replica.service = slower)) }],
    }).run();
    const rate = (outcome: Outcome, from: number, to: number) =>
      outcome.goodByTenth.slice(from * 10, to * 10).reduce((sum, good) => sum + good, 0) / (to - from);
    const goodput = {
      "0.5 s after a 5 s stall": Math.round((100 * rate(stalled, 15, 15.5)) / rate(stalled, 5, 10)),
      "2 s after": Math.round((100 * rate(stalled, 15.5, 17)) / rate(stalled, 5, 10)),
      "5 s after doubling": Math.round((100 * rate(doubled, 15, 30)) / capacity(slower, SLO_MS)),
    };
    rows.push({ controller, setting: "0.8x, one replica", goodput });
    print(rows.at(-1) as Row);
  }
  return rows;
}

function print({ controller, setting, goodput: byLoad }: Row): void {
  const cells = Object.entries(byLoad).map(([load, percent]) => `${load} ${String(percent).padStart(3)}`);
  process.stderr.write(`${setting.padEnd(34)} ${controller.padEnd(9)} ${cells.join("   ")}\n`);
}

function printLine({ setting, figures }: Line): void {
  const cells = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stderr.write(`${setting.padEnd(46)} ${cells.join("   ")}\n`);
}

/** The controllers, each alone and with what may go wrong. */
async function controllerTables(seed: number): Promise<Row[]> {
  const unequal = [NOISY, { ...NOISY, fixedMs: 8, rowMs: 0.5 }, { ...NOISY, fixedMs: 2 }, { ...NOISY, rowMs: 1 }];
  return [
    ...(await table("one replica, noise", [NOISY], [SLO_MS], seed)),
    ...(await table("one replica, no noise", [QUIET], [SLO_MS], seed)),
    ...(await table("deadlines 50 and 100 ms, noise", [NOISY], [SLO_MS, 2 * SLO_MS], seed)),
    ...(await table("two unequal replicas, noise", unequal.slice(0, 2), [SLO_MS], seed)),
    ...(await table("three unequal replicas, noise", unequal.slice(0, 3), [SLO_MS], seed)),
    ...(await table("four unequal replicas, noise", unequal, [SLO_MS], seed)),
    ...(await faults(seed)),
  ];
}

async function main(): Promise<void> {
  const command = new Command("npm run simulate --")
    .description(
      "The real batcher under a virtual clock: goodput in percent of min(load, nominal capacity), for each batch-size\ncontroller, then priorities, fill wait and prefetch under aimd. A batch takes 4 + 0.25 rows ms unless said\notherwise; the objective is 50 ms.",
    )
    .option("--seed <number>", "seed of arrivals and noise", "1")
    .addOption(
      new Option("--only <table>", "one of the tables").choices([
        "controllers",
        "priorities",
        "fill-wait",
        "prefetch",
        "steps",
      ]),
    )
    .option("--json", "also print all figures as one JSON object on the last line of stdout");
  command.parse();
  const { seed: text, json, only } = command.opts<{ seed: string; json?: boolean; only?: string }>();
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new Error(`--seed: expected an integer, got ${text}`);
  const tables = { seed, print: printLine };
  const wanted = (name: string): boolean => only === undefined || only === name;
  const rows = wanted("controllers") ? await controllerTables(seed) : [];
  const lines = {
    priorities: wanted("priorities") ? await priorities(tables) : [],
    fillWait: wanted("fill-wait") ? await fillWaits(tables) : [],
    prefetch: wanted("prefetch") ? await prefetches(tables) : [],
    steps: wanted("steps") ? await steps(tables) : [],
  };
  if (json === true) process.stdout.write(`${JSON.stringify({ seed, rows, ...lines })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1));
});
