/** A prediction as it is kept beside its receipt: for evidence that the receipt cannot carry, and for rules about time. */
export interface LoggedPrediction {
  readonly application: string;
  readonly id: string;
  readonly predictedAtMs: number;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly source: string;
  /** As JSON. */
  readonly evidence: unknown;
  /** The input as it was given to models; undefined unless inputs are logged. */
  readonly input: Uint8Array | undefined;
  /** When the application said that it was shown. */
  readonly shownAtMs: number | undefined;
}

/** From which moment a prediction's wait for its observation is counted. */
export type WaitBasis = "PREDICTED" | "SHOWN";

/** Where a reading of unobserved predictions goes on: the last one's time (by its basis) and id. */
export interface PredictionCursor {
  readonly atMs: number;
  readonly id: string;
}

/** Predictions in PostgreSQL, written in batches after they were answered. Failures are thrown as FailureError. */
export interface PredictionLog {
  /** Never waits. What exceeds the bound is dropped and counted. */
  append(prediction: LoggedPrediction): void;
  /** What this process appended is found at once, what others did when they have written it. */
  find(application: string, id: string): Promise<LoggedPrediction | undefined>;
  /** The first time counts. False for a prediction that is not in the log (yet). */
  markShown(application: string, id: string, shownAtMs: number): Promise<boolean>;
  /**
   * Predictions whose wait began after `after` and before `untilMs`, without any observation; oldest first, at most
   * `limit`. With SHOWN, those that were never shown are left out.
   */
  unobservedSince(
    application: string,
    basis: WaitBasis,
    after: PredictionCursor,
    untilMs: number,
    limit: number,
  ): Promise<readonly LoggedPrediction[]>;
  /** Not written and never will be: the queue was full, or the database refused them. */
  readonly dropped: number;
  /** Writes what waits, and stops. */
  stop(): Promise<void>;
}
