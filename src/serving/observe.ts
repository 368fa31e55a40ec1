import type { OutputSpec } from "../domain/application.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { NewObservation, ObservationStore, ReceiptKey, StoredObservation, Truth } from "../domain/storePorts.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import type { Catalogue } from "./catalogue.js";
import { openReceipt } from "./receipt.js";
import type { ReceiptContent } from "./receipt.js";

export interface ObserveRequest {
  readonly receipt: string;
  readonly truth: Truth;
  /** Tells several observations of one prediction apart. */
  readonly key: string | undefined;
}

export interface ObserveDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly observations: ObservationStore;
  readonly receiptKeys: () => readonly ReceiptKey[];
  readonly receiptTtlMs: number;
}

export interface Observed extends StoredObservation {
  readonly application: string;
  readonly receiptId: string;
  readonly policyVersion: number;
}

const MAX_KEY_CHARACTERS = 200;

/** Takes what turned out to be true for a prediction, and answers once it is durable. */
export async function observe(deps: ObserveDependencies, request: ObserveRequest): Promise<Observed | Failure> {
  const content = openReceipt(request.receipt, deps.receiptKeys());
  if (isFailure(content)) return content;
  const refusal = expired(deps, content) ?? keyProblem(request.key) ?? truthProblem(deps, content, request.truth);
  if (refusal !== undefined) return refusal;
  const stored = await deps.observations.append(newObservation(content, request));
  deps.metrics.recordObservation(content.application, stored);
  if (isFailure(stored)) return stored;
  const { application, id: receiptId, policyVersion } = content;
  return { ...stored, application, receiptId, policyVersion };
}

function expired(deps: ObserveDependencies, content: ReceiptContent): Failure | undefined {
  const ageMs = deps.clock.wallMs() - content.predictedAtMs;
  if (ageMs <= deps.receiptTtlMs) return undefined;
  const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`;
  return badInput(["receipt"], `a receipt younger than receiptTtl (${hours(deps.receiptTtlMs)})`, hours(ageMs));
}

function keyProblem(key: string | undefined): Failure | undefined {
  if (key === undefined || key.length <= MAX_KEY_CHARACTERS) return undefined;
  return badInput(["key"], `at most ${MAX_KEY_CHARACTERS} characters`, `${key.length}`);
}

function truthProblem(deps: ObserveDependencies, content: ReceiptContent, truth: Truth): Failure | undefined {
  const served = deps.catalogue.get(content.application);
  if (served === undefined) {
    return failure("NOT_FOUND", `application "${content.application}" does not exist any more`);
  }
  return misfit(served.application.output, truth);
}

/** A truth must be of the kind that the application answers with. */
function misfit(spec: OutputSpec, truth: Truth): Failure | undefined {
  const path = ["truth", truth.kind.toLowerCase()];
  if (truth.kind === "REWARD") {
    return badInput(path, `a ${spec.kind.toLowerCase()}: this application declares no reward range`, "a reward");
  }
  if (truth.kind !== spec.kind) return badInput(["truth"], spec.kind.toLowerCase(), truth.kind.toLowerCase());
  if (truth.kind === "LABEL" && spec.kind === "LABEL" && !spec.labels.includes(truth.label)) {
    const known = spec.labels.slice(0, 20).join(", ");
    return badInput(path, `one of the application's labels (${known})`, JSON.stringify(truth.label.slice(0, 40)));
  }
  if (truth.kind === "NUMBER" && !Number.isFinite(truth.number)) {
    return badInput(path, "a finite number", String(truth.number));
  }
  if (truth.kind === "VECTOR" && spec.kind === "VECTOR") return vectorProblem(path, spec.size, truth.vector);
  return undefined;
}

function vectorProblem(path: readonly string[], size: number, vector: readonly number[]): Failure | undefined {
  if (vector.length !== size) return badInput(path, `${size} numbers`, `${vector.length}`);
  const bad = vector.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? undefined : badInput([...path, bad], "a finite number", String(vector[bad]));
}

function newObservation(content: ReceiptContent, request: ObserveRequest): NewObservation {
  return {
    application: content.application,
    receiptId: content.id,
    key: request.key ?? "",
    policyVersion: content.policyVersion,
    entity: content.entity,
    predictedAtMs: content.predictedAtMs,
    truth: request.truth,
    evidence: { source: content.source, members: content.evidence ?? null },
    learnedBy: [],
    supersedes: undefined,
  };
}
