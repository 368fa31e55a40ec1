import type { Output } from "./application.js";

/** Of one member: MODEL ran it now, CACHE had it, APPROXIMATE had one for a near input. */
export type MemberSource = "MODEL" | "CACHE" | "APPROXIMATE";

/** Of a whole answer; the first that applies, in the order DEFAULT, PARTIAL, APPROXIMATE, CACHE, ENSEMBLE, MODEL. */
export const PREDICTION_SOURCES = ["MODEL", "ENSEMBLE", "PARTIAL", "CACHE", "APPROXIMATE", "DEFAULT"] as const;
export type PredictionSource = (typeof PREDICTION_SOURCES)[number];

export type DefaultReason = "DEADLINE" | "OVERLOADED" | "NO_REPLICA" | "MODEL_ERROR";

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

/** Why a batch went when it did: it was as large as allowed, or all that had arrived in the turn was in it. */
export type DispatchReason = "FULL" | "TURN_END";

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

export interface Prediction {
  readonly kind: "prediction";
  readonly id: string;
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly output: Output;
  /** 0 to 1; undefined for a default. */
  readonly confidence: number | undefined;
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
