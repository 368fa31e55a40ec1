import { messageOf } from "../../../src/domain/messageOf.js";
import type { ErrorCode } from "../../../src/protocol/extension.js";

/** Why one request, or one row of it, gets no outputs. The wrapper goes on. */
export interface Refusal {
  readonly kind: "refusal";
  readonly code: ErrorCode;
  readonly message: string;
  /** What the model threw, for the log alone. */
  readonly error?: unknown;
}

/** Longer messages (a framework's stack of causes) are cut: they travel in gRPC headers, which are small. */
const MAX_MESSAGE_LENGTH = 400;

export function refusal(code: ErrorCode, message: string): Refusal {
  const line = message.replaceAll(/\s+/g, " ").trim();
  return {
    kind: "refusal",
    code,
    message: line.length <= MAX_MESSAGE_LENGTH ? line : `${line.slice(0, MAX_MESSAGE_LENGTH)}...`,
  };
}

/** Outputs come from the model's author: what is odd about them must not reach the event loop. */
export function unusable(error: unknown): Refusal {
  return refusal("INTERNAL", `unusable outputs: ${messageOf(error)}`);
}

export function isRefusal(value: object): value is Refusal {
  return (value as { kind?: unknown }).kind === "refusal";
}
