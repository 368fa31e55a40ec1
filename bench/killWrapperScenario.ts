import { setTimeout as sleep } from "node:timers/promises";
import { setReplicas, waitForReplicas } from "./application.js";
import { constant } from "./arrivals.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { BenchError } from "./bench.js";
import type { WrapperProcess } from "./wrapperProcess.js";
import type { Sent } from "./openLoop.js";
import { percentile, round, show } from "./statistics.js";
import { isAnswer, startStubRig } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

/** A batch takes 200 ms, however many rows it has. */
const SERVICE = ["--latency-line", "200,0"];
/** So that a new one is soon warm: each size takes 200 ms. */
const SETTINGS = { maxBatchRows: 16 };
const SLO_MS = 1000;
const PER_SECOND = 50;
const ROUND_SECONDS = 1.2;
const KILL_AFTER_MS = 700;
/** An answer later than so long after its objective was not given at the deadline. */
const HANG_MS = SLO_MS + 250;

export const KILL_WRAPPER: Scenario = {
  name: "kill-wrapper",
  summary: "kill -9 of a wrapper with a batch in it, round after round: one of two replicas, beside the only one",
  // A run is a round.
  repetition: { runs: 100, seconds: ROUND_SECONDS },
  goals: [
    { figure: ["two", "hangs"], atMost: 0 },
    { figure: ["two", "successShare"], atLeast: 0.99 },
    { figure: ["one", "hangs"], atMost: 0 },
    { figure: ["one", "detectedP99Ms"], atMost: 20 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  const two = await rounds(bench, rig, "two", 2);
  const one = await rounds(bench, rig, "one", 1);
  const row = (replicas: string, { figures }: Rounds): string[] => [
    replicas,
    ...[figures.inFlight, figures.successShare, figures.hangs].map(show),
    ...[figures.detectedP50Ms, figures.detectedP99Ms].map((ms) => (ms === undefined ? "none" : show(ms))),
  ];
  return {
    result: { rounds: bench.settings.runs, two: two.figures, one: one.figures },
    table: [
      ["replicas", "queries in flight at the kill", "answered by the model", "hangs", "refused after p50 ms", "p99 ms"],
      row("2", two),
      row("1", one),
    ],
  };
}

interface Rounds {
  readonly figures: {
    /** Queries that had been sent and not answered when the wrapper was killed, of all rounds. */
    readonly inFlight: number;
    /** Of those, answered by the model within the objective. */
    readonly successShare: number;
    readonly hangs: number;
    /** From the kill to the answer of those that were not: undefined where all were. */
    readonly detectedP50Ms: number | undefined;
    readonly detectedP99Ms: number | undefined;
  };
}

/** What was in flight when its wrapper was killed, and what became of it. */
interface Touched {
  readonly sent: Sent;
  readonly afterKillMs: number;
}

async function rounds(bench: Bench, rig: StubRig, name: string, replicas: number): Promise<Rounds> {
  const wrappers: WrapperProcess[] = [await rig.serveStub(name, SERVICE, SETTINGS, SLO_MS)];
  const start = (i: number) => rig.startStub(name, SERVICE, `${name}-${i}`);
  for (let i = 0; i < replicas; i++) wrappers[i] = await start(i);
  const endpoints = wrappers.map(({ endpoint }) => endpoint);
  await setReplicas(rig.server.graphqlUrl, name, endpoints);
  const touched: Touched[] = [];
  for (let i = 0; i < bench.settings.runs; i++) {
    const victim = i % replicas;
    touched.push(...(await killOnce(bench, rig, name, wrappers[victim] as WrapperProcess, i)));
    wrappers[victim] = await start(victim);
    await waitForReplicas(rig.server.graphqlUrl, name, replicas);
    if ((i + 1) % 10 === 0) bench.progress(`  ${name}: ${i + 1} rounds, ${touched.length} queries in flight`);
  }
  return { figures: figuresOf(touched) };
}

async function killOnce(
  bench: Bench,
  rig: StubRig,
  name: string,
  { pid }: WrapperProcess,
  turn: number,
): Promise<readonly Touched[]> {
  const startMs = performance.now();
  const running = rig.offer(name, constant(PER_SECOND, ROUND_SECONDS));
  // At another moment of a batch each time.
  await sleep(KILL_AFTER_MS + ((turn * 37) % 200), undefined, { signal: bench.signal });
  const killMs = performance.now() - startMs;
  process.kill(pid, "SIGKILL");
  const sent = await running;
  const touched = sent
    .map((one) => ({ sent: one, afterKillMs: one.intendedMs + one.latencyMs - killMs }))
    .filter(({ sent: { intendedMs }, afterKillMs }) => intendedMs < killMs - 5 && afterKillMs > 0);
  if (touched.length === 0) throw new BenchError(`${name}: nothing was in flight when the wrapper was killed`);
  return touched;
}

function figuresOf(touched: readonly Touched[]): Rounds["figures"] {
  const good = touched.filter(({ sent }) => isAnswer(sent.body) && sent.latencyMs <= SLO_MS);
  const refused = touched.filter(({ sent }) => !isAnswer(sent.body)).map(({ afterKillMs }) => afterKillMs);
  return {
    inFlight: touched.length,
    successShare: round(good.length / touched.length),
    hangs: touched.filter(({ sent }) => sent.latencyMs > HANG_MS).length,
    detectedP50Ms: percentile(refused, 0.5),
    detectedP99Ms: percentile(refused, 0.99),
  };
}
