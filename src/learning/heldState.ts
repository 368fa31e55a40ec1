import type { Folding } from "../correction/folding.js";
import type { LearnedState } from "../correction/learnedState.js";
import type { KeptState } from "../domain/learningPorts.js";

/** A learned state in this process. Never changed: a group is folded into a copy, which takes its place at commit. */
export interface HeldState {
  readonly state: LearnedState;
  /** Encoded. */
  readonly bytes: number;
  /** Of the last observation folded in. */
  readonly seq: number;
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  /** Observations folded in since the database has had it as a whole, and when (monotonic) that was. */
  readonly unkept: number;
  readonly keptAtMs: number;
}

export type StateFolding = Folding<LearnedState>;

/** What the database keeps, as it was read at `nowMs`. */
export function heldFromKept(folding: StateFolding, kept: KeptState, nowMs: number): HeldState {
  return {
    state: folding.decode(kept.state),
    bytes: kept.state.length,
    seq: kept.seq,
    birth: kept.birth,
    birthSeq: kept.birthSeq,
    unkept: 0,
    keptAtMs: nowMs,
  };
}

/** A state that has learned nothing yet, born when the log had come to `birthSeq`. */
export function newbornState(folding: StateFolding, state: LearnedState, birthSeq: number, nowMs: number): HeldState {
  const birth = folding.encode(state);
  return { state, bytes: birth.length, seq: birthSeq, birth, birthSeq, unkept: 0, keptAtMs: nowMs };
}
