import type { AppendedObservation, KeptState, StateReading, StateRef } from "../domain/learningPorts.js";
import { POPULATION } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { NewObservation, Truth } from "../domain/storePorts.js";
import { heldFromKept, newbornState } from "./heldState.js";
import type { HeldState, StateFolding } from "./heldState.js";

export interface GroupFoldOptions {
  readonly clock: Clock;
  /** Of a policy version that learns; undefined for one that is gone. */
  readonly foldingOf: (policyVersion: number) => StateFolding | undefined;
  /** What was known when the readings were asked for. */
  readonly known: ReadonlyMap<string, HeldState>;
}

/** States up to this size are written with every group; larger ones now and then, since the log after them is kept. */
const WRITTEN_AT_ONCE_BYTES = 8192;
const UNKEPT_OBSERVATIONS = 200;
const UNKEPT_MS = 5_000;
/** Longer folds let the event loop have its turn in between: predictions go on. */
const SLICE_MS = 2;

export function refKey({ policyVersion, entity }: StateRef): string {
  return `${policyVersion} ${entity}`;
}

/** A copy of a state, being folded into: `held` is what it began as, but for its state, which is the copy. */
interface Working {
  readonly ref: StateRef;
  readonly folding: StateFolding;
  readonly held: HeldState;
  readonly isBorn: boolean;
  /** Something that it had learned was corrected: it has been folded again from its birth. */
  readonly isCorrected: boolean;
  /** The log goes on after what was read: nothing is folded after it, nothing written. */
  readonly isCut: boolean;
  seq: number;
  learned: number;
}

/**
 * Folds a group of observations into copies of the states that they change. First each copy is brought up to the head:
 * from what is known or kept, with the observations that others have appended since. Then the group's own follow, in
 * order; an entity without a state is born from the population's of that very moment.
 */
export class GroupFold {
  readonly #options: GroupFoldOptions;
  readonly #working = new Map<string, Working>();
  #sliceBeganMs: number;

  constructor(options: GroupFoldOptions) {
    this.#options = options;
    this.#sliceBeganMs = options.clock.nowMs();
  }

  async catchUp(readings: readonly StateReading[]): Promise<void> {
    // Populations first: entities are born from them.
    const populationsFirst = [...readings].sort(
      (a, b) => Number(a.entity !== POPULATION) - Number(b.entity !== POPULATION),
    );
    for (const reading of populationsFirst) {
      const working = this.#begin(reading);
      if (working === undefined) continue;
      for (const { seq, truth, evidence } of reading.tail) {
        this.#learn(working, seq, truth, evidence);
        await this.#pause();
      }
    }
  }

  async learn(fresh: readonly AppendedObservation[]): Promise<void> {
    for (const { observation, seq } of fresh) {
      for (const policyVersion of observation.learnedBy) this.#learnBy(policyVersion, observation, seq);
      await this.#pause();
    }
    const last = fresh.at(-1)?.seq ?? 0;
    for (const working of this.#working.values()) if (!working.isCut) working.seq = Math.max(working.seq, last);
  }

  /** The states as they are now, and those of them that are to be written. */
  finish(): { readonly states: readonly FoldedState[]; readonly writes: readonly KeptState[] } {
    const states: FoldedState[] = [];
    const writes: KeptState[] = [];
    for (const working of this.#working.values()) {
      const { ref, folding, seq } = working;
      const { birth, birthSeq } = working.held;
      const state = folding.encode(working.held.state);
      const isWritten = this.#isDue(working, state.length);
      if (isWritten) writes.push({ ...ref, seq, birth, birthSeq, state });
      states.push({ ref, held: this.#heldAfter(working, state.length, isWritten) });
    }
    return { states, writes };
  }

  #learnBy(policyVersion: number, { entity, truth, evidence }: NewObservation, seq: number): void {
    const population = this.#working.get(refKey({ policyVersion, entity: POPULATION }));
    if (population === undefined || population.isCut) return;
    if (entity !== undefined && population.folding.isPersonal) {
      const own = this.#entity(population, entity, seq);
      if (!own.isCut) this.#learn(own, seq, truth, evidence);
    }
    this.#learn(population, seq, truth, evidence);
  }

  #isDue({ learned, isBorn, isCorrected, isCut, held }: Working, bytes: number): boolean {
    if (isCut) return false;
    if (isCorrected) return true;
    if (learned === 0) return false;
    if (bytes <= WRITTEN_AT_ONCE_BYTES || isBorn || held.unkept + learned >= UNKEPT_OBSERVATIONS) return true;
    return this.#options.clock.nowMs() - held.keptAtMs >= UNKEPT_MS;
  }

  #heldAfter({ held, seq, learned }: Working, bytes: number, isWritten: boolean): HeldState {
    const kept = isWritten
      ? { unkept: 0, keptAtMs: this.#options.clock.nowMs() }
      : { unkept: held.unkept + learned, keptAtMs: held.keptAtMs };
    return { ...held, bytes, seq, ...kept };
  }

  #begin(reading: StateReading): Working | undefined {
    const { policyVersion, entity, kept, complete } = reading;
    const folding = this.#options.foldingOf(policyVersion);
    if (folding === undefined) return undefined;
    const known = reading.anew ? undefined : this.#options.known.get(refKey(reading));
    const isBorn = kept === undefined && known === undefined;
    // One that nobody has observed is born with its first observation.
    if (isBorn && entity !== POPULATION && reading.tail.length === 0) return undefined;
    const held = this.#startingState(folding, reading, known);
    if (held === undefined) return undefined;
    const isCorrected = kept !== undefined && kept.seq === kept.birthSeq;
    const ref = { policyVersion, entity };
    const working = { ref, folding, held, isBorn, isCorrected, isCut: !complete, seq: held.seq, learned: 0 };
    this.#working.set(refKey(reading), working);
    return working;
  }

  #startingState(folding: StateFolding, reading: StateReading, known: HeldState | undefined): HeldState | undefined {
    const nowMs = this.#options.clock.nowMs();
    if (reading.kept !== undefined) return heldFromKept(folding, reading.kept, nowMs);
    if (known !== undefined) return { ...known, state: folding.decode(folding.encode(known.state)) };
    if (reading.entity === POPULATION) return newbornState(folding, folding.init(), 0, nowMs);
    const parent = this.#working.get(refKey({ ...reading, entity: POPULATION }));
    const birthSeq = (reading.tail[0]?.seq ?? 1) - 1;
    return parent && newbornState(folding, folding.inherit(parent.held.state), birthSeq, nowMs);
  }

  #entity(population: Working, entity: string, seq: number): Working {
    const { folding, ref } = population;
    const key = refKey({ policyVersion: ref.policyVersion, entity });
    const known = this.#working.get(key);
    if (known !== undefined) return known;
    const state = folding.inherit(population.held.state);
    const held = newbornState(folding, state, seq - 1, this.#options.clock.nowMs());
    const own = { ref: { ...ref, entity }, folding, held, seq: seq - 1, learned: 0 };
    const born = { ...own, isBorn: true, isCorrected: false, isCut: false };
    this.#working.set(key, born);
    return born;
  }

  #learn(working: Working, seq: number, truth: Truth, evidence: unknown): void {
    const lesson = working.folding.read(truth, evidence);
    if (lesson !== undefined) working.folding.observe(working.held.state, lesson);
    working.seq = seq;
    working.learned += 1;
  }

  async #pause(): Promise<void> {
    const { clock } = this.#options;
    if (clock.nowMs() - this.#sliceBeganMs < SLICE_MS) return;
    await new Promise<void>((resolve) => clock.turnEnd(resolve));
    this.#sliceBeganMs = clock.nowMs();
  }
}

export interface FoldedState {
  readonly ref: StateRef;
  readonly held: HeldState;
}
