import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../src/domain/ports.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { Acknowledgements } from "./durability/acknowledgements.js";
import { check, oraclePython, problemsOf } from "./durability/checker.js";
import { findDeletion } from "./durability/deletion.js";
import { runningCluster } from "./durability/embeddedCluster.js";
import { Observers } from "./durability/observers.js";
import { traceRound } from "./durability/tracedRound.js";
import type { TracedRound } from "./durability/tracedRound.js";
import {
  createApplications,
  ensembleApplication,
  linearApplication,
  startMembers,
} from "./feedback/feedbackApplications.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { startSkysail, stopSkysail, temporaryFolder } from "./skysailServer.js";
import type { SkysailServer } from "./skysailServer.js";
import { showSpread, spreadOf } from "./statistics.js";

const CLIENTS = 8;
const FULL_ROUNDS = 200;
/** Checks on the way, beside the one at the end: what is once wrong in a log stays wrong. */
const CHECKS = 10;
const KILL_AFTER_MS = [500, 3000] as const;
/** Traced, PostgreSQL is several times slower. */
const TRACED_MS = 3000;
const AGAIN_WITHIN_MS = 60_000;
/** Small states and large ones, whose kept bytes are behind their log. */
const APPLICATIONS = [ensembleApplication("hedge"), linearApplication("ridge", 8), linearApplication("wide-ridge", 64)];

type Killed = "server" | "postgres";

export const DURABILITY: Scenario = {
  name: "durability",
  summary: "kill -9 of the server and of PostgreSQL under 8 clients: what was acknowledged, and the fold of the log",
  repetition: { runs: 5, seconds: 3 },
  goals: [
    // One run is one round, of half a second to three.
    { figure: ["lost"], atMost: 0 },
    { figure: ["doubled"], atMost: 0 },
    { figure: ["differing"], atMost: 0 },
    { figure: ["deletionFound"], atLeast: 1 },
    { figure: ["unsynced"], atMost: 0 },
    { figure: ["readyMs", "server", "max"], atMost: 2000 },
    { figure: ["readyMs", "postgres", "max"], atMost: 2000 },
  ],
  measure,
};

interface Run {
  readonly bench: Bench;
  readonly folder: string;
  readonly acknowledgements: Acknowledgements;
  readonly random: Random;
  /** From the kill to the next thing that works: the server's start, or an acknowledgement. */
  readonly readyMs: Record<Killed, number[]>;
  readonly problems: Set<string>;
  readonly found: { lost: number; doubled: number; differing: number };
}

async function measure(bench: Bench): Promise<Outcome> {
  const folder = await temporaryFolder(bench);
  const python = await oraclePython(bench);
  if (python === undefined) bench.progress("  no Python: states are not compared with the oracle's");
  const acknowledgements = new Acknowledgements(join(folder, "acknowledged"));
  await bench.cleanup.add(() => acknowledgements.close());
  const run: Run = {
    ...{ bench, folder, acknowledgements, random: seededRandom(1) },
    readyMs: { server: [], postgres: [] },
    problems: new Set(),
    found: { lost: 0, doubled: 0, differing: 0 },
  };
  await startMembers(bench, folder);
  let server = await startSkysail(bench, folder);
  await createApplications(server.graphqlUrl, folder, APPLICATIONS);
  const trace = await traced(run, server);
  const rounds = bench.settings.full ? FULL_ROUNDS : bench.settings.runs;
  for (let round = 1; round <= rounds; round++) {
    const killed: Killed = round % 2 === 0 ? "postgres" : "server";
    server = await killRound(run, server, killed, round);
    if (round % Math.max(1, Math.floor(rounds / CHECKS)) === 0) await lookAt(run);
    bench.progress(`  round ${round} of ${rounds}: ${acknowledgements.count} acknowledged`);
  }
  const deletionFound = await lastChecks(run, server, python);
  return outcomeOf(run, { rounds, deletionFound, oracle: python !== undefined, trace });
}

/** A round without a kill, before the others, in which PostgreSQL's own calls are followed. */
async function traced(run: Run, server: SkysailServer): Promise<TracedRound | string> {
  const { bench, folder, acknowledgements, problems } = run;
  const trace = await traceRound(bench, folder, async () => {
    const shared = { applications: APPLICATIONS, clients: CLIENTS, acknowledgements, round: 0 };
    const observers = new Observers({ ...shared, url: server.graphqlUrl });
    observers.start();
    await delay(TRACED_MS, undefined, { signal: bench.signal });
    await observers.stop();
    return observers.acknowledged;
  });
  if (typeof trace === "string") {
    bench.progress(`  flushes are not looked at: ${trace}`);
    return trace;
  }
  const { groups, syncs, unsynced, unseen, controlUnsynced } = trace;
  bench.progress(`  ${groups} groups acknowledged with ${syncs} flushes of the log; ${unsynced} without one`);
  if (groups === 0 || unsynced > 0) problems.add(`${unsynced} of ${groups} groups were acknowledged without a flush`);
  if (unseen > 0) problems.add(`${unseen} were acknowledged and stand in no transaction of the trace`);
  if (controlUnsynced === 0)
    problems.add("transactions that do not wait for a flush seem to: the trace proves nothing");
  return trace;
}

/** Kills one of them while clients observe, waits until it serves again, and sends again what had no answer. */
async function killRound(run: Run, server: SkysailServer, killed: Killed, round: number): Promise<SkysailServer> {
  const { bench, acknowledgements, random } = run;
  const shared = { applications: APPLICATIONS, clients: CLIENTS, acknowledgements, round };
  const observers = new Observers({ ...shared, url: server.graphqlUrl });
  observers.start();
  const [least, most] = KILL_AFTER_MS;
  await delay(least + (most - least) * random(), undefined, { signal: bench.signal });
  const killedMs = performance.now();
  const next = await (killed === "server" ? killServer(run, server) : killPostgres(run, server, observers));
  run.readyMs[killed].push(performance.now() - killedMs);
  const unanswered = await observers.stop();
  const again = new Observers({ ...shared, url: next.graphqlUrl });
  await again.sendAgain(unanswered);
  const still = await again.stop();
  if (still.length > 0) run.problems.add(`round ${round}: ${still.length} sent again without success`);
  return next;
}

async function killServer({ bench, folder }: Run, { pid }: SkysailServer): Promise<SkysailServer> {
  process.kill(pid, "SIGKILL");
  return startSkysail(bench, folder);
}

async function killPostgres(
  { bench, folder }: Run,
  server: SkysailServer,
  observers: Observers,
): Promise<SkysailServer> {
  const { pid } = await runningCluster(join(folder, "data"));
  process.kill(pid, "SIGKILL");
  // Its sessions outlive it for a moment, and may still commit: what counts comes from the next one.
  await nextCluster(bench, join(folder, "data"), pid);
  const again = await Promise.race([observers.nextAcknowledgement().then(() => true), delay(AGAIN_WITHIN_MS, false)]);
  if (!again) throw new BenchError(`no observation was taken within ${AGAIN_WITHIN_MS} ms of PostgreSQL's death`);
  return server;
}

/** Resolves when another PostgreSQL has taken the place of the one that was killed. */
async function nextCluster({ signal }: Bench, dataDir: string, killed: number): Promise<void> {
  const giveUpMs = performance.now() + AGAIN_WITHIN_MS;
  while (performance.now() < giveUpMs) {
    // The file is gone for a moment in between.
    const running = await runningCluster(dataDir).catch(() => undefined);
    if (running !== undefined && running.pid !== killed) return;
    await delay(5, undefined, { signal });
  }
  throw new BenchError(`no PostgreSQL came in place of ${killed} within ${AGAIN_WITHIN_MS} ms`);
}

/** The checker's findings, kept for the end. */
async function lookAt(run: Run, python?: string): Promise<void> {
  const { bench, folder, acknowledgements, problems, found } = run;
  await acknowledgements.flush();
  const { url } = await runningCluster(join(folder, "data"));
  const report = await check(bench, { url, acknowledged: acknowledgements.path, python });
  for (const problem of problemsOf(report)) problems.add(problem);
  const total = (count: (one: (typeof report.applications)[number]) => number): number =>
    report.applications.reduce((sum, one) => sum + count(one), 0);
  found.lost = Math.max(
    found.lost,
    total(({ lost, gaps }) => Math.max(lost.length, gaps.length)),
  );
  found.doubled = Math.max(
    found.doubled,
    total(({ doubled }) => doubled.length),
  );
  found.differing = Math.max(
    found.differing,
    total(({ differing, oracleDiffering = [] }) => differing.length + oracleDiffering.length),
  );
}

/** Stops the server, so that all is kept as a whole; looks once more, and then for a row that is deleted on purpose. */
async function lastChecks(run: Run, server: SkysailServer, python: string | undefined): Promise<boolean> {
  const { bench, folder, acknowledgements } = run;
  await stopSkysail(server);
  // A server without anything to do keeps the database running.
  await startSkysail(bench, folder);
  await lookAt(run, python);
  const { url } = await runningCluster(join(folder, "data"));
  const problem = await findDeletion(bench, url, acknowledgements.path);
  if (problem !== undefined) run.problems.add(`the deleted row: ${problem}`);
  return problem === undefined;
}

interface Summary {
  readonly rounds: number;
  readonly deletionFound: boolean;
  /** Whether states were compared with the Python oracle's. */
  readonly oracle: boolean;
  /** A text: why there is none. */
  readonly trace: TracedRound | string;
}

function outcomeOf(run: Run, { rounds, deletionFound, oracle, trace }: Summary): Outcome {
  const { acknowledgements, readyMs, problems, found, bench } = run;
  for (const problem of problems) bench.progress(`  ${problem}`);
  const kills = { server: readyMs.server.length, postgres: readyMs.postgres.length };
  const ready = { server: spreadOf(readyMs.server), postgres: spreadOf(readyMs.postgres) };
  const { count: acknowledged } = acknowledgements;
  const figures = { rounds, acknowledged, ...found, kills, deletionFound: deletionFound ? 1 : 0 };
  // What was left out is said, and is no failure: few may trace others' processes.
  const unsynced = typeof trace === "string" ? 0 : trace.unsynced + trace.unseen + Number(trace.controlUnsynced === 0);
  const flushes = typeof trace === "string" ? "not looked at" : `${trace.unsynced} of ${trace.groups}`;
  return {
    result: { ...figures, unsynced, trace, readyMs: ready, oracle, problems: [...problems] },
    table: [
      [
        ...["rounds", "acknowledged", "lost", "doubled", "differing", "ready after server ms", "after postgres ms"],
        "groups without a flush",
      ],
      [
        ...[rounds, acknowledged, found.lost, found.doubled, found.differing].map(String),
        showSpread(ready.server),
        showSpread(ready.postgres),
        flushes,
      ],
    ],
  };
}
