import { bursts, poisson } from "../arrivals.js";
import type { Arrivals } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { showSpread, spreadOf } from "../statistics.js";
import type { StubRig } from "../stubRig.js";
import { offerAll, serveSide } from "./sides.js";
import type { Latencies, Side } from "./sides.js";

const SLO_MS = 50;
const WAITS = { off: {}, five: { maxBatchDelay: { fixedMs: 5 } }, auto: { maxBatchDelay: { auto: {} } } } as const;
type Wait = keyof typeof WAITS;
const WAIT_NAMES = Object.keys(WAITS) as Wait[];
/** AUTO compares 512 batches before it decides. */
const WARM_UP_SECONDS = 45;

interface Case {
  readonly name: string;
  readonly service: readonly string[];
  readonly arrivals: (seconds: number, seed: number) => Arrivals;
}

/** Where waiting pays, and where it does not. */
const CASES: readonly Case[] = [
  {
    name: "dear-in-bursts",
    service: ["--latency-line", "15,0.05", "--noise", "0.08"],
    arrivals: (seconds, seed) => spread(bursts(200, seconds, 20), 8, seed),
  },
  {
    name: "cheap-singly",
    service: ["--latency-line", "1,0.02", "--noise", "0.08"],
    arrivals: (seconds, seed) => poisson(600, seconds, seededRandom(seed)),
  },
];

/** Each up to so much later: a burst that takes its time. */
function* spread(arrivals: Arrivals, overMs: number, seed: number): Arrivals {
  const random = seededRandom(seed);
  yield* [...arrivals].map((atMs) => atMs + random() * overMs).sort((a, b) => a - b);
}

export async function measureFillWait(bench: Bench, rig: StubRig) {
  const results: Record<string, unknown> = {};
  const rows: string[][] = [];
  for (const { name, service, arrivals } of CASES) {
    const sides = Object.fromEntries(
      WAIT_NAMES.map((wait) => [wait, { name: `${name}-${wait}`, service, settings: WAITS[wait], sloMs: SLO_MS }]),
    ) as Record<Wait, Side>;
    for (const side of Object.values(sides)) await serveSide(bench, rig, side);
    await offerAll(rig, sides, () => arrivals(WARM_UP_SECONDS, 1));
    const runs: Readonly<Record<Wait, Latencies>>[] = [];
    for (let i = 0; i < bench.settings.runs; i++) {
      runs.push(await offerAll(rig, sides, () => arrivals(bench.settings.seconds, i + 2)));
      bench.progress(
        `  ${name}: mean ms ${WAIT_NAMES.map((wait) => `${wait} ${runs.at(-1)?.[wait].meanMs}`).join(", ")}`,
      );
    }
    const of = (wait: Wait, figure: keyof Latencies) => spreadOf(runs.map((run) => run[wait][figure]));
    results[name] = Object.fromEntries(
      WAIT_NAMES.map((wait) => [
        wait,
        { meanMs: of(wait, "meanMs"), p99Ms: of(wait, "p99Ms"), good: of(wait, "good") },
      ]),
    );
    rows.push([
      `waiting for fuller batches, ${name}`,
      ...WAIT_NAMES.map((wait) => `${wait} ${showSpread(of(wait, "meanMs"))} ms`),
    ]);
  }
  return { result: results, rows };
}
