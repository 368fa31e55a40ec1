/**
 * Latencies in log-spaced buckets: gamma 1.02 keeps any quantile within 1 % of the truth; one dense Uint32Array of
 * 1,200 buckets covers 1 microsecond to some 5 hours. Merging adds. (DDSketch, VLDB 2019, section 2.)
 */
const GAMMA = 1.02;
const BUCKETS = 1200;
const FIRST_MS = 0.001;
const INVERSE_LOG_GAMMA = 1 / Math.log(GAMMA);
/** Of each bucket: a reading for Prometheus asks for hundreds of thousands of them, which as powers held up the event loop for 40 ms. */
const UPPERS_MS = Float64Array.from({ length: BUCKETS }, (_, bucket) => FIRST_MS * GAMMA ** bucket);

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  record(ms: number): void {
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) * INVERSE_LOG_GAMMA);
    const at = bucket < BUCKETS ? bucket : BUCKETS - 1;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#count += 1;
    this.#sumMs += ms;
  }

  /** Milliseconds below which a share `q` (0 to 1) of the samples lies; undefined without samples. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i] as number;
      if (seen >= rank) return bucketMiddleMs(i);
    }
    return bucketMiddleMs(BUCKETS - 1);
  }

  /** Samples of at most `ms`, to the resolution of a bucket. */
  countUpTo(ms: number): number {
    let seen = 0;
    for (let i = 0; i < BUCKETS && bucketUpperMs(i) <= ms * 1.0001; i++) seen += this.#counts[i] as number;
    return seen;
  }

  /** How many samples lie between each of the ascending `uppers` and the one before; beyond the last, in the last. Empty ones left out. */
  between(uppers: readonly number[]): { readonly upper: number; readonly count: number }[] {
    const counts = new Uint32Array(uppers.length);
    for (let i = 0, at = 0; i < BUCKETS; i++) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      while (at < uppers.length - 1 && (uppers[at] as number) * 1.0001 < bucketUpperMs(i)) at += 1;
      counts[at] = (counts[at] as number) + count;
    }
    return uppers.flatMap((upper, at) => (counts[at] === 0 ? [] : [{ upper, count: counts[at] as number }]));
  }

  add(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] = (this.#counts[i] as number) + (other.#counts[i] as number);
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
  }

  copy(): Histogram {
    const copied = new Histogram();
    copied.add(this);
    return copied;
  }

  /** What came after `earlier`, a copy of this histogram from before. */
  since(earlier: Histogram): Histogram {
    const later = new Histogram();
    for (let i = 0; i < BUCKETS; i++) later.#counts[i] = (this.#counts[i] as number) - (earlier.#counts[i] as number);
    later.#count = this.#count - earlier.#count;
    later.#sumMs = this.#sumMs - earlier.#sumMs;
    return later;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
  }
}

/** Every tenth bucket's: to draw a distribution by, each is 1.22 times the one before. */
export const COARSE_UPPERS_MS: readonly number[] = Array.from({ length: BUCKETS / 10 }, (_, i) =>
  bucketUpperMs(10 * i + 9),
);

function bucketUpperMs(bucket: number): number {
  return UPPERS_MS[bucket] as number;
}

/** The value whose relative error to both ends of the bucket is equal. */
function bucketMiddleMs(bucket: number): number {
  return (2 * bucketUpperMs(bucket)) / (1 + GAMMA);
}
