import type { Failure } from "./failure.js";
import type { KeptState, LoggedObservation, PolicyVersionRecord } from "./learningPorts.js";
import type { LossSpec, PolicySpec } from "./policySpec.js";

/**
 * Why a policy cannot learn from, or be judged by, a row of the log. NO_EVIDENCE: the prediction left none that fits.
 * NO_CONTEXT: it was made without the features that the policy needs. MEMBERS_MISSING: the policy asks all models, and only
 * what was chosen had answered. NO_LOSS: what was told gives no loss (a reward where a truth is needed). NO_CHOICE: to judge
 * by, neither all answers nor the chance of the one that was given. DEFAULT_SHOWN: a reward of the default output.
 */
export const SKIP_REASONS = [
  "NO_EVIDENCE",
  "DEFAULT_SHOWN",
  "NO_CONTEXT",
  "MEMBERS_MISSING",
  "NO_LOSS",
  "NO_CHOICE",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

export type ReplayStatus = "RUNNING" | "COMPLETE" | "FAILED";

/** What a replay has done so far, or has done in all. */
export interface ReplayProgress {
  /** Of the log: where it began, how far it has come, and where it has to come to as it is known now. */
  readonly afterSeq: number;
  readonly seq: number;
  readonly endSeq: number;
  readonly rows: number;
  readonly folded: number;
  /** Rows by the reason for which nothing could be learned from them. */
  readonly skipped: Readonly<Record<string, number>>;
  /** With a state of their own. */
  readonly entities: number;
  /** Rows of which the loss of both answers is known: this policy's before it learned, and the one that was given. */
  readonly compared: number;
  readonly lossSum: number;
  readonly loggedLossSum: number;
}

/** A job that makes a policy version by folding the log. Its version answers nothing before it is complete. */
export interface ReplayRecord {
  readonly version: number;
  readonly status: ReplayStatus;
  readonly progress: ReplayProgress;
  /** Why it failed. */
  readonly failure: string | undefined;
  readonly startedAtMs: number;
}

/** Where one entity stands with a version that is being replayed. */
export interface StagedEntity {
  /** Observations up to here no longer count for its state: it was reset or deleted. */
  readonly voidUntilSeq: number;
  readonly kept: KeptState | undefined;
}

export interface ReplayedVersion {
  readonly policy: PolicySpec;
  readonly loss: LossSpec;
  /** The one that was current when it began. */
  readonly from: number;
  readonly afterSeq: number;
  /** The last place that counts; Infinity: wherever the log ends when it is complete. */
  readonly untilSeq: number;
  /** Where the log ended before anything was read. */
  readonly beganSeq: number;
  readonly makeCurrent: boolean;
}

/** What one replay reads and writes. */
export interface ReplayWork {
  /** Observations after the one place, up to the other, in order; superseded ones left out. Less than `limit`: no more. */
  rows(afterSeq: number, untilSeq: number, limit: number): Promise<readonly LoggedObservation[]>;
  /** In the order of `entities`; states are read where `isKnown` does not say that the caller has them. */
  staged(entities: readonly { readonly entity: string; readonly isKnown: boolean }[]): Promise<readonly StagedEntity[]>;
  /** What is newer than what is kept. */
  write(states: readonly KeptState[]): Promise<void>;
}

/** Replays in PostgreSQL. Their states are written where all states are, under a number that is no version yet. Failures are thrown as FailureError. */
export interface ReplayStore {
  /**
   * Takes the next version's number. CONFLICT while another replay of the application is under way on any server, or where the
   * application is another one by now than `expectedRevision`. What was left of failed ones is removed.
   */
  begin(application: string, progress: ReplayProgress, expectedRevision?: string): Promise<ReplayRecord | Failure>;
  /** The place before the first observation at that time or later; the log's end when there is none. */
  seqBefore(application: string, sinceMs: number): Promise<number>;
  work(application: string, version: number): ReplayWork;
  /** Also tells other servers that this one still works on it. */
  tell(application: string, version: number, progress: ReplayProgress): Promise<void>;
  /**
   * Makes it a policy version. Nobody can observe while `finish` folds and writes the rest of the log up to `endSeq`, so
   * it must take well less than what appending waits for (4 s), and await nothing but its `work`, which is of the same
   * transaction. What was corrected or deleted since it began waits for a rebuild then.
   */
  complete(
    application: string,
    version: number,
    replayed: ReplayedVersion,
    finish: (endSeq: number, work: ReplayWork) => Promise<ReplayProgress>,
  ): Promise<PolicyVersionRecord>;
  fail(application: string, version: number, why: string): Promise<void>;
  read(application: string, version: number): Promise<ReplayRecord | undefined>;
}
