import type { Bench } from "./bench.js";
import type { Run } from "./measuredRun.js";

export interface Pair<T> {
  readonly ours: T;
  readonly baseline: T;
}

/** Of one core: below it the baseline was waiting for the generator, or for the machine's other users. */
export const REQUIRED_BUSY = 0.9;

export interface Pairs {
  readonly pairs: readonly Pair<Run>[];
  /** Pairs measured again because the baseline was not saturated. */
  readonly repeated: number;
  /** False: not enough pairs had a saturated baseline, so all of them are there. */
  readonly saturated: boolean;
}

/** Ours, baseline, ours, baseline: a machine that slows down meanwhile slows both. At most as many repeats as runs. */
export async function alternate(
  { settings, signal, progress }: Bench,
  measure: (side: keyof Pair<Run>) => Promise<Run>,
): Promise<Pairs> {
  const all: Pair<Run>[] = [];
  const isSaturated = ({ baseline }: Pair<Run>): boolean => baseline.serverBusy >= REQUIRED_BUSY;
  while (all.filter(isSaturated).length < settings.runs && all.length < 2 * settings.runs) {
    signal.throwIfAborted();
    const pair = { ours: await measure("ours"), baseline: await measure("baseline") };
    all.push(pair);
    progress(`  ${describe("ours", pair.ours)}; ${describe("baseline", pair.baseline)}`);
  }
  const good = all.filter(isSaturated);
  const saturated = good.length >= settings.runs;
  return { pairs: saturated ? good : all, repeated: all.length - settings.runs, saturated };
}

function describe(side: string, { perSecond, serverBusy }: Run): string {
  return `${side} ${Math.round(perSecond)}/s (busy ${serverBusy.toFixed(2)})`;
}
