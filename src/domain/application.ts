import type { ChosenModelSettings } from "./modelSettings.js";
import type { LossSpec, PolicySpec } from "./policySpec.js";
import type { Signature, TensorSpec } from "./tensor.js";

/** What an application answers with. */
export type OutputSpec =
  | { readonly kind: "LABEL"; readonly labels: readonly string[] }
  | { readonly kind: "NUMBER" }
  | { readonly kind: "VECTOR"; readonly size: number };

export type Output =
  | { readonly kind: "LABEL"; readonly label: string; readonly scores?: readonly LabelScore[] }
  | { readonly kind: "NUMBER"; readonly number: number }
  | { readonly kind: "VECTOR"; readonly vector: Float64Array };

export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

export interface ApplicationLink {
  readonly model: string;
  /** Relative weight of the model's vote under the `static` policy; above 0. */
  readonly weight: number;
}

/** What a frontend calls by name. */
export interface Application {
  readonly name: string;
  readonly description: string;
  /** Latency objective in milliseconds, from the request's arrival to its answer. */
  readonly sloMs: number;
  /** The same for BULK queries; at least `sloMs`. */
  readonly bulkDeadlineMs: number;
  readonly input: readonly TensorSpec[];
  readonly output: OutputSpec;
  /** Given, and said so, when no model could answer in time. Without one such a query is a typed failure. */
  readonly defaultOutput?: Output;
  readonly policy: PolicySpec;
  /** Grows when `policy` or `loss` changes; an earlier one may be made current again. */
  readonly policyVersion: number;
  readonly loss: LossSpec;
  /** Below this confidence the default output is given, or the answer is marked; 0 to 1. */
  readonly confidenceThreshold?: number;
  /** Of prediction sets or intervals, between 0 and 1; absent: none are given. */
  readonly coverage?: number;
  readonly feedback: FeedbackRules;
  readonly links: readonly ApplicationLink[];
}

/** How an application's feedback is taken. */
export interface FeedbackRules {
  /**
   * How long a prediction waits for rewards: then those that were told count together, and one without any counts as
   * `defaultReward`, if there is one.
   */
  readonly rewardWaitMs?: number;
  readonly defaultReward?: number;
  /** What several rewards of one prediction come to. */
  readonly aggregation: "EARLIEST" | "MEAN" | "SUM";
  /** A prediction counts only once the application says that it was shown. */
  readonly deferActivation: boolean;
  /** Learn while answering with the application's own default. */
  readonly apprentice: boolean;
  /** What is kept of each prediction beside its receipt; INPUTS: evidence and input. */
  readonly logPredictions: "NONE" | "EVIDENCE" | "INPUTS";
  /** At most this share of what is learned is one API key's feedback, 0.01 to 0.99; absent: any. */
  readonly learnedShare?: number;
}

export const DEFAULT_FEEDBACK: FeedbackRules = {
  aggregation: "EARLIEST",
  deferActivation: false,
  apprentice: false,
  logPredictions: "NONE",
};

/** Of an application that names no loss. */
export function defaultLoss(output: OutputSpec): LossSpec {
  return output.kind === "LABEL" ? { kind: "ZERO_ONE" } : { kind: "SQUARED", range: 1 };
}

export interface Model {
  readonly name: string;
  readonly currentVersion: number;
  /** What was chosen for this model by mutation. */
  readonly settings: ChosenModelSettings;
  /** Grows with every invalidation of what is cached of its outputs. */
  readonly cacheGeneration: number;
}

/** Immutable but for its endpoints. */
export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  readonly signature: Signature;
  /** Wrappers that someone else runs: `host:port` or `unix:/path`. Wrappers launched by this server are not listed. */
  readonly endpoints: readonly string[];
}

/** One version of an application's policy. Immutable but for `frozen`. */
export interface PolicyVersion {
  readonly application: string;
  readonly version: number;
  readonly policy: PolicySpec;
  readonly loss: LossSpec;
  /** It learns nothing. */
  readonly frozen: boolean;
  /** Places in the log, from which it has learned whoever had answered: it was made by replaying them, or forked from such. */
  readonly replayed?: { readonly afterSeq: number; readonly untilSeq: number } | undefined;
}

/** Everything that the registry tables hold, read as one consistent whole. */
export interface RegistrySnapshot {
  readonly applications: readonly Application[];
  /** Of these applications, earlier ones too: predictions of theirs may still be observed. */
  readonly policyVersions: readonly PolicyVersion[];
  readonly models: readonly Model[];
  readonly versions: readonly ModelVersion[];
}

declare const versionKeyBrand: unique symbol;
/** `name@version`, the identity of a model version inside a process. */
export type VersionKey = string & { readonly [versionKeyBrand]: true };

export function versionKey(model: string, version: number): VersionKey {
  return `${model}@${version}` as VersionKey;
}

/** INTERACTIVE: somebody waits, at most the application's objective. BULK: work that gives way, within `bulkDeadlineMs`. */
export type Priority = "INTERACTIVE" | "BULK";
