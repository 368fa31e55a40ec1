import { later, together } from "./arrivals.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import type { Sent } from "./openLoop.js";
import { percentile, round, show, spreadOf } from "./statistics.js";
import {
  CAPACITY,
  goodPerSecond,
  isGood,
  isRefused,
  latenciesOf,
  NOISY_STUB,
  secondsUntil,
  SLO_MS,
  startStubRig,
} from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

const PEAK_LOADS = [0.9, 1, 1.1] as const;
const LOADS = [0.5, 1, 2, 5, 10] as const;
const WARM_UP_SECONDS = 5;
const STALL_MS = 5000;
const STEP_MS = 5000;
/** Clients that try again at once, three times. */
const STORM = { load: 2, attempts: 4 };
const APPLICATION = "overload";

export const OVERLOAD: Scenario = {
  name: "overload",
  summary: `goodput at up to ten times the capacity of a stub of ${CAPACITY} rows a second, beside its own peak`,
  repetition: { runs: 3, seconds: 30 },
  goals: [
    { figure: ["goodput", "2x"], atLeast: 0.95 },
    { figure: ["goodput", "10x"], atLeast: 0.9 },
    { figure: ["retryGoodput"], atLeast: 0.9 },
    { figure: ["acceptedP99Ms"], atMost: SLO_MS },
    { figure: ["refusalP99Ms"], atMost: 25 },
    { figure: ["recoverySeconds"], atMost: 2 },
    { figure: ["stepSeconds"], atMost: 1 },
  ],
  measure,
};

interface Load {
  readonly goodPerSecond: number;
  readonly acceptedP99Ms: number | undefined;
  /** Undefined where nothing was refused. */
  readonly refusalP99Ms: number | undefined;
}

type Offer = (load: number, seconds: number, attempts?: number) => Promise<readonly Sent[]>;

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  const wrapper = await rig.serveStub(APPLICATION, NOISY_STUB);
  const offer: Offer = (load, seconds, attempts) => rig.offer(APPLICATION, rig.load(load, seconds), { attempts });
  const { runs, seconds } = bench.settings;
  await offer(0.9, WARM_UP_SECONDS);
  const peaks: number[] = [];
  const peakSeconds = Math.ceil((seconds * 2) / 3);
  for (const load of PEAK_LOADS) peaks.push(figuresOf(await offer(load, peakSeconds), peakSeconds).goodPerSecond);
  const peakPerSecond = spreadOf(peaks).median;
  const repeat = async (name: string, load: number, attempts?: number): Promise<Row> => {
    const measured: Load[] = [];
    for (let i = 0; i < runs; i++) {
      measured.push(figuresOf(await offer(load, seconds, attempts), seconds));
      bench.progress(`  ${name}: ${Math.round(measured.at(-1)?.goodPerSecond ?? 0)} good a second`);
    }
    return rowOf(name, measured, peakPerSecond);
  };
  const rows: Row[] = [];
  for (const load of LOADS) rows.push(await repeat(`${load}x`, load));
  const storm = await repeat(`${STORM.load}x, each refusal tried again 3 times at once`, STORM.load, STORM.attempts);
  const steps: number[] = [];
  for (let i = 0; i < runs; i++) steps.push(await stepUp(rig, peakPerSecond));
  const recoverySeconds = await recovery(offer, wrapper.pid);
  return outcomeOf({ peakPerSecond, byLoad: rows, storm, stepSeconds: spreadOf(steps).median, recoverySeconds });
}

function figuresOf(sent: readonly Sent[], seconds: number): Load {
  const refused = sent.filter(({ body }) => isRefused(body)).map(({ latencyMs }) => latencyMs);
  return {
    goodPerSecond: sent.filter(isGood).length / seconds,
    acceptedP99Ms: percentile(latenciesOf(sent), 0.99),
    refusalP99Ms: percentile(refused, 0.99),
  };
}

/** Seconds after a step from 0.5 to 1.4 times the capacity until a half second is at 90 % of the peak. */
async function stepUp(rig: StubRig, peakPerSecond: number): Promise<number> {
  const low = rig.load(0.5, STEP_MS / 1000);
  const high = rig.load(1.4, STEP_MS / 1000);
  const sent = await rig.offer(APPLICATION, together(low, later(high, STEP_MS)));
  return secondsUntil(STEP_MS, 2 * STEP_MS, (from, to) => goodPerSecond(sent, from, to) >= 0.9 * peakPerSecond);
}

/** Seconds after a stall of five until a half second is at 99 % of the goodput before, at 0.8 times the capacity. */
async function recovery(offer: Offer, wrapperPid: number): Promise<number> {
  const beforeMs = 8000;
  const endMs = beforeMs + STALL_MS;
  const running = offer(0.8, (endMs + 8000) / 1000);
  const stop = setTimeout(() => process.kill(wrapperPid, "SIGSTOP"), beforeMs);
  const go = setTimeout(() => process.kill(wrapperPid, "SIGCONT"), endMs);
  const sent = await running.finally(() => {
    clearTimeout(stop);
    clearTimeout(go);
  });
  const share = (fromMs: number, toMs: number) => {
    const inside = sent.filter(({ intendedMs }) => intendedMs >= fromMs && intendedMs < toMs);
    return inside.filter(isGood).length / Math.max(1, inside.length);
  };
  const before = share(2000, beforeMs);
  return secondsUntil(endMs, endMs + 8000, (fromMs, toMs) => share(fromMs, toMs) >= 0.99 * before);
}

interface Row {
  readonly load: string;
  /** Of the peak. */
  readonly goodput: number;
  readonly acceptedP99Ms: number | undefined;
  readonly refusalP99Ms: number | undefined;
}

function rowOf(load: string, runs: readonly Load[], peakPerSecond: number): Row {
  const median = (of: (run: Load) => number | undefined): number | undefined => {
    const values = runs.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : spreadOf(values).median;
  };
  return {
    load,
    goodput: round((median((run) => run.goodPerSecond) ?? 0) / peakPerSecond),
    acceptedP99Ms: median(({ acceptedP99Ms }) => acceptedP99Ms),
    refusalP99Ms: median(({ refusalP99Ms }) => refusalP99Ms),
  };
}

interface Figures {
  readonly peakPerSecond: number;
  readonly byLoad: readonly Row[];
  readonly storm: Row;
  readonly stepSeconds: number;
  readonly recoverySeconds: number;
}

function outcomeOf({ peakPerSecond, byLoad, storm, stepSeconds, recoverySeconds }: Figures): Outcome {
  const worst = (of: (row: Row) => number | undefined) => Math.max(...byLoad.map((row) => of(row) ?? 0));
  return {
    result: {
      peakPerSecond,
      goodput: Object.fromEntries(byLoad.map(({ load, goodput }) => [load, goodput])),
      acceptedP99Ms: worst(({ acceptedP99Ms }) => acceptedP99Ms),
      refusalP99Ms: worst(({ refusalP99Ms }) => refusalP99Ms),
      sloMs: SLO_MS,
      retryGoodput: storm.goodput,
      stepSeconds,
      recoverySeconds,
      byLoad,
      storm,
    },
    table: [
      ["load", "goodput / peak", "accepted p99 ms", "refusal p99 ms"],
      ["peak", `${show(peakPerSecond)} a second`, "", ""],
      ...[...byLoad, storm].map(({ load, goodput, acceptedP99Ms, refusalP99Ms }) => [
        load,
        show(goodput),
        show(acceptedP99Ms ?? NaN),
        refusalP99Ms === undefined ? "none" : show(refusalP99Ms),
      ]),
      ["after a step from 0.5x to 1.4x", `${show(stepSeconds)} s to 90 %`, "", ""],
      ["after a stall of 5 s", `${show(recoverySeconds)} s to 99 %`, "", ""],
    ],
  };
}
