import type {
  AppendedObservation,
  KeptState,
  LogEvent,
  LoggedObservation,
  LoggedPrior,
  StateReading,
  StateRef,
} from "../domain/learningPorts.js";
import { POPULATION, stateKey } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { NewObservation } from "../domain/storePorts.js";
import type { LearnedState } from "../correction/learnedState.js";
import type { Finding, Lesson } from "../correction/folding.js";
import { DriftReport } from "./driftReport.js";
import { adoptPrior, copyOf, heldAfterFold, heldFromKept, isIllConditioned, newbornState } from "./heldState.js";
import type { HeldState, StateFolding } from "./heldState.js";
import { Slices } from "./slices.js";

export interface GroupFoldOptions {
  readonly clock: Clock;
  /** Of a policy version that learns; undefined for one that is gone. */
  readonly foldingOf: (policyVersion: number) => StateFolding | undefined;
  /** The version that answers: drift is told of this one. */
  readonly policyVersion: number;
  /** What was known when the readings were asked for. */
  readonly known: ReadonlyMap<string, HeldState>;
}

/**
 * Entities' states up to this size are written with every group; larger ones, and the population's, which nearly every
 * group changes, now and then, since the log after them is kept.
 */
const WRITTEN_AT_ONCE_BYTES = 8192;
const UNKEPT_OBSERVATIONS = 200;
const UNKEPT_MS = 5_000;
/**
 * Of large states that are due by time alone, with one group. Where more entities are observed than each of them in five
 * seconds, all would be due whenever they come (at d = 64 40 kB an observation, 270 a second); the log holds at most 200
 * observations of each anyway.
 */
const TIMED_BYTES = 64 * 1024;

type LearnedRow = Pick<NewObservation, "truth" | "evidence" | "policyVersion" | "entity">;

/** A copy of a state, being folded into. */
interface Working {
  readonly ref: StateRef;
  readonly folding: StateFolding;
  /** What it began as. */
  readonly held: HeldState;
  readonly state: LearnedState;
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
  readonly #drifts = new DriftReport();
  readonly #slices: Slices;

  constructor(options: GroupFoldOptions) {
    this.#options = options;
    this.#slices = new Slices(options.clock);
  }

  async catchUp(readings: readonly StateReading[]): Promise<void> {
    // Populations first: entities are born from them.
    const populationsFirst = [...readings].sort(
      (a, b) => Number(a.entity !== POPULATION) - Number(b.entity !== POPULATION),
    );
    for (const reading of populationsFirst) {
      const working = this.#begin(reading);
      if (working === undefined) continue;
      for (const step of inOrder(reading)) {
        if ("prior" in step) adopt(working, step);
        else learn(working, step.seq, lessonFor(working, step.seq, step));
        if (this.#slices.isOver) await this.#slices.pause();
      }
    }
  }

  async learn(fresh: readonly AppendedObservation[]): Promise<void> {
    for (const { observation, seq } of fresh) {
      for (const policyVersion of observation.learnedBy) this.#learnBy(policyVersion, observation, seq);
      if (this.#slices.isOver) await this.#slices.pause();
    }
    const last = fresh.at(-1)?.seq ?? 0;
    for (const working of this.#working.values()) if (!working.isCut) working.seq = Math.max(working.seq, last);
  }

  /** The states as they are now, those of them that are to be written, and what the group brought to light. */
  finish(): FinishedGroup {
    const states: FoldedState[] = [];
    const writes: KeptState[] = [];
    const rebuilds: StateRef[] = [];
    let timedBytes = TIMED_BYTES;
    // Those that have waited longest first.
    const inTurn = [...this.#working.values()].sort((a, b) => a.held.keptAtMs - b.held.keptAtMs);
    for (const working of inTurn) {
      const { ref, folding, seq } = working;
      const { birth, birthSeq } = working.held;
      const state = folding.encode(working.state);
      const isDue = this.#isDue(working, state.length);
      const isTimed = !isDue && timedBytes > 0 && this.#isDueByTime(working);
      const isWritten = isDue || isTimed;
      const { policyVersion, entity } = ref;
      if (isWritten) writes.push({ policyVersion, entity, seq, birth, birthSeq, state });
      if (isWritten && isIllConditioned(folding, working.state)) rebuilds.push(ref);
      if (isTimed) timedBytes -= birth.length + state.length;
      states.push({ ref, held: this.#heldAfter(working, state, isWritten) });
    }
    return { states, writes, events: this.#drifts.events(), rebuilds };
  }

  #learnBy(policyVersion: number, observation: NewObservation, seq: number): void {
    const { entity } = observation;
    const population = this.#working.get(stateKey({ policyVersion, entity: POPULATION }));
    if (population === undefined || population.isCut) return;
    // The same for both.
    const lesson = lessonFor(population, seq, observation);
    if (entity !== undefined && population.folding.isPersonal) {
      const own = this.#entity(population, entity, seq);
      if (!own.isCut) this.#tell(own, seq, learn(own, seq, lesson));
    }
    this.#tell(population, seq, learn(population, seq, lesson));
  }

  /** Only of what is appended now: whoever catches up finds the same, which has been told by the one that appended it. */
  #tell({ ref }: Working, seq: number, findings: readonly Finding[]): void {
    if (ref.policyVersion === this.#options.policyVersion) this.#drifts.note(ref, seq, findings);
  }

  #isDue(working: Working, bytes: number): boolean {
    const { ref, learned, isBorn, isCorrected, isCut, held } = working;
    if (isCut) return false;
    if (isCorrected) return true;
    if (learned === 0) return false;
    const isAtOnce = ref.entity !== POPULATION && bytes <= WRITTEN_AT_ONCE_BYTES;
    return isAtOnce || isBorn || held.unkept + learned >= UNKEPT_OBSERVATIONS;
  }

  #isDueByTime({ learned, isCut, held }: Working): boolean {
    return learned > 0 && !isCut && this.#options.clock.nowMs() - held.keptAtMs >= UNKEPT_MS;
  }

  /** Every query looks at the population's. */
  #heldAfter({ ref, folding, held, state, seq, learned }: Working, encoded: Uint8Array, isWritten: boolean): HeldState {
    const { birth, birthSeq } = held;
    const unkept = isWritten ? 0 : held.unkept + learned;
    const keptAtMs = isWritten ? this.#options.clock.nowMs() : held.keptAtMs;
    const standing = { seq, birth, birthSeq, unkept, keptAtMs, isFollowed: true };
    return heldAfterFold(folding, state, encoded, standing, ref.entity === POPULATION);
  }

  #begin(reading: StateReading): Working | undefined {
    const { policyVersion, entity, kept, complete } = reading;
    const folding = this.#options.foldingOf(policyVersion);
    if (folding === undefined) return undefined;
    const known = reading.anew ? undefined : this.#options.known.get(stateKey(reading));
    const isBorn = kept === undefined && known === undefined;
    // One that nobody has observed is born with its first observation.
    if (isBorn && entity !== POPULATION && reading.tail.length === 0) return undefined;
    const start = this.#startingState(folding, reading, known);
    if (start === undefined) return undefined;
    const { held } = start;
    const isCorrected = kept !== undefined && kept.seq === kept.birthSeq;
    const ref = { policyVersion, entity };
    const working = { ref, folding, ...start, isBorn, isCorrected, isCut: !complete, seq: held.seq, learned: 0 };
    this.#working.set(stateKey(reading), working);
    return working;
  }

  #startingState(folding: StateFolding, reading: StateReading, known: HeldState | undefined): Start | undefined {
    const nowMs = this.#options.clock.nowMs();
    if (reading.kept !== undefined) return ownStart(heldFromKept(folding, reading.kept, nowMs));
    if (known !== undefined) return { held: known, state: copyOf(folding, known) };
    if (reading.entity === POPULATION) return ownStart(newbornState(folding, folding.init(), 0, nowMs));
    const parent = this.#working.get(stateKey({ ...reading, entity: POPULATION }));
    const birthSeq = (reading.tail[0]?.seq ?? 1) - 1;
    return parent && ownStart(newbornState(folding, folding.inherit(parent.state), birthSeq, nowMs));
  }

  #entity(population: Working, entity: string, seq: number): Working {
    const { folding, ref } = population;
    const key = stateKey({ policyVersion: ref.policyVersion, entity });
    const known = this.#working.get(key);
    if (known !== undefined) return known;
    const state = folding.inherit(population.state);
    const held = newbornState(folding, state, seq - 1, this.#options.clock.nowMs());
    const own = { ref: { ...ref, entity }, folding, held, state, seq: seq - 1, learned: 0 };
    const born = { isBorn: true, isCorrected: false, isCut: false, ...own };
    this.#working.set(key, born);
    return born;
  }
}

type Start = Pick<Working, "held" | "state">;

/** Nobody else has it, so it needs no copy. */
function ownStart(held: HeldState): Start {
  return { held, state: held.state };
}

function lessonFor(
  { folding }: Working,
  seq: number,
  { truth, evidence, policyVersion, entity }: LearnedRow,
): Lesson | undefined {
  return folding.read(truth, evidence, { seq, policyVersion, entity });
}

/** Undefined: a row that teaches nothing. */
function learn(working: Working, seq: number, lesson: Lesson | undefined): readonly Finding[] {
  working.seq = seq;
  working.learned += 1;
  return lesson === undefined ? [] : working.folding.observe(working.state, lesson);
}

export interface FinishedGroup {
  readonly states: readonly FoldedState[];
  readonly writes: readonly KeptState[];
  readonly events: readonly LogEvent[];
  readonly rebuilds: readonly StateRef[];
}

/** Observations and priors, as the log has them. Nothing after what was cut. */
function* inOrder({ tail, priors = [], complete }: StateReading): Generator<LoggedObservation | LoggedPrior> {
  const untilSeq = complete ? Infinity : (tail.at(-1)?.seq ?? 0);
  let next = 0;
  for (const observation of tail) {
    for (let prior = priors[next]; prior !== undefined && prior.seq < observation.seq; prior = priors[++next])
      yield prior;
    yield observation;
  }
  for (const prior of priors.slice(next)) if (prior.seq <= untilSeq) yield prior;
}

/** Entities are born with it from here on. One that does not fit is passed over, by every server alike. */
function adopt(working: Working, { seq, prior }: LoggedPrior): void {
  adoptPrior(working.folding, working.state, prior);
  working.seq = seq;
  working.learned += 1;
}

export interface FoldedState {
  readonly ref: StateRef;
  readonly held: HeldState;
}
