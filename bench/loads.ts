import { requireExpected, readCounters } from "./counters.js";
import type { Expected } from "./counters.js";
import type { Bench } from "./bench.js";
import { measureRun } from "./measuredRun.js";
import type { Measured, Run } from "./measuredRun.js";
import type { Rig } from "./rig.js";
import { runWrk } from "./wrk.js";
import type { LoadSpec } from "./wrk.js";

const WARM_UP_SECONDS = 1;
/** Compilation and the heap's growth take longer than a warm-up. */
const FIRST_WARM_UP_SECONDS = 4;

/** Seeds that never repeat within a scenario: an input sent again would be a cache hit. */
export class Seeds {
  #next = 1;

  next(): number {
    return this.#next++;
  }
}

export type LoadShape = Omit<LoadSpec, "seconds" | "seed">;

/** A load's warm-up, then its measured run. With `inputs`, both send the same ones, so that the run finds them cached. */
export async function warmRun(
  bench: Bench,
  measured: Measured,
  shape: LoadShape,
  seeds: Seeds,
  around: (run: () => Promise<Run>) => Promise<Run> = (run) => run(),
): Promise<Run> {
  const seed = seeds.next();
  await runWrk({ ...shape, seed, seconds: WARM_UP_SECONDS }, bench.signal);
  const spec = { ...shape, seed: shape.inputs > 0 ? seed : seeds.next(), seconds: bench.settings.seconds };
  return around(() => measureRun(measured, spec, bench.signal));
}

export async function firstWarmUp(bench: Bench, shape: LoadShape, seeds: Seeds): Promise<void> {
  await runWrk({ ...shape, seed: seeds.next(), seconds: FIRST_WARM_UP_SECONDS }, bench.signal);
}

export interface Checked {
  readonly expected: Expected;
  readonly predictionsPerRequest: number;
}

/** A warm run against the server whose answers came, as its counters say, from where they should. */
export async function checkedRun(
  bench: Bench,
  rig: Rig,
  shape: LoadShape,
  seeds: Seeds,
  { expected, predictionsPerRequest }: Checked,
): Promise<Run> {
  const { server, wrapper, metricsKey } = rig;
  return warmRun(bench, { serverPid: server.pid, wrapperPid: wrapper.pid }, shape, seeds, async (measure) => {
    const before = await readCounters(server.origin, metricsKey);
    const run = await measure();
    const after = await readCounters(server.origin, metricsKey);
    requireExpected(before, after, run.load.requests * predictionsPerRequest, expected);
    return run;
  });
}
