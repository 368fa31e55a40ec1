import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import type { GraphQLNamedType, GraphQLSchema } from "graphql";

type Texts = Readonly<Record<string, string>>;

/** What fields and arguments of a name mean wherever nothing more is said of them. */
const NAMES: Texts = {
  after: "The cursor after which the page begins, `endCursor` of a page of this list; absent: the first page.",
  application: "Name of the application.",
  at: "When it was.",
  base64: "Packed little-endian elements.",
  batches: "Batches sent.",
  code: "What kind of failure it is.",
  count: "How many there were.",
  createdAt: "When it was made.",
  cursor: "Where it stands: give it as `after` for what comes next.",
  datatype: "Of the elements.",
  deadlineMs:
    "Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs.",
  description: "For people; empty by default.",
  edges: "The page's items with their cursors.",
  endCursor: "Give it as `after` for the next page; null: this one is empty.",
  endpoint: "Where its wrapper listens: host:port or unix:/path.",
  entity: "Whom it is about, 1 to 128 characters; absent or null: the population.",
  expiresAt: "From when on it is refused; null: never.",
  explain: "Whether `explanation` is wanted. Default false.",
  hasNextPage: "Whether there is more after this page.",
  hasPreviousPage: "Whether there is something before this page.",
  high: "Upper end.",
  input: "Everything that it takes.",
  inputs: "Its input tensors, in their order.",
  kind: "Which kind it is: the other fields are the kind's.",
  label: "One of the application's labels.",
  loss: "How wrong an answer is.",
  low: "Lower end.",
  minStateSeq:
    "What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time.",
  model: "Name of the model.",
  name: "What it is called by.",
  node: "The item.",
  number: "A finite number.",
  outputs: "Its output tensors, in their order.",
  pageInfo: "Where the page stands.",
  policy: "Correction policy.",
  policyVersion: "Version of the application's correction policy.",
  problem: "What is wrong, in words; null: nothing.",
  receipt: "The prediction's, from `Prediction.receipt`.",
  rows: "How many.",
  scopes: "What it may be used for.",
  serviceP50Ms: "Median of a batch's own service time in milliseconds; null without one.",
  serviceP99Ms: "99th percentile of a batch's own service time in milliseconds; null without one.",
  source: "Where it came from.",
  sources: "Answers by where they came from.",
  startCursor: "Of the page's first item; null: this one is empty.",
  status: "Where it stands.",
  text: "A text.",
  values: "Numbers in a list, row-major.",
  vector: "Finite numbers, as many as the output's size.",
  version: "Number of the version, from 1.",
};

/** Of one type's field or value; an argument is `Type.field.argument`. */
const PLACES: Texts = {
  "Activation.predictionId": "Of the prediction that was shown.",
  "ApiKey.revokedAt": "Since when it is refused; null: it is not.",
  "ApiKeyCreated.apiKey": "What is kept of it.",
  "Application.defaultOutput": "Given, and said so, when no model could answer in time; null: a typed failure instead.",
  "Application.feedback": "How feedback is taken.",
  "Application.input": "Tensors of one input, at most 64.",
  "Application.models": "Models that are linked with it.",
  "Application.output": "What it answers with.",
  "ApproximateCache.bytes": "What it takes in memory, in bytes.",
  "ApproximateDistance.ANGLE": "The angle between them, in radians.",
  "ApproximateDistance.L2": "The Euclidean distance.",
  "AuditVerification.intact": "Nothing was rewritten or is missing.",
  "Average.MEAN": "Weighted mean: smooth.",
  "Average.MEDIAN": "Weighted median: one model that is far off moves it little.",
  "BadInput.expected": "What the signature or limit allows, in words.",
  "BadInput.got": "What came, in a few words.",
  "CreateApplicationInput.feedback": "How feedback is taken; absent: each of its rules has its default.",
  "CreateApplicationInput.input": "Tensors of one input, as its models take them.",
  "CreateApplicationInput.output": "What it answers with.",
  "DispatchCount.reason": "Why a batch went as it did.",
  "DefaultReasonCount.reason": "Why the default output was given.",
  "EntityDeleted.observations": "How many are gone from the feedback log.",
  "EntityDeleted.states": "Of how many policy versions it had a state.",
  "EntityExport.observations": "How many observations are in this page.",
  "EntityExport.predictions": "How many logged predictions are in this page.",
  "Estimate.value": "The mean.",
  "ExactEvaluation.rows": "Observations that it rests on.",
  "ExampleInput.input": "The input.",
  "Explanation.members": "How each selected model's answer came about.",
  "FillWait.waits": "Free replicas wait for more rows.",
  "Loss.max": "Of REWARD: the best reward.",
  "Loss.min": "Of REWARD: the worst reward.",
  "Loss.range": "Of SQUARED and ABSOLUTE: the error that counts as 1.",
  "LogPredictions.EVIDENCE": "What the models answered and the policy chose.",
  "LogPredictions.NONE": "Nothing.",
  "MemberExplanation.cache": "Whether its answer was known.",
  "MemberExplanation.dispatchReason": "Why its batch went as it did; null where the model was not asked.",
  "MemberExplanation.distance":
    "From the input whose output was taken, in the model's distance; null where it is its own.",
  "MemberExplanation.replica": "Id of the replica that computed it; null where none did.",
  "MemberPrediction.source": "Whether the model ran now.",
  "MemberSource.APPROXIMATE": "Its answer to a near input was known.",
  "MemberSource.CACHE": "Its answer to exactly this input was known.",
  "MemberSource.MODEL": "It ran now.",
  "Model.currentVersion": "Number of the version that answers.",
  "Model.settings": "How it is batched and cached.",
  "ModelSample.batches": "Batches that were answered in the interval.",
  "ModelSample.cacheMisses": "Look-ups of the exact cache without an answer, in the interval.",
  "ModelSettings.approximateDistance": "In what distance inputs are near each other.",
  "ModelSettings.batchSizeController": "Who says how many rows a replica may be given at once.",
  "ModelSettings.cacheScope": "Who shares what is cached.",
  "ModelVersion.current": "It is the version that answers, or will once a replica is ready.",
  "Mutation.createApplication.input": "What it is to be.",
  "Mutation.unlinkModel": "The application answers without the model from now on.",
  "Mutation.updateApplication": "What changes is in force on all servers within a second.",
  "NamedTensorInput.data": "Its elements.",
  "NamedTensorInput.name": "As in the application's signature.",
  "Observation.standing": "Whether it counts.",
  "ObserveInput.truth": "What turned out to be true.",
  "OffPolicyEvaluation.largestWeight": "Of a single choice.",
  "OutputKind.LABEL": "One of its labels.",
  "OutputKind.NUMBER": "A number.",
  "OutputKind.VECTOR": "Numbers, always as many.",
  "PolicyEvaluation.measure": "What is estimated.",
  "PolicyEvaluation.skipped": "Observations that teach it nothing, by reason.",
  "PolicyEvaluation.verdict": "How the policy would have done.",
  "PolicyEvent.kind": "What happened.",
  "PolicyEventKind.ADAPTATION":
    "Learning from feedback does not make up for a change (STALLED): time to train again; or now it does (STEADY).",
  "PolicyEventKind.DRIFT": "A mean loss has changed.",
  "PolicyEventKind.ENTITY_DELETED": "An entity was forgotten.",
  "PolicyEventKind.ENTITY_RESET": "An entity began anew from the population.",
  "PolicyEventKind.POLICY": "A policy version was made, frozen or made current.",
  "PolicyEventKind.PRIOR": "The population's prior for entities was learned anew.",
  "PolicyEventKind.STATE_REBUILT": "A state was learned anew from the log.",
  "PolicyVersion.current": "It is the version that answers.",
  "PredictInput.input": "What it is asked about.",
  "Prediction.id": "Unique; observations and logs are joined by it.",
  "Prediction.modelsMissing": "Selected models that are not in the answer, and why.",
  "Prediction.output": "The answer.",
  "Prediction.source": "Where the answer came from.",
  "ReceiptContent.choice": "What the policy chose; null: it asks all models.",
  "ReceiptContent.source": "As of `Prediction.source`.",
  "ReplayStatus.COMPLETE": "All of the log is folded in.",
  "ReplayStatus.FAILED": "It ended early: `reason` says why.",
  "ReplayStatus.RUNNING": "It goes on, on one of the servers.",
  "Replica.id": "Unique in this server.",
  "Replica.problem": "Why it is not READY; null: nothing is wrong.",
  "Replica.state": "Where the link stands.",
  "ReplicaFigures.batches": "Batches that it was sent.",
  "ReplicaFigures.rows": "Rows that it was sent.",
  "ReplicaState.CONNECTING": "The link is being made.",
  "ReplicaState.READY": "It takes batches.",
  "ReplicaState.STOPPED": "It was removed.",
  "SkippedRows.reason": "Why they teach nothing.",
  "TensorInput.tensors": "For an application with several tensors: each of them once.",
  "UpdateApplicationInput.bulkDeadlineMs": "Milliseconds within which BULK queries are answered, at least sloMs.",
  "UpdateApplicationInput.description": "For people.",
  "UpdateApplicationInput.sloMs": "Latency objective in milliseconds, from arrival to answer.",
  "Verdict.BETTER": "Its whole interval is better.",
  "Verdict.WORSE": "Its whole interval is worse.",
  "LoggedObservation.observedAt": "When it was stored.",
  "LoggedObservation.truth": "What turned out to be true.",
  "TruthKind.LABEL": "One of the application's labels.",
  "TruthKind.NUMBER": "A number.",
  "TruthKind.REWARD": "How good the answer was.",
  "TruthKind.VECTOR": "Numbers.",
};

const TYPES: Texts = {
  ApiKeyCreated: "A new key.",
  ApplicationLink: "A model that answers for an application.",
  CacheScope: "Who shares what is cached of a model.",
  CacheState: "Whether a model's answer was known.",
  CreateApiKeyInput: "A new key.",
  CreateApplicationInput: "A new application.",
  DefaultReasonCount: "How often the default output was given for a reason.",
  DispatchCount: "How many batches went for a reason.",
  EntityDeleted: "What was forgotten of an entity.",
  EntityExport: "One page of all that is kept of an entity.",
  EntityReset: "An entity that begins anew.",
  FailureCount: "How many queries failed with a code.",
  FillWait: "Whether free replicas wait for fuller batches.",
  LabelOutput: "A label.",
  LabelScore: "A label with its score.",
  LinkInput: "A model to link with a new application.",
  LinkModelInput: "A model to link with an application.",
  Loss: "How wrong an answer is, 0 to 1.",
  Model: "A named function with numbered versions.",
  ModelVersion: "One version of a model: its signature never changes.",
  Mutation: "What may be told and changed.",
  NumberOutput: "A number.",
  OutputSpec: "What an application answers with.",
  PageInfo: "Where a page stands among the others (Relay's connections).",
  PredictInput: "One query.",
  PredictManyInput: "Several queries of one application, for one entity or the population.",
  Prediction: "An answer, and where it came from.",
  Priority: "Who waits for an answer.",
  Query: "What may be asked.",
  ReceiptKeyRotation: "The keys that sign receipts.",
  ReceiptMember: "What one model had answered.",
  RegisterModelVersionInput: "A version of a model, new or with other endpoints.",
  RemoveModelVersionInput: "A version to be removed.",
  ReplayPolicyInput: "The policy that the log is to be folded into.",
  ReplicaFigures: "What one replica did.",
  ReplicaState: "Where a link to a wrapper stands.",
  SetCurrentVersionInput: "The version that is to answer.",
  SkippedRows: "Observations that teach a policy nothing, for a reason.",
  SourceCount: "How many answers came from a source.",
  Subscription: "What may be followed.",
  TensorSpec: "One tensor of a signature.",
  TensorSpecInput: "One tensor of a signature.",
  UnlinkModelInput: "A link to be removed.",
  VectorOutput: "Numbers, always as many.",
  ActivateInput: "A prediction that was shown.",
  ActivateManyInput: "Predictions that were shown.",
  DeleteApplicationInput: "An application that is to go.",
  DeleteEntityInput: "An entity to be forgotten.",
  ForkPolicyInput: "A version of the policy to be copied.",
  FreezePolicyInput: "A version of the policy that is to learn no more, or again.",
  InvalidateCacheInput: "A model whose outputs are to be forgotten.",
  ObserveManyInput: "What turned out to be true for several predictions.",
  ResetEntityInput: "An entity that is to begin anew.",
  ResetPolicyInput: "An application whose policy is to begin anew.",
  RotateReceiptKeyInput: "Which key is to be followed by a new one.",
  RevokeApiKeyInput: "A key to be refused from now on.",
  RollbackPolicyInput: "The version of the policy that is to answer.",
};

const VALUES: Texts = {
  BOOL: "True or false, one byte.",
  BYTES: "Text.",
  FP16: "A float of 16 bits: given as base64.",
  FP32: "A float of 32 bits.",
  FP64: "A float of 64 bits.",
  BAD_INPUT: "The signature or a limit refuses it: change it.",
  CONFLICT: "It exists with other content, or is not as it was read, or is in use: read it again, then decide.",
  DEADLINE_EXCEEDED: "No answer by the deadline.",
  INTERNAL: "A defect of the server.",
  MODEL_BAD_OUTPUT: "A model answered something unusable.",
  MODEL_UNAVAILABLE: "No selected model could answer.",
  NOT_FOUND: "It does not exist, or the key does not see it.",
  OUTCOME_UNKNOWN: "It may have been done: ask again with the same key.",
  OVERLOADED: "Refused at once: ask again later.",
  STORE_UNAVAILABLE: "The database does not answer: ask again later.",
};

/** All of them by table: a test finds those that describe nothing any more. */
export const TEXTS = { NAMES, PLACES, TYPES, VALUES } as const;

/** Describes whatever says nothing of itself. Decorators have the last word; the same meaning is written once here. */
export function describeTheRest(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    type.description ??= TYPES[type.name] ?? byName(type.name);
    for (const [place, member] of membersOf(type)) {
      const name = place.slice(place.lastIndexOf(".") + 1);
      member.description ??= PLACES[place] ?? (isEnumType(type) ? valueText(name) : NAMES[name]);
    }
  }
}

interface Described {
  description?: string | null | undefined;
}

/** Fields, their arguments and enum values, each by its place. */
export function membersOf(type: GraphQLNamedType): readonly (readonly [string, Described])[] {
  if (isEnumType(type)) return type.getValues().map((value) => [`${type.name}.${value.name}`, value]);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]);
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const place = `${type.name}.${field.name}`;
    const given = field.args.map((argument) => [`${place}.${argument.name}`, argument] as const);
    return [[place, field] as const, ...given];
  });
}

/** Pages, their items, and results are called by what they are of. */
function byName(name: string): string | undefined {
  const of = name.replace(/(Connection|Edge|Result)$/, "");
  if (name.endsWith("Connection")) return `One page of a list: ${of}.`;
  if (name.endsWith("Edge")) return `One item of a page: ${of}.`;
  return name.endsWith("Result") ? `What was asked for, or why not: select \`... on Failure\`.` : undefined;
}

function valueText(name: string): string | undefined {
  const [, kind, bits] = /^(U?INT)(\d+)$/.exec(name) ?? [];
  return kind === undefined ? VALUES[name] : `An integer of ${bits} bits${kind === "UINT" ? ", 0 or more" : ""}.`;
}
