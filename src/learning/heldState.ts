import type { Folding } from "../correction/folding.js";
import type { LearnedState } from "../correction/learnedState.js";
import type { KeptState } from "../domain/learningPorts.js";

/** A learned state in this process. Never changed: a group is folded into a copy, which takes its place at commit. */
export interface HeldState {
  readonly state: LearnedState;
  /** Encoded. */
  readonly bytes: number;
  /** Of a small state: what a group is folded into is decoded from it, which spares encoding it once more. */
  readonly encoded: Uint8Array | undefined;
  /** Of the last observation folded in. */
  readonly seq: number;
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  /** Observations folded in since the database has had it as a whole, and when (monotonic) that was. */
  readonly unkept: number;
  readonly keptAtMs: number;
  /** False: others may have changed it before it was held here, unnoticed. It answers, and is read before it is folded into. */
  readonly isFollowed: boolean;
}

export type StateFolding = Folding<LearnedState>;

/** Larger ones are encoded when they are to be copied: kept beside the state they would take twice its memory. */
const KEPT_ENCODED_BYTES = 8192;

/** The part of a held state that is its encoding. */
export function encodedPart(encoded: Uint8Array): Pick<HeldState, "bytes" | "encoded"> {
  return { bytes: encoded.length, encoded: encoded.length <= KEPT_ENCODED_BYTES ? encoded : undefined };
}

/** One's own, to be changed. */
export function copyOf(folding: StateFolding, { state, encoded }: HeldState): LearnedState {
  return folding.decode(encoded ?? folding.encode(state));
}

/** What the database keeps, as it was read at `nowMs`. */
export function heldFromKept(folding: StateFolding, kept: KeptState, nowMs: number): HeldState {
  const [birth, state] = ownBytes(kept);
  return {
    state: folding.decode(state),
    ...encodedPart(state),
    seq: kept.seq,
    birth,
    birthSeq: kept.birthSeq,
    unkept: 0,
    keptAtMs: nowMs,
    isFollowed: true,
  };
}

/**
 * Copied together. What was read is cut from slabs of 8 KiB that everybody's small buffers share (`Buffer.poolSize`): held
 * for long, each would keep its slab from being collected, several times what it holds itself.
 */
function ownBytes({ birth, state }: KeptState): readonly [birth: Uint8Array, state: Uint8Array] {
  if (birth === state) {
    const only = new Uint8Array(birth);
    return [only, only];
  }
  const both = new Uint8Array(birth.length + state.length);
  both.set(birth);
  both.set(state, birth.length);
  return [both.subarray(0, birth.length), both.subarray(birth.length)];
}

/** For a population. An event that is no prior, or one of other features, changes nothing. */
export function adoptPrior(folding: StateFolding, population: LearnedState, prior: unknown): void {
  try {
    folding.sharedPrior?.adopt(population, prior);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** It has lost so many digits that it is to be learned anew, and that would help. */
export function isIllConditioned({ conditioning }: StateFolding, state: LearnedState): boolean {
  return conditioning?.isIll(state) === true;
}

/** A state that has learned nothing yet, born when the log had come to `birthSeq`. */
export function newbornState(folding: StateFolding, state: LearnedState, birthSeq: number, nowMs: number): HeldState {
  const birth = folding.encode(state);
  const { bytes, encoded } = encodedPart(birth);
  return { state, bytes, encoded, seq: birthSeq, birth, birthSeq, unkept: 0, keptAtMs: nowMs, isFollowed: true };
}
