import type { FailedOutcome } from "../domain/ports.js";
import type { MemberFailureCode } from "../domain/prediction.js";

/** Why a row is not taken. */
export interface Refusal {
  readonly code: Extract<MemberFailureCode, "NO_REPLICA" | "OVERLOADED" | "POISON">;
  readonly message: string;
  /** When it may go better, where that can be foreseen. */
  readonly retryAfterMs?: number;
}

export function failedOutcome(code: FailedOutcome["code"], message: string, retryAfterMs?: number): FailedOutcome {
  return retryAfterMs === undefined
    ? { kind: "failed", code, message }
    : { kind: "failed", code, message, retryAfterMs };
}
