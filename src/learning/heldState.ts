import type { Folding } from "../correction/folding.js";
import type { LearnedState } from "../correction/learnedState.js";
import type { KeptState } from "../domain/learningPorts.js";

/** A learned state in this process. Never changed: a group is folded into a copy, which takes its place at commit. */
export interface HeldState {
  readonly state: LearnedState;
  /** Decoded, beside the objects that every state has. */
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

/**
 * A small state as its bytes, decoded when somebody first looks at it. Of an entity that is observed again before anything is
 * predicted for it nobody does: the objects of a state would only be moved from one generation of the heap to the next. Not to be copied
 * by spreading, which would lose its state: `unfollowed` is a copy.
 */
class EncodedState implements HeldState {
  readonly bytes: number;
  readonly encoded: Uint8Array;
  readonly seq: number;
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  readonly unkept: number;
  readonly keptAtMs: number;
  readonly isFollowed: boolean;
  readonly #folding: StateFolding;
  #decoded: LearnedState | undefined;

  constructor(folding: StateFolding, encoded: Uint8Array, bytes: number, standing: Standing) {
    this.#folding = folding;
    this.encoded = encoded;
    this.bytes = bytes;
    this.seq = standing.seq;
    this.birth = standing.birth;
    this.birthSeq = standing.birthSeq;
    this.unkept = standing.unkept;
    this.keptAtMs = standing.keptAtMs;
    this.isFollowed = standing.isFollowed;
  }

  get state(): LearnedState {
    this.#decoded ??= this.#folding.decode(this.encoded);
    return this.#decoded;
  }
}

/** What is held of a state beside itself. */
export type Standing = Omit<HeldState, "state" | "bytes" | "encoded">;

/** As a fold has left it: `encoded` is its encoding. `isLookedAt`: it is wanted decoded anyway. */
export function heldAfterFold(
  folding: StateFolding,
  state: LearnedState,
  encoded: Uint8Array,
  standing: Standing,
  isLookedAt: boolean,
): HeldState {
  const parts = encodedParts(folding, state, encoded);
  return isLookedAt || parts.encoded === undefined
    ? { state, ...parts, ...standing }
    : new EncodedState(folding, parts.encoded, parts.bytes, standing);
}

/** Others may have changed it. */
export function unfollowed(held: HeldState): HeldState {
  return { ...held, state: held.state, isFollowed: false };
}

/** The parts of a held state that follow from its encoding. */
function encodedParts(
  folding: StateFolding,
  state: LearnedState,
  encoded: Uint8Array,
): Pick<HeldState, "bytes" | "encoded"> {
  const bytes = encoded.length + (folding.unencodedBytes?.(state) ?? 0);
  return { bytes, encoded: encoded.length <= KEPT_ENCODED_BYTES ? ownBytes(encoded) : undefined };
}

/**
 * What was read is cut from slabs of 8 KiB that everybody's small buffers share (`Buffer.poolSize`), what was written may be
 * part of a longer one: held for long, it would keep all of that from being collected.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** One's own, to be changed. Its state is not looked at where its bytes are there. */
export function copyOf(folding: StateFolding, held: HeldState): LearnedState {
  return folding.decode(held.encoded ?? folding.encode(held.state));
}

/** What the database keeps, as it was read at `nowMs`. */
export function heldFromKept(folding: StateFolding, kept: KeptState, nowMs: number): HeldState {
  const birth = ownBytes(kept.birth);
  const encoded = kept.state === kept.birth ? birth : kept.state;
  const state = folding.decode(encoded);
  return {
    state,
    ...encodedParts(folding, state, encoded),
    seq: kept.seq,
    birth,
    birthSeq: kept.birthSeq,
    unkept: 0,
    keptAtMs: nowMs,
    isFollowed: true,
  };
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
  const { bytes, encoded } = encodedParts(folding, state, birth);
  return { state, bytes, encoded, seq: birthSeq, birth, birthSeq, unkept: 0, keptAtMs: nowMs, isFollowed: true };
}
