import type { Failure } from "./failure.js";
import type { NewObservation, Truth } from "./storePorts.js";

/** The entity of the population's state; no entity has an empty name. */
export const POPULATION = "";

/** Which learned state: of one policy version of an application, for one entity or the population. */
export interface StateRef {
  readonly policyVersion: number;
  readonly entity: string;
}

/** A learned state as it is kept: bytes, and up to where in the application's log it is folded. */
export interface KeptState extends StateRef {
  /** Of the last observation folded in; 0 before the first. */
  readonly seq: number;
  /** What the state was before its first observation, and up to where the log had come then. */
  readonly birth: Uint8Array;
  readonly birthSeq: number;
  readonly state: Uint8Array;
}

/** A row of the feedback log as folds read it. */
export interface LoggedObservation {
  readonly seq: number;
  readonly receiptId: string;
  readonly key: string;
  /** Policy version that made the prediction. */
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly truth: Truth;
  readonly evidence: unknown;
  /** Policy versions that it was folded into. */
  readonly learnedBy: readonly number[];
  readonly observedAtMs: number;
}

export interface WantedState extends StateRef {
  /** Up to where the asker has it already; undefined: not at all. */
  readonly knownSeq: number | undefined;
}

/**
 * What brings an asker's state up to the head: the kept state if it is newer than what is known (or nothing is known),
 * then the observations after it. `kept` undefined and nothing known: it was never written, so fold `tail` from birth.
 */
export interface StateReading extends StateRef {
  readonly kept: KeptState | undefined;
  /**
   * In order: this entity's observations (the population's: all) that this version learns from, superseded ones left
   * out, after `kept.seq` or `knownSeq`, whichever is greater.
   */
  readonly tail: readonly LoggedObservation[];
}

/** One observation of a group, as the log has it now. */
export interface AppendedObservation {
  readonly observation: NewObservation;
  readonly seq: number;
}

/** Learns from a group of observations inside the transaction that appends them. */
export interface GroupLearner {
  /** The states that these observations will change; read under the application's lock, in key order. */
  wanted(application: string, observations: readonly NewObservation[]): readonly WantedState[];
  /** `fresh`: those of the group that are new, in order of seq. Gives the states to write; must not throw. May yield to the event loop. */
  fold(
    application: string,
    readings: readonly StateReading[],
    fresh: readonly AppendedObservation[],
  ): Promise<LearnedGroup>;
}

export interface LearnedGroup {
  readonly writes: readonly KeptState[];
  /** After COMMIT: the new states take effect in this process. */
  committed(): void;
  /** Not stored, or nobody knows: what this process has of these states is to be read again. */
  abandoned(): void;
}

/** Learned states in PostgreSQL, outside of the transactions that append observations. */
export interface StateStore {
  /** One statement for all. */
  read(application: string, wanted: readonly WantedState[]): Promise<readonly StateReading[]>;
  /** Writes those that are newer than what is kept: snapshots of large states, at stop or between groups. */
  write(application: string, states: readonly KeptState[]): Promise<void>;
  /** The end of each application's log; absent for those without observations. */
  heads(applications: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Entities with observations after `seq`; undefined when there are more than `limit`. */
  entitiesSince(application: string, seq: number, limit: number): Promise<readonly string[] | undefined>;
  /** Calls `changed` after every commit of observations by any server, and after each reconnect. */
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}

/** Reads the log in order, for replay, evaluation and rebuilding. */
export interface FeedbackLog {
  /** Pages of at most `pageRows`, in order of seq; superseded rows left out. */
  read(
    application: string,
    range: {
      readonly afterSeq: number;
      readonly untilSeq?: number;
      readonly sinceMs?: number;
      readonly untilMs?: number;
    },
    pageRows: number,
  ): AsyncIterable<readonly LoggedObservation[]>;
}

/** Something in an application's log that is no observation: it has a sequence number of the same order. */
export interface LogEvent {
  readonly kind: "DRIFT" | "PRIOR" | "POLICY" | "ENTITY_RESET" | "ENTITY_DELETED";
  readonly content: unknown;
}

export interface StoredEvent extends LogEvent {
  readonly seq: number;
  readonly atMs: number;
}

/** What an application's policies are and were: one row a version, never changed but for `frozen`. */
export interface PolicyVersionRecord {
  readonly version: number;
  readonly policy: unknown;
  readonly loss: unknown;
  /** CREATED begins with nothing learned; FORKED with a copy of `origin`'s states; REPLAYED by folding the log. */
  readonly origin: { readonly kind: "CREATED" } | { readonly kind: "FORKED" | "REPLAYED"; readonly from: number };
  /** Of the log's end when it began: later observations are folded into it. */
  readonly sinceSeq: number;
  /** Learns nothing. */
  readonly frozen: boolean;
  readonly createdAtMs: number;
}

export interface DeletedEntity {
  readonly observations: number;
  readonly states: number;
}

/** Operators' work on what was learned. Each takes the application's lock and writes a log event. */
export interface LearnedStateAdministration {
  policyVersions(application: string): Promise<readonly PolicyVersionRecord[]>;
  /** Makes the next policy version; FORKED copies the states of `from` in the same transaction. It becomes current if `makeCurrent`. */
  addPolicyVersion(
    application: string,
    version: Pick<PolicyVersionRecord, "policy" | "loss" | "origin">,
    makeCurrent: boolean,
  ): Promise<PolicyVersionRecord | Failure>;
  /** NOT_FOUND for a version that never was. */
  setCurrentPolicyVersion(application: string, version: number): Promise<PolicyVersionRecord | Failure>;
  setFrozen(application: string, version: number, frozen: boolean): Promise<PolicyVersionRecord | Failure>;
  /** Removes the entity's observations, predictions and states for good, and leaves a tombstone. */
  deleteEntity(application: string, entity: string): Promise<DeletedEntity | Failure>;
  /** The entity's next observation begins anew from the population. */
  resetEntity(application: string, entity: string): Promise<{ readonly states: number } | Failure>;
  appendEvent(application: string, event: LogEvent): Promise<StoredEvent | Failure>;
  events(application: string, afterSeq: number, limit: number): Promise<readonly StoredEvent[]>;
}
