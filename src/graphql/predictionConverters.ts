import type { Output } from "../domain/application.js";
import { badInput, isFailure, isRetryable } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import type { Activated } from "../serving/activate.js";
import { toInputValue } from "../serving/givenInputs.js";
import type { InputValue } from "../serving/inputRow.js";
import type { Observed, ObserveRequest } from "../serving/observe.js";
import type { PredictRequest, PredictTerms } from "../serving/predict.js";
import type { GivenTruth } from "../serving/truth.js";
import type { RequestContext } from "./context.js";
import type { ObserveInput, PredictInput, TruthInput } from "./predictionInputs.js";

/** How one prediction or several are asked for, whatever of. */
export type AskedPrediction = Omit<PredictInput, "application" | "input">;

export function toPredictRequest(
  asked: AskedPrediction,
  application: string,
  input: InputValue,
  inputPath: PredictRequest["inputPath"],
  context: RequestContext,
): PredictRequest {
  // What is spread comes last: see docs/performance.md, "One shape an object".
  return { input, inputPath, ...toPredictTerms(asked, application, context) };
}

/** The same for what several inputs are asked on. */
export function toPredictTerms(
  asked: AskedPrediction,
  application: string,
  { arrivalMs, caller }: Pick<RequestContext, "arrivalMs" | "caller">,
): PredictTerms {
  return {
    application,
    entity: asked.entity ?? undefined,
    deadlineMs: asked.deadlineMs ?? undefined,
    priority: asked.priority ?? "INTERACTIVE",
    explain: asked.explain ?? false,
    minStateSeq: asked.minStateSeq ?? undefined,
    arrivalMs,
    caller,
  };
}

/**
 * Between GraphQL's shapes and the domain's, one pair per message. `@oneOf` has already been enforced by the
 * schema; what is absent here cannot have been given.
 */
export function toObserveRequest(
  input: ObserveInput,
  path: readonly (string | number)[],
  caller: Pick<ObserveRequest, "isSeen" | "keyId" | "isOneOfMany">,
): ObserveRequest | Failure {
  const truth = toTruth(input.truth);
  if (isFailure(truth)) return truth;
  // What is spread comes last: see docs/performance.md, "One shape an object".
  const common = { truth, key: input.key ?? undefined, supersedes: input.supersedes ?? undefined, ...caller };
  const { example } = input.of;
  if (example === undefined) return { target: { kind: "RECEIPT", receipt: input.of.receipt as string }, ...common };
  const { application } = example;
  const asked = { application, input: toInputValue(example.input), entity: example.entity ?? undefined };
  return { target: { kind: "EXAMPLE", ...asked, inputPath: [...path, "of", "example", "input"] }, ...common };
}

/** `truthAt`: where the caller's input has a truth that serving calls `truth.label`, `truth.number` and so on. */
export function fromRefusedObservation(
  refusal: Failure,
  path: readonly (string | number)[],
  truthAt: (inTruth: readonly (string | number)[]) => readonly (string | number)[] = (inTruth) => ["truth", ...inTruth],
): object {
  return fromRefused(refusal, path, ([field, ...rest]) => {
    if (field === "truth") return truthAt(rest);
    if (field === "receipt") return ["of", field];
    // Only an example says for whom it is: of a prediction the receipt does.
    return field === "entity" ? ["of", "example", field] : [field as string | number, ...rest];
  });
}

export function fromRefusedPrediction(refusal: Failure): object {
  return fromRefused(refusal, ["input"]);
}

/** Of a mutation whose failures name the fields of its `input`, one of which may be called so itself. */
export function fromRefusedInput(refusal: Failure): object {
  return isPlaced(refusal) ? fromFailure(placed(refusal, ["input", ...refusal.path])) : fromFailure(refusal);
}

/** Fields are named as the arguments have them, below `path`, in the message too. What the input itself holds is so already. */
function fromRefused(
  refusal: Failure,
  path: readonly (string | number)[],
  placeOf = (served: readonly (string | number)[]): readonly (string | number)[] => served,
): object {
  if (!isPlaced(refusal) || refusal.path[0] === path[0]) return fromFailure(refusal);
  return fromFailure(placed(refusal, [...path, ...placeOf(refusal.path)]));
}

type PlacedFailure = Failure & { readonly path: readonly (string | number)[] };

function isPlaced(refusal: Failure): refusal is PlacedFailure {
  return refusal.path !== undefined && refusal.path.length > 0;
}

function placed(refusal: PlacedFailure, path: readonly (string | number)[]): Failure {
  const named = `${refusal.path.join(".")}: `;
  const { message } = refusal;
  const what = message.startsWith(named) ? message.slice(named.length) : message;
  return { ...refusal, path, message: `${path.join(".")}: ${what}` };
}

function toTruth(truth: TruthInput): GivenTruth | Failure {
  if (truth.reward != null) return { kind: "REWARD", reward: truth.reward };
  if (truth.label != null) return { kind: "LABEL", label: truth.label };
  if (truth.classCode != null) return { kind: "CLASS_CODE", classCode: truth.classCode };
  if (truth.number != null) return { kind: "NUMBER", number: truth.number };
  const vector = truth.vector;
  if (Array.isArray(vector) && vector.every((value) => typeof value === "number")) return { kind: "VECTOR", vector };
  return badInput(["truth", "vector"], "a list of numbers", typeof vector);
}

/** `receiptOf` is called only if the receipt is selected: it costs a signature. */
export function fromPrediction(answer: Prediction | Failure, receiptOf: (prediction: Prediction) => string): object {
  if (isFailure(answer)) return fromRefusedPrediction(answer);
  return {
    __typename: "Prediction",
    id: answer.id,
    output: fromOutput(answer.output),
    confidence: answer.confidence,
    belowThreshold: answer.belowThreshold,
    personalised: answer.personalised,
    stateSeq: answer.stateSeq,
    stateAgeMs: answer.stateAgeMs,
    predictionSet: answer.predictionSet,
    source: answer.source,
    defaultReason: answer.defaultReason,
    policyVersion: answer.policyVersion,
    models: () => answer.models.map(fromMember),
    modelsMissing: answer.modelsMissing,
    receipt: () => receiptOf(answer),
    latencyMs: answer.latencyMs,
    explanation: answer.explanation === undefined ? undefined : () => fromExplanation(answer, answer.explanation),
  };
}

function fromMember(member: Prediction["models"][number]): object {
  const { model, version, source, distance, latencyMs, output } = member;
  return {
    model,
    version,
    source,
    distance,
    latencyMs,
    values: output.kind === "SCORES" ? output.scores : output.numbers,
  };
}

function fromExplanation({ models }: Prediction, explanation: Prediction["explanation"]): object {
  const members = models.map(({ model, version, source, distance, trace }) => ({
    model,
    version,
    cache: trace === undefined ? (source === "CACHE" ? "HIT" : source) : trace.joined ? "JOINED" : "MISS",
    distance,
    queuedMs: trace?.queuedMs,
    batchRows: trace?.batchRows,
    dispatchReason: trace?.dispatch,
    replica: trace?.replica,
    serviceMs: trace?.serviceMs,
  }));
  // What is spread comes last: see docs/performance.md, "One shape an object".
  return { members, ...explanation };
}

export function fromOutput(output: Output): object {
  switch (output.kind) {
    case "LABEL":
      return { __typename: "LabelOutput", label: output.label, scores: () => output.scores ?? [] };
    case "NUMBER":
      return { __typename: "NumberOutput", number: output.number };
    case "VECTOR":
      return { __typename: "VectorOutput", vector: output.vector };
  }
}

export function fromObserved(answer: Observed): object {
  const { application, seq, duplicate, policyVersion, learnedBy, standing, withheld } = answer;
  const { loss, skipReason, superseded } = answer;
  return {
    __typename: "Observation",
    id: `${application}:${seq}`,
    duplicate,
    seq,
    stateSeq: seq,
    policyVersion,
    folded: learnedBy.length > 0 && !duplicate,
    learnedBy,
    standing,
    withheld,
    skipReason,
    loss,
    rebuildPending: superseded?.rebuildPending ?? false,
  };
}

/** `path`: where the caller's input has the receipt. */
export function fromActivated(answer: Activated | Failure, path: readonly (string | number)[]): object {
  if (isFailure(answer)) return fromRefused(answer, path, () => []);
  const { predictionId, seq, learnedBy } = answer;
  return { __typename: "Activation", predictionId, seq, stateSeq: seq, folded: learnedBy.length > 0, learnedBy };
}

const FAILURE_TYPES: Readonly<Record<Failure["code"], string>> = {
  BAD_INPUT: "BadInput",
  PAYLOAD_TOO_LARGE: "BadInput",
  QUERY_TOO_COMPLEX: "BadInput",
  // These three are of whole requests, and no field's.
  UNAUTHENTICATED: "Unavailable",
  FORBIDDEN: "Unavailable",
  RATE_LIMITED: "Overloaded",
  NOT_FOUND: "NotFound",
  OVERLOADED: "Overloaded",
  DEADLINE_EXCEEDED: "Unavailable",
  MODEL_UNAVAILABLE: "Unavailable",
  MODEL_BAD_OUTPUT: "Unavailable",
  STORE_UNAVAILABLE: "Unavailable",
  OUTCOME_UNKNOWN: "Unavailable",
  CONFLICT: "Conflict",
  INTERNAL: "Unavailable",
};

/** A member of a result's union: what was found under its type's name, or the failure. */
export function typed(name: string, result: object | Failure): object {
  return isFailure(result) ? fromFailure(result) : { __typename: name, ...result };
}

/** This front's one mapper of domain failures. */
export function fromFailure({ code, message, path, expected, got, retryAfterMs, current }: Failure): object {
  return {
    __typename: FAILURE_TYPES[code],
    code,
    message,
    path: path?.map(String),
    expected,
    got,
    retryable: isRetryable(code),
    retryAfterMs,
    current,
  };
}
