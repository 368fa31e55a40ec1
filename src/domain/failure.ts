/** What can go wrong for a caller, in one list for all fronts. Each front maps codes to its own protocol once. */
export type FailureCode =
  | "BAD_INPUT"
  | "PAYLOAD_TOO_LARGE"
  | "QUERY_TOO_COMPLEX"
  | "NOT_FOUND"
  | "OVERLOADED"
  | "DEADLINE_EXCEEDED"
  | "MODEL_UNAVAILABLE"
  | "MODEL_BAD_OUTPUT"
  | "STORE_UNAVAILABLE"
  | "OUTCOME_UNKNOWN"
  | "CONFLICT"
  | "INTERNAL";

/** An expected failure: returned, not thrown. `path` leads to the offending value inside the caller's input. */
export interface Failure {
  readonly kind: "failure";
  readonly code: FailureCode;
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly expected?: string;
  readonly got?: string;
  readonly retryAfterMs?: number;
}

const RETRYABLE: ReadonlySet<FailureCode> = new Set([
  "OVERLOADED",
  "DEADLINE_EXCEEDED",
  "MODEL_UNAVAILABLE",
  "STORE_UNAVAILABLE",
  "OUTCOME_UNKNOWN",
]);

export function isRetryable(code: FailureCode): boolean {
  return RETRYABLE.has(code);
}

export function failure(code: FailureCode, message: string, facts: Partial<Failure> = {}): Failure {
  return { ...facts, kind: "failure", code, message };
}

/** Content that breaks the signature: `path` is where, then what was expected and what came. */
export function badInput(path: readonly (string | number)[], expected: string, got: string): Failure {
  return failure("BAD_INPUT", `${path.join(".")}: expected ${expected}, got ${got}`, { path, expected, got });
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "failure";
}

/** A failure met where only an exception can travel: start-up, configuration, a lost database. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(value: Failure, options?: ErrorOptions) {
    super(value.message, options);
    this.name = "FailureError";
    this.failure = value;
  }
}
