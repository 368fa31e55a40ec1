import { whyNoLesson } from "../correction/evidence.js";
import type { LearnedState, ReplayFolding } from "../correction/learnedState.js";
import { POPULATION } from "../domain/learningPorts.js";
import type { KeptState, LoggedObservation } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { ReplayProgress, ReplayWork, StagedEntity } from "../domain/replayPorts.js";
import { newbornState } from "./heldState.js";
import { Slices } from "./slices.js";

export interface ReplayFoldOptions {
  readonly clock: Clock;
  readonly folding: ReplayFolding;
  readonly version: number;
  readonly afterSeq: number;
  /** For entities' states in memory; those that were used longest ago wait in the database. */
  readonly stateBytes: number;
}

interface Working {
  readonly state: LearnedState;
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  seq: number;
  /** As of when it was last encoded: an estimate that is right within what one page of the log adds. */
  bytes: number;
  isChanged: boolean;
}

/**
 * The states of a policy version on their way through the log. Memory is bounded however many entities there are: a page
 * of the log needs the states of its entities, and what does not fit beside them waits in the database.
 */
export class ReplayFold {
  readonly #options: ReplayFoldOptions;
  readonly #population: Working;
  /** Least recently used first. */
  readonly #entities = new Map<string, Working>();
  readonly #slices: Slices;
  #bytes = 0;
  #progress: ReplayProgress;

  constructor(options: ReplayFoldOptions) {
    const { clock, folding, afterSeq } = options;
    this.#options = options;
    this.#slices = new Slices(clock);
    this.#population = working(folding, folding.init(), afterSeq);
    this.#progress = emptyProgress(afterSeq);
  }

  get progress(): ReplayProgress {
    return this.#progress;
  }

  expect(endSeq: number): void {
    this.#progress = { ...this.#progress, endSeq: Math.max(endSeq, this.#progress.endSeq) };
  }

  async fold(work: ReplayWork, page: readonly LoggedObservation[]): Promise<void> {
    const voidUntil = await this.#load(work, page);
    const tally = new Tally(this.#progress);
    for (const row of page) {
      this.#foldRow(row, voidUntil, tally);
      if (this.#slices.isOver) await this.#slices.pause();
    }
    this.#progress = tally.progress(page.at(-1)?.seq ?? this.#progress.seq);
    await this.#makeRoom(work);
  }

  /** The log was read up to here, whether or not there was anything to fold. */
  reached(seq: number): void {
    this.#progress = { ...this.#progress, seq: Math.max(seq, this.#progress.seq) };
    this.expect(seq);
  }

  /** Writes what the database does not have yet. */
  async flush(work: ReplayWork): Promise<void> {
    const changed: KeptState[] = [];
    for (const [entity, each] of this.#entities) {
      if (each.isChanged) changed.push(this.#kept(entity, each));
      if (this.#slices.isOver) await this.#slices.pause();
    }
    if (this.#population.isChanged) changed.push(this.#kept(POPULATION, this.#population));
    await work.write(changed);
  }

  /** States of the page's entities that are not here; drops those that were reset or deleted meanwhile. */
  async #load(work: ReplayWork, page: readonly LoggedObservation[]): Promise<ReadonlyMap<string, number>> {
    const voidUntil = new Map<string, number>();
    if (!this.#options.folding.isPersonal) return voidUntil;
    const names = [...new Set(page.map(({ entity }) => entity).filter((entity) => entity !== undefined))];
    if (names.length === 0) return voidUntil;
    const wanted = names.map((entity) => ({ entity, isKnown: this.#entities.has(entity) }));
    const staged = await work.staged(wanted);
    names.forEach((entity, i) => {
      const found = staged[i] as StagedEntity;
      voidUntil.set(entity, found.voidUntilSeq);
      const known = this.#entities.get(entity);
      if (known !== undefined && known.seq <= found.voidUntilSeq) this.#drop(entity, known);
      if (found.kept !== undefined) this.#put(entity, this.#decoded(found.kept));
    });
    return voidUntil;
  }

  #foldRow(row: LoggedObservation, voidUntil: ReadonlyMap<string, number>, tally: Tally): void {
    const { folding } = this.#options;
    const lesson = folding.read(row.truth, row.evidence, row);
    if (lesson === undefined) {
      tally.skip(whyNoLesson(row.truth, row.evidence));
      return;
    }
    const own = this.#entityOf(row, voidUntil, tally);
    // The entity first: it is born from the population as it was before this row.
    const byEntity = own && folding.fold(own.state, lesson);
    const byAll = folding.fold(this.#population.state, lesson);
    const folded = byEntity ?? byAll;
    for (const each of own === undefined ? [this.#population] : [own, this.#population]) {
      each.seq = row.seq;
      each.isChanged = true;
    }
    if (typeof folded === "string") tally.skip(folded);
    else tally.learn(folded.loss, folding.lossOf(lesson));
  }

  #entityOf(row: LoggedObservation, voidUntil: ReadonlyMap<string, number>, tally: Tally): Working | undefined {
    const { folding } = this.#options;
    const { entity, seq } = row;
    if (entity === undefined || !folding.isPersonal || seq <= (voidUntil.get(entity) ?? 0)) return undefined;
    const known = this.#entities.get(entity);
    if (known !== undefined) {
      this.#entities.delete(entity);
      this.#entities.set(entity, known);
      return known;
    }
    const born = working(folding, folding.inherit(this.#population.state), seq - 1);
    tally.born();
    this.#put(entity, born);
    return born;
  }

  #put(entity: string, each: Working): void {
    this.#entities.set(entity, each);
    this.#bytes += each.bytes + each.birth.length;
  }

  #drop(entity: string, each: Working): void {
    this.#entities.delete(entity);
    this.#bytes -= each.bytes + each.birth.length;
  }

  /** Those that were used longest ago are written and leave. */
  async #makeRoom(work: ReplayWork): Promise<void> {
    const leaving: KeptState[] = [];
    for (const [entity, each] of this.#entities) {
      if (this.#bytes <= this.#options.stateBytes) break;
      if (each.isChanged) leaving.push(this.#kept(entity, each));
      this.#drop(entity, each);
      if (this.#slices.isOver) await this.#slices.pause();
    }
    if (leaving.length > 0) await work.write(leaving);
  }

  #kept(entity: string, each: Working): KeptState {
    const { folding, version } = this.#options;
    const state = folding.encode(each.state);
    if (entity !== POPULATION) this.#bytes += state.length - each.bytes;
    each.bytes = state.length;
    each.isChanged = false;
    return { policyVersion: version, entity, seq: each.seq, birth: each.birth, birthSeq: each.birthSeq, state };
  }

  #decoded({ birth, birthSeq, seq, state }: KeptState): Working {
    const { folding } = this.#options;
    return { state: folding.decode(state), birth, birthSeq, seq, bytes: state.length, isChanged: false };
  }
}

function working(folding: ReplayFolding, state: LearnedState, birthSeq: number): Working {
  const { birth, bytes, seq } = newbornState(folding, state, birthSeq, 0);
  return { state, birth, birthSeq, seq, bytes, isChanged: false };
}

export function emptyProgress(afterSeq: number): ReplayProgress {
  const nothing = { rows: 0, folded: 0, skipped: {}, entities: 0, compared: 0, lossSum: 0, loggedLossSum: 0 };
  return { afterSeq, seq: afterSeq, endSeq: afterSeq, ...nothing };
}

/** Counts of one page, on top of those before. */
class Tally {
  readonly #before: ReplayProgress;
  readonly #skipped: Record<string, number>;
  #folded = 0;
  #rows = 0;
  #entities = 0;
  #compared = 0;
  #lossSum = 0;
  #loggedLossSum = 0;

  constructor(before: ReplayProgress) {
    this.#before = before;
    this.#skipped = { ...before.skipped };
  }

  skip(reason: string): void {
    this.#rows += 1;
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  learn(loss: number | undefined, loggedLoss: number | undefined): void {
    this.#rows += 1;
    this.#folded += 1;
    if (loss === undefined || loggedLoss === undefined) return;
    this.#compared += 1;
    this.#lossSum += loss;
    this.#loggedLossSum += loggedLoss;
  }

  born(): void {
    this.#entities += 1;
  }

  progress(seq: number): ReplayProgress {
    const before = this.#before;
    return {
      ...before,
      seq,
      rows: before.rows + this.#rows,
      folded: before.folded + this.#folded,
      skipped: this.#skipped,
      entities: before.entities + this.#entities,
      compared: before.compared + this.#compared,
      lossSum: before.lossSum + this.#lossSum,
      loggedLossSum: before.loggedLossSum + this.#loggedLossSum,
    };
  }
}
