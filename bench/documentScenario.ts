import { alternate } from "./alternate.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { checkedRun, firstWarmUp, Seeds } from "./loads.js";
import type { LoadShape } from "./loads.js";
import type { Run } from "./measuredRun.js";
import { predictFields } from "./operations.js";
import { profileLoad } from "./profileLoad.js";
import { predictInput, startRig, writeTemplate } from "./rig.js";
import type { Rig } from "./rig.js";
import { show, showSpread, spreadOf } from "./statistics.js";

const FIELDS = 64;

export const DOCUMENT: Scenario = {
  name: "document",
  summary: `one GraphQL document with ${FIELDS} predict fields, beside ${FIELDS} requests of one`,
  measure,
  profile: (bench, folder) => profileLoad(bench, folder, "document", documentShape),
};

/** Both sides have 64 predictions in flight, of inputs never seen before: one document, or as many requests. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startRig(bench);
  const document = await documentShape(rig);
  const requests: LoadShape = { ...document, connections: FIELDS, template: rig.template };
  const seeds = new Seeds();
  await firstWarmUp(bench, requests, seeds);
  await firstWarmUp(bench, document, seeds);
  // Both sides are the server itself, which shares the machine with its wrapper: no share of a core is asked of it.
  const measureSide = (side: "ours" | "baseline"): Promise<Run> =>
    side === "ours"
      ? checkedRun(bench, rig, document, seeds, { expected: "miss", predictionsPerRequest: FIELDS })
      : checkedRun(bench, rig, requests, seeds, { expected: "miss", predictionsPerRequest: 1 });
  const { pairs, counts } = await alternate(bench, measureSide, 0);
  return outcomeOf(
    pairs.map(({ ours }) => ours),
    pairs.map(({ baseline }) => baseline),
    counts,
  );
}

async function documentShape(rig: Rig): Promise<LoadShape> {
  const variables = Object.fromEntries(Array.from({ length: FIELDS }, (_, i) => [`i${i}`, predictInput()]));
  const template = await writeTemplate(rig.folder, "document.json", { query: predictFields(FIELDS), variables });
  return { url: rig.server.graphqlUrl, connections: 1, template, inputs: 0 };
}

function outcomeOf(documents: readonly Run[], requests: readonly Run[], counts: boolean): Outcome {
  const ratio = spreadOf(documents.map((run, i) => (run.perSecond * FIELDS) / (requests[i]?.perSecond ?? NaN)));
  const document = figuresOf(documents, FIELDS);
  const single = figuresOf(requests, 1);
  const byside = <T>(of: (figures: typeof single) => T) => ({ document: of(document), requests: of(single) });
  const row = (name: string, f: typeof single, shown: string) => [
    name,
    showSpread(f.perSecond),
    shown,
    show(f.p50Ms.median),
    show(f.p99Ms.median),
    show(f.cpuMicroseconds.median),
    show(f.serverBusy.median),
  ];
  return {
    result: {
      ratio: ratio.median,
      ratioSpread: ratio,
      fields: FIELDS,
      counts,
      predictionsPerSecond: byside(({ perSecond }) => perSecond),
      cpuMicrosecondsAPrediction: byside(({ cpuMicroseconds }) => cpuMicroseconds),
      p50Ms: byside(({ p50Ms }) => p50Ms.median),
      p99Ms: byside(({ p99Ms }) => p99Ms.median),
      serverBusy: byside(({ serverBusy }) => serverBusy.median),
    },
    table: [
      ["side", "predictions a second", "ratio", "p50 ms", "p99 ms", "CPU us a prediction", "busy"],
      row("document", document, showSpread(ratio)),
      row("requests", single, ""),
    ],
  };
}

/** Latencies are those of a whole request; the rest is for each prediction. */
function figuresOf(runs: readonly Run[], predictionsPerRequest: number) {
  return {
    perSecond: spreadOf(runs.map((run) => run.perSecond * predictionsPerRequest)),
    cpuMicroseconds: spreadOf(runs.map((run) => run.serverMicroseconds / predictionsPerRequest)),
    p50Ms: spreadOf(runs.map((run) => run.load.p50Ms)),
    p99Ms: spreadOf(runs.map((run) => run.load.p99Ms)),
    serverBusy: spreadOf(runs.map((run) => run.serverBusy)),
  };
}
