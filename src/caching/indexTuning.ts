import type { Random } from "../domain/ports.js";
import { CrossPolytopeHashes } from "./crossPolytopeHashes.js";
import { MAX_PROBES } from "./hashFamily.js";
import type { HashFamily } from "./hashFamily.js";
import { RecallEstimate } from "./recallEstimate.js";
import { SignHashes } from "./signHashes.js";
import { distanceWork } from "./sparseQuery.js";
import { StableHashes } from "./stableHashes.js";
import { displace } from "./vectorSpace.js";
import type { Distance } from "./vectorSpace.js";

/** One way to index: which family, with how many functions a key, in how many tables, probed how often. */
export interface IndexPlan {
  readonly family: "SIGNS" | "STABLE" | "CROSS_POLYTOPE";
  readonly functions: number;
  readonly tables: number;
  readonly probes: number;
  /** Share of vectors at the radius that are expected to be found. */
  readonly recall: number;
  /** Nanoseconds a look-up, by the cost model below. */
  readonly cost: number;
}

type Trial = Pick<IndexPlan, "family" | "functions">;

export const MAX_TABLES = 24;
/** Above the promised 0.9 by the error of its estimate. */
const TARGET_RECALL = 0.95;
const CROSS_POLYTOPE_DIMENSIONS = 64;
const STABLE_WIDTH_PER_RADIUS = 4;
const TRIAL_TABLES = 8;
const MOVED = 96;
const SAMPLE = 256;
const PROBE_STEPS = [1, 2, 4, 8, 16, 32] as const;

/** Of a look-up, in nanoseconds: only their proportions matter. */
const MULTIPLY_NS = 0.6;
const PROBE_NS = 60;
const CANDIDATE_NS = 60;
const COORDINATE_NS = 0.8;
/** Of one step of the tuning, by the same costs. */
const STEP_NS = 500_000;

export interface TuningOptions {
  readonly distance: Distance;
  readonly radius: number;
  /** How many vectors the index holds. */
  readonly size: number;
  /** As many candidates as a look-up takes at most. */
  readonly mostCandidates: number;
  /** Some of them. */
  readonly sample: readonly Float32Array[];
  readonly random: Random;
}

/**
 * Chooses the cheapest plan whose recall at the radius is high enough, by trying each family on the data: vectors of
 * the sample moved by the radius say how often a probe finds its neighbour, and pairs of the sample how many
 * strangers share its bucket. In steps of about half a millisecond (but a family's random numbers are drawn at once: 3 ms at
 * 784 dimensions), since whoever's answer is entered waits for a step.
 */
export class IndexTuning {
  readonly radius: number;
  readonly size: number;
  readonly centre: Float32Array;
  readonly #options: TuningOptions;
  readonly #density: number;
  /** What a distance costs, in coordinates. */
  readonly #work: number;
  readonly #steps: Generator<void, IndexPlan>;

  constructor(options: TuningOptions) {
    this.radius = options.radius;
    this.size = options.size;
    this.#options = options;
    const first = options.sample[0] as Float32Array;
    this.centre = meanOf(options.sample, first.length);
    this.#density = densityOf(options.sample, first.length);
    this.#work = distanceWork(first.length, this.#density * first.length);
    this.#steps = this.#tryAll(trialsFor(options.distance, options.size, first.length));
  }

  /** The plan, once every trial has been made. */
  step(): IndexPlan | undefined {
    const { done, value } = this.#steps.next();
    return done === true ? value : undefined;
  }

  build(plan: IndexPlan): HashFamily {
    return this.#build(plan, plan.tables);
  }

  #build({ family, functions }: Trial, tables: number): HashFamily {
    const { radius, random } = this.#options;
    const centre = this.centre;
    switch (family) {
      case "SIGNS":
        return new SignHashes({ tables, bits: functions, centre, random });
      case "CROSS_POLYTOPE":
        return new CrossPolytopeHashes({ tables, polytopes: functions, centre, random });
      case "STABLE": {
        const width = STABLE_WIDTH_PER_RADIUS * radius;
        return new StableHashes({ tables, functions, width, dimensions: centre.length, random });
      }
    }
  }

  *#tryAll(trials: readonly Trial[]): Generator<void, IndexPlan> {
    let best: IndexPlan | undefined;
    for (const trial of trials) {
      const plan = yield* this.#try(trial);
      if (best === undefined || isBetter(plan, best)) best = plan;
    }
    return best as IndexPlan;
  }

  *#try(trial: Trial): Generator<void, IndexPlan> {
    const family = this.#build(trial, TRIAL_TABLES);
    yield;
    const vectorsPerStep = Math.max(1, Math.floor(STEP_NS / (TRIAL_TABLES * this.#hashCost(trial))));
    const foundAt = yield* this.#ranks(family, vectorsPerStep);
    const strangers = this.#options.size * (yield* collisionRate(family, this.#options.sample, vectorsPerStep));
    let best: IndexPlan | undefined;
    for (const probes of PROBE_STEPS) {
      const estimate = foundAt(probes);
      let tables = 1;
      while (tables < MAX_TABLES && estimate.recall(tables) < TARGET_RECALL) tables += 1;
      // Beyond the most that a look-up takes, candidates are left out, the neighbour among them.
      const taken = Math.min(1, this.#options.mostCandidates / (tables * probes * strangers));
      const recall = estimate.recall(tables) * taken;
      const lookup = PROBE_NS + strangers * taken * (CANDIDATE_NS + this.#work * COORDINATE_NS);
      const cost = tables * (this.#hashCost(trial) + probes * lookup);
      const plan = { ...trial, tables, probes, recall, cost };
      if (best === undefined || isBetter(plan, best)) best = plan;
    }
    return best as IndexPlan;
  }

  #hashCost({ family, functions }: Trial): number {
    const dimensions = this.centre.length;
    if (family !== "CROSS_POLYTOPE") return functions * dimensions * this.#density * MULTIPLY_NS;
    return functions * dimensions * (3 * Math.log2(dimensions) + 6) * MULTIPLY_NS;
  }

  /** How often moved vectors' buckets are among the first so many probes of where they came from. */
  *#ranks(family: HashFamily, vectorsPerStep: number): Generator<void, (probes: number) => RecallEstimate> {
    const { sample, distance, radius, random } = this.#options;
    const ranks = new Uint8Array(MOVED * TRIAL_TABLES);
    const probed = new Uint32Array(TRIAL_TABLES * MAX_PROBES);
    const keys = new Uint32Array(TRIAL_TABLES);
    for (let i = 0; i < MOVED; i++) {
      // Both the vector and where it was moved to are hashed.
      if ((2 * i) % vectorsPerStep < 2) yield;
      const from = sample[i % sample.length] as Float32Array;
      const moved = from.slice();
      displace(distance, moved, radius, random);
      family.probeKeys(moved, MAX_PROBES, probed);
      family.keys(from, keys);
      for (let table = 0; table < TRIAL_TABLES; table++) {
        const rank = probed.indexOf(keys[table] as number, table * MAX_PROBES) - table * MAX_PROBES;
        ranks[i * TRIAL_TABLES + table] = rank >= 0 && rank < MAX_PROBES ? rank : MAX_PROBES;
      }
    }
    return (probes) => new RecallEstimate(foundWithin(ranks, probes), TRIAL_TABLES);
  }
}

/** Of each moved vector, in how many tables its rank is below `probes`. */
function foundWithin(ranks: Uint8Array, probes: number): Uint8Array {
  const founds = new Uint8Array(MOVED);
  for (let i = 0; i < ranks.length; i++)
    if ((ranks[i] as number) < probes) {
      const moved = Math.floor(i / TRIAL_TABLES);
      founds[moved] = (founds[moved] as number) + 1;
    }
  return founds;
}

export function sampleSize(size: number): number {
  return Math.min(size, SAMPLE);
}

function isBetter(a: IndexPlan, b: IndexPlan): boolean {
  const enough = (plan: IndexPlan): boolean => plan.recall >= TARGET_RECALL - 1e-9;
  if (enough(a) !== enough(b)) return enough(a);
  return enough(a) ? a.cost < b.cost : a.recall > b.recall;
}

function trialsFor(distance: Distance, size: number, dimensions: number): readonly Trial[] {
  if (distance === "L2") return [2, 3, 4, 6, 8, 10, 12, 15].map((functions) => ({ family: "STABLE", functions }));
  const bits = Math.round(Math.log2(size));
  const signs = [-6, -4, -2, 0, 2, 4].map((more) => Math.min(28, Math.max(4, bits + more)));
  return [
    ...[...new Set(signs)].map((functions) => ({ family: "SIGNS" as const, functions })),
    ...(dimensions < CROSS_POLYTOPE_DIMENSIONS ? [] : [1, 2, 3]).map((functions) => ({
      family: "CROSS_POLYTOPE" as const,
      functions,
    })),
  ];
}

/** Share of the sample's pairs that have equal keys in a table. */
function* collisionRate(
  family: HashFamily,
  sample: readonly Float32Array[],
  vectorsPerStep: number,
): Generator<void, number> {
  const keys = new Uint32Array(TRIAL_TABLES);
  const columns = Array.from({ length: TRIAL_TABLES }, () => new Uint32Array(sample.length));
  for (let i = 0; i < sample.length; i++) {
    if (i % vectorsPerStep === 0) yield;
    family.keys(sample[i] as Float32Array, keys);
    for (let table = 0; table < TRIAL_TABLES; table++) (columns[table] as Uint32Array)[i] = keys[table] as number;
  }
  let equal = 0;
  for (const column of columns) {
    column.sort();
    for (let i = 1, run = 0; i < column.length; i++) {
      run = column[i] === column[i - 1] ? run + 1 : 0;
      equal += run;
    }
  }
  return equal / (TRIAL_TABLES * Math.max(1, (sample.length * (sample.length - 1)) / 2));
}

function meanOf(sample: readonly Float32Array[], dimensions: number): Float32Array {
  const mean = new Float32Array(dimensions);
  for (const vector of sample)
    for (let i = 0; i < dimensions; i++) mean[i] = (mean[i] as number) + (vector[i] as number) / sample.length;
  return mean;
}

/** Share of coordinates that are not zero. */
function densityOf(sample: readonly Float32Array[], dimensions: number): number {
  let nonZero = 0;
  for (const vector of sample) for (let i = 0; i < dimensions; i++) if (vector[i] !== 0) nonZero += 1;
  return nonZero / (sample.length * dimensions);
}
