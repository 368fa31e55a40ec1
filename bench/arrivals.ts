import type { Random } from "../src/domain/ports.js";
import { exponential } from "./simulation/seededRandom.js";

/** Milliseconds from the start of a run at which requests are meant to be sent, ascending. */
export type Arrivals = Iterable<number>;

/** As many independent users make them. */
export function* poisson(ratePerSecond: number, seconds: number, random: Random): Arrivals {
  const gapMs = 1000 / ratePerSecond;
  for (let atMs = exponential(random) * gapMs; atMs < seconds * 1000; atMs += exponential(random) * gapMs) yield atMs;
}

export function* constant(ratePerSecond: number, seconds: number): Arrivals {
  yield* bursts(ratePerSecond, seconds, 1);
}

/** The rate's requests in groups of `size` that are sent at one moment. */
export function* bursts(ratePerSecond: number, seconds: number, size: number): Arrivals {
  const groups = Math.floor((ratePerSecond * seconds) / size);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < size; i++) yield (group * size * 1000) / ratePerSecond;
  }
}

/** Both at once. */
export function* together(one: Arrivals, other: Arrivals): Arrivals {
  yield* [...one, ...other].sort((a, b) => a - b);
}

/** The same, so much later. */
export function* later(arrivals: Arrivals, byMs: number): Arrivals {
  for (const atMs of arrivals) yield atMs + byMs;
}
