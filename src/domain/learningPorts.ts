import type { Failure } from "./failure.js";
import type { NewObservation, Truth } from "./storePorts.js";

/** The entity of the population's state; no entity has an empty name. */
export const POPULATION = "";

/** Which learned state: of one policy version of an application, for one entity or the population. */
export interface StateRef {
  readonly policyVersion: number;
  readonly entity: string;
}

/** Milliseconds without word from the database of an application's log, from which on its learning is said to have stalled. */
export const STALLED_AFTER_MS = 2_000;

/** Tells the states of one application apart. */
export function stateKey({ policyVersion, entity }: StateRef): string {
  return `${policyVersion} ${entity}`;
}

/** A learned state as it is kept: bytes, and up to where in the application's log it is folded. */
export interface KeptState extends StateRef {
  /** Everything that it learns from, up to here, is folded in; 0 before the first observation. */
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
  /** As JSON: read it by name, the order of keys is not kept. */
  readonly evidence: unknown;
  /** Policy versions that it was folded into. */
  readonly learnedBy: readonly number[];
  readonly observedAtMs: number;
  /** Seq of the observation that corrects it; only where superseded ones were asked for. */
  readonly supersededBy?: number | undefined;
  /** False for a reward that does not count by itself: whoever learns from the log anew leaves it out too. */
  readonly counts?: boolean;
}

export interface WantedState extends StateRef {
  /** Up to where the asker has it already; undefined: not at all. */
  readonly knownSeq: number | undefined;
  /** What the asker has is all there is while the log ends here: then it is not read. Undefined: it may be less. */
  readonly currentAt?: number | undefined;
}

/**
 * What brings an asker's state up to the head: fold `tail` onto `kept` if it is given, else onto birth if `anew`, else
 * onto what the asker knows. `kept` replaces what is known even if its seq is lower: something in it was corrected.
 */
export interface StateReading extends StateRef {
  readonly kept: KeptState | undefined;
  /** What the asker knows is void (nothing, or the entity was reset or deleted since): begin at birth. */
  readonly anew: boolean;
  /**
   * In order: this entity's observations (the population's: all) that this version learns from and that are not in what
   * `tail` is folded onto; superseded ones are left out.
   */
  readonly tail: readonly LoggedObservation[];
  /**
   * False: `tail` was cut. Fold it, but nothing after it (in a group: neither fold `fresh` nor write this state; `tail`
   * of a later reading will have them), and read again.
   */
  readonly complete: boolean;
  /** Of the population alone, in order: priors that entities are born with from then on; they stand between those of `tail`. */
  readonly priors?: readonly LoggedPrior[] | undefined;
}

/** A PRIOR event of one policy version, as the population's fold takes it. */
export interface LoggedPrior {
  readonly seq: number;
  readonly prior: unknown;
}

/** One observation of a group, as the log has it now; its truth has no negative zero, as in the log. */
export interface AppendedObservation {
  readonly observation: NewObservation;
  readonly seq: number;
}

/** Learns from a group of observations inside the transaction that appends them. */
export interface GroupLearner {
  /**
   * The states that these observations will change; read under the application's lock. Asked again for each attempt at
   * storing them, when the previous one has been abandoned.
   */
  wanted(application: string, observations: readonly NewObservation[]): readonly WantedState[];
  /**
   * `fresh`: those of the group that are new, in order of seq; never empty. Gives the states to write, each with the seq
   * of the last of `fresh`: all small ones, and large ones now and then but always with their first observation, which
   * keeps their birth. Must not throw; may yield to the event loop, for less than the store waits for the database.
   * When an observation was corrected, `readings` also has the states that had learned from it (perhaps of policy versions
   * that learn no more), each with its birth as `kept` and all that is left as `tail`: those that are not written then,
   * by that seq, count as waiting for a rebuild.
   */
  fold(
    application: string,
    readings: readonly StateReading[],
    fresh: readonly AppendedObservation[],
  ): Promise<LearnedGroup>;
}

export interface LearnedGroup {
  readonly writes: readonly KeptState[];
  /** What the group brought to light: takes the places behind it in the log, in the same transaction. */
  readonly events: readonly LogEvent[];
  /** States that are to be learned anew from the log, since they lose their digits. */
  readonly rebuilds: readonly StateRef[];
  /** After COMMIT: the new states take effect in this process. */
  committed(): void;
  /** Not stored, or nobody knows: what this process has of these states is to be read again. */
  abandoned(): void;
}

/** Why a state was born anew with more precision: its regression lost too many digits. */
export interface RebuildRefit {
  readonly condition: number;
  /** Of its prior now, in each coordinate at least. */
  readonly precision: number;
}

/** Learned states in PostgreSQL, outside of the transactions that append observations. Failures are thrown as FailureError. */
export interface StateStore {
  /** One statement for all. */
  read(application: string, wanted: readonly WantedState[]): Promise<readonly StateReading[]>;
  /** Writes those that are newer than what is kept: snapshots of large states, at stop or between groups. */
  write(application: string, states: readonly KeptState[]): Promise<void>;
  /** The end of each application's log; absent for those without observations. */
  heads(applications: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Entities whose states may have changed after `seq`; undefined when there are more than `limit`, when the log has
   * gone on too far to tell, or when one was deleted (whose name is not kept): then everything is to be read again.
   */
  entitiesSince(application: string, seq: number, limit: number): Promise<readonly string[] | undefined>;
  /** Where the last event of each application is; absent for those without. */
  lastEvents(applications: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** States that still count an observation which was corrected or deleted since. */
  pendingRebuilds(application: string): Promise<readonly StateRef[]>;
  /**
   * Puts a rebuilt state (its `seq` is where the log ended when it was folded) in place of the kept one. False: the log
   * has gone on since, nothing was changed; fold the rest and try again. Takes a place in the log (STATE_REBUILT), so
   * that every server notices.
   */
  replace(application: string, state: KeptState, refit?: RebuildRefit): Promise<boolean>;
  /** The PRIOR events of a version, and of those that it descends from until it was forked, in order. */
  priors(
    application: string,
    policyVersion: number,
    afterSeq: number,
    untilSeq: number,
  ): Promise<readonly LoggedPrior[]>;
  /** Whether an observation was corrected or deleted after `seq`: what was folded before it may count it still. */
  correctedSince(application: string, seq: number): Promise<boolean>;
  /** Calls `changed` after every commit to any application's log by any server, and after each reconnect. */
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}

/** What the job that learns priors asks of PostgreSQL. Failures are thrown as FailureError. */
export interface PriorStore {
  /** At most `limit` entities with a state of this version, evenly spread over their names. */
  sampleEntities(application: string, policyVersion: number, limit: number): Promise<readonly string[]>;
  /** Where the version's last PRIOR event is; 0: there is none. */
  lastPriorSeq(application: string, policyVersion: number): Promise<number>;
  /** Runs `work` unless another server is at the same: then undefined. The lock goes with the connection. */
  exclusively<T>(application: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Undefined: another prior of this version was appended after `lastSeq`. */
  appendPrior(
    application: string,
    policyVersion: number,
    lastSeq: number,
    prior: unknown,
  ): Promise<StoredEvent | undefined>;
}

/** Reads the log in order, for replay, evaluation and rebuilding. */
export interface FeedbackLog {
  /**
   * Pages of at most `pageRows`, in order of seq; rows that were superseded or do not count left out. One page is read at a time, when it is asked
   * for. Ends at `untilSeq`, by default where the log ends when reading begins. Throws FailureError.
   */
  read(application: string, range: LogRange, pageRows: number): AsyncIterable<readonly LoggedObservation[]>;
}

/** The log from its end, for people who look at it. */
export interface FeedbackPages {
  /**
   * At most `count` before that place, newest first, whatever has become of them; of one entity if it is given. One
   * statement. Throws FailureError.
   */
  before(
    application: string,
    entity: string | undefined,
    seq: number,
    count: number,
  ): Promise<readonly LoggedObservation[]>;
}

export interface LogRange {
  readonly afterSeq: number;
  readonly untilSeq?: number;
  /** Observed at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number;
  /** Observed before this time. */
  readonly untilMs?: number;
  /** Only those of one entity. */
  readonly entity?: string;
  /** Those too that were corrected, or do not count by themselves, which nothing is learned from. */
  readonly withSuperseded?: boolean;
}

/** STEADY: nothing to make up for; ADAPTING: answers became worse, and are being learned anew; STALLED: that does not help. */
export type AdaptationState = "STEADY" | "ADAPTING" | "STALLED";

/** Something in an application's log that is no observation: it has a sequence number of the same order. */
export interface LogEvent {
  readonly kind: "DRIFT" | "ADAPTATION" | "PRIOR" | "POLICY" | "ENTITY_RESET" | "ENTITY_DELETED" | "STATE_REBUILT";
  readonly content: unknown;
}

export interface StoredEvent extends LogEvent {
  readonly seq: number;
  readonly atMs: number;
}

/** Places in an application's log: after the one, up to the other. */
export interface ReplayedRange {
  readonly afterSeq: number;
  readonly untilSeq: number;
}

/** What an application's policies are and were: one row a version, never changed but for `frozen`. */
export interface PolicyVersionRecord {
  readonly version: number;
  readonly policy: unknown;
  readonly loss: unknown;
  /** CREATED begins with nothing learned; FORKED with a copy of another version's states; REPLAYED by folding the log. */
  readonly origin: { readonly kind: "CREATED" } | { readonly kind: "FORKED" | "REPLAYED"; readonly from: number };
  /** Of the log's end when it began: later observations are folded into it. */
  readonly sinceSeq: number;
  /** What of the log it has learned whoever had answered: of one made by replaying it, and of its forks. */
  readonly replayed?: ReplayedRange | undefined;
  /** Learns nothing. */
  readonly frozen: boolean;
  readonly createdAtMs: number;
}

/** A policy version that was made, made current, frozen or thawed. */
export interface ChangedPolicyVersion extends PolicyVersionRecord {
  /** Of its application, as the change left it. */
  readonly revision: string;
}

export interface DeletedEntity {
  readonly observations: number;
  readonly states: number;
}

/**
 * Operators' work on what was learned. Each change takes the application's lock and writes a log event. Readings throw FailureError.
 * `expectedRevision` is as in RegistryStore.
 */
export interface LearnedStateAdministration {
  policyVersions(application: string): Promise<readonly PolicyVersionRecord[]>;
  /**
   * Makes the next policy version; FORKED copies the states of `from` in the same transaction (a second for each 100,000
   * or so, during which observations wait). It becomes current if `makeCurrent`. NOT_FOUND for an unknown application or `from`.
   */
  addPolicyVersion(
    application: string,
    version: Pick<PolicyVersionRecord, "policy" | "loss" | "origin">,
    makeCurrent: boolean,
    expectedRevision?: string,
  ): Promise<ChangedPolicyVersion | Failure>;
  /** NOT_FOUND for a version that never was. */
  setCurrentPolicyVersion(
    application: string,
    version: number,
    expectedRevision?: string,
  ): Promise<ChangedPolicyVersion | Failure>;
  setFrozen(
    application: string,
    version: number,
    frozen: boolean,
    expectedRevision?: string,
  ): Promise<ChangedPolicyVersion | Failure>;
  /**
   * Removes the entity's observations, predictions and states for good, and leaves a tombstone without its name. The
   * populations that had learned from it count as waiting for a rebuild.
   */
  deleteEntity(application: string, entity: string): Promise<DeletedEntity | Failure>;
  /** The entity's next observation begins anew from the population. */
  resetEntity(application: string, entity: string): Promise<{ readonly states: number } | Failure>;
  appendEvent(application: string, event: LogEvent): Promise<StoredEvent | Failure>;
  /** At most `limit` after that place, in order. */
  events(application: string, afterSeq: number, limit: number): Promise<readonly StoredEvent[]>;
  /** At most `count` before that place, newest first. */
  eventsBefore(application: string, seq: number, count: number): Promise<readonly StoredEvent[]>;
}
