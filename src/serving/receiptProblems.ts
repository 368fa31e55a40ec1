import { badInput, failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { ReceiptContent } from "./receipt.js";

export interface ReceiptAge {
  readonly clock: Clock;
  readonly receiptTtlMs: number;
}

/** Why a receipt of ours is not taken any more; undefined while it is. */
export function expiryProblem({ clock, receiptTtlMs }: ReceiptAge, content: ReceiptContent): Failure | undefined {
  const ageMs = clock.wallMs() - content.predictedAtMs;
  if (ageMs <= receiptTtlMs) return undefined;
  const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`;
  return badInput(["receipt"], `a receipt younger than receiptTtl (${hours(receiptTtlMs)})`, hours(ageMs));
}

export function gone(application: string): Failure {
  return failure("NOT_FOUND", `application "${application.slice(0, 80)}" does not exist`);
}
