import { alternate } from "./alternate.js";
import type { Pairs } from "./alternate.js";
import type { Bench, Outcome, Scenario, Table } from "./bench.js";
import type { Expected } from "./counters.js";
import { checkedRun, firstWarmUp, Seeds, warmRun } from "./loads.js";
import type { LoadShape } from "./loads.js";
import type { Run } from "./measuredRun.js";
import { profileLoad } from "./profileLoad.js";
import { closeAccess } from "./keyedRig.js";
import { startBaselineFor, startRig } from "./rig.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const CONNECTIONS = [1, 32, 64, 128] as const;
/** Of the baseline's main thread, where a run is to count: one connection leaves it idle. */
const BUSY = { alone: 0, usual: 0.9 };
/** The one whose figures stand at the top of the result. */
const MAIN_CONNECTIONS = 64;
const REPEATED_INPUTS = 256;

/** One GraphQL predict a request, beside the bare server. */
function graphqlScenario(name: string, summary: string, expected: Expected, ratioAtLeast: number): Scenario {
  const inputs = expected === "hit" ? REPEATED_INPUTS : 0;
  return {
    name,
    summary,
    goals: [
      { figure: ["ratio", String(MAIN_CONNECTIONS)], atLeast: ratioAtLeast },
      { figure: ["p50MsAlone"], atMost: 0.3 },
    ],
    measure: (bench) => measure(bench, expected, inputs),
    profile: (bench, folder) =>
      profileLoad(bench, folder, name, async (rig) => {
        const { server, template, key } = await closeAccess(rig);
        return { url: server.graphqlUrl, connections: MAIN_CONNECTIONS, template, inputs, key };
      }),
  };
}

export const GRAPHQL_MISS = graphqlScenario(
  "graphql-miss",
  "GraphQL predict with inputs never seen before, beside a bare node:http server",
  "miss",
  0.45,
);

export const GRAPHQL_HIT = graphqlScenario(
  "graphql-hit",
  "GraphQL predict with repeated inputs, beside a bare node:http server",
  "hit",
  0.65,
);

async function measure(bench: Bench, expected: Expected, inputs: number): Promise<Outcome> {
  const rig = await closeAccess(await startRig(bench));
  const baseline = await startBaselineFor(bench, rig);
  const seeds = new Seeds();
  const ours = (connections: number): LoadShape => ({
    url: rig.server.graphqlUrl,
    connections,
    template: rig.template,
    inputs,
    key: rig.key,
  });
  const theirs = (connections: number): LoadShape => ({ ...ours(connections), url: baseline.url });
  await firstWarmUp(bench, ours(MAIN_CONNECTIONS), seeds);
  await firstWarmUp(bench, theirs(MAIN_CONNECTIONS), seeds);
  const figures: Figures[] = [];
  for (const connections of CONNECTIONS) {
    bench.progress(`  ${connections} connections`);
    const pairs = await alternate(
      bench,
      (side) =>
        side === "ours"
          ? checkedRun(bench, rig, ours(connections), seeds, { expected, predictionsPerRequest: 1 })
          : warmRun(bench, { serverPid: baseline.pid, wrapperPid: undefined }, theirs(connections), seeds),
      connections === 1 ? BUSY.alone : BUSY.usual,
    );
    figures.push(figuresOf(connections, pairs));
  }
  return { result: resultOf(figures), table: tableOf(figures) };
}

interface Figures {
  readonly connections: number;
  readonly ratio: Spread;
  readonly perSecond: Sides;
  readonly p50Ms: Sides;
  readonly p99Ms: Sides;
  /** Of the server process; `wrapper` is beside it. */
  readonly cpuMicroseconds: Sides & { readonly wrapper: Spread };
  readonly serverBusy: Sides;
  readonly counts: boolean;
  readonly leftOut: number;
}

interface Sides {
  readonly ours: Spread;
  readonly baseline: Spread;
}

function figuresOf(connections: number, { pairs, counts, leftOut }: Pairs): Figures {
  const sides = (of: (run: Run) => number): Sides => ({
    ours: spreadOf(pairs.map(({ ours }) => of(ours))),
    baseline: spreadOf(pairs.map(({ baseline }) => of(baseline))),
  });
  return {
    connections,
    ratio: spreadOf(pairs.map(({ ours, baseline }) => ours.perSecond / baseline.perSecond)),
    perSecond: sides((run) => run.perSecond),
    p50Ms: sides((run) => run.load.p50Ms),
    p99Ms: sides((run) => run.load.p99Ms),
    cpuMicroseconds: {
      ...sides((run) => run.serverMicroseconds),
      wrapper: spreadOf(pairs.map(({ ours }) => ours.wrapperMicroseconds)),
    },
    serverBusy: sides((run) => run.serverBusy),
    counts,
    leftOut,
  };
}

function resultOf(figures: readonly Figures[]): Outcome["result"] {
  const main = figures.find(({ connections }) => connections === MAIN_CONNECTIONS) as Figures;
  const medians = ({ ours, baseline }: Sides) => ({ ours: ours.median, baseline: baseline.median });
  return {
    ratio: Object.fromEntries(figures.map(({ connections, ratio }) => [connections, ratio.median])),
    connections: MAIN_CONNECTIONS,
    perSecond: medians(main.perSecond),
    cpuMicroseconds: { ...medians(main.cpuMicroseconds), wrapper: main.cpuMicroseconds.wrapper.median },
    p50Ms: medians(main.p50Ms),
    p50MsAlone: figures.find(({ connections }) => connections === 1)?.p50Ms.ours.median,
    p99Ms: medians(main.p99Ms),
    serverBusy: medians(main.serverBusy),
    counts: figures.every(({ counts }) => counts),
    byConnections: Object.fromEntries(figures.map(({ connections, ...rest }) => [connections, rest])),
  };
}

function tableOf(figures: readonly Figures[]): Table {
  const head = ["connections", "side", "a second", "ratio", "p50 ms", "p99 ms", "CPU us server+wrapper", "busy"];
  return [
    head,
    ...figures.flatMap((f) =>
      (["ours", "baseline"] as const).map((side) => [
        String(f.connections),
        side,
        showSpread(f.perSecond[side]),
        side === "ours" ? showSpread(f.ratio) : "",
        show(f.p50Ms[side].median),
        show(f.p99Ms[side].median),
        side === "ours"
          ? `${show(round(f.cpuMicroseconds.ours.median))}+${show(f.cpuMicroseconds.wrapper.median)}`
          : show(f.cpuMicroseconds.baseline.median),
        `${f.serverBusy[side].median}${f.counts ? "" : " (does not count: the machine was not quiet)"}`,
      ]),
    ),
  ];
}
