import type { Random } from "../domain/ports.js";
import type { HashFamily } from "./hashFamily.js";
import { HashTables, TABLE_BYTES_PER_SLOT } from "./hashTables.js";
import { IndexTuning, MAX_TABLES, sampleSize } from "./indexTuning.js";
import type { IndexPlan } from "./indexTuning.js";
import { distanceWork, SparseQuery, squaredLength } from "./sparseQuery.js";
import { distanceFromSquare, squareWithin } from "./vectorSpace.js";
import type { Distance } from "./vectorSpace.js";

/** What getting at a vector costs, in multiplications. */
const VISIT = 16;
/** Up to so many multiplications all vectors are looked through: 500 of 64 numbers, about 20 us. */
const SCAN_WORK = 40_000;
/** What a look-up may compute distances with: up to 150 us, since each is of a vector somewhere else in memory. */
const CANDIDATE_WORK = 48_000;
const MIN_CANDIDATES = 64;
/** Memory of what distances cost, in queries. */
const WORK_MEMORY = 64;
const MIGRATED_PER_STEP = 8;
/** Tables are made anew when the radius is so many times theirs, since recall falls... */
const RADIUS_GROWTH = 1.3;
/** ...and when it, or the size, is that part or so many times theirs, since they look at more than they need. */
const CHANGE = 2;

/** Tables as one plan has them. While `migrated` is below the top, only so many slots have been entered. */
interface Built {
  readonly plan: IndexPlan;
  readonly family: HashFamily;
  readonly tables: HashTables;
  readonly radius: number;
  readonly size: number;
  readonly keys: Uint32Array;
  readonly probed: Uint32Array;
  migrated: number;
}

/** What the index needs of memory for each vector that it has room for. */
export function indexBytesPerVector(dimensions: number): number {
  return 4 * dimensions + MAX_TABLES * TABLE_BYTES_PER_SLOT + 16;
}

/**
 * The nearest of up to `capacity` placed vectors (`vectorSpace.place`): all are looked through while they are few, and
 * later those that hash tables with multi-probe find, by their true distance. The tables are made for a radius, within
 * which at least nine of ten neighbours are found, and again when it or the size has changed much: piece by piece by
 * `maintain`, while the old ones serve.
 *
 * Its owner says when to insert and what to forget.
 */
export class NeighbourIndex {
  readonly capacity: number;
  readonly #dimensions: number;
  readonly #distance: Distance;
  readonly #random: Random;
  readonly #vectors: Float32Array;
  readonly #squaredLengths: Float64Array;
  readonly #live: Uint8Array;
  readonly #free: Int32Array;
  readonly #candidates: Int32Array;
  readonly #sparse: SparseQuery;
  #isSparse = false;
  /** What a distance has cost lately, in coordinates. */
  #work: number;
  #freeCount = 0;
  /** Slots from here on were never used. */
  #top = 0;
  #size = 0;
  #foundSquare = 0;
  #radius: number | undefined;
  #tuning: IndexTuning | undefined;
  #built: Built | undefined;
  #next: Built | undefined;

  constructor(options: { dimensions: number; distance: Distance; capacity: number; random: Random }) {
    const { dimensions, capacity } = options;
    this.capacity = capacity;
    this.#dimensions = dimensions;
    this.#distance = options.distance;
    this.#random = options.random;
    this.#vectors = new Float32Array(capacity * dimensions);
    this.#squaredLengths = new Float64Array(capacity);
    this.#live = new Uint8Array(capacity);
    this.#free = new Int32Array(capacity);
    this.#candidates = new Int32Array(mostCandidates(0));
    this.#sparse = new SparseQuery(dimensions);
    this.#work = dimensions;
  }

  get size(): number {
    return this.#size;
  }

  /** How look-ups are made now; undefined while all vectors are looked through. */
  get plan(): IndexPlan | undefined {
    return this.#built?.plan;
  }

  /** Of what `nearest` or `scan` found last. */
  get foundDistance(): number {
    return distanceFromSquare(this.#distance, this.#foundSquare);
  }

  /** What the tables are to be made for. */
  setRadius(radius: number): void {
    this.#radius = radius;
  }

  has(slot: number): boolean {
    return this.#live[slot] === 1;
  }

  /** Keeps a copy. Throws a RangeError when full: the owner removes one first. */
  insert(vector: Float32Array): number {
    const slot = this.#takeSlot();
    this.#vectors.set(vector, slot * this.#dimensions);
    this.#squaredLengths[slot] = squaredLength(vector);
    this.#live[slot] = 1;
    this.#size += 1;
    if (this.#built !== undefined) enter(this.#built, slot, vector);
    if (this.#next !== undefined && slot < this.#next.migrated) enter(this.#next, slot, vector);
    return slot;
  }

  remove(slot: number): void {
    if (!this.has(slot)) return;
    this.#built?.tables.remove(slot);
    if (this.#next !== undefined && slot < this.#next.migrated) this.#next.tables.remove(slot);
    this.#live[slot] = 0;
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
    this.#size -= 1;
  }

  /** The slot of the nearest vector found; its distance is `foundDistance`. */
  nearest(query: Float32Array): number | undefined {
    const built = this.#built;
    if (built === undefined) return this.scan(query);
    this.#read(query);
    built.family.probeKeys(query, built.plan.probes, built.probed);
    const most = mostCandidates(this.#isSparse ? distanceWork(query.length, this.#sparse.nonZeros) : query.length);
    const count = built.tables.candidates(built.probed, built.plan.probes, this.#candidates, most);
    let best: number | undefined;
    let bestSquare = Infinity;
    for (let i = 0; i < count; i++) {
      const slot = this.#candidates[i] as number;
      const square = this.#square(query, slot, bestSquare);
      if (square >= bestSquare) continue;
      best = slot;
      bestSquare = square;
    }
    return this.#foundAt(query, best);
  }

  /** The slot of the nearest vector of all. */
  scan(query: Float32Array): number | undefined {
    this.#read(query);
    let best: number | undefined;
    let bestSquare = Infinity;
    for (let slot = 0; slot < this.#top; slot++) {
      if (this.#live[slot] === 0) continue;
      const square = this.#square(query, slot, bestSquare);
      if (square >= bestSquare) continue;
      best = slot;
      bestSquare = square;
    }
    return this.#foundAt(query, best);
  }

  /**
   * One step towards tables for the present radius and size: a trial of the tuning, or a few vectors entered. True if
   * there was something to do. Called with each new answer it keeps up, since tables last until the size has doubled.
   */
  maintain(): boolean {
    if (this.#next !== undefined) this.#migrate(this.#next);
    else if (this.#tuning !== undefined) this.#tune(this.#tuning);
    else if (this.#isDue()) this.#tuning = this.#startTuning();
    else return false;
    return true;
  }

  #read(query: Float32Array): void {
    this.#isSparse = this.#sparse.read(query);
    const work = distanceWork(query.length, this.#sparse.nonZeros);
    this.#work += (work - this.#work) / WORK_MEMORY;
  }

  #square(query: Float32Array, slot: number, limit: number): number {
    const at = slot * this.#dimensions;
    return this.#isSparse
      ? this.#sparse.squareTo(this.#vectors, at, this.#squaredLengths[slot] as number)
      : squareWithin(query, this.#vectors, at, limit);
  }

  /** The distance of what is found is the sum of squares, which is 0 for an equal vector. */
  #foundAt(query: Float32Array, slot: number | undefined): number | undefined {
    if (slot !== undefined) this.#foundSquare = squareWithin(query, this.#vectors, slot * this.#dimensions, Infinity);
    return slot;
  }

  #takeSlot(): number {
    if (this.#freeCount > 0) {
      this.#freeCount -= 1;
      return this.#free[this.#freeCount] as number;
    }
    if (this.#top === this.capacity) throw new RangeError(`the index is full: capacity is ${this.capacity}`);
    this.#top += 1;
    return this.#top - 1;
  }

  #isDue(): boolean {
    const radius = this.#radius;
    if (radius === undefined || radius <= 0 || this.#size * (this.#work + VISIT) <= SCAN_WORK) return false;
    const built = this.#built;
    if (built === undefined) return true;
    return radius > built.radius * RADIUS_GROWTH || changed(radius, built.radius) || changed(this.#size, built.size);
  }

  #startTuning(): IndexTuning {
    const sample: Float32Array[] = [];
    const wanted = sampleSize(this.#size);
    while (sample.length < wanted) {
      const slot = Math.floor(this.#random() * this.#top);
      const at = slot * this.#dimensions;
      if (this.has(slot)) sample.push(this.#vectors.slice(at, at + this.#dimensions));
    }
    const radius = this.#radius as number;
    return new IndexTuning({
      distance: this.#distance,
      radius,
      size: this.#size,
      mostCandidates: mostCandidates(this.#work),
      sample,
      random: this.#random,
    });
  }

  #tune(tuning: IndexTuning): void {
    const plan = tuning.step();
    if (plan === undefined) return;
    this.#tuning = undefined;
    this.#next = {
      plan,
      family: tuning.build(plan),
      tables: new HashTables(plan.tables, this.capacity),
      radius: tuning.radius,
      size: tuning.size,
      keys: new Uint32Array(plan.tables),
      probed: new Uint32Array(plan.tables * plan.probes),
      migrated: 0,
    };
  }

  #migrate(next: Built): void {
    const end = Math.min(this.#top, next.migrated + MIGRATED_PER_STEP);
    for (let slot = next.migrated; slot < end; slot++) {
      const at = slot * this.#dimensions;
      if (this.has(slot)) enter(next, slot, this.#vectors.subarray(at, at + this.#dimensions));
    }
    next.migrated = end;
    if (end < this.#top) return;
    next.migrated = this.capacity;
    this.#built = next;
    this.#next = undefined;
  }
}

/** How many a look-up takes where a distance costs so much. */
function mostCandidates(work: number): number {
  return Math.max(MIN_CANDIDATES, Math.floor(CANDIDATE_WORK / (work + VISIT)));
}

function enter(built: Built, slot: number, vector: Float32Array): void {
  built.family.keys(vector, built.keys);
  built.tables.insert(slot, built.keys);
}

function changed(now: number, then: number): boolean {
  return now > then * CHANGE || now * CHANGE < then;
}
