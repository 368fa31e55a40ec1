import type { Bench, Outcome, Scenario } from "./bench.js";
import { percentile, round, showSpread, spreadOf } from "./statistics.js";
import { latenciesOf, startStubRig } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

/** Of the victim's capacity. */
const LOAD = 0.5;
/** Can do a tenth of the victim's rows, so that ten times its capacity are few queries: cores cannot be isolated. */
const OTHER = { service: ["--latency-line", "10,18"], load: 0.05, flood: 1 };
const WARM_UP_SECONDS = 2;
const VICTIM = "victim";

/** What the other model does. The signal comes when a tenth of the run is over. */
const FAULTS = {
  floods: { load: OTHER.flood, signal: undefined },
  hangs: { load: OTHER.load, signal: "SIGSTOP" },
  dies: { load: OTHER.load, signal: "SIGKILL" },
} as const;
type Fault = keyof typeof FAULTS;
const NAMES = Object.keys(FAULTS) as Fault[];

export const ISOLATION: Scenario = {
  name: "isolation",
  summary: "a model's p99 while another one floods, hangs or dies, beside its p99 while the other one is healthy",
  repetition: { runs: 3, seconds: 10 },
  goals: NAMES.flatMap((name) => [
    { figure: ["p99Ratio", name], atMost: 1.2 },
    { figure: ["answeredRatio", name], atLeast: 0.99 },
  ]),
  measure,
};

/** Of the victim. */
interface Figures {
  readonly p99Ms: number;
  /** Share of its queries. */
  readonly answered: number;
}

type Pair = Readonly<Record<"healthy" | "faulty", Figures>>;

/** The stubs sleep: two models that compute would share the machine's cores, whatever Skysail does. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  await rig.serveStub(VICTIM);
  const pairs: Record<Fault, Pair[]> = { floods: [], hangs: [], dies: [] };
  for (let i = 0; i < bench.settings.runs; i++) {
    for (const name of NAMES) {
      const pair = await measurePair(bench, rig, name, `${name}-${i}`);
      pairs[name].push(pair);
      bench.progress(`  ${name}: p99 ${pair.faulty.p99Ms} ms, before ${pair.healthy.p99Ms} ms`);
    }
  }
  return outcomeOf(pairs);
}

function outcomeOf(pairs: Readonly<Record<Fault, readonly Pair[]>>): Outcome {
  const figures = NAMES.map((name) => {
    const side = (of: keyof Pair) => spreadOf(pairs[name].map((pair) => pair[of].p99Ms));
    const ratio = (of: keyof Figures) => spreadOf(pairs[name].map(({ faulty, healthy }) => faulty[of] / healthy[of]));
    return {
      name,
      p99Ratio: ratio("p99Ms"),
      answeredRatio: ratio("answered"),
      p99Ms: { faulty: side("faulty"), healthy: side("healthy") },
    };
  });
  const medians = (of: "p99Ratio" | "answeredRatio") =>
    Object.fromEntries(figures.map((one) => [one.name, one[of].median]));
  return {
    result: { p99Ratio: medians("p99Ratio"), answeredRatio: medians("answeredRatio"), byFault: figures },
    table: [
      ["the other model", "p99 ms", "p99 ms before", "ratio", "answered, ratio"],
      ...figures.map(({ name, p99Ms, p99Ratio, answeredRatio }) => [
        name,
        ...[p99Ms.faulty, p99Ms.healthy, p99Ratio, answeredRatio].map(showSpread),
      ]),
    ],
  };
}

/** Each fault has another model of its own, which is as busy as the victim before it. */
async function measurePair(bench: Bench, rig: StubRig, fault: Fault, other: string): Promise<Pair> {
  const { seconds } = bench.settings;
  const { load, signal } = FAULTS[fault];
  const { pid } = await rig.serveStub(other, OTHER.service);
  const figures = async (otherLoad: number): Promise<Figures> => {
    const [sent] = await Promise.all([
      rig.offer(VICTIM, rig.load(LOAD, seconds)),
      rig.offer(other, rig.load(otherLoad, seconds)),
    ]);
    const latencies = latenciesOf(sent);
    return { p99Ms: round(percentile(latencies, 0.99) ?? NaN), answered: latencies.length / sent.length };
  };
  await rig.offer(VICTIM, rig.load(LOAD, WARM_UP_SECONDS));
  const healthy = await figures(OTHER.load);
  const timer = setTimeout(() => signal !== undefined && process.kill(pid, signal), (seconds * 1000) / 10);
  const faulty = await figures(load).finally(() => clearTimeout(timer));
  // So that it can end, and is no load on the runs after this one.
  if (signal !== "SIGKILL") process.kill(pid, "SIGCONT");
  return { healthy, faulty };
}
