import type { MemberFailureCode } from "../domain/prediction.js";

/** Why a row is not taken. */
export interface Refusal {
  readonly code: Extract<MemberFailureCode, "NO_REPLICA" | "OVERLOADED" | "POISON">;
  readonly message: string;
  /** When it may go better, where that can be foreseen. */
  readonly retryAfterMs?: number;
}
