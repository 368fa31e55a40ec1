import type { Failure } from "../domain/failure.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { NewObservation, Truth } from "../domain/storePorts.js";

/** An observation as it goes to the database. */
export interface ObservationRow {
  /** With its truth as it is read back from the log. */
  readonly observation: NewObservation;
  /** One element of the array that a group is sent as. */
  readonly json: string;
}

/** Encoded on arrival, row by row: one that cannot be encoded fails alone, before it joins a group. */
export function observationRow(observation: NewObservation): ObservationRow | Failure {
  const truth = truthJson(observation.truth);
  if (isFailure(truth)) return truth;
  const evidence = evidenceJson(observation.evidence);
  if (isFailure(evidence)) return evidence;
  if (!Number.isFinite(observation.predictedAtMs)) {
    return badInput(["predictedAtMs"], "milliseconds since 1970", String(observation.predictedAtMs));
  }
  const { receiptId, key, policyVersion, entity, predictedAtMs, learnedBy, supersedes } = observation;
  const plain = JSON.stringify({
    receipt_id: receiptId,
    key,
    policy_version: policyVersion,
    entity,
    predicted_ms: predictedAtMs,
    learned_by: learnedBy,
    supersedes,
  });
  return {
    observation: { ...observation, truth: withoutNegativeZero(observation.truth) },
    json: `${plain.slice(0, -1)},"truth":${truth},"evidence":${evidence}}`,
  };
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
function truthJson(truth: Truth): string | Failure {
  switch (truth.kind) {
    case "LABEL":
      return JSON.stringify({ kind: truth.kind, label: truth.label });
    case "NUMBER":
      return finite(truth.number, ["number"]) ?? JSON.stringify({ kind: truth.kind, number: truth.number });
    case "REWARD":
      return finite(truth.reward, ["reward"]) ?? JSON.stringify({ kind: truth.kind, reward: truth.reward });
    case "VECTOR": {
      const index = truth.vector.findIndex((value) => !Number.isFinite(value));
      return (
        finite(truth.vector[index] ?? 0, ["vector", index]) ??
        JSON.stringify({ kind: truth.kind, vector: truth.vector })
      );
    }
    default:
      return truth satisfies never;
  }
}

function finite(value: number, path: readonly (string | number)[]): Failure | undefined {
  return Number.isFinite(value) ? undefined : badInput(path, "a finite number", String(value));
}

function evidenceJson(evidence: unknown): string | Failure {
  try {
    return JSON.stringify(evidence) ?? "null";
  } catch (error) {
    return badInput(["evidence"], "a value that JSON can hold", error instanceof Error ? error.message : String(error));
  }
}
