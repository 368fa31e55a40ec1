import type { Bench } from "./bench.js";
import type { Run } from "./measuredRun.js";

export interface Pair<T> {
  readonly ours: T;
  readonly baseline: T;
}

/** Of one core: below it the baseline was waiting for the generator, or for the machine's other users. */
export const REQUIRED_BUSY = 0.9;
/** Cores: above it other processes were in the way of one side, and the pair says little about the two. */
const MAX_OTHERS_BUSY = 0.2;
/** Pairs tried for each one asked for. */
const MAX_TRIES = 2;

export interface Pairs {
  readonly pairs: readonly Pair<Run>[];
  /** Pairs left out because the baseline was not saturated or the machine not quiet. */
  readonly leftOut: number;
  /** False: fewer pairs count than were asked for; these are taken or, where there are none, the quietest ones. */
  readonly counts: boolean;
}

/** Ours, baseline, ours, baseline: a machine that slows down meanwhile slows both. */
export async function alternate(
  { settings, signal, progress }: Bench,
  measure: (side: keyof Pair<Run>) => Promise<Run>,
  requiredBusy = REQUIRED_BUSY,
): Promise<Pairs> {
  const all: Pair<Run>[] = [];
  const good: Pair<Run>[] = [];
  while (good.length < settings.runs && all.length < MAX_TRIES * settings.runs) {
    signal.throwIfAborted();
    const pair = { ours: await measure("ours"), baseline: await measure("baseline") };
    all.push(pair);
    const counts = pair.baseline.serverBusy >= requiredBusy && othersBusy(pair) <= MAX_OTHERS_BUSY;
    if (counts) good.push(pair);
    progress(`  ${describe("ours", pair.ours)}; ${describe("baseline", pair.baseline)}${counts ? "" : ": left out"}`);
  }
  const counts = good.length === settings.runs;
  const pairs = good.length > 0 ? good : quietest(all, settings.runs);
  return { pairs, leftOut: all.length - pairs.length, counts };
}

function quietest(pairs: readonly Pair<Run>[], count: number): readonly Pair<Run>[] {
  return [...pairs].sort((a, b) => othersBusy(a) - othersBusy(b)).slice(0, count);
}

function othersBusy({ ours, baseline }: Pair<Run>): number {
  return Math.max(ours.othersBusy, baseline.othersBusy);
}

function describe(side: string, { perSecond, serverBusy, othersBusy }: Run): string {
  return `${side} ${Math.round(perSecond)}/s (busy ${serverBusy.toFixed(2)}, others ${othersBusy.toFixed(2)})`;
}
