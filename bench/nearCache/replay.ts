import { ApproximateCache } from "../../src/caching/approximateCache.js";
import type { ApproximateFigures, ApproximateLookup, LookupConditions } from "../../src/caching/approximateCache.js";
import { indexBytesPerVector } from "../../src/caching/neighbourIndex.js";
import { rowVector } from "../../src/caching/rowVector.js";
import { sameOutput } from "../../src/caching/sameOutput.js";
import type { Row } from "../../src/domain/tensor.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { DataSet } from "./dataSet.js";
import { microseconds, Tally } from "./tally.js";
import type { Outcome } from "./tally.js";

/** The requests and what the model answers each: every answer from a cache is compared with that. */
export interface Stream {
  readonly dataSet: DataSet;
  readonly rows: Uint8Array;
  readonly labels: Uint8Array;
}

export interface ReplayOptions {
  readonly errorBudget: number;
  readonly fixedRadius?: number;
  readonly capacityBytes: number;
  /** One request in so many is also asked of the exact nearest neighbour; 0: none. */
  readonly oracleEvery: number;
  /** Look-ups are timed from so many entries on; absent: from half of the requests on. */
  readonly timedFromEntries?: number;
}

export interface Replayed extends Outcome {
  readonly figures: ApproximateFigures;
  /** Share of the oracle's answers that the index finds one for. */
  readonly recall: number | undefined;
  /** What the exact nearest neighbour within the same radius at the same moment would have done. */
  readonly oracle: Outcome;
  readonly nearestDistances: readonly number[];
  /** Of the timed look-ups, without those that the oracle was asked about. */
  readonly lookupP50Microseconds: number | undefined;
  readonly lookupP99Microseconds: number | undefined;
}

const CONDITIONS: LookupConditions = { auditsPaused: false, marginalRowMicroseconds: undefined };
const CACHE_SEED = 3;
/** As the cache counts it, beside an output's own bytes. */
const OUTPUT_OVERHEAD_BYTES = 256;
const clock = new MonotonicClock();

export function cacheFor({ dimensions, distance }: DataSet, options: ReplayOptions): ApproximateCache {
  const vector = rowVector([{ name: "x", datatype: "FP32", shape: [dimensions] }]);
  const same = sameOutput([{ name: "label", datatype: "INT64", shape: [] }], undefined);
  if (vector.kind === "none" || same.kind === "none")
    throw new Error("numbers have a distance, and labels are the same");
  const { errorBudget, fixedRadius, capacityBytes } = options;
  return new ApproximateCache({
    vector,
    same: same.same,
    distance,
    errorBudget,
    ...(fixedRadius === undefined ? {} : { fixedRadius }),
    capacityBytes,
    random: seededRandom(CACHE_SEED),
    clock,
  });
}

export function entryBytes(dimensions: number): number {
  return indexBytesPerVector(dimensions) + OUTPUT_OVERHEAD_BYTES;
}

/** All requests, one after the other, as a server asks them of its cache. */
export function replay(stream: Stream, options: ReplayOptions): Replayed {
  const cache = cacheFor(stream.dataSet, options);
  const run = new Run(stream, cache);
  const count = stream.labels.length;
  const { timedFromEntries } = options;
  let isTimed = false;
  for (let i = 0; i < count; i++) {
    if (!isTimed && i % 1000 === 0)
      isTimed = timedFromEntries === undefined ? 2 * i >= count : cache.figures.entries >= timedFromEntries;
    const isSampled = options.oracleEvery > 0 && i % options.oracleEvery === 0;
    if (isSampled) run.askBoth(i, options.fixedRadius);
    else run.ask(i, isTimed);
  }
  return run.result;
}

class Run {
  readonly #stream: Stream;
  readonly #cache: ApproximateCache;
  readonly #values: Float32Array;
  readonly #row: Row;
  readonly #tally = new Tally();
  readonly #oracle = new Tally();
  readonly #distances: number[] = [];
  readonly #lookupMs: number[] = [];
  readonly #outputs: readonly Row[];
  #within = 0;
  #found = 0;

  constructor(stream: Stream, cache: ApproximateCache) {
    this.#stream = stream;
    this.#cache = cache;
    this.#values = new Float32Array(stream.dataSet.dimensions);
    this.#row = [new Uint8Array(this.#values.buffer)];
    this.#outputs = Array.from({ length: 256 }, (_, label) => [new Uint8Array(BigInt64Array.of(BigInt(label)).buffer)]);
  }

  get result(): Replayed {
    return {
      ...this.#tally.outcome,
      figures: this.#cache.figures,
      recall: this.#within === 0 ? undefined : this.#found / this.#within,
      oracle: this.#oracle.outcome,
      nearestDistances: this.#distances,
      lookupP50Microseconds: microseconds(this.#lookupMs, 0.5),
      lookupP99Microseconds: microseconds(this.#lookupMs, 0.99),
    };
  }

  ask(i: number, isTimed: boolean): void {
    this.#load(i);
    const startMs = performance.now();
    const found = this.#cache.lookup(this.#row, CONDITIONS);
    if (isTimed) this.#lookupMs.push(performance.now() - startMs);
    this.#settle(i, found);
  }

  /** What the oracle has looked at is in the processor's caches: the time of such a look-up says nothing. */
  askBoth(i: number, fixedRadius: number | undefined): void {
    this.#load(i);
    const nearest = this.#cache.nearestOfAll(this.#row);
    const radius = fixedRadius ?? this.#cache.figures.radius;
    const found = this.#cache.lookup(this.#row, CONDITIONS);
    this.#oracle.requests += 1;
    if (nearest !== undefined) this.#distances.push(nearest.distance);
    if (nearest !== undefined && radius !== undefined && nearest.distance <= radius) {
      this.#within += 1;
      if (found.kind === "HIT" || found.kind === "AUDIT") this.#found += 1;
      // It is audited as often.
      if (found.kind !== "AUDIT") this.#oracle.hit(labelOf(nearest.output) !== this.#stream.labels[i]);
    }
    this.#settle(i, found);
  }

  #load(i: number): void {
    const { rows, dataSet } = this.#stream;
    const { dimensions, scale } = dataSet;
    const values = this.#values;
    for (let j = 0, at = i * dimensions; j < dimensions; j++, at++) values[j] = (rows[at] as number) * scale;
  }

  #settle(i: number, found: ApproximateLookup): void {
    const label = this.#stream.labels[i] as number;
    this.#tally.requests += 1;
    if (found.kind === "HIT") this.#tally.hit(labelOf(found.output) !== label);
    else this.#cache.learn(this.#row, found, this.#outputs[label] as Row);
  }
}

function labelOf(output: Row): number {
  return (output[0] as Uint8Array)[0] as number;
}
