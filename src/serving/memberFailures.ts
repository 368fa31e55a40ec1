import type { Application } from "../domain/application.js";
import { failure } from "../domain/failure.js";
import type { Failure, FailureCode } from "../domain/failure.js";
import type { DefaultReason, MemberFailureCode, MemberMissing } from "../domain/prediction.js";

/** The most telling of the members' failures: a model that erred says more than one that was merely late. */
const TELLING: readonly MemberFailureCode[] = [
  "MODEL_BAD_OUTPUT",
  "MODEL_ERROR",
  "OVERLOADED",
  "DEADLINE_EXCEEDED",
  "NO_REPLICA",
  // Another member may still answer, if the query comes again.
  "POISON",
];

const REASONS: Readonly<Record<MemberFailureCode, DefaultReason>> = {
  POISON: "MODEL_ERROR",
  MODEL_BAD_OUTPUT: "MODEL_ERROR",
  MODEL_ERROR: "MODEL_ERROR",
  OVERLOADED: "OVERLOADED",
  DEADLINE_EXCEEDED: "DEADLINE",
  NO_REPLICA: "NO_REPLICA",
};

const CODES: Readonly<Record<MemberFailureCode, FailureCode>> = {
  POISON: "BAD_INPUT",
  MODEL_BAD_OUTPUT: "MODEL_BAD_OUTPUT",
  MODEL_ERROR: "MODEL_UNAVAILABLE",
  OVERLOADED: "OVERLOADED",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  NO_REPLICA: "MODEL_UNAVAILABLE",
};

function mostTelling(missing: readonly MemberMissing[]): MemberMissing | undefined {
  for (const code of TELLING) {
    const found = missing.find((member) => member.code === code);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why no model answered, as the default output says it. */
export function reasonFor(missing: readonly MemberMissing[]): DefaultReason {
  const telling = mostTelling(missing);
  return telling === undefined ? "NO_REPLICA" : REASONS[telling.code];
}

/** The same as a failure, for an application without a default output. */
export function typedFailure(application: Application, missing: readonly MemberMissing[]): Failure {
  const telling = mostTelling(missing);
  if (telling === undefined) {
    const remedy = "link one with the linkModel mutation";
    return failure("MODEL_UNAVAILABLE", `application "${application.name}" has no usable model; ${remedy}`);
  }
  const code = CODES[telling.code];
  const retryAfterMs = telling.retryAfterMs ?? (RETRY_LATER.has(code) ? RETRY_MS : undefined);
  return failure(code, telling.message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Where nobody foresees when it may go better: a wrapper that died is restarted and linked within a second. */
const RETRY_MS = 1000;
const RETRY_LATER: ReadonlySet<FailureCode> = new Set(["OVERLOADED", "MODEL_UNAVAILABLE"]);
