import type { Bench, Outcome, Scenario } from "./bench.js";
import { directSender, openLink } from "./linkClient.js";
import { runOpenLoop } from "./openLoop.js";
import type { Sent } from "./openLoop.js";
import { percentile, round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import { CAPACITY, latenciesOf, startStubRig } from "./stubRig.js";

const LOADS = [0.5, 0.7] as const;
const QUANTILES = { p50Ms: 0.5, p99Ms: 0.99 } as const;
type Quantile = keyof typeof QUANTILES;
/** No more than Skysail learns to put in a batch of this stub. */
const MAX_BATCH_ROWS = 20;
const WARM_UP_SECONDS = 2;
const APPLICATION = "added";

export const ADDED_LATENCY: Scenario = {
  name: "added-latency",
  summary: `latency at 0.5 and 0.7 of a stub's ${CAPACITY} rows a second, beside a client that batches for the wrapper itself`,
  repetition: { runs: 3, seconds: 10 },
  measure,
};

type Latencies = Readonly<Record<Quantile, number>>;

interface Row {
  readonly load: string;
  readonly skysail: readonly Latencies[];
  readonly direct: readonly Latencies[];
}

/** Both sides get the same arrivals, and send what has arrived as soon as the stub is free. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  const wrapper = await rig.serveStub(APPLICATION);
  await rig.offer(APPLICATION, rig.load(0.5, WARM_UP_SECONDS));
  const rows: Row[] = [];
  for (const load of LOADS) {
    const row = { load: String(load), skysail: [] as Latencies[], direct: [] as Latencies[] };
    for (let i = 0; i < bench.settings.runs; i++) {
      const arrivals = [...rig.load(load, bench.settings.seconds)];
      row.skysail.push(latencies(latenciesOf(await rig.offer(APPLICATION, arrivals))));
      row.direct.push(latencies((await offerDirectly(bench, wrapper.endpoint, arrivals)).map((one) => one.latencyMs)));
      bench.progress(
        `  ${load}x: ${show(row.skysail[i]?.p50Ms ?? NaN)} ms, directly ${show(row.direct[i]?.p50Ms ?? NaN)}`,
      );
    }
    rows.push(row);
  }
  return outcomeOf(rows);
}

function latencies(values: readonly number[]): Latencies {
  const at = (quantile: Quantile): number => round(percentile(values, QUANTILES[quantile]) ?? NaN);
  return { p50Ms: at("p50Ms"), p99Ms: at("p99Ms") };
}

/** A link of its own for each run: the stub takes one batch at a time, whoever sends it. */
async function offerDirectly(
  { signal }: Bench,
  endpoint: string,
  arrivals: readonly number[],
): Promise<readonly Sent[]> {
  let failLink: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (failLink = reject));
  const link = openLink(endpoint, failLink);
  const running = runOpenLoop({ arrivals, send: directSender(link, APPLICATION, MAX_BATCH_ROWS), signal });
  return Promise.race([running, failed]).finally(() => link.close());
}

function outcomeOf(rows: readonly Row[]): Outcome {
  const figures = rows.map(({ load, skysail, direct }) => {
    const of = (quantile: Quantile) => ({
      skysail: spreadOf(skysail.map((one) => one[quantile])),
      direct: spreadOf(direct.map((one) => one[quantile])),
      added: spreadOf(skysail.map((one, i) => one[quantile] - (direct[i]?.[quantile] ?? NaN))),
    });
    return { load, p50Ms: of("p50Ms"), p99Ms: of("p99Ms") };
  });
  const added = (quantile: Quantile) =>
    Object.fromEntries(figures.map((one) => [one.load, one[quantile].added.median]));
  const cells = (sides: Readonly<Record<"skysail" | "direct" | "added", Spread>>) => [
    show(sides.skysail.median),
    show(sides.direct.median),
    showSpread(sides.added),
  ];
  return {
    result: { p50Ms: added("p50Ms"), p99Ms: added("p99Ms"), byLoad: figures },
    table: [
      ["load", "p50 ms", "directly", "added", "p99 ms", "directly", "added"],
      ...figures.map(({ load, p50Ms, p99Ms }) => [load, ...cells(p50Ms), ...cells(p99Ms)]),
    ],
  };
}
