import type { Output } from "./application.js";

/** Of one member: MODEL ran it now, CACHE had it. */
export type MemberSource = "MODEL" | "CACHE";

/** Of a whole answer; the first that applies, in the order DEFAULT, PARTIAL, CACHE, ENSEMBLE, MODEL. */
export type PredictionSource = "DEFAULT" | "PARTIAL" | "CACHE" | "ENSEMBLE" | "MODEL";
export const PREDICTION_SOURCES: readonly PredictionSource[] = ["MODEL", "ENSEMBLE", "PARTIAL", "CACHE", "DEFAULT"];

export type DefaultReason = "DEADLINE" | "OVERLOADED" | "NO_REPLICA" | "MODEL_ERROR";

export interface MemberRef {
  readonly model: string;
  readonly version: number;
}

/** How a row that a model computed came to its answer. */
export interface RowTrace {
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

export type MemberFailureCode = "DEADLINE_EXCEEDED" | "OVERLOADED" | "NO_REPLICA" | "MODEL_ERROR" | "MODEL_BAD_OUTPUT";

export interface MemberMissing extends MemberRef {
  readonly code: MemberFailureCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
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
  /** Wall-clock milliseconds, for the receipt only. */
  readonly atMs: number;
}
