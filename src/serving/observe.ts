import type { StoredEvidence } from "../correction/evidence.js";
import { lessonOf, whyNoLesson } from "../correction/evidence.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { MemberOutput, Prediction } from "../domain/prediction.js";
import type { SkipReason } from "../domain/replayPorts.js";
import { isOwnKey } from "../domain/rewardRules.js";
import type { Standing } from "../domain/rewardRules.js";
import type {
  NewObservation,
  ObservationStore,
  ReceiptKey,
  StoredObservation,
  Truth,
  Withheld,
} from "../domain/storePorts.js";
import { StepsPerTurn } from "../lib/stepsPerTurn.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import type { Catalogue, ServedApplication } from "./catalogue.js";
import type { FeedbackGuard } from "./feedbackGuard.js";
import type { InputValue } from "./inputRow.js";
import { evidenceOf } from "./predictionEvidence.js";
import type { PredictRequest } from "./predict.js";
import { openSeenReceipt } from "./receipt.js";
import type { ReceiptContent } from "./receipt.js";
import { expiryProblem, gone } from "./receiptProblems.js";
import { learners } from "./learners.js";
import { rewardRule } from "./rewardRule.js";
import { truthOf } from "./truth.js";
import type { GivenTruth } from "./truth.js";

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
  readonly truth: GivenTruth;
  /** Tells several observations of one prediction apart. */
  readonly key: string | undefined;
  /** The key of an earlier observation of the same prediction, which this one corrects; empty for one without. */
  readonly supersedes: string | undefined;
  /** Whether the caller may know of an application: of others nothing is learned, and nothing said. Absent: of all. */
  readonly isSeen?: (application: string) => boolean;
  /** Of the API key or token that it is told with; absent where access is open. */
  readonly keyId?: string | undefined;
  /** Of a request: they are taken together, and share what is read and the group. */
  readonly isOneOfMany?: boolean;
}

export interface ObserveDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly observations: ObservationStore;
  readonly guard: FeedbackGuard;
  /** A crowd of observations must not keep predictions waiting. */
  readonly steps: StepsPerTurn;
  readonly receiptKeys: (receipt: string) => readonly ReceiptKey[] | Promise<readonly ReceiptKey[]>;
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
  readonly standing: Standing;
  /** How wrong the answer was, 0 to 1; undefined where it is not known what was answered. */
  readonly loss: number | undefined;
  /** Why no policy can learn from it; undefined where one can. */
  readonly skipReason: SkipReason | undefined;
}

/** What an observation is about, whichever way it was named. */
type Subject = Pick<NewObservation, "application" | "receiptId" | "policyVersion" | "entity" | "predictedAtMs"> & {
  readonly evidence: StoredEvidence | undefined;
};

/** Each is some 30 us of work. */
const OBSERVATIONS_PER_TURN = 8;
const MAX_KEY_CHARACTERS = 200;
/** The receipt id of all observations without receipt: their keys tell them apart. */
const EXAMPLE_ID = "example";

/** For the observations of a process. */
export function observationSteps(clock: Clock): StepsPerTurn {
  return new StepsPerTurn(clock, OBSERVATIONS_PER_TURN);
}

/**
 * Takes what turned out to be true for a prediction, and answers once it is durable and learned from. Between the request
 * and the log it waits for nothing that is here already: each turn of promises would be paid by every observation.
 */
export function observe(
  deps: ObserveDependencies,
  request: ObserveRequest,
): Observed | Failure | Promise<Observed | Failure> {
  if (request.isOneOfMany === true) return observeNow(deps, request);
  return deps.steps.run(() => observeNow(deps, request));
}

function observeNow(deps: ObserveDependencies, request: ObserveRequest): Failure | Promise<Observed | Failure> {
  const subject =
    request.target.kind === "RECEIPT"
      ? receiptSubject(deps, request.target.receipt, request)
      : exampleSubject(deps, request.target, request);
  if (subject instanceof Promise)
    return subject.then((known) => (isFailure(known) ? known : append(deps, known, request)));
  return isFailure(subject) ? subject : append(deps, subject, request);
}

async function append(
  deps: ObserveDependencies,
  subject: Subject,
  request: ObserveRequest,
): Promise<Observed | Failure> {
  const served = deps.catalogue.get(subject.application);
  if (served === undefined) return gone(subject.application);
  const truth = truthOf(served.application, request.truth);
  if (isFailure(truth)) return truth;
  const observation = newObservation(served, subject, request, truth);
  const stored = await appendGuarded(deps, served, observation, request.keyId);
  const lesson = lessonOf(served.application.output, truth, observation.evidence);
  const answer = lesson?.answer;
  const isOutlier = (): boolean => deps.guard.isOutlier(served.application, answer, truth);
  deps.metrics.recordObservation(subject.application, stored, isOutlier);
  if (isFailure(stored)) return stored;
  const { application, policyVersion } = subject;
  // What is spread comes last: see docs/performance.md, "One shape an object".
  return {
    application,
    policyVersion,
    learnedBy: stored.withheld === undefined ? (stored.counted?.learnedBy ?? observation.learnedBy) : [],
    standing: stored.counted?.standing ?? (stored.withheld === undefined ? "COUNTED" : "NOT_COUNTED"),
    loss: answer && lossFor(served, truth, answer.output),
    skipReason: lesson === undefined ? whyNoLesson(truth, observation.evidence) : undefined,
    ...stored,
  };
}

/** What is more than its key's share of what is learned is stored and not learned from; nor does it correct anything. */
async function appendGuarded(
  { guard, observations }: ObserveDependencies,
  { application }: ServedApplication,
  observation: NewObservation,
  keyId: string | undefined,
): Promise<StoredObservation | Failure> {
  if (observation.learnedBy.length === 0) return observations.append(observation);
  const admission = guard.admit(application, keyId);
  let isLearned = false;
  try {
    const stored = await observations.append(admission.isLearned ? observation : withheld(observation));
    isLearned = !isFailure(stored) && !stored.duplicate && stored.counted?.standing !== "NOT_COUNTED";
    return stored;
  } finally {
    admission.settle(isLearned);
  }
}

function withheld(observation: NewObservation): NewObservation {
  const why: Withheld = "LEARNED_SHARE";
  return { ...observation, learnedBy: [], counts: false, withheld: why, supersedes: undefined };
}

function receiptSubject(
  deps: ObserveDependencies,
  receipt: string,
  request: ObserveRequest,
): Subject | Failure | Promise<Subject | Failure> {
  const keys = deps.receiptKeys(receipt);
  const open = (known: readonly ReceiptKey[]) =>
    subjectOf(deps, openSeenReceipt(receipt, known, request.isSeen), request);
  return keys instanceof Promise ? keys.then(open) : open(keys);
}

function subjectOf(
  deps: ObserveDependencies,
  content: ReceiptContent | Failure,
  request: ObserveRequest,
): Subject | Failure | Promise<Subject | Failure> {
  if (isFailure(content)) return content;
  const refusal = expiryProblem(deps, content) ?? requestProblem(deps, content.application, request);
  if (refusal !== undefined) return refusal;
  const { id: receiptId, application, policyVersion, entity, predictedAtMs } = content;
  const withEvidence = (evidence: StoredEvidence | undefined): Subject => ({
    receiptId,
    application,
    policyVersion,
    entity,
    predictedAtMs,
    evidence,
  });
  if (!content.isLogged) return withEvidence(content.evidence);
  return deps
    .loggedEvidence(application, receiptId)
    .then((evidence) => (isFailure(evidence) ? evidence : withEvidence(evidence)));
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
  if (request.isSeen?.(query.application) === false) return gone(query.application);
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

function requestProblem(
  { catalogue }: ObserveDependencies,
  application: string,
  { key, supersedes, truth }: ObserveRequest,
): Failure | undefined {
  const served = catalogue.get(application);
  if (served === undefined) return gone(application);
  const known = truthOf(served.application, truth);
  return (
    keyProblem("key", key) ??
    keyProblem("supersedes", supersedes) ??
    (supersedes !== undefined && supersedes === (key ?? "")
      ? badInput(["supersedes"], "the key of an earlier observation, other than this one's", JSON.stringify(supersedes))
      : undefined) ??
    (isFailure(known) ? known : undefined)
  );
}

function keyProblem(field: string, key: string | undefined): Failure | undefined {
  if (key === undefined) return undefined;
  if (key.length > MAX_KEY_CHARACTERS) {
    return badInput([field], `at most ${MAX_KEY_CHARACTERS} characters`, `${key.length}`);
  }
  // PostgreSQL's texts hold neither.
  if (key.includes("\0") || !key.isWellFormed()) {
    return badInput([field], "well-formed text without the character U+0000", JSON.stringify(key));
  }
  if (!isOwnKey(key)) return undefined;
  return badInput(
    [field],
    "a key that does not begin with $: those are of rows that the server appends",
    JSON.stringify(key),
  );
}

function newObservation(
  served: ServedApplication,
  subject: Subject,
  request: ObserveRequest,
  truth: Truth,
): NewObservation {
  const rule = rewardRule(served.application);
  const { receiptId, application, policyVersion, entity, predictedAtMs, evidence } = subject;
  const observation: NewObservation = {
    receiptId,
    application,
    policyVersion,
    entity,
    predictedAtMs,
    evidence: evidence ?? null,
    key: request.key ?? "",
    truth,
    supersedes: request.supersedes,
    learnedBy: learners(served, subject),
  };
  return rule === undefined ? observation : { counting: { kind: "REWARD", rule }, ...observation };
}

function lossFor({ losses }: ServedApplication, truth: Truth, output: MemberOutput): number | undefined {
  return losses.ofReward(truth) ?? losses.ofOutput(output, truth);
}
