import type { Output, OutputSpec } from "./application.js";

/** Of one member: MODEL ran it now, CACHE had it, APPROXIMATE had one for a near input. */
export type MemberSource = "MODEL" | "CACHE" | "APPROXIMATE";

/** Of a whole answer; the first that applies, in the order DEFAULT, PARTIAL, APPROXIMATE, CACHE, ENSEMBLE, MODEL. */
export const PREDICTION_SOURCES = ["MODEL", "ENSEMBLE", "PARTIAL", "CACHE", "APPROXIMATE", "DEFAULT"] as const;
export type PredictionSource = (typeof PREDICTION_SOURCES)[number];

/** LOW_CONFIDENCE and APPRENTICE: there is an answer of the models, and the default was given all the same. */
export type DefaultReason = "DEADLINE" | "OVERLOADED" | "NO_REPLICA" | "MODEL_ERROR" | "LOW_CONFIDENCE" | "APPRENTICE";

export interface MemberRef {
  readonly model: string;
  readonly version: number;
}

/** How a row that a model computed came to its answer. */
export interface RowTrace {
  /** An equal row was in flight already, and its answer is this one's too. */
  readonly joined: boolean;
  readonly replica: string;
  /** Milliseconds in the queue. */
  readonly queuedMs: number;
  /** From sending the batch to its reply, in milliseconds. */
  readonly serviceMs: number;
  readonly batchRows: number;
  readonly dispatch: DispatchReason;
}

/**
 * Why a batch went as it did. FULL: it was as large as its controller allows. BUDGET: deadlines or a bound in bytes
 * allowed no more of the rows that waited. TURN_END: all that had arrived by the end of the turn was in it. DELAY: so it
 * was after waiting for more. DRAIN: it would have waited, but the process stops.
 */
export const DISPATCH_REASONS = ["FULL", "BUDGET", "TURN_END", "DELAY", "DRAIN"] as const;
export type DispatchReason = (typeof DISPATCH_REASONS)[number];

/** One model's share in an answer. */
export interface MemberPrediction extends MemberRef {
  readonly source: MemberSource;
  /** Of the cached input whose output was taken; undefined where the input itself was answered. */
  readonly distance: number | undefined;
  readonly trace: RowTrace | undefined;
  readonly latencyMs: number;
  readonly output: MemberOutput;
}

/** A member's output in the application's terms: class scores in label order, or numbers. */
export type MemberOutput =
  | { readonly kind: "SCORES"; readonly scores: Float64Array }
  | { readonly kind: "NUMBERS"; readonly numbers: Float64Array };

/** POISON: the input has ended replicas of the model, and is not given to them for a while. */
export type MemberFailureCode =
  "DEADLINE_EXCEEDED" | "OVERLOADED" | "NO_REPLICA" | "MODEL_ERROR" | "MODEL_BAD_OUTPUT" | "POISON";

export interface MemberMissing extends MemberRef {
  readonly code: MemberFailureCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** Where a prediction's time went, in milliseconds from the request's arrival. */
export interface Explanation {
  /** When its models were asked. */
  readonly askedMs: number;
  /** When the last of them had answered, or the deadline had come. */
  readonly gatheredMs: number;
  /** By when the models had to answer. */
  readonly deadlineMs: number;
}

/** What a policy chose, with the probability that it had then: never recomputed, learning divides by it. */
export interface Choice {
  /** The model, or for `exp4` the label. */
  readonly arm: string;
  readonly propensity: number;
  /** Among how many. */
  readonly arms: number;
}

/** What the policy made of its models' outputs, whether or not it was what was answered. */
export interface CombinedAnswer {
  readonly output: Output;
  readonly spec: OutputSpec;
  /** Whose outputs were combined. */
  readonly members: readonly MemberPrediction[];
  /** 0 to 1: share of the selected models' weight that agrees; the confidence before its calibration. */
  readonly agreement: number;
  readonly choice: Choice | undefined;
  /** The features that a contextual policy chose or regressed by. */
  readonly context: Float64Array | undefined;
  /** Which model's version had made them: `model@version`; undefined for an input tensor. */
  readonly contextFrom: string | undefined;
}

/** Labels, or bounds of a number, that hold the truth with the application's `coverage`. */
export type PredictionSet =
  | { readonly kind: "LABELS"; readonly labels: readonly string[] }
  | { readonly kind: "INTERVAL"; readonly low: number; readonly high: number };

export interface Prediction {
  readonly kind: "prediction";
  readonly id: string;
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly output: Output;
  /** 0 to 1, calibrated from feedback; undefined for a default that no answer of the models stands behind. */
  readonly confidence: number | undefined;
  /** The confidence is below the application's threshold, and there is no default output to give instead. */
  readonly belowThreshold: boolean;
  /** The entity's own state answered, not the population's. */
  readonly personalised: boolean;
  /** Of the application's log, up to where the state that answered knew it. */
  readonly stateSeq: number;
  /** Milliseconds since this server last found that to be all of the log. */
  readonly stateAgeMs: number;
  /** Only if the application asks for a coverage and has learned enough to state one. */
  readonly predictionSet: PredictionSet | undefined;
  /** Undefined if no model answered. */
  readonly combined: CombinedAnswer | undefined;
  readonly source: PredictionSource;
  readonly defaultReason: DefaultReason | undefined;
  readonly models: readonly MemberPrediction[];
  readonly modelsMissing: readonly MemberMissing[];
  readonly latencyMs: number;
  /** Only if it was asked for. */
  readonly explanation: Explanation | undefined;
  /** Wall-clock milliseconds, for the receipt only. */
  readonly atMs: number;
}
