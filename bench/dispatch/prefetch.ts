import { poisson } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { round, showSpread, spreadOf } from "../statistics.js";
import type { StubRig } from "../stubRig.js";
import { offerAll, serveSide } from "./sides.js";
import type { Latencies, Side } from "./sides.js";

const SLO_MS = 50;
/** Serial batches of 4 + 2 rows ms: 10 rows take half of the objective, some 420 rows a second. */
const SERVICE = ["--latency-line", "4,2", "--noise", "0.08"];
const PER_SECOND = 500;
const PREFETCH_MS = 5;
const WAYS = { near: 0, far: 2 } as const;
type Way = keyof typeof WAYS;
const WAY_NAMES = Object.keys(WAYS) as Way[];
const WARM_UP_SECONDS = 5;

type Pair = Readonly<Record<"ahead" | "waits", Latencies>>;

/** Above capacity: a wrapper on this machine's socket, and one with 2 ms on the way there and back. */
export async function measurePrefetch(bench: Bench, rig: StubRig) {
  const pairs: Record<Way, Pair[]> = { near: [], far: [] };
  for (const way of WAY_NAMES) {
    const side = (name: string, prefetchMs: number): Side => {
      return { name: `${way}-${name}`, service: SERVICE, settings: { prefetchMs }, sloMs: SLO_MS, wayMs: WAYS[way] };
    };
    const sides = { ahead: side("ahead", PREFETCH_MS), waits: side("waits", 0) };
    for (const one of Object.values(sides)) await serveSide(bench, rig, one);
    await offerAll(rig, sides, () => poisson(PER_SECOND, WARM_UP_SECONDS, seededRandom(1)));
    for (let i = 0; i < bench.settings.runs; i++) {
      const pair = await offerAll(rig, sides, () => poisson(PER_SECOND, bench.settings.seconds, seededRandom(i + 2)));
      pairs[way].push(pair);
      bench.progress(`  ${way}: good ${pair.ahead.good} with the next batch sent ahead, ${pair.waits.good} without`);
    }
  }
  const figures = WAY_NAMES.map((way) => {
    const of = (figure: (pair: Pair) => number) => spreadOf(pairs[way].map(figure));
    return {
      way,
      goodRatio: of(({ ahead, waits }) => round(ahead.good / waits.good)),
      ahead: of(({ ahead }) => ahead.good),
      waits: of(({ waits }) => waits.good),
    };
  });
  return {
    result: Object.fromEntries(
      figures.map(({ way, ...figure }) => [way, { ...figure, goodRatio: figure.goodRatio.median }]),
    ),
    rows: figures.map(({ way, goodRatio, ahead, waits }) => [
      `prefetchMs ${PREFETCH_MS}, wrapper ${way === "far" ? `${WAYS.far} ms away` : "on a socket"}`,
      `good ${showSpread(ahead)}`,
      `good ${showSpread(waits)}`,
      `ratio ${showSpread(goodRatio)}`,
    ]),
  };
}
