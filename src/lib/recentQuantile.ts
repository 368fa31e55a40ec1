import { Histogram } from "./histogram.js";

/** Counting through a histogram at every sample would cost more than what is measured. */
const KNOWN_FOR_MS = 50;

export interface RecentQuantileOptions {
  /** 0 to 1. */
  readonly quantile: number;
  /** Samples count for as long at least, and twice as long at most. */
  readonly windowMs: number;
  readonly minimum: number;
  readonly maximum: number;
}

/**
 * A quantile of the samples of the last moments, to 1 %. What is older is forgotten whether or not new ones come: a bad moment
 * says nothing any more once it is over. The largest sample alone never decides, however few there are.
 */
export class RecentQuantile {
  readonly #options: RecentQuantileOptions;
  #before = new Histogram();
  #present = new Histogram();
  #sinceMs = -Infinity;
  #knownAtMs = -Infinity;
  #value: number;

  constructor(options: RecentQuantileOptions) {
    this.#options = options;
    this.#value = options.minimum;
  }

  record(sample: number, nowMs: number): void {
    this.#forget(nowMs);
    this.#present.record(sample);
  }

  /** `nowMs`, as in `record`, never goes back. */
  value(nowMs: number): number {
    if (nowMs - this.#knownAtMs < KNOWN_FOR_MS) return this.#value;
    this.#forget(nowMs);
    this.#knownAtMs = nowMs;
    const { minimum, maximum } = this.#options;
    this.#value = Math.min(maximum, Math.max(minimum, this.#quantile() ?? minimum));
    return this.#value;
  }

  #quantile(): number | undefined {
    const all = this.#before.copy();
    all.add(this.#present);
    const { count } = all;
    if (count < 2) return undefined;
    const rank = Math.min(count - 1, Math.ceil(this.#options.quantile * count));
    return all.quantile(rank / count);
  }

  #forget(nowMs: number): void {
    const { windowMs } = this.#options;
    const ageMs = nowMs - this.#sinceMs;
    if (ageMs < windowMs) return;
    [this.#before, this.#present] = [this.#present, this.#before];
    if (ageMs >= 2 * windowMs) this.#before.clear();
    this.#present.clear();
    this.#sinceMs = nowMs;
  }
}
