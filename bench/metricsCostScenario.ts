import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { alternate } from "./alternate.js";
import { APPLICATION } from "./application.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { BenchError } from "./bench.js";
import { checkedRun, firstWarmUp, Seeds } from "./loads.js";
import type { LoadShape } from "./loads.js";
import type { Run } from "./measuredRun.js";
import { WATCH_METRICS } from "./operations.js";
import { startRig } from "./rig.js";
import type { Rig } from "./rig.js";
import { show, showSpread, spreadOf } from "./statistics.js";

const CONNECTIONS = 64;
const SCRAPE_EVERY_MS = 1000;

export const METRICS_COST: Scenario = {
  name: "metrics-cost",
  summary: "throughput with a metrics subscription and a /metrics scrape a second, beside none",
  // More runs than elsewhere: what is looked for is smaller than one run's noise.
  repetition: { runs: 7, seconds: 5 },
  goals: [{ figure: ["throughputCost"], atMost: 0.03 }],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startRig(bench);
  const shape: LoadShape = {
    url: rig.server.graphqlUrl,
    connections: CONNECTIONS,
    template: rig.template,
    inputs: 0,
  };
  const seeds = new Seeds();
  await firstWarmUp(bench, shape, seeds);
  const run = (): Promise<Run> => checkedRun(bench, rig, shape, seeds, { expected: "miss", predictionsPerRequest: 1 });
  let samples = 0;
  let scrapes = 0;
  const watched = async (): Promise<Run> => {
    const watcher = watch(rig);
    const measured = await run().finally(() => watcher.stop());
    samples += watcher.samples();
    scrapes += watcher.scrapes();
    return measured;
  };
  // Both sides are the server itself: no share of a core is asked of the baseline.
  const { pairs, counts } = await alternate(bench, (side) => (side === "ours" ? watched() : run()), 0);
  if (samples === 0 || scrapes === 0)
    throw new BenchError(`${samples} samples and ${scrapes} scrapes came: nothing was measured`);
  const cost = (of: (run: Run) => number) => spreadOf(pairs.map(({ ours, baseline }) => 1 - of(baseline) / of(ours)));
  const throughputCost = cost((one) => 1 / one.perSecond);
  const cpuCost = cost(({ serverMicroseconds }) => serverMicroseconds);
  const row = (name: string, side: "ours" | "baseline", rest: readonly string[]): string[] => [
    name,
    showSpread(spreadOf(pairs.map((pair) => pair[side].perSecond))),
    show(spreadOf(pairs.map((pair) => pair[side].serverMicroseconds)).median),
    ...rest,
  ];
  return {
    result: {
      throughputCost: throughputCost.median,
      cpuCost: cpuCost.median,
      counts,
      samples,
      scrapes,
      throughputCostSpread: throughputCost,
      cpuCostSpread: cpuCost,
    },
    table: [
      ["side", "a second", "CPU us a request", "cost in throughput", "cost in CPU"],
      row("watched", "ours", [showSpread(throughputCost), showSpread(cpuCost)]),
      row("unwatched", "baseline", ["", ""]),
    ],
  };
}

interface Watcher {
  readonly samples: () => number;
  readonly scrapes: () => number;
  readonly stop: () => Promise<void>;
}

/** A dashboard's subscription with its default interval, and a Prometheus that scrapes. */
function watch({ server }: Rig): Watcher {
  let samples = 0;
  let scrapes = 0;
  const client = createClient({
    url: server.graphqlUrl.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  client.subscribe(
    { query: WATCH_METRICS.toString(), variables: { application: APPLICATION } },
    { next: () => (samples += 1), error: () => undefined, complete: () => undefined },
  );
  const scrape = async (): Promise<void> => {
    await (await fetch(`${server.origin}/metrics`)).text();
    scrapes += 1;
  };
  const timer = setInterval(() => void scrape().catch(() => undefined), SCRAPE_EVERY_MS);
  return {
    samples: () => samples,
    scrapes: () => scrapes,
    stop: async () => {
      clearInterval(timer);
      await client.dispose();
    },
  };
}
