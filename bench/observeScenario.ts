import { join } from "node:path";
import { BenchError } from "./bench.js";
import type { Bench, Goal, Outcome, Scenario, Table } from "./bench.js";
import { commitRows } from "./feedback/commits.js";
import type { Rate } from "./feedback/commits.js";
import { drawObserve, observeRows } from "./feedback/observeFigure.js";
import type { RatesOf } from "./feedback/observeFigure.js";
import { runObserve } from "./feedback/observeLoad.js";
import type { Observed } from "./feedback/observeLoad.js";
import { DATABASES, startObserveRig } from "./feedback/observeRig.js";
import type { DatabaseKind, ObserveRig } from "./feedback/observeRig.js";
import { predictP99Ms } from "./feedback/predictLoad.js";
import { writeFigure } from "./figureFiles.js";
import { profileDuring, topSelfTimes, writeProfile } from "./profile.js";
import { show, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import { requireWrk } from "./wrk.js";

const CLIENTS = [1, 8, 64] as const;
const MOST_CLIENTS = 64;
/** Of `observeMany`: observations an operation, from so many clients. */
const MANY = { size: 500, clients: 4 } as const;
/** Observations from clients that pause, some 1,000 a second: a fifth of the aim. */
const PACED = { clients: 64, pauseMs: 55 } as const;
const WARM_UP_SECONDS = 3;
const SETTLE_SECONDS = 1;
const TOP = 30;

export const OBSERVE: Scenario = {
  name: "observe",
  summary: "durable observations a second, embedded and real PostgreSQL, beside commits of single rows",
  repetition: { runs: 3, seconds: 4 },
  goals: DATABASES.flatMap((database): Goal[] => [
    { figure: ["databases", database, "perSecond"], atLeast: 5000 },
    { figure: ["databases", database, "p99Ms"], atMost: 25 },
    { figure: ["databases", database, "predictP99Ratio"], atMost: 1.2 },
  ]),
  measure,
  profile,
};

interface OneRun {
  readonly commits: ReadonlyMap<number, Rate>;
  readonly ensemble: ReadonlyMap<number, Observed>;
  readonly linear: ReadonlyMap<number, Observed>;
  readonly many: Observed;
  /** p99 of predictions: alone, beside as many observations as there can be, and beside PACED. */
  readonly predictMs: Readonly<Record<"alone" | "beside" | "besidePaced", number>>;
  readonly pacedPerSecond: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  requireWrk();
  const runs = new Map<DatabaseKind, OneRun[]>(DATABASES.map((database) => [database, []]));
  for (const database of DATABASES) {
    const rig = await startObserveRig(bench, database);
    // Every entity is born before anything is measured: a birth is written whole, with what it was born of.
    await runObserve(bench, rig, { application: "linear", clients: 1, seconds: WARM_UP_SECONDS, size: 50 });
    await runObserve(bench, rig, { application: "ensemble", clients: 1, seconds: WARM_UP_SECONDS, size: 500 });
    await runObserve(bench, rig, { application: "ensemble", clients: 64, seconds: WARM_UP_SECONDS, size: 1 });
    for (let run = 0; run < bench.settings.runs; run++) runs.get(database)?.push(await oneRun(bench, rig, database));
  }
  const outcome = outcomeOf(runs);
  const { databases } = outcome.result as { readonly databases: RatesOf };
  await writeFigure(bench, "observe", { svg: () => drawObserve(databases), csv: observeRows(databases) });
  return outcome;
}

/** Commits, observations, commits, observations: a machine that slows down meanwhile slows both. */
async function oneRun(bench: Bench, rig: ObserveRig, database: DatabaseKind): Promise<OneRun> {
  const { seconds } = bench.settings;
  const commits = new Map<number, Rate>();
  const ensemble = new Map<number, Observed>();
  const linear = new Map<number, Observed>();
  for (const clients of CLIENTS) {
    commits.set(clients, await commitRows(rig.databaseUrl, clients, seconds, bench.signal));
    ensemble.set(clients, await runObserve(bench, rig, { application: "ensemble", clients, seconds, size: 1 }));
    linear.set(clients, await runObserve(bench, rig, { application: "linear", clients, seconds, size: 1 }));
    bench.progress(`  ${database}, ${clients} clients: ${described(commits, ensemble, linear, clients)}`);
  }
  const many = await runObserve(bench, rig, { application: "ensemble", seconds, ...MANY });
  // Not counted: what the last load has left under way ends meanwhile.
  await predictP99Ms(bench, rig, SETTLE_SECONDS);
  const alone = await predictP99Ms(bench, rig, seconds);
  const [besidePaced, paced] = await predictBeside(bench, rig, PACED);
  const [beside] = await predictBeside(bench, rig, { clients: MOST_CLIENTS, pauseMs: 0 });
  const predictMs = { alone, beside, besidePaced };
  bench.progress(`  ${database}: observeMany ${many.perSecond}/s; predict p99 ms ${JSON.stringify(predictMs)}`);
  return { commits, ensemble, linear, many, predictMs, pacedPerSecond: paced.perSecond };
}

/** p99 of predictions in milliseconds, and the observations that went on beside them. */
function predictBeside(
  bench: Bench,
  rig: ObserveRig,
  load: { readonly clients: number; readonly pauseMs: number },
): Promise<readonly [number, Observed]> {
  const { seconds } = bench.settings;
  const observing = runObserve(bench, rig, { application: "ensemble", size: 1, seconds: seconds + 1, ...load });
  return Promise.all([predictP99Ms(bench, rig, seconds), observing]);
}

function described(
  commits: ReadonlyMap<number, Rate>,
  ensemble: ReadonlyMap<number, Rate>,
  linear: ReadonlyMap<number, Rate>,
  clients: number,
): string {
  const of = (name: string, rates: ReadonlyMap<number, Rate>): string => {
    const rate = rates.get(clients);
    return `${name} ${rate?.perSecond}/s (p99 ${rate?.p99Ms} ms)`;
  };
  return [of("commits", commits), of("ensemble", ensemble), of("linear", linear)].join(", ");
}

function outcomeOf(runs: ReadonlyMap<DatabaseKind, readonly OneRun[]>): Outcome {
  const databases = Object.fromEntries([...runs].map(([database, all]) => [database, figuresOf(all)]));
  const rows = DATABASES.flatMap((database) => tableRows(database, databases[database] as Figures));
  const header = ["database, clients", "ensemble/s", "p99 ms", "linear/s", "p99 ms", "commits/s", "p99 ms"];
  return { result: { databases }, table: [header, ...rows] };
}

function figuresOf(runs: readonly OneRun[]) {
  const byClients = (of: (run: OneRun) => ReadonlyMap<number, Rate>) =>
    Object.fromEntries(
      CLIENTS.map((clients) => [clients, ratesOf(runs.map((run) => of(run).get(clients) as Rate))] as const),
    );
  const ensemble = byClients((run) => run.ensemble);
  const most = ensemble[MOST_CLIENTS];
  const ratioOf = (of: "beside" | "besidePaced"): Spread =>
    spreadOf(runs.map(({ predictMs }) => predictMs[of] / predictMs.alone));
  const p99Of = (of: keyof OneRun["predictMs"]): Spread => spreadOf(runs.map(({ predictMs }) => predictMs[of]));
  return {
    perSecond: most?.perSecond.median,
    p99Ms: most?.p99Ms.median,
    baselinePerSecond: spreadOf(runs.map((run) => run.commits.get(MOST_CLIENTS)?.perSecond ?? NaN)).median,
    predictP99Ratio: ratioOf("beside").median,
    predictP99RatioPaced: ratioOf("besidePaced").median,
    pacedPerSecond: spreadOf(runs.map(({ pacedPerSecond }) => pacedPerSecond)).median,
    predictP99Ms: { alone: p99Of("alone"), beside: p99Of("beside"), besidePaced: p99Of("besidePaced") },
    serverMicroseconds: spreadOf(runs.map((run) => run.ensemble.get(MOST_CLIENTS)?.serverMicroseconds ?? NaN)),
    ensemble,
    linear: byClients((run) => run.linear),
    commits: byClients((run) => run.commits),
    observeMany: ratesOf(runs.map((run) => run.many)),
  };
}

type Figures = ReturnType<typeof figuresOf>;

function ratesOf(rates: readonly Rate[]) {
  return {
    perSecond: spreadOf(rates.map(({ perSecond }) => perSecond)),
    p50Ms: spreadOf(rates.map(({ p50Ms }) => p50Ms)),
    p99Ms: spreadOf(rates.map(({ p99Ms }) => p99Ms)),
  };
}

function tableRows(database: DatabaseKind, figures: Figures): Table {
  const cells = (rates: Record<string, ReturnType<typeof ratesOf>>, clients: number): string[] => {
    const rate = rates[clients];
    return [show(rate?.perSecond.median ?? NaN), show(rate?.p99Ms.median ?? NaN)];
  };
  const { ensemble, linear, commits, observeMany, predictP99Ratio, predictP99RatioPaced } = figures;
  const rows = CLIENTS.map((clients) => [
    `${database}, ${clients}`,
    ...cells(ensemble, clients),
    ...cells(linear, clients),
    ...cells(commits, clients),
  ]);
  const many = show(observeMany.perSecond.median);
  const ratios = `predictP99Ratio ${predictP99Ratio}, paced ${predictP99RatioPaced}`;
  return [...rows, [`${database}: observeMany ${many}/s, ${ratios}`, "", "", "", "", "", ""]];
}

/** The server, on the embedded database, under 64 clients. */
async function profile(bench: Bench, folder: string): Promise<string> {
  requireWrk();
  const rig = await startObserveRig(bench, "embedded", true);
  const { inspectorUrl } = rig.server;
  if (inspectorUrl === undefined) throw new BenchError("the server did not open its inspector");
  const load = { application: "ensemble", clients: MOST_CLIENTS, size: 1 } as const;
  await runObserve(bench, rig, { ...load, clients: 1, size: 500, seconds: WARM_UP_SECONDS });
  await runObserve(bench, rig, { ...load, seconds: WARM_UP_SECONDS });
  let observed: Observed | undefined;
  const taken = await profileDuring(inspectorUrl, async () => {
    observed = await runObserve(bench, rig, { ...load, seconds: bench.settings.seconds });
  });
  const path = join(folder, "observe.cpuprofile");
  await writeProfile(path, taken);
  const lines = topSelfTimes(taken, TOP).map(
    ({ place, line, share }) =>
      `${(share * 100).toFixed(1).padStart(5)} %  ${place}${line === undefined ? "" : ` (line ${line})`}`,
  );
  return [`${path}: ${observed?.perSecond}/s; self time without idle time`, ...lines].join("\n");
}
