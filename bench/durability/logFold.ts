import type { Folding } from "../../src/correction/folding.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import type { Truth } from "../../src/domain/storePorts.js";

/** A row of the feedback log, as the database has it. */
export interface LogRow {
  readonly seq: number;
  readonly key: string;
  readonly entity: string | null;
  readonly truth: Truth;
  readonly evidence: unknown;
  readonly learnedBy: readonly number[];
  readonly supersededBy: number | null;
}

/** A PRIOR event of the log. */
export interface PriorRow {
  readonly seq: number;
  readonly version: number;
  readonly prior: unknown;
}

/** A row of policy_state. */
export interface KeptRow {
  readonly version: number;
  readonly entity: string;
  readonly seq: number;
  readonly birthSeq: number;
  readonly birth: Uint8Array;
  readonly state: Uint8Array;
}

export interface Differing {
  readonly version: number;
  /** Empty: the population. */
  readonly entity: string;
  readonly why: "MISSING" | "UNEXPECTED" | "BIRTH" | "STATE" | "BEHIND";
}

interface Folded {
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  readonly state: LearnedState;
  /** As of where the kept one was written. */
  atKept: Uint8Array | undefined;
  /** Learned after that. */
  after: number;
}

const POPULATION = "";
/** Of entities; larger ones, and populations, are at most so many observations behind. */
const WRITTEN_AT_ONCE_BYTES = 8192;
const MOST_BEHIND = 199;

/**
 * What the log alone says of one application's learned states: folded row by row, nothing read that the server has
 * folded. An entity is born of the population of the moment before its first observation.
 */
export class LogFold {
  readonly #foldings: ReadonlyMap<number, Folding<LearnedState>>;
  readonly #kept: ReadonlyMap<string, KeptRow>;
  readonly #states = new Map<string, Folded>();

  constructor(foldings: ReadonlyMap<number, Folding<LearnedState>>, kept: readonly KeptRow[]) {
    this.#foldings = foldings;
    this.#kept = new Map(kept.map((row) => [keyOf(row.version, row.entity), row]));
  }

  add(row: LogRow): void {
    if (row.supersededBy !== null) return;
    for (const version of row.learnedBy) {
      const folding = this.#foldings.get(version);
      if (folding === undefined) continue;
      const population = this.#stateOf(version, POPULATION, row.seq, () => folding.init());
      if (row.entity !== null && folding.isPersonal) {
        const own = this.#stateOf(version, row.entity, row.seq, () => folding.inherit(population.state));
        this.#learn(folding, own, version, row.entity, row);
      }
      this.#learn(folding, population, version, POPULATION, row);
    }
  }

  /** What entities are born with from here on: part of the population's fold, at its place in the log. */
  adopt({ seq, version, prior }: PriorRow): void {
    const folding = this.#foldings.get(version);
    if (folding === undefined) return;
    const population = this.#stateOf(version, POPULATION, seq, () => folding.init());
    if (seq > this.#keptSeq(version, POPULATION)) population.atKept ??= folding.encode(population.state);
    folding.sharedPrior?.adopt(population.state, prior);
  }

  /** Entities' small states are written with every observation; of others the log after what is kept is part of the state. */
  compare(): readonly Differing[] {
    const differing: Differing[] = [];
    const blame = (version: number, entity: string, why: Differing["why"]): void =>
      void differing.push({ version, entity, why });
    for (const [key, folded] of this.#states) {
      const { version, entity } = parsed(key);
      const kept = this.#kept.get(key);
      if (kept === undefined) blame(version, entity, "MISSING");
      else if (!equal(kept.birth, folded.birth) || kept.birthSeq !== folded.birthSeq) blame(version, entity, "BIRTH");
      else if (!equal(kept.state, this.#atKept(version, folded))) blame(version, entity, "STATE");
      else if (folded.after > mostBehind(entity, kept.state)) blame(version, entity, "BEHIND");
    }
    for (const [key, { version, entity }] of this.#kept) {
      if (!this.#states.has(key)) blame(version, entity, "UNEXPECTED");
    }
    return differing;
  }

  /** Kept states without an observation after them in the log. */
  whole(): readonly KeptRow[] {
    return [...this.#kept].filter(([key]) => this.#states.get(key)?.after === 0).map(([, kept]) => kept);
  }

  #stateOf(version: number, entity: string, seq: number, make: () => LearnedState): Folded {
    const key = keyOf(version, entity);
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const folding = this.#foldings.get(version) as Folding<LearnedState>;
    const state = make();
    const birthSeq = entity === POPULATION ? 0 : seq - 1;
    const born = { birth: folding.encode(state), birthSeq, state, atKept: undefined, after: 0 };
    this.#states.set(key, born);
    return born;
  }

  #learn(folding: Folding<LearnedState>, folded: Folded, version: number, entity: string, row: LogRow): void {
    if (row.seq > this.#keptSeq(version, entity)) {
      folded.atKept ??= folding.encode(folded.state);
      folded.after += 1;
    }
    const lesson = folding.read(row.truth, row.evidence);
    if (lesson !== undefined) folding.observe(folded.state, lesson);
  }

  #keptSeq(version: number, entity: string): number {
    return this.#kept.get(keyOf(version, entity))?.seq ?? Infinity;
  }

  #atKept(version: number, { atKept, state }: Folded): Uint8Array {
    return atKept ?? (this.#foldings.get(version) as Folding<LearnedState>).encode(state);
  }
}

function mostBehind(entity: string, state: Uint8Array): number {
  return entity !== POPULATION && state.length <= WRITTEN_AT_ONCE_BYTES ? 0 : MOST_BEHIND;
}

function keyOf(version: number, entity: string): string {
  return `${version} ${entity}`;
}

function parsed(key: string): { version: number; entity: string } {
  const at = key.indexOf(" ");
  return { version: Number(key.slice(0, at)), entity: key.slice(at + 1) };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
