import { Aimd } from "../../src/batching/aimd.js";
import type { BatchLimits } from "../../src/batching/batchLimits.js";
import type { NewController } from "../../src/batching/lane.js";
import { Run } from "./simulate.js";
import type { Outcome, Simulation } from "./simulate.js";
import type { Service } from "./simulatedReplica.js";

/** A line of a table: what was set, and its figures by name. */
export interface Line {
  readonly setting: string;
  readonly figures: Readonly<Record<string, number | boolean>>;
}

export interface TableOptions {
  readonly seed: number;
  readonly print: (line: Line) => void;
}

const SLO_MS = 50;
const SECONDS = 40;
const WARM_UP_SECONDS = 10;
/** Rows a second of a replica of 4 + 0.25 rows ms, in batches of half the objective. */
const CAPACITY = 3360;
const NOISY: Service = { fixedMs: 4, rowMs: 0.25, sigma: 0.08, stallShare: 0.01 };
const newAimd: NewController = () => new Aimd({ maxBatchRows: 256 });

async function run(seed: number, changes: Partial<Simulation>): Promise<Outcome> {
  const outcome = await new Run({
    seed,
    newController: newAimd,
    replicas: [NOISY],
    sloMs: [SLO_MS],
    ratePerSecond: CAPACITY,
    seconds: SECONDS,
    warmUpSeconds: WARM_UP_SECONDS,
    ...changes,
  }).run();
  if (outcome.breach !== undefined) throw new Error(`seed ${seed}: ${outcome.breach}`);
  return outcome;
}

function percent(part: number, whole: number): number {
  return Math.round((1000 * part) / Math.max(1, whole)) / 10;
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}

/** Interactive goodput with and without bulk beside it, and what bulk gets: a little, and more than can be served. */
export async function priorities({ seed, print }: TableOptions): Promise<Line[]> {
  const lines: Line[] = [];
  for (const load of [0.3, 0.5, 0.8, 0.95, 1.2, 2, 10]) {
    for (const bulkRate of [0, 300, 6000]) {
      const bulk = { ratePerSecond: bulkRate, deadlineMs: 10_000 };
      const { goodPerSecond, arrivedPerSecond, ...outcome } = await run(seed, {
        ratePerSecond: load * CAPACITY,
        ...(bulkRate > 0 ? { bulk } : {}),
      });
      const line: Line = {
        setting: `interactive ${load}x, bulk ${bulkRate}/s`,
        figures: {
          "interactive good %": percent(goodPerSecond, Math.min(arrivedPerSecond, CAPACITY)),
          "p99 ms": tenths(outcome.p99Ms),
          "bulk/s": Math.round(outcome.bulk.good / (SECONDS - WARM_UP_SECONDS)),
          "bulk mean ms": Math.round(outcome.bulk.meanMs),
          "bulk dropped": outcome.bulk.dropped,
        },
      };
      print(line);
      lines.push(line);
    }
  }
  return lines;
}

const FILL_MODELS: Readonly<Record<string, Service>> = {
  "4 + 0.25 b ms": NOISY,
  "15 + 0.05 b ms": { ...NOISY, fixedMs: 15, rowMs: 0.05 },
  "1 + 0.02 b ms": { ...NOISY, fixedMs: 1, rowMs: 0.02 },
};

/** Whether waiting for fuller batches pays, and whether AUTO finds that out: single arrivals, and bursts of 20 in 2 ms. */
export async function fillWaits({ seed, print }: TableOptions): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [model, service] of Object.entries(FILL_MODELS)) {
    for (const burst of [undefined, { queries: 20, overMs: 2 }]) {
      for (const rate of [200, 1000, 3000]) {
        for (const maxBatchDelayMs of [0, 2, 5, "AUTO"] as const) {
          const ratePerSecond = rate / (burst?.queries ?? 1);
          const changes = { replicas: [service], ratePerSecond, ...(burst === undefined ? {} : { burst }) };
          const outcome = await run(seed, { ...changes, limits: { maxBatchDelayMs } });
          const arrivals = burst === undefined ? "single" : "bursts";
          const line: Line = {
            setting: `${model}, ${arrivals}, ${rate}/s, wait ${maxBatchDelayMs}`,
            figures: { ...latencyFigures(outcome), waits: outcome.waits },
          };
          print(line);
          lines.push(line);
        }
      }
    }
  }
  return lines;
}

function latencyFigures(outcome: Outcome): Record<string, number> {
  return {
    "good %": percent(outcome.good, outcome.arrived),
    "mean ms": tenths(outcome.meanMs),
    "p99 ms": tenths(outcome.p99Ms),
    "rows a batch": tenths(outcome.meanBatchRows),
    "busy %": percent(outcome.busyShare, 1),
  };
}

/** Goodput when the next batch is sent ahead, with 0, 0.5 and 2 ms on the way to the replica and back. */
export async function prefetches({ seed, print }: TableOptions): Promise<Line[]> {
  const lines: Line[] = [];
  for (const wayMs of [0, 0.5, 2]) {
    for (const load of [0.8, 0.95, 1.2, 2, 10]) {
      const figures: Record<string, number> = {};
      for (const prefetchMs of [0, 0.5, 1, 2, 5, 20]) {
        const limits: Partial<BatchLimits> = { prefetchMs };
        const replicas = [{ ...NOISY, wayMs }];
        const outcome = await run(seed, { limits, replicas, ratePerSecond: load * CAPACITY });
        const most = Math.min(outcome.arrivedPerSecond, CAPACITY);
        figures[`prefetch ${prefetchMs} ms`] = percent(outcome.goodPerSecond, most);
      }
      const line = { setting: `${wayMs} ms on the way, ${load}x: good %`, figures };
      print(line);
      lines.push(line);
    }
  }
  return lines;
}

/** A model that computes in tiles: its latency is steps, and told by the table. */
export async function steps({ seed, print }: TableOptions): Promise<Line[]> {
  const replicas = [{ ...NOISY, fixedMs: 0.5, rowMs: 0.25, tileRows: 32 }];
  const lines: Line[] = [];
  for (const load of [0.5, 0.8, 0.95, 1.2, 2, 10]) {
    const outcome = await run(seed, { replicas, ratePerSecond: load * 3900 });
    const most = Math.min(outcome.arrivedPerSecond, 3900);
    const line: Line = {
      setting: `0.5 ms + 8 ms for each 32 rows, ${load}x`,
      figures: { "good %": percent(outcome.goodPerSecond, most), "p99 ms": tenths(outcome.p99Ms) },
    };
    print(line);
    lines.push(line);
  }
  return lines;
}
