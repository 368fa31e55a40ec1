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
  /** Since when it waits for its reward; undefined: it does not. */
  readonly waitsFromMs: number | undefined;
}

/** Where a reading of predictions goes on: the last one's time and id. */
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
  /** All of one entity's, oldest first, at most `limit`; what was not written yet is left out. */
  ofEntity(
    application: string,
    entity: string,
    after: PredictionCursor,
    limit: number,
  ): Promise<readonly LoggedPrediction[]>;
  /** Not written and never will be: the queue was full, or the database refused them. */
  readonly dropped: number;
  /** Makes room for the predictions of today and the next days. */
  start(): Promise<void>;
  /** Writes what waits, and stops. */
  stop(): Promise<void>;
}

/** Which of an application's waiting predictions are due. */
export interface DueRange {
  /** Waiting since then or longer. */
  readonly untilMs: number;
  readonly limit: number;
}

export interface SettledBatch {
  /** How many were due, at most the limit. */
  readonly due: number;
  /** Since when the first of those waits that still do. */
  readonly nextFromMs: number | undefined;
}

/** The predictions that wait for their rewards. Failures are thrown as FailureError. */
export interface WaitingPredictions {
  /**
   * Gives those that are due, the longest waiting first, to `settle`, and takes the ids that it answers with out of the
   * waiting. At most one server is at an application at a time: for others undefined.
   */
  settle(
    application: string,
    range: DueRange,
    settle: (due: readonly LoggedPrediction[]) => Promise<readonly string[]>,
  ): Promise<SettledBatch | undefined>;
}
