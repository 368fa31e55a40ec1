import type { Bench } from "../bench.js";
import { BenchError } from "../bench.js";
import { readCounters } from "../counters.js";
import { cpuTime } from "../cpuTime.js";
import type { SkysailServer } from "../skysailServer.js";
import { round } from "../statistics.js";
import { runScript } from "../wrk.js";
import type { Rate } from "./commits.js";
import type { ObserveRig } from "./observeRig.js";

export interface ObserveLoad extends Load {
  readonly application: keyof ObserveRig["receipts"];
}

interface Load {
  readonly clients: number;
  readonly seconds: number;
  /** Observations a request; above 1 with observeMany. */
  readonly size: number;
  /** Of each client before each request, on average. */
  readonly pauseMs?: number;
}

export interface Observed extends Rate {
  /** CPU of the server process for an observation, all its threads. */
  readonly serverMicroseconds: number;
}

let runs = 0;

export interface ObserveSource {
  readonly server: SkysailServer;
  /** Of a request, of one observation or of many. */
  readonly template: string;
  /** As `writeReceipts` writes them. */
  readonly receipts: string;
}

export function runObserve(bench: Bench, rig: ObserveRig, { application, ...load }: ObserveLoad): Promise<Observed> {
  const { server, receipts, one, many } = rig;
  return observeReceipts(
    bench,
    { server, receipts: receipts[application], template: load.size === 1 ? one : many },
    load,
  );
}

/** Closed loops that observe, every observation a new one. Throws unless the server's counters say that all were stored. */
export async function observeReceipts(bench: Bench, source: ObserveSource, load: Load): Promise<Observed> {
  const { clients, seconds, size, pauseMs = 0 } = load;
  const { server, receipts, template } = source;
  const args = [template, receipts, `run-${(runs += 1)}`, String(size), String(pauseMs)];
  const before = await storedBy(server.origin);
  const cpuBefore = cpuTime(server.pid).processSeconds;
  const spec = { url: server.graphqlUrl, connections: clients, seconds, script: "bench/observe.lua", args };
  const sent = await runScript(spec, bench.signal);
  const cpuSeconds = cpuTime(server.pid).processSeconds - cpuBefore;
  const observations = sent.requests * size;
  const stored = (await storedBy(server.origin)) - before;
  // Those that were on their way at the end are stored and not counted by the generator.
  if (stored < observations) {
    const { failures } = await readCounters(server.origin);
    const codes = JSON.stringify(Object.fromEntries(failures));
    throw new BenchError(`only ${stored} of ${observations} observations were stored; failures so far ${codes}`);
  }
  return {
    perSecond: round(observations / sent.seconds),
    p50Ms: sent.p50Ms,
    p99Ms: sent.p99Ms,
    serverMicroseconds: round((cpuSeconds / observations) * 1e6),
  };
}

async function storedBy(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("skysail_observations_total{"));
  const stored = lines.filter((line) => line.includes('result="stored"'));
  return stored.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
