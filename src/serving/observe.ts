import type { StoredEvidence } from "../correction/evidence.js";
import { lessonOf } from "../correction/evidence.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { Prediction } from "../domain/prediction.js";
import type { NewObservation, ObservationStore, ReceiptKey, StoredObservation, Truth } from "../domain/storePorts.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import type { Catalogue, ServedApplication } from "./catalogue.js";
import type { InputValue } from "./inputRow.js";
import { evidenceOf } from "./predictionEvidence.js";
import type { PredictRequest } from "./predict.js";
import { openReceipt } from "./receipt.js";
import type { ReceiptContent } from "./receipt.js";
import { truthProblem } from "./truth.js";

/** What was predicted: its receipt, or an input that is evaluated now. */
export type ObserveTarget =
  | { readonly kind: "RECEIPT"; readonly receipt: string }
  | {
      readonly kind: "EXAMPLE";
      readonly application: string;
      readonly input: InputValue;
      readonly inputPath: readonly (string | number)[];
      readonly entity: string | undefined;
    };

export interface ObserveRequest {
  readonly target: ObserveTarget;
  readonly truth: Truth;
  /** Tells several observations of one prediction apart. */
  readonly key: string | undefined;
  /** The key of an earlier observation of the same prediction, which this one corrects; empty for one without. */
  readonly supersedes: string | undefined;
}

export interface ObserveDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly observations: ObservationStore;
  readonly receiptKeys: (receipt: string) => Promise<readonly ReceiptKey[]>;
  readonly receiptTtlMs: number;
  /** Evidence that did not fit into a receipt; undefined when it is not there (any more). */
  readonly loggedEvidence: (application: string, predictionId: string) => Promise<StoredEvidence | undefined | Failure>;
  readonly predict: (request: PredictRequest) => Prediction | Failure | Promise<Prediction | Failure>;
}

export interface Observed extends StoredObservation {
  readonly application: string;
  readonly policyVersion: number;
  /** Policy versions that learned from it: none where there was nothing to learn from, or nothing that may learn. */
  readonly learnedBy: readonly number[];
  /** How wrong the answer was, 0 to 1; undefined where it is not known what was answered. */
  readonly loss: number | undefined;
}

/** What an observation is about, whichever way it was named. */
type Subject = Omit<NewObservation, "key" | "truth" | "learnedBy" | "supersedes" | "evidence"> & {
  readonly evidence: StoredEvidence | undefined;
};

const MAX_KEY_CHARACTERS = 200;
/** The receipt id of all observations without receipt: their keys tell them apart. */
const EXAMPLE_ID = "example";

/** Takes what turned out to be true for a prediction, and answers once it is durable and learned from. */
export async function observe(deps: ObserveDependencies, request: ObserveRequest): Promise<Observed | Failure> {
  const subject = await (request.target.kind === "RECEIPT"
    ? receiptSubject(deps, request.target.receipt, request)
    : exampleSubject(deps, request.target, request));
  if (isFailure(subject)) return subject;
  const served = deps.catalogue.get(subject.application);
  if (served === undefined) return gone(subject.application);
  const observation = newObservation(served, subject, request);
  const stored = await deps.observations.append(observation);
  deps.metrics.recordObservation(subject.application, stored);
  if (isFailure(stored)) return stored;
  const { application, policyVersion } = subject;
  return {
    ...stored,
    application,
    policyVersion,
    learnedBy: observation.learnedBy,
    loss: lossFor(served, observation),
  };
}

async function receiptSubject(
  deps: ObserveDependencies,
  receipt: string,
  request: ObserveRequest,
): Promise<Subject | Failure> {
  const content = openReceipt(receipt, await deps.receiptKeys(receipt));
  if (isFailure(content)) return content;
  const refusal = expired(deps, content) ?? requestProblem(deps, content.application, request);
  if (refusal !== undefined) return refusal;
  const evidence = content.isLogged ? await deps.loggedEvidence(content.application, content.id) : content.evidence;
  if (isFailure(evidence)) return evidence;
  const { id: receiptId, application, policyVersion, entity, predictedAtMs } = content;
  return { receiptId, application, policyVersion, entity, predictedAtMs, evidence };
}

/** Evaluates the input again, through the caches, as bulk work: nobody waits for its answer. */
async function exampleSubject(
  deps: ObserveDependencies,
  target: Extract<ObserveTarget, { kind: "EXAMPLE" }>,
  request: ObserveRequest,
): Promise<Subject | Failure> {
  if (request.key === undefined || request.key === "") {
    return badInput(["key"], "a key of your own, since there is no receipt to tell a repetition by", "none");
  }
  const { kind: _, ...query } = target;
  const refusal = requestProblem(deps, query.application, request);
  if (refusal !== undefined) return refusal;
  if (request.truth.kind === "REWARD") {
    return badInput(
      ["truth", "reward"],
      "a label, number or vector: a reward is of what was answered then",
      "a reward",
    );
  }
  const arrivalMs = deps.clock.nowMs();
  const predicted = await deps.predict({
    ...query,
    deadlineMs: undefined,
    priority: "BULK",
    arrivalMs,
    explain: false,
  });
  if (isFailure(predicted)) return predicted;
  const { application, policyVersion, entity, atMs: predictedAtMs } = predicted;
  const evidence = evidenceOf(predicted);
  return { receiptId: EXAMPLE_ID, application, policyVersion, entity, predictedAtMs, evidence };
}

function expired(deps: ObserveDependencies, content: ReceiptContent): Failure | undefined {
  const ageMs = deps.clock.wallMs() - content.predictedAtMs;
  if (ageMs <= deps.receiptTtlMs) return undefined;
  const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`;
  return badInput(["receipt"], `a receipt younger than receiptTtl (${hours(deps.receiptTtlMs)})`, hours(ageMs));
}

function requestProblem(
  { catalogue }: ObserveDependencies,
  application: string,
  { key, supersedes, truth }: ObserveRequest,
): Failure | undefined {
  const served = catalogue.get(application);
  if (served === undefined) return gone(application);
  return (
    lengthProblem("key", key) ??
    lengthProblem("supersedes", supersedes) ??
    (supersedes !== undefined && supersedes === (key ?? "")
      ? badInput(["supersedes"], "the key of an earlier observation, other than this one's", JSON.stringify(supersedes))
      : undefined) ??
    truthProblem(served.application, truth)
  );
}

function gone(application: string): Failure {
  return failure("NOT_FOUND", `application "${application.slice(0, 80)}" does not exist`);
}

function lengthProblem(field: string, key: string | undefined): Failure | undefined {
  if (key === undefined || key.length <= MAX_KEY_CHARACTERS) return undefined;
  return badInput([field], `at most ${MAX_KEY_CHARACTERS} characters`, `${key.length}`);
}

function newObservation(served: ServedApplication, subject: Subject, request: ObserveRequest): NewObservation {
  return {
    ...subject,
    evidence: subject.evidence ?? null,
    key: request.key ?? "",
    truth: request.truth,
    supersedes: request.supersedes,
    learnedBy: learners(served, subject),
  };
}

/**
 * The version that made the prediction learns while it exists and is not frozen; the current one too where every
 * member's output was recorded, so that nothing depends on what was chosen.
 */
function learners(
  { application, learningVersions }: ServedApplication,
  { policyVersion, evidence }: Subject,
): number[] {
  if (evidence === undefined) return [];
  const isFull = evidence.choice === undefined;
  const versions = isFull ? [policyVersion, application.policyVersion] : [policyVersion];
  return [...new Set(versions)].filter((version) => learningVersions.has(version)).sort((a, b) => a - b);
}

function lossFor({ application, losses }: ServedApplication, { truth, evidence }: NewObservation): number | undefined {
  const answer = lessonOf(application.output, truth, evidence)?.answer;
  return answer && (losses.ofReward(truth) ?? losses.ofOutput(answer.output, truth));
}
