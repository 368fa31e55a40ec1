import type { Priority } from "./application.js";
import type { MemberFailureCode, MemberSource, RowTrace } from "./prediction.js";
import type { Row, Signature } from "./tensor.js";

/** Calls off what returned it. Calling it late or twice does nothing. */
export type Cancel = () => void;

/** Time as a parameter: real in the product, hand-driven or virtual in tests and simulations. */
export interface Clock {
  /** Monotonic milliseconds with a fraction. Intervals and deadlines are measured on it. */
  nowMs(): number;
  /** Milliseconds since 1970, for records only. */
  wallMs(): number;
  /** Runs `callback` once, at `atMs` (monotonic) or soon after. */
  at(atMs: number, callback: () => void): Cancel;
  /** Runs `callback` when everything that arrived in the present event-loop turn has been handled. */
  turnEnd(callback: () => void): void;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** One row to be computed: for whom, and until when. All members of a prediction share one. */
export interface RowQuery {
  readonly row: Row;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  readonly priority: Priority;
}

export type RowOutcome =
  | {
      readonly kind: "output";
      readonly output: Row;
      readonly source: MemberSource;
      /** From the input whose output this is, in the model's own measure; undefined where it is the input itself. */
      readonly distance: number | undefined;
      /** Where the time went; undefined where no model ran. */
      readonly trace: RowTrace | undefined;
    }
  | {
      readonly kind: "failed";
      readonly code: MemberFailureCode;
      readonly message: string;
      /** When it may go better, where that can be foreseen. */
      readonly retryAfterMs?: number;
    };

export type FailedOutcome = Extract<RowOutcome, { kind: "failed" }>;

export type Settle = (outcome: RowOutcome) => void;

/** Something that computes a model's output for one row: a cache over a batcher, or the batcher itself. */
export interface RowEvaluator {
  /**
   * Settles exactly once, also when the deadline has passed or the model is gone; possibly before it returns. After
   * the returned cancel, never.
   */
  evaluate(query: RowQuery, settle: Settle): Cancel;
}

/** A row on its way to the model that others may join. Implemented by the batcher's queue. */
export interface PendingRow {
  /** One more waiter: the row is ordered by the earliest deadline and the highest priority, and kept for the latest. */
  extend(query: RowQuery): void;
  /** Nobody waits any more: true if the row has left the queue, false if a replica has it and it will settle. */
  abandon(): boolean;
}

export interface RowQueue {
  /** Settles exactly once, never before it returns, unless abandoned while still queued. */
  submit(query: RowQuery, settle: Settle): PendingRow;
  /**
   * What a row would be refused with, where that is known without looking at it: another one of the same deadline and priority
   * has just been. It counts as submitted and refused. Undefined: it is to be submitted.
   */
  refuseAlike(query: RowQuery): FailedOutcome | undefined;
}

export interface Batch {
  readonly id: number;
  readonly rows: readonly Row[];
  /** One number a row, in the rows' order, that no other row of this model's has: sent along and asked back. */
  readonly rowIds: readonly number[];
  /** Until when the latest of its rows is waited for: monotonic milliseconds, Infinity for ever. */
  readonly deadlineMs: number;
}

/** One row's part of a reply: its outputs, or why they cannot be used. */
export type RowReply =
  | { readonly kind: "output"; readonly output: Row }
  | { readonly kind: "failed"; readonly code: "MODEL_ERROR" | "MODEL_BAD_OUTPUT"; readonly message: string };

/**
 * `lost` says that the link broke with the batch in it, so that another replica may try its rows; `refused`, that the
 * batch cannot have been the reason, since it was not computed or the link was closed from this side; `tooLong`, that the
 * reply did not fit a message, so that fewer rows may do.
 */
export type BatchReply =
  | { readonly kind: "rows"; readonly rows: readonly RowReply[] }
  | { readonly kind: "lost"; readonly message: string; readonly refused?: true }
  | {
      readonly kind: "failed";
      readonly code: "MODEL_ERROR" | "MODEL_BAD_OUTPUT";
      readonly message: string;
      readonly tooLong?: true;
    };

/** What the batcher sees of one live link to a model wrapper. */
export interface ReplicaPort {
  readonly id: string;
  /** Batches that the wrapper works on at once. */
  readonly concurrency: number;
  readonly signature: Signature;
  /** Calls back once per batch, never before it returns; also when the link breaks. */
  send(batch: Batch, done: (reply: BatchReply) => void): void;
}
