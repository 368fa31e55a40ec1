import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario, Table } from "./bench.js";
import { runningCluster } from "./durability/embeddedCluster.js";
import { EntityLoad, POPULARITIES } from "./entities/entityLoad.js";
import type { Asked, Popularity } from "./entities/entityLoad.js";
import { storeEntities } from "./entities/storedEntities.js";
import type { StoredEntities } from "./entities/storedEntities.js";
import { createApplications, ensembleApplication, startMembers } from "./feedback/feedbackApplications.js";
import { fillLog } from "./feedback/fillLog.js";
import { observeReceipts } from "./feedback/observeLoad.js";
import { writeObserveTemplate } from "./feedback/observeRig.js";
import { heldBytes } from "./profile.js";
import { residentMiB } from "./residentMemory.js";
import { startSkysail, stopSkysail, temporaryFolder } from "./skysailServer.js";
import type { SkysailServer } from "./skysailServer.js";
import { round, show, spreadOf } from "./statistics.js";
import { requireWrk } from "./wrk.js";

const APPLICATION = ensembleApplication("ensemble");
const ENTITIES = 1_000_000;
const FULL_ENTITIES = 3_000_000;
/** Whose states are real; all others' are copies of them. */
const MADE = { entities: 500, rows: 2500 };
/** Room for some 5,000 entities: filled within a run, several times over. */
const STATE_BYTES = 16 * 2 ** 20;
const STATE_MIB = STATE_BYTES / 2 ** 20;
/** Full before anything is measured: what it takes is not the entities'. */
const CACHE_BYTES = 2 ** 20;
const FLOODED = 40_000;
/** Observed again and again, and so held. */
const WARM = 2000;
const WARM_UP_SECONDS = 5;
const CLIENTS = 64;

export const ENTITIES_SCENARIO: Scenario = {
  name: "entities",
  summary: "a million entities' states in PostgreSQL: the server's memory, personal answers, observations of cold ones",
  repetition: { runs: 3, seconds: 5 },
  goals: [
    { figure: ["usedOfBound"], atMost: 1.3 },
    // What V8 keeps for the young, which grows with what outlives them.
    { figure: ["rssBeyondBoundMiB"], atMost: 64 },
    // Read within 2 ms, or answered from the population.
    { figure: ["asked", "uniform", "personalised"], atLeast: 0.8 },
    { figure: ["asked", "zipf", "personalised"], atLeast: 0.9 },
    { figure: ["asked", "uniform", "p99Ms"], atMost: 75 },
    { figure: ["asked", "zipf", "p99Ms"], atMost: 75 },
    { figure: ["observe", "coldPerSecond"], atLeast: 1000 },
  ],
  measure,
};

type Figures = Readonly<Record<Popularity, Asked>>;

interface Memory {
  /** Heap and buffers, after garbage collection. */
  readonly usedMiB: number;
  readonly rssMiB: number;
  /** By the server's own count. */
  readonly heldMiB: number;
  readonly heldEntities: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  requireWrk();
  const folder = await temporaryFolder(bench);
  await startMembers(bench, folder);
  const stored = await prepare(bench, folder);
  bench.progress(`  ${stored.count} entities, ${Math.round(stored.tableMiB)} MiB in ${Math.round(stored.seconds)} s`);
  const load = new EntityLoad(bench, APPLICATION.name, stored.count);
  const server = await start(bench, folder);
  const url = server.graphqlUrl;
  // As much as is asked of the entities later: what grows is not what any work makes grow.
  await load.flood(url, "population", FLOODED);
  const before = await memoryOf(server);
  // The first readings find the table outside of PostgreSQL's own memory, and nothing compiled.
  await load.ask(url, "uniform", WARM_UP_SECONDS);
  const asked = await askByTurns(bench, load, url);
  const receipts = await load.flood(url, "uniform", FLOODED);
  const after = await memoryOf(server);
  await stopSkysail(server);
  const observe = await measureObserve(bench, folder, receipts);
  return outcomeOf(stored, asked, { before, after }, observe);
}

function start(bench: Bench, folder: string): Promise<SkysailServer> {
  const settings = ["--state-bytes", String(STATE_BYTES), "--cache-bytes", String(CACHE_BYTES)];
  return startSkysail(bench, folder, true, settings);
}

async function prepare(bench: Bench, folder: string): Promise<StoredEntities> {
  const server = await startSkysail(bench, folder);
  await createApplications(server.graphqlUrl, folder, [APPLICATION]);
  await fillLog(server.graphqlUrl, folder, APPLICATION, MADE);
  // Writes all states as a whole.
  await stopSkysail(server);
  const idle = await startSkysail(bench, folder);
  const { url } = await runningCluster(join(folder, "data"));
  const stored = await storeEntities(bench, url, APPLICATION.name, bench.settings.full ? FULL_ENTITIES : ENTITIES);
  await stopSkysail(idle);
  return stored;
}

async function askByTurns({ settings, progress }: Bench, load: EntityLoad, url: string): Promise<Figures> {
  const runs: Record<Popularity, Asked[]> = { population: [], uniform: [], zipf: [] };
  for (let i = 0; i < settings.runs; i++) {
    for (const popularity of POPULARITIES) {
      const one = await load.ask(url, popularity, settings.seconds);
      runs[popularity].push(one);
      progress(`  ${popularity}: p99 ${one.p99Ms} ms, personalised ${one.personalised}`);
    }
  }
  const median = (popularity: Popularity, of: keyof Asked): number =>
    spreadOf(runs[popularity].map((one) => one[of])).median;
  const figures = (popularity: Popularity): Asked => ({
    p50Ms: median(popularity, "p50Ms"),
    p99Ms: median(popularity, "p99Ms"),
    personalised: median(popularity, "personalised"),
  });
  return { population: figures("population"), uniform: figures("uniform"), zipf: figures("zipf") };
}

async function memoryOf({ pid, origin, inspectorUrl }: SkysailServer): Promise<Memory> {
  if (inspectorUrl === undefined) throw new BenchError("the server did not open its inspector");
  const usedMiB = round((await heldBytes(inspectorUrl)) / 2 ** 20);
  const text = await (await fetch(`${origin}/metrics`)).text();
  const gauge = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);
  return {
    usedMiB,
    rssMiB: round(residentMiB(pid)),
    heldMiB: round(gauge("skysail_held_entity_bytes") / 2 ** 20),
    heldEntities: gauge("skysail_held_entities"),
  };
}

/** From a server that has just started and holds nobody: each observation is of another entity, then of few. */
async function measureObserve(bench: Bench, folder: string, receipts: readonly string[]) {
  const server = await start(bench, folder);
  const template = await writeObserveTemplate(folder);
  const write = async (name: string, some: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, some.map((receipt) => `${receipt}\t{"label":"ant"}\n`).join(""));
    return path;
  };
  const { seconds } = bench.settings;
  const run = (path: string, forSeconds: number) =>
    observeReceipts(bench, { server, template, receipts: path }, { clients: CLIENTS, seconds: forSeconds, size: 1 });
  const cold = await run(await write("cold", receipts), seconds);
  const few = await write("warm", receipts.slice(0, WARM));
  await run(few, 2);
  const warm = await run(few, seconds);
  const { heldMiB } = await memoryOf(server);
  return {
    coldPerSecond: cold.perSecond,
    coldP99Ms: cold.p99Ms,
    warmPerSecond: warm.perSecond,
    warmP99Ms: warm.p99Ms,
    heldMiB,
  };
}

function outcomeOf(
  stored: StoredEntities,
  asked: Figures,
  memory: { readonly before: Memory; readonly after: Memory },
  observe: Awaited<ReturnType<typeof measureObserve>>,
): Outcome {
  const grown = (of: "usedMiB" | "rssMiB"): number => round(memory.after[of] - memory.before[of]);
  const grownMiB = { used: grown("usedMiB"), rss: grown("rssMiB") };
  const result = {
    entities: stored.count,
    tableMiB: round(stored.tableMiB),
    storedInSeconds: round(stored.seconds),
    boundMiB: STATE_MIB,
    grownMiB,
    usedOfBound: round(grownMiB.used / STATE_MIB),
    rssBeyondBoundMiB: round(grownMiB.rss - STATE_MIB),
    memory,
    asked,
    observe,
  };
  const table: Table = [
    [`${show(stored.count)} entities`, "p50 ms", "p99 ms", "personalised"],
    ...POPULARITIES.map((name) => [
      name,
      ...[asked[name].p50Ms, asked[name].p99Ms, asked[name].personalised].map(show),
    ]),
    [
      `memory grown by ${show(grownMiB.used)} MiB, RSS by ${show(grownMiB.rss)}, bound ${STATE_MIB} MiB, ${show(memory.after.heldEntities)} held`,
    ],
    [`observed cold ${show(observe.coldPerSecond)} a second, warm ${show(observe.warmPerSecond)}`],
  ];
  return { result, table };
}
