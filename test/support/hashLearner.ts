import { createHash } from "node:crypto";
import type {
  AppendedObservation,
  GroupLearner,
  KeptState,
  LearnedGroup,
  StateReading,
  StateRef,
  WantedState,
} from "../../src/domain/learningPorts.js";
import { POPULATION } from "../../src/domain/learningPorts.js";
import type { NewObservation, Truth } from "../../src/domain/storePorts.js";

/** What a fold looks at: the same of an observation that arrives and of a row of the log. */
export interface Folded {
  readonly receiptId: string;
  readonly key: string;
  readonly truth: Truth;
}

/** A hash chain: any observation lost, doubled or in another place gives other bytes. */
export function foldHash(state: Uint8Array, { receiptId, key, truth }: Folded): Uint8Array {
  return createHash("sha256")
    .update(state)
    .update(JSON.stringify([receiptId, key, Object.entries(truth).sort()]))
    .digest();
}

export function birthOf(entity: string, population: Uint8Array): Uint8Array {
  if (entity === POPULATION) return createHash("sha256").update("init").digest();
  return createHash("sha256").update("born").update(population).digest();
}

export interface HashLearnerOptions {
  /** States are written at their first observation, and when this many observations have been folded since. */
  readonly snapshotEvery?: number;
  /** Awaited in each fold before it answers. */
  readonly beforeFold?: () => Promise<void>;
}

interface Known {
  readonly kept: KeptState;
  /** Observations folded since it was last written. */
  readonly unwritten: number;
}

/** A learner as simple as can be, with a cache of its own that it trusts only as far as the readings say. */
export class HashLearner implements GroupLearner {
  readonly #options: HashLearnerOptions;
  readonly #known = new Map<string, Known>();
  /** Of those that it has itself folded since the log last went on without it; where it ends then. */
  readonly #current = new Set<string>();
  #end = 0;
  readonly told: ("committed" | "abandoned")[] = [];
  groups = 0;

  constructor(options: HashLearnerOptions = {}) {
    this.#options = options;
  }

  /** As a server that has just started, or one that was told to read again. */
  forget(): void {
    this.#known.clear();
    this.#current.clear();
  }

  knownSeq({ policyVersion, entity }: StateRef): number | undefined {
    return this.#known.get(keyOf(policyVersion, entity))?.kept.seq;
  }

  /** What it holds, brought up to date by a reading. */
  current(reading: StateReading): KeptState {
    return this.#base(reading, birthOf(reading.entity, new Uint8Array())).kept;
  }

  wanted(_application: string, observations: readonly NewObservation[]): readonly WantedState[] {
    const wanted = new Map<string, WantedState>();
    for (const { learnedBy, entity } of observations) {
      for (const policyVersion of learnedBy) {
        for (const each of entity === undefined ? [POPULATION] : [POPULATION, entity]) {
          const key = keyOf(policyVersion, each);
          const knownSeq = this.#known.get(key)?.kept.seq;
          const currentAt = this.#current.has(key) ? this.#end : undefined;
          wanted.set(key, { policyVersion, entity: each, knownSeq, currentAt });
        }
      }
    }
    return [...wanted.values()];
  }

  async fold(
    _application: string,
    readings: readonly StateReading[],
    fresh: readonly AppendedObservation[],
  ): Promise<LearnedGroup> {
    await this.#options.beforeFold?.();
    this.groups += 1;
    const states = new Map<string, Known>();
    const incomplete = new Set<string>();
    const ordered = [...readings].sort((a, b) => (a.entity < b.entity ? -1 : 1));
    for (const reading of ordered) {
      const key = keyOf(reading.policyVersion, reading.entity);
      if (!reading.complete) incomplete.add(key);
      else if (!reading.anew || reading.tail.length > 0)
        states.set(key, this.#base(reading, population(states, reading)));
    }
    for (const { observation, seq } of fresh) this.#foldOne(states, incomplete, observation, seq);
    const last = fresh.at(-1)?.seq ?? 0;
    return this.#learned(states, readings, (fresh[0]?.seq ?? 1) - 1, last);
  }

  #foldOne(
    states: Map<string, Known>,
    incomplete: ReadonlySet<string>,
    observation: NewObservation,
    seq: number,
  ): void {
    for (const policyVersion of observation.learnedBy) {
      const { entity } = observation;
      // The entity is born from the population before this observation.
      for (const each of entity === undefined ? [POPULATION] : [entity, POPULATION]) {
        const key = keyOf(policyVersion, each);
        if (incomplete.has(key)) continue;
        const before = states.get(key) ?? born(states, policyVersion, each, seq - 1);
        const state = foldHash(before.kept.state, observation);
        states.set(key, { kept: { ...before.kept, state, seq }, unwritten: before.unwritten + 1 });
      }
    }
  }

  #base(reading: StateReading, populationState: Uint8Array): Known {
    const { policyVersion, entity, kept, anew, tail } = reading;
    const known = this.#known.get(keyOf(policyVersion, entity));
    let base: Known;
    if (kept !== undefined) base = { kept, unwritten: 0 };
    else if (anew || known === undefined) {
      const birth = birthOf(entity, populationState);
      base = { kept: { policyVersion, entity, seq: 0, birthSeq: 0, birth, state: birth }, unwritten: Infinity };
    } else base = known;
    let { state, seq } = base.kept;
    for (const row of tail) {
      state = foldHash(state, row);
      seq = row.seq;
    }
    return { kept: { ...base.kept, state, seq }, unwritten: base.unwritten + tail.length };
  }

  #learned(states: Map<string, Known>, readings: readonly StateReading[], before: number, last: number): LearnedGroup {
    const every = this.#options.snapshotEvery ?? 1;
    const refolded = new Set(
      readings
        .filter(({ kept }) => kept !== undefined && kept.seq === kept.birthSeq)
        .map((each) => keyOf(each.policyVersion, each.entity)),
    );
    const writes: KeptState[] = [];
    for (const [key, { kept, unwritten }] of states) {
      const write = unwritten >= every || refolded.has(key);
      states.set(key, { kept: { ...kept, seq: last }, unwritten: write ? 0 : unwritten });
      if (write) writes.push({ ...kept, seq: last });
    }
    return {
      writes,
      events: [],
      rebuilds: [],
      committed: () => {
        this.told.push("committed");
        if (before !== this.#end) this.#current.clear();
        this.#end = last;
        for (const [key, known] of states) {
          this.#known.set(key, known);
          this.#current.add(key);
        }
      },
      abandoned: () => {
        this.told.push("abandoned");
        for (const key of states.keys()) {
          this.#known.delete(key);
          this.#current.delete(key);
        }
      },
    };
  }
}

function population(states: ReadonlyMap<string, Known>, { policyVersion }: StateReading): Uint8Array {
  return states.get(keyOf(policyVersion, POPULATION))?.kept.state ?? birthOf(POPULATION, new Uint8Array());
}

function born(states: ReadonlyMap<string, Known>, policyVersion: number, entity: string, birthSeq: number): Known {
  const parent = states.get(keyOf(policyVersion, POPULATION))?.kept.state ?? birthOf(POPULATION, new Uint8Array());
  const birth = birthOf(entity, parent);
  return { kept: { policyVersion, entity, seq: birthSeq, birthSeq, birth, state: birth }, unwritten: Infinity };
}

function keyOf(policyVersion: number, entity: string): string {
  return `${policyVersion} ${entity}`;
}
