import type { Clock, Random } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";
import { lowerBound, upperBound } from "../lib/clopperPearson.js";
import { LookupEconomy } from "./lookupEconomy.js";
import { indexBytesPerVector, NeighbourIndex } from "./neighbourIndex.js";
import { RadiusCalibration } from "./radiusCalibration.js";
import { copyRow, rowByteLength } from "./rowCopy.js";
import type { RowVector } from "./rowVector.js";
import type { Same } from "./sameOutput.js";
import { place } from "./vectorSpace.js";
import type { Distance } from "./vectorSpace.js";

export interface Neighbour {
  readonly output: Row;
  /** In radians under ANGLE, in the input's own unit under L2. */
  readonly distance: number;
  /** Only for the cache. */
  readonly slot: number;
}

export type ApproximateLookup =
  /** The neighbour's output is the answer. */
  | { readonly kind: "HIT"; readonly output: Row; readonly distance: number }
  /** It would be, but the model is to be asked, and its answer given and learned from. */
  | { readonly kind: "AUDIT"; readonly neighbour: Neighbour }
  /** The model is to be asked, and its answer learned from. `neighbour` is the nearest found, too far away. */
  | { readonly kind: "MISS"; readonly neighbour: Neighbour | undefined }
  /** No look-up was made: it does not pay. There is nothing to learn. */
  | { readonly kind: "SKIPPED" };

/** What its owner knows of the moment. */
export interface LookupConditions {
  /** True under overload: audits are bulk work. The radius stays what it is. */
  readonly auditsPaused: boolean;
  /** What one more row costs the model, undefined while unknown. */
  readonly marginalRowMicroseconds: number | undefined;
}

export interface ApproximateCacheOptions {
  readonly vector: RowVector;
  readonly same: Same;
  /** AUTO is ANGLE where four of five numbers are 0, as in bags of words, and L2 otherwise. */
  readonly distance: Distance | "AUTO";
  /** The share of answers from here that may differ from the model's, above 0 and below 1. */
  readonly errorBudget: number;
  /** Given, every neighbour within it is the answer, whatever the evidence: no budget, no audits. */
  readonly fixedRadius?: number;
  /** With which that holds; above 0 and below 1, 0.95 unless given. */
  readonly confidence?: number;
  readonly capacityBytes: number;
  readonly random: Random;
  readonly clock: Clock;
}

export interface ApproximateFigures {
  readonly hits: number;
  readonly misses: number;
  readonly skipped: number;
  readonly audits: number;
  /** Audits in which the model answered differently. */
  readonly disagreements: number;
  /** Their share: the two-sided Clopper-Pearson interval at the cache's confidence. */
  readonly disagreementLow: number;
  readonly disagreementHigh: number;
  readonly driftResets: number;
  /** Undefined while nothing is answered from here. */
  readonly radius: number | undefined;
  readonly distance: Distance | undefined;
  readonly entries: number;
  readonly bytes: number;
  /** Mean of the latest; undefined before the first. */
  readonly lookupMicroseconds: number | undefined;
}

interface Space {
  readonly distance: Distance;
  readonly index: NeighbourIndex;
  readonly calibration: RadiusCalibration;
}

const AUDIT_SHARE = 0.05;
const AUTO_ROWS = 64;
const AUTO_ZEROS = 0.8;
/** An entry's output beside its bytes: views, buffers, array slots. As in the exact cache, for an output of one tensor. */
const OUTPUT_OVERHEAD_BYTES = 256;
/** Beyond it no angle means likeness. */
const LARGEST_ANGLE = Math.PI / 2;
/** Tables are made for somewhat more than the radius, so that there is evidence beyond it... */
const EXPLORED_RADIUS = 1.25;
/** ...and before there is a radius, for the nearer part of the neighbours. */
const EXPLORED_SHARE = 0.3;

const SKIPPED: ApproximateLookup = { kind: "SKIPPED" };
const NOTHING_NEAR: ApproximateLookup = { kind: "MISS", neighbour: undefined };

/**
 * Answers of one model version for inputs near known ones. A candidate's true distance is computed, and its output
 * is the answer only within the radius that the evidence so far supports (`RadiusCalibration`); a random twentieth of such
 * answers is asked of the model all the same. Without evidence nothing is answered.
 *
 * Bounded in bytes: forgets what has not been the answer since it was last looked at for that (CLOCK; Corbató 1968).
 * A new model version has a new cache.
 */
export class ApproximateCache {
  readonly #options: ApproximateCacheOptions;
  readonly #confidence: number;
  readonly #economy = new LookupEconomy();
  readonly #scratch: Float32Array;
  #capacityBytes: number;
  #capacity = 0;
  #outputs: (Row | undefined)[] = [];
  #used = new Uint8Array(0);
  #space: Space | undefined;
  #hand = 0;
  #outputBytes = 0;
  #autoRows = 0;
  #autoZeros = 0;
  #hits = 0;
  #misses = 0;
  #skipped = 0;
  #audits = 0;
  #disagreements = 0;

  constructor(options: ApproximateCacheOptions) {
    this.#options = options;
    this.#confidence = options.confidence ?? 0.95;
    requireShare("errorBudget", options.errorBudget);
    requireShare("confidence", this.#confidence);
    const { dimensions } = options.vector;
    this.#scratch = new Float32Array(dimensions);
    this.#capacityBytes = options.capacityBytes;
    this.#clear();
    if (options.distance !== "AUTO") this.#open(options.distance);
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** Forgets all entries, so that their memory is free at once, but not what was learned about the radius. */
  set capacityBytes(bytes: number) {
    if (bytes === this.#capacityBytes) return;
    this.#capacityBytes = bytes;
    this.#clear();
  }

  #clear(): void {
    const entryBytes = indexBytesPerVector(this.#scratch.length) + OUTPUT_OVERHEAD_BYTES;
    this.#capacity = Math.floor(this.#capacityBytes / entryBytes);
    this.#used = new Uint8Array(this.#capacity);
    this.#outputs = [];
    this.#outputBytes = 0;
    this.#hand = 0;
    if (this.#space !== undefined) this.#space = { ...this.#space, index: this.#newIndex(this.#space.distance) };
  }

  get figures(): ApproximateFigures {
    const space = this.#space;
    const half = (1 + this.#confidence) / 2;
    return {
      hits: this.#hits,
      misses: this.#misses,
      skipped: this.#skipped,
      audits: this.#audits,
      disagreements: this.#disagreements,
      disagreementLow: lowerBound(this.#disagreements, this.#audits, half),
      disagreementHigh: upperBound(this.#disagreements, this.#audits, half),
      driftResets: space?.calibration.driftResets ?? 0,
      radius: this.#radius(space),
      distance: space?.distance,
      entries: space?.index.size ?? 0,
      bytes: this.#bytes(space?.index.size ?? 0),
      lookupMicroseconds: this.#economy.costMicroseconds,
    };
  }

  lookup(row: Row, { auditsPaused, marginalRowMicroseconds }: LookupConditions): ApproximateLookup {
    const { clock, random } = this.#options;
    if (!this.#economy.pays(marginalRowMicroseconds, random)) {
      this.#skipped += 1;
      return SKIPPED;
    }
    const startMs = clock.nowMs();
    const found = this.#judge(this.#neighbour(row), auditsPaused);
    this.#economy.record((clock.nowMs() - startMs) * 1000, found.kind === "HIT" || found.kind === "AUDIT");
    if (found.kind === "HIT") this.#hits += 1;
    else if (found.kind === "MISS") this.#misses += 1;
    return found;
  }

  /** The model's answer for a row that `lookup` has not answered. Keeps a copy. */
  learn(row: Row, lookup: ApproximateLookup, output: Row): void {
    if (lookup.kind === "HIT" || lookup.kind === "SKIPPED") return;
    const space = this.#space ?? this.#decideSpace(row);
    if (space === undefined || !this.#readPlaced(row, space.distance)) return;
    const { index, calibration } = space;
    const { neighbour } = lookup;
    const isAudit = lookup.kind === "AUDIT";
    const disagreed = neighbour !== undefined && !this.#options.same(neighbour.output, output);
    if (isAudit) this.#audits += 1;
    if (isAudit && disagreed) this.#disagreements += 1;
    if (neighbour !== undefined) calibration.record(neighbour.distance, disagreed, isAudit);
    // An audited neighbour that agreed answers for this place already.
    if (!isAudit || disagreed) this.#keep(index, neighbour, output);
    const radius = this.#radius(space);
    const explored = radius === undefined ? calibration.quantile(EXPLORED_SHARE) : EXPLORED_RADIUS * radius;
    if (explored !== undefined) index.setRadius(explored);
    index.maintain();
  }

  /** The nearest entry of all, however far, by looking at each: what `lookup` is to be judged by. */
  nearestOfAll(row: Row): Neighbour | undefined {
    const space = this.#space;
    if (space === undefined || !this.#readPlaced(row, space.distance)) return undefined;
    return this.#found(space.index, space.index.scan(this.#scratch));
  }

  #neighbour(row: Row): Neighbour | undefined {
    const space = this.#space;
    if (space === undefined || !this.#readPlaced(row, space.distance)) return undefined;
    return this.#found(space.index, space.index.nearest(this.#scratch));
  }

  #found(index: NeighbourIndex, slot: number | undefined): Neighbour | undefined {
    if (slot === undefined) return undefined;
    return { output: this.#outputs[slot] as Row, distance: index.foundDistance, slot };
  }

  #judge(neighbour: Neighbour | undefined, auditsPaused: boolean): ApproximateLookup {
    if (neighbour === undefined) return NOTHING_NEAR;
    const { fixedRadius } = this.#options;
    const radius = this.#radius(this.#space);
    if (radius === undefined || neighbour.distance > radius) return { kind: "MISS", neighbour };
    this.#used[neighbour.slot] = 1;
    if (fixedRadius === undefined && !auditsPaused && this.#options.random() < AUDIT_SHARE)
      return { kind: "AUDIT", neighbour };
    return { kind: "HIT", output: neighbour.output, distance: neighbour.distance };
  }

  #radius(space: Space | undefined): number | undefined {
    return this.#options.fixedRadius ?? space?.calibration.radius;
  }

  /** Leaves the row's vector in the scratch. */
  #readPlaced(row: Row, distance: Distance): boolean {
    this.#options.vector.write(row, this.#scratch);
    return place(distance, this.#scratch);
  }

  /** For the vector in the scratch, in place of a neighbour without distance. */
  #keep(index: NeighbourIndex, neighbour: Neighbour | undefined, output: Row): void {
    const bytes = rowByteLength(output);
    const capacityBytes = this.#capacityBytes;
    if (this.#capacity === 0 || this.#bytes(1) - this.#outputBytes + bytes > capacityBytes) return;
    if (neighbour?.distance === 0 && this.#outputs[neighbour.slot] === neighbour.output)
      this.#forget(index, neighbour.slot);
    while (index.size === index.capacity || this.#bytes(index.size + 1) + bytes > capacityBytes) this.#forgetOne(index);
    const slot = index.insert(this.#scratch);
    this.#outputs[slot] = copyRow(output);
    this.#outputBytes += bytes;
    this.#used[slot] = 0;
  }

  #forgetOne(index: NeighbourIndex): void {
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % index.capacity;
      if (!index.has(slot)) continue;
      if (this.#used[slot] === 0) {
        this.#forget(index, slot);
        return;
      }
      this.#used[slot] = 0;
    }
  }

  #forget(index: NeighbourIndex, slot: number): void {
    this.#outputBytes -= rowByteLength(this.#outputs[slot] as Row);
    this.#outputs[slot] = undefined;
    index.remove(slot);
  }

  #bytes(entries: number): number {
    return entries * (indexBytesPerVector(this.#scratch.length) + OUTPUT_OVERHEAD_BYTES) + this.#outputBytes;
  }

  #decideSpace(row: Row): Space | undefined {
    this.#options.vector.write(row, this.#scratch);
    for (const x of this.#scratch) if (x === 0) this.#autoZeros += 1;
    this.#autoRows += 1;
    if (this.#autoRows < AUTO_ROWS) return undefined;
    const zeros = this.#autoZeros / (this.#autoRows * this.#scratch.length);
    return this.#open(zeros >= AUTO_ZEROS ? "ANGLE" : "L2");
  }

  #open(distance: Distance): Space {
    const { errorBudget } = this.#options;
    const largest = distance === "ANGLE" ? LARGEST_ANGLE : undefined;
    this.#space = {
      distance,
      index: this.#newIndex(distance),
      calibration: new RadiusCalibration({ errorBudget, confidence: this.#confidence, largest }),
    };
    return this.#space;
  }

  #newIndex(distance: Distance): NeighbourIndex {
    const { vector, random } = this.#options;
    return new NeighbourIndex({ dimensions: vector.dimensions, distance, capacity: this.#capacity, random });
  }
}

function requireShare(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} (${value}) must be above 0 and below 1`);
}
