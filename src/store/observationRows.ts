import type { Failure } from "../domain/failure.js";
import { badInput } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { NewObservation, Truth } from "../domain/storePorts.js";

/** An observation as it goes to the database. */
export interface ObservationRow {
  /** With its truth as it is read back from the log. */
  readonly observation: NewObservation;
  /** One element of the array that a group is sent as. */
  readonly json: string;
}

/** Encoded on arrival, row by row: one that cannot be encoded fails alone, before it joins a group. */
export function observationRow(given: NewObservation): ObservationRow | Failure {
  const problem = truthProblem(given.truth);
  if (problem !== undefined) return problem;
  if (!Number.isFinite(given.predictedAtMs)) {
    return badInput(["predictedAtMs"], "milliseconds since 1970", String(given.predictedAtMs));
  }
  const truth = withoutNegativeZero(given.truth);
  const observation = truth === given.truth ? given : { ...given, truth };
  try {
    return { observation, json: rowJson(observation) };
  } catch (error) {
    return badInput(["evidence"], "a value that JSON can hold", messageOf(error));
  }
}

/** Only of the evidence is it not known that JSON holds it. */
function rowJson(observation: NewObservation): string {
  const { receiptId, key, policyVersion, entity, predictedAtMs, learnedBy, supersedes } = observation;
  return JSON.stringify({
    receipt_id: receiptId,
    key,
    policy_version: policyVersion,
    entity,
    predicted_ms: predictedAtMs,
    learned_by: learnedBy,
    supersedes,
    counts: observation.counts,
    withheld: observation.withheld,
    truth: observation.truth,
    evidence: observation.evidence ?? null,
  });
}

/** JSON has no negative zero: a state folded from what arrived must be the one folded from what was stored. */
function withoutNegativeZero(truth: Truth): Truth {
  switch (truth.kind) {
    case "LABEL":
      return truth;
    case "NUMBER":
      return { kind: truth.kind, number: truth.number + 0 };
    case "REWARD":
      return { kind: truth.kind, reward: truth.reward + 0 };
    case "VECTOR":
      return { kind: truth.kind, vector: truth.vector.map((value) => value + 0) };
    default:
      return truth satisfies never;
  }
}

/** JSON has no NaN and no infinities: JSON.stringify would store null in their place without a word. */
function truthProblem(truth: Truth): Failure | undefined {
  switch (truth.kind) {
    case "LABEL":
      return undefined;
    case "NUMBER":
      return finite(truth.number, ["number"]);
    case "REWARD":
      return finite(truth.reward, ["reward"]);
    case "VECTOR": {
      const index = truth.vector.findIndex((value) => !Number.isFinite(value));
      return finite(truth.vector[index] ?? 0, ["vector", index]);
    }
    default:
      return truth satisfies never;
  }
}

function finite(value: number, path: readonly (string | number)[]): Failure | undefined {
  return Number.isFinite(value) ? undefined : badInput(path, "a finite number", String(value));
}
