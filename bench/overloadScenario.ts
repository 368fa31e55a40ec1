import { APPLICATION, setUpApplication } from "./application.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { startNoopWrapper, WIDTH } from "./noopWrapper.js";
import { runOpenLoop } from "./openLoop.js";
import type { Sent } from "./openLoop.js";
import { PREDICT } from "./operations.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { show, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const SLO_MS = 100;
/** Serial batches of 10 + 2 rows ms: 20 rows take half of the objective. */
const CAPACITY = 400;
const SERVICE = ["--latency-line", "10,2", "--noise", "0.08", "--stall", "0.01,3"];
const PEAK_LOADS = [0.9, 1, 1.1] as const;
const LOADS = [0.5, 2, 10] as const;
const WARM_UP_SECONDS = 5;
const STALL_MS = 5000;

export const OVERLOAD: Scenario = {
  name: "overload",
  summary: `goodput at up to ten times the capacity of a stub of ${CAPACITY} rows a second, beside its own peak`,
  measure,
};

interface Load {
  readonly goodPerSecond: number;
  readonly acceptedP99Ms: number;
  /** Undefined where nothing was refused. */
  readonly refusalP99Ms: number | undefined;
}

async function measure(bench: Bench): Promise<Outcome> {
  const folder = await temporaryFolder(bench);
  const wrapper = await startNoopWrapper(bench, folder, SERVICE);
  const server = await startSkysail(bench, folder, false);
  await setUpApplication(server.graphqlUrl, wrapper.endpoint, SLO_MS);
  const offer = offering(bench, server.graphqlUrl);
  await offer(0.9, WARM_UP_SECONDS);
  const peaks: Load[] = [];
  for (const load of PEAK_LOADS)
    peaks.push(figuresOf(await offer(load, bench.settings.seconds), bench.settings.seconds));
  const peakPerSecond = spreadOf(peaks.map(({ goodPerSecond }) => goodPerSecond)).median;
  const rows = [];
  for (const load of LOADS) {
    const runs: Load[] = [];
    for (let i = 0; i < bench.settings.runs; i++) {
      runs.push(figuresOf(await offer(load, bench.settings.seconds), bench.settings.seconds));
      bench.progress(`  ${load}x: ${Math.round(runs.at(-1)?.goodPerSecond ?? 0)} good a second`);
    }
    rows.push({ load, runs });
  }
  const recoverySeconds = await recovery(offer, wrapper.pid);
  return outcomeOf(peakPerSecond, rows, recoverySeconds);
}

type Offer = (load: number, seconds: number) => Promise<readonly Sent[]>;

/** Every input is another one, so that no cache helps. */
function offering({ signal }: Bench, url: string): Offer {
  let input = 0;
  let seed = 0;
  const bodyOf = (): string => {
    const values = Array.from({ length: WIDTH }, (_, i) => (i === 0 ? (input += 1) : i));
    return JSON.stringify({
      query: PREDICT.toString(),
      variables: { input: { application: APPLICATION, input: { values } } },
    });
  };
  return (load, seconds) =>
    runOpenLoop({ url, ratePerSecond: load * CAPACITY, seconds, random: seededRandom((seed += 1)), bodyOf, signal });
}

function isAnswer({ body }: Sent): boolean {
  return body.includes('"source":"MODEL"');
}

function isGood(sent: Sent): boolean {
  return isAnswer(sent) && sent.latencyMs <= SLO_MS;
}

function figuresOf(sent: readonly Sent[], seconds: number): Load {
  const accepted = sent.filter(isAnswer).map(({ latencyMs }) => latencyMs);
  const refused = sent.filter(({ body }) => body.includes('"code":"OVERLOADED"')).map(({ latencyMs }) => latencyMs);
  return {
    goodPerSecond: sent.filter(isGood).length / seconds,
    acceptedP99Ms: percentile(accepted, 0.99) ?? NaN,
    refusalP99Ms: percentile(refused, 0.99),
  };
}

function percentile(values: readonly number[], q: number): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)];
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
  for (let fromMs = endMs; fromMs < endMs + 7500; fromMs += 100) {
    if (share(fromMs, fromMs + 500) >= 0.99 * before) return (fromMs - endMs) / 1000;
  }
  return Infinity;
}

function outcomeOf(
  peakPerSecond: number,
  rows: readonly { readonly load: number; readonly runs: readonly Load[] }[],
  recoverySeconds: number,
): Outcome {
  const spread = (runs: readonly Load[], of: (load: Load) => number | undefined): Spread | undefined => {
    const values = runs.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : spreadOf(values);
  };
  const byLoad = rows.map(({ load, runs }) => ({
    load: `${load}x`,
    goodput: (spread(runs, ({ goodPerSecond }) => goodPerSecond)?.median ?? 0) / peakPerSecond,
    acceptedP99Ms: spread(runs, ({ acceptedP99Ms }) => acceptedP99Ms)?.median,
    refusalP99Ms: spread(runs, ({ refusalP99Ms }) => refusalP99Ms)?.median,
  }));
  const worst = (of: (row: (typeof byLoad)[number]) => number | undefined) =>
    Math.max(...byLoad.map((row) => of(row) ?? 0));
  return {
    result: {
      peakPerSecond,
      goodput: Object.fromEntries(byLoad.map(({ load, goodput }) => [load, goodput])),
      acceptedP99Ms: worst(({ acceptedP99Ms }) => acceptedP99Ms),
      refusalP99Ms: worst(({ refusalP99Ms }) => refusalP99Ms),
      sloMs: SLO_MS,
      recoverySeconds,
      byLoad,
    },
    table: [
      ["load", "goodput / peak", "accepted p99 ms", "refusal p99 ms"],
      ["peak", `${show(peakPerSecond)} a second`, "", ""],
      ...byLoad.map(({ load, goodput, acceptedP99Ms, refusalP99Ms }) => [
        load,
        show(goodput),
        show(acceptedP99Ms ?? NaN),
        refusalP99Ms === undefined ? "none" : show(refusalP99Ms),
      ]),
      ["after a stall of 5 s", `${show(recoverySeconds)} s to 99 %`, "", ""],
    ],
  };
}
