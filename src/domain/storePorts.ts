import type {
  Application,
  ApplicationLink,
  FeedbackRules,
  Model,
  ModelVersion,
  RegistrySnapshot,
} from "./application.js";
import type { Failure } from "./failure.js";
import type { ModelSettingsPatch } from "./modelSettings.js";
import type { LossSpec, PolicySpec } from "./policySpec.js";
import type { Counting, Standing } from "./rewardRules.js";

/** What was stored, or found stored already with the same content (`created: false`), or why not. */
export type Stored<T> = { readonly kind: "stored"; readonly created: boolean; readonly value: T } | Failure;

export interface ApplicationPatch {
  readonly description?: string | undefined;
  readonly sloMs?: number | undefined;
  readonly bulkDeadlineMs?: number | undefined;
  /** Null takes it away. */
  readonly defaultOutput?: Application["defaultOutput"] | null | undefined;
  /** Another policy or loss than the present one makes a new policy version, which becomes current. */
  readonly policy?: PolicySpec | undefined;
  readonly loss?: LossSpec | undefined;
  /** Null takes it away. */
  readonly confidenceThreshold?: number | null | undefined;
  /** Null takes it away. */
  readonly coverage?: number | null | undefined;
  /** What it names; null takes a value away. */
  readonly feedback?: FeedbackPatch | undefined;
}

export type FeedbackPatch = { readonly [K in keyof FeedbackRules]?: FeedbackRules[K] | null | undefined };

/** An application to be made, with its links unless they are to be made later; what is absent has its default. */
export interface NewApplication extends Omit<Application, "links" | "policyVersion" | "loss" | "feedback"> {
  readonly loss?: LossSpec | undefined;
  readonly feedback?: FeedbackPatch | undefined;
  readonly links?: readonly ApplicationLink[] | undefined;
}

/** A version that was changed, or made current. */
export interface ChangedModelVersion extends ModelVersion {
  /** Its model as the change left it. */
  readonly modelNow: Model;
}

/**
 * Applications, models, versions and links. Every change notifies all servers on the database. Where `expectedRevision` is
 * given (`lib/revision.ts`) and the application or model has become another since, nothing changes: CONFLICT.
 */
export interface RegistryStore {
  read(): Promise<RegistrySnapshot>;
  /**
   * Makes it and its links together or not at all. Same name and same content: `created: false`. Same name and other
   * content: CONFLICT; links count where they are given. NOT_FOUND for an unknown model.
   */
  createApplication(application: NewApplication): Promise<Stored<Application>>;
  /** NOT_FOUND for an unknown name. */
  updateApplication(name: string, patch: ApplicationPatch, expectedRevision?: string): Promise<Stored<Application>>;
  /** Also removes its links; its observations stay. NOT_FOUND for an unknown name. */
  deleteApplication(name: string, expectedRevision?: string): Promise<Stored<Application>>;
  /**
   * Makes the model when it is new. The version becomes current if `makeCurrent`, or if it is the model's first.
   * The same version again: with the same signature its endpoints are replaced, and its classes' names where any are
   * given; with another, CONFLICT. NOT_FOUND for an `expectedRevision` of a model that is new.
   */
  registerModelVersion(
    version: ModelVersion,
    makeCurrent: boolean,
    expectedRevision?: string,
  ): Promise<Stored<ChangedModelVersion>>;
  /** NOT_FOUND for an unknown model or version. */
  setCurrentVersion(model: string, version: number, expectedRevision?: string): Promise<Stored<ChangedModelVersion>>;
  /** Changes what was chosen for a model. NOT_FOUND for an unknown name. */
  configureModel(name: string, patch: ModelSettingsPatch, expectedRevision?: string): Promise<Stored<Model>>;
  /** All servers forget what they cached of its outputs. NOT_FOUND for an unknown name. */
  invalidateCache(name: string): Promise<Stored<Model>>;
  /**
   * With its last version the model goes. CONFLICT for the current version while there are others, or while applications
   * ask the model; NOT_FOUND for an unknown model or version.
   */
  removeModelVersion(model: string, version: number, expectedRevision?: string): Promise<Stored<Model>>;
  /** A link that exists gets the new weight. NOT_FOUND for an unknown application or model. */
  linkModel(application: string, link: ApplicationLink, expectedRevision?: string): Promise<Stored<Application>>;
  unlinkModel(application: string, model: string, expectedRevision?: string): Promise<Stored<Application>>;
  /** Calls `changed` after every committed change by any server, and after each reconnect (something may have been missed). */
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}

/** What turned out to be true: a label, number or vector as the application's output is, or a reward. */
export type Truth =
  | { readonly kind: "LABEL"; readonly label: string }
  | { readonly kind: "NUMBER"; readonly number: number }
  | { readonly kind: "VECTOR"; readonly vector: readonly number[] }
  | { readonly kind: "REWARD"; readonly reward: number };

/** One row of the feedback log, before it has its place in the application's order. */
export interface NewObservation {
  readonly application: string;
  readonly receiptId: string;
  /** Tells several observations of one receipt apart; empty by default. */
  readonly key: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly predictedAtMs: number;
  readonly truth: Truth;
  /** What the receipt carried about the prediction, as JSON; kept for replay and evaluation. */
  readonly evidence: unknown;
  /** Policy versions that it is folded into. */
  readonly learnedBy: readonly number[];
  /** Key of an earlier observation of the same receipt that this one corrects. */
  readonly supersedes: string | undefined;
  /** How it comes to count beside others of its prediction, which may change the row; absent: it counts by itself. */
  readonly counting?: Counting;
  /** False: it is kept and does not count by itself. */
  readonly counts?: boolean;
  /** Why nothing may be learned from it; `learnedBy` is empty then, and it does not count. */
  readonly withheld?: Withheld;
}

/** LEARNED_SHARE: it is more than may be learned of its API key's feedback. */
export type Withheld = "LEARNED_SHARE";

export interface StoredObservation {
  readonly kind: "observation";
  /** Place in the application's total order, from 1. */
  readonly seq: number;
  /** True when the same (application, receipt, key) with the same truth was stored before. */
  readonly duplicate: boolean;
  /** Present when this observation corrected another one, now. */
  readonly superseded?: Superseded;
  /** Of rows with `counting`. */
  readonly counted?: CountedAs;
  /** As it is stored: of a duplicate, what was decided when it was new. */
  readonly withheld?: Withheld;
}

/** How a reward stands now. */
export interface CountedAs {
  readonly standing: Standing;
  /** By which policy versions it, or the total that it is in, was learned. */
  readonly learnedBy: readonly number[];
  /** Of the row that was stored for it; undefined when there was nothing to store. */
  readonly key: string | undefined;
}

export interface Superseded {
  readonly seq: number;
  /** A learned state still counts what was corrected, until a job has rebuilt it. */
  readonly rebuildPending: boolean;
}

/** The feedback log. */
export interface ObservationStore {
  /**
   * Resolves after COMMIT with synchronous_commit on. Observations of one application that arrive while a group is
   * being committed go together in the next one. CONFLICT: same receipt and key, other truth, or another observation
   * has superseded the same one. NOT_FOUND: the entity was deleted after the prediction. BAD_INPUT: a value that cannot
   * be stored, or `supersedes` names no observation of the receipt. With `counting` a row may become another one, or none:
   * then `seq` is that of what counts already, 0 if nothing does, and `duplicate` is true. STORE_UNAVAILABLE: surely not stored, also when too
   * many wait. OUTCOME_UNKNOWN: the commit was sent and no answer came; repeat with the same key.
   */
  append(observation: NewObservation): Promise<StoredObservation | Failure>;
}

export interface ReceiptKey {
  /** Small integer, carried in receipts. */
  readonly id: number;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** Signing keys, made once for all servers on the database. The first is the one to sign with; all verify. */
export interface ReceiptKeyStore {
  readOrCreate(): Promise<readonly ReceiptKey[]>;
  /**
   * Makes a new key to sign with; the one before it still verifies, older ones no more. CONFLICT where another than
   * `expectedKeyId` signs by now.
   */
  rotate(expectedKeyId?: number): Promise<readonly ReceiptKey[] | Failure>;
  /** Calls `changed` after each rotation by any server, and after each reconnect. */
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}
