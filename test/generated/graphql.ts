/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What several rewards of one prediction come to. */
export type Aggregation =
  | 'EARLIEST'
  | 'MEAN'
  | 'SUM';

/** In what distance inputs are near each other. */
export type ApproximateDistance =
  | 'ANGLE'
  /** The angle where four of five numbers are 0, as in bags of words, else L2. */
  | 'AUTO'
  | 'L2';

/** How models' numbers are combined. */
export type Average =
  | 'MEAN'
  | 'MEDIAN';

/** Who says how many rows a replica may be given at once. */
export type BatchSizeController =
  /** Grows by a step after a full batch within its budget, shrinks by a tenth after one above it. */
  | 'AIMD'
  /** Always maxBatchRows. */
  | 'FIXED'
  /** The largest size whose tail, by the replica's learned latency line, fits the budget. */
  | 'MODEL'
  /** The largest size whose 99th percentile of latency fits the budget. */
  | 'QUANTILE';

export type CacheScope =
  /** Each application has answers of its own, so that none can tell what others ask. */
  | 'APPLICATION'
  /** What one application asked is a hit for all. */
  | 'MODEL';

export type CacheState =
  /** A near input had been answered before. */
  | 'APPROXIMATE'
  /** The same input had been answered before. */
  | 'HIT'
  /** The same input was on its way to the model already. */
  | 'JOINED'
  /** The model was asked. */
  | 'MISS';

/** What is absent stays as it is; null takes a choice back, so that the configuration or default holds. */
export type ConfigureModelInput = {
  /** Default AUTO. */
  approximateDistance?: ApproximateDistance | null | undefined;
  /** 0 to 0.5; default 0, off. */
  approximateErrorBudget?: number | null | undefined;
  /** 0 or more; default none. */
  approximateTolerance?: number | null | undefined;
  /** Default AIMD. */
  batchSizeController?: BatchSizeController | null | undefined;
  /** Default MODEL. */
  cacheScope?: CacheScope | null | undefined;
  /** 1 or more; default no limit. */
  cacheTtlMs?: number | null | undefined;
  /** 0 or more; default 0. */
  featureTolerance?: number | null | undefined;
  /** 1 or more; default what a message holds. */
  maxBatchBytes?: number | null | undefined;
  /** Learn whether waiting pays, instead of maxBatchDelayMs. */
  maxBatchDelayAuto?: boolean | null | undefined;
  /** 0 to 1000; default 0, no waiting. */
  maxBatchDelayMs?: number | null | undefined;
  /** 1 to 65536; default 256. */
  maxBatchRows?: number | null | undefined;
  model: string;
  /** 0 to 1000; default 0. */
  prefetchMs?: number | null | undefined;
  /** What a new replica computes before queries reach it, at most 64; default none: recent inputs of the model. */
  warmUpInputs?: Array<TensorInput> | null | undefined;
};

export type CreateApplicationInput = {
  /** Milliseconds, at least sloMs; 30000 if absent. */
  bulkDeadlineMs?: number | null | undefined;
  /** Below this confidence (0 to 1) the default output is given, or without one the answer is marked. */
  confidenceThreshold?: number | null | undefined;
  /** Share of cases, between 0 and 1, in which prediction sets are to hold the truth; absent: none are given. */
  coverage?: number | null | undefined;
  /** Given, and said so, when no model could answer in time. Absent: a typed failure instead. */
  defaultOutput?: OutputInput | null | undefined;
  description?: string | null | undefined;
  feedback?: FeedbackInput | null | undefined;
  input: Array<TensorSpecInput>;
  /** Absent: ZERO_ONE for labels, SQUARED with range 1 for numbers. */
  loss?: LossInput | null | undefined;
  /** Models to link with it, together or not at all. Absent: none yet. */
  models?: Array<LinkInput> | null | undefined;
  /** 1 to 63 of a-z, 0-9 and -, beginning with a letter. */
  name: string;
  output: OutputSpecInput;
  /** How feedback weighs the models. Absent: ENSEMBLE; STATIC where a model is given a weight; EXP3_IX with a REWARD loss. */
  policy?: PolicyInput | null | undefined;
  /** Milliseconds; 50 if absent. */
  sloMs?: number | null | undefined;
};

/** Datatypes of the Open Inference Protocol. BYTES is text. */
export type Datatype =
  | 'BOOL'
  | 'BYTES'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64';

/** Why the default output was given. */
export type DefaultReason =
  /** The application only learns for now: its own default is what it answers. */
  | 'APPRENTICE'
  /** No model had answered by the deadline. */
  | 'DEADLINE'
  /** The confidence in the models' answer is below the application's threshold. */
  | 'LOW_CONFIDENCE'
  /** The models failed, or answered something unusable. */
  | 'MODEL_ERROR'
  /** No selected model has a ready replica. */
  | 'NO_REPLICA'
  /** Every selected model refused the query. */
  | 'OVERLOADED';

/** Why a batch went as it did. */
export type DispatchReason =
  /** Deadlines, or a bound in bytes, allowed no more of the rows that waited. */
  | 'BUDGET'
  /** A free replica had waited for more rows, as long as maxBatchDelayMs allows. */
  | 'DELAY'
  /** It would have waited for more rows, but the server stops. */
  | 'DRAIN'
  /** It was as large as its controller allows. */
  | 'FULL'
  /** All that had arrived by the end of the event-loop turn was in it. */
  | 'TURN_END';

/** An input whose truth is known, without a prediction: it is evaluated now. */
export type ExampleInput = {
  application: string;
  entity?: string | number | null | undefined;
  input: TensorInput;
};

/** What went wrong, in the same words on every interface. Codes may be added. */
export type FailureCode =
  | 'BAD_INPUT'
  | 'CONFLICT'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL'
  | 'MODEL_BAD_OUTPUT'
  | 'MODEL_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'OUTCOME_UNKNOWN'
  | 'OVERLOADED'
  | 'STORE_UNAVAILABLE';

/** How feedback is taken. What is absent stays as it is, or has its default. */
export type FeedbackInput = {
  /** MEAN and SUM need rewardWaitMs: rewards are counted together when it is over. Default EARLIEST. */
  aggregation?: Aggregation | null | undefined;
  /** Learns while the application's own default is what it answers. Default false. */
  apprentice?: boolean | null | undefined;
  /** With rewardWaitMs, or none. */
  defaultReward?: number | null | undefined;
  /** A prediction counts only once the application says that it was shown. Default false. */
  deferActivation?: boolean | null | undefined;
  /** What the other rules, evaluation and retraining need to be kept. Default NONE. */
  logPredictions?: LogPredictions | null | undefined;
  /** How long a prediction waits for its observation before it counts as defaultReward; with that or none. */
  rewardWaitMs?: number | null | undefined;
};

export type LinkInput = {
  model: string;
  /** Relative weight of its vote, above 0; 1 if absent. */
  weight?: number | null | undefined;
};

export type LinkModelInput = {
  application: string;
  model: string;
  /** Relative weight of its vote, above 0; 1 if absent. */
  weight?: number | null | undefined;
};

/** What is kept of each prediction beside its receipt. */
export type LogPredictions =
  | 'EVIDENCE'
  /** Evidence and input. */
  | 'INPUTS'
  | 'NONE';

export type LossInput = {
  kind: LossKind;
  /** Of REWARD; above min. */
  max?: number | null | undefined;
  /** Of REWARD. */
  min?: number | null | undefined;
  /** Of SQUARED and ABSOLUTE: the error that counts as 1; above 0. */
  range?: number | null | undefined;
};

/** How wrong an answer is, 0 to 1. */
export type LossKind =
  /** Of numbers: error / range, at most 1. */
  | 'ABSOLUTE'
  /** Of labels: by the probability that was given to the right one. */
  | 'LOG'
  /** No truth is ever told, only a reward from min to max. */
  | 'REWARD'
  /** Of numbers: (error / range) squared, at most 1. */
  | 'SQUARED'
  /** Of labels: right or wrong. */
  | 'ZERO_ONE';

/** Whether a model ran now or its answer was known. */
export type MemberSource =
  | 'APPROXIMATE'
  | 'CACHE'
  | 'MODEL';

/** One tensor of an input that has several. */
export type NamedTensorInput = {
  data: TensorDataInput;
  datatype: Datatype;
  name: string;
  /** Shape of one row, without the batch. */
  shape: Array<number>;
};

/** Exactly one of `receipt` and `example`. */
export type ObserveInput = {
  /** Needs a `key`, and a truth that is no reward. */
  example?: ExampleInput | null | undefined;
  /** Tells several observations of one prediction apart. Sent twice with one key it counts once. */
  key?: string | null | undefined;
  /** The prediction's receipt. */
  receipt?: string | null | undefined;
  /** The key of an earlier observation of the same prediction that this one corrects (empty for one without): it no longer counts. */
  supersedes?: string | null | undefined;
  truth: TruthInput;
};

/** Exactly one, of the application's kind. */
export type OutputInput =
  {   label: string; number?: never; vector?: never; }
  |  { label?: never;   number: number; vector?: never; }
  |  { label?: never; number?: never;   vector: readonly (number | readonly number[])[]; };

/** What an application answers with. */
export type OutputKind =
  | 'LABEL'
  | 'NUMBER'
  | 'VECTOR';

export type OutputSpecInput = {
  kind: OutputKind;
  /** For kind LABEL. */
  labels?: Array<string> | null | undefined;
  /** For kind VECTOR. */
  size?: number | null | undefined;
};

/** What happened to what is learned. Kinds may be added. */
export type PolicyEventKind =
  | 'DRIFT'
  | 'ENTITY_DELETED'
  | 'ENTITY_RESET'
  | 'POLICY'
  | 'PRIOR'
  | 'STATE_REBUILT';

/** A policy and its parameters; what is absent has the policy's default. */
export type PolicyInput = {
  /** Of ENSEMBLE: learns eta from the losses (AdaHedge). */
  adaptive?: boolean | null | undefined;
  /** Of LINUCB: width of the optimism. */
  alpha?: number | null | undefined;
  /** Of ENSEMBLE, for numbers. */
  average?: Average | null | undefined;
  /** Of SQUARECB and LINUCB: the input tensor that is the features. */
  contextTensor?: string | null | undefined;
  /** Of EPSILON_GREEDY and THOMPSON: share of even exploration. */
  epsilon?: number | null | undefined;
  /** Learning rate, of EXP3, EXP3_IX, EXP4 and ENSEMBLE. */
  eta?: number | null | undefined;
  /** Of SQUARECB, LINUCB and LINEAR: the linked model whose output is the features. */
  featureModel?: string | null | undefined;
  /** Of LINEAR: weight of an observation after the next one, 0 to 1; 1: nothing is forgotten. */
  forgetting?: number | null | undefined;
  /** Of SQUARECB: how fast exploration ends. */
  gammaScale?: number | null | undefined;
  kind: PolicyKind;
  /** Of LINEAR: precision of the prior around the population's weights. */
  ridge?: number | null | undefined;
  /** Of ENSEMBLE: weight that is spread evenly after each observation, so that a model can return. */
  share?: number | null | undefined;
  /** Of THOMPSON: observations that the population counts as for a new entity. */
  strength?: number | null | undefined;
};

/** How an application's models are selected and combined, and how feedback changes that. */
export type PolicyKind =
  /** All models, weighted by their past losses (fixed-share Hedge). The default for several. */
  | 'ENSEMBLE'
  /** The best model so far, and a random one now and then. */
  | 'EPSILON_GREEDY'
  /** Chooses one model by exponential weights; its loss alone is learned. */
  | 'EXP3'
  /** The same with implicit exploration: less variance. */
  | 'EXP3_IX'
  /** Chooses a label by the models' probabilities, and learns which model to believe. */
  | 'EXP4'
  /** Ridge regression per entity over a feature model's output or over all models' outputs. */
  | 'LINEAR'
  /** The model with the best optimistic regression over features. */
  | 'LINUCB'
  /** All models, one vote each. Learns nothing. */
  | 'MAJORITY'
  /** Chooses a model by regression of each one's loss over features. */
  | 'SQUARECB'
  /** All models, with the weights of their links. Learns nothing. */
  | 'STATIC'
  /** A model drawn by the probability that it is the best. */
  | 'THOMPSON'
  /** The model with the best optimistic loss. */
  | 'UCB1';

export type PredictInput = {
  application: string;
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom the prediction is for; absent: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  input: TensorInput;
  /** What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time. */
  minStateSeq?: number | null | undefined;
  /** INTERACTIVE if absent. */
  priority?: Priority | null | undefined;
};

export type PredictManyInput = {
  application: string;
  deadlineMs?: number | null | undefined;
  entity?: string | number | null | undefined;
  explain?: boolean | null | undefined;
  /** At most 1,000. */
  inputs: Array<TensorInput>;
  minStateSeq?: number | null | undefined;
  /** INTERACTIVE if absent. */
  priority?: Priority | null | undefined;
};

/** Where an answer came from: the first that applies of DEFAULT, PARTIAL, APPROXIMATE, CACHE, ENSEMBLE, MODEL. */
export type PredictionSource =
  /** At least one model's answer to a near input was taken: see models.distance. */
  | 'APPROXIMATE'
  /** Every model's answer to exactly this input was known. */
  | 'CACHE'
  /** The application's default output: see defaultReason. */
  | 'DEFAULT'
  /** Several models, combined. */
  | 'ENSEMBLE'
  /** One model, now. */
  | 'MODEL'
  /** Only some of the selected models answered in time: see modelsMissing. */
  | 'PARTIAL';

export type Priority =
  /** Gives way to interactive queries, but never for ever: answered within bulkDeadlineMs. */
  | 'BULK'
  /** Somebody waits: answered within the application's sloMs. */
  | 'INTERACTIVE';

export type RegisterModelVersionInput = {
  /** Wrappers that someone else runs: host:port or unix:/path. Replaces those given before. */
  endpoints?: Array<string> | null | undefined;
  /** Absent, with outputs: the wrapper is asked. */
  inputs?: Array<TensorSpecInput> | null | undefined;
  /** Default true. */
  makeCurrent?: boolean | null | undefined;
  /** Made if it is new. */
  model: string;
  outputs?: Array<TensorSpecInput> | null | undefined;
  version: number;
};

export type RemoveModelVersionInput = {
  model: string;
  version: number;
};

export type ReplicaState =
  /** The link failed and will be tried again: `problem` says why, `retryInMs` when. */
  | 'BACKOFF'
  | 'CONNECTING'
  /** The wrapper takes no more batches, but answers those that it has. */
  | 'DRAINING'
  /** The link is up, but batches had no reply in time: it gets single rows until one has. */
  | 'EJECTED'
  | 'READY'
  | 'STOPPED'
  /** The wrapper computes rows of the warm-up, before queries reach it. */
  | 'WARMING';

export type SetCurrentVersionInput = {
  model: string;
  version: number;
};

/** Exactly one encoding of a tensor's elements. */
export type TensorDataInput =
  {   base64: string; strings?: never; values?: never; }
  |  { base64?: never;   /** The elements of a BYTES tensor. */
  strings: Array<string>; values?: never; }
  |  { base64?: never; strings?: never;   values: readonly (number | readonly number[])[]; };

/** Exactly one encoding of one input (or several named tensors). */
export type TensorInput =
  {   base64: string; tensors?: never; text?: never; values?: never; }
  |  { base64?: never;   tensors: Array<NamedTensorInput>; text?: never; values?: never; }
  |  { base64?: never; tensors?: never;   /** For an application whose input is one string. */
  text: string; values?: never; }
  |  { base64?: never; tensors?: never; text?: never;   values: readonly (number | readonly number[])[]; };

export type TensorSpecInput = {
  datatype: Datatype;
  name: string;
  /** Shape of one row, without the batch; [] is one element. */
  shape: Array<number>;
};

/** What turned out to be true, in the kind of the application's output; or how good the answer was. */
export type TruthInput =
  {   label: string; number?: never; reward?: never; vector?: never; }
  |  { label?: never;   number: number; reward?: never; vector?: never; }
  |  { label?: never; number?: never;   /** Within the range of the application's REWARD loss. */
  reward: number; vector?: never; }
  |  { label?: never; number?: never; reward?: never;   vector: readonly (number | readonly number[])[]; };

export type UnlinkModelInput = {
  application: string;
  model: string;
};

/** What is absent stays as it is. */
export type UpdateApplicationInput = {
  bulkDeadlineMs?: number | null | undefined;
  /** Below this confidence (0 to 1) the default output is given, or without one the answer is marked. null removes it. */
  confidenceThreshold?: number | null | undefined;
  /** Share of cases, between 0 and 1, in which prediction sets are to hold the truth; absent: none are given. null removes it. */
  coverage?: number | null | undefined;
  /** null removes it. */
  defaultOutput?: OutputInput | null | undefined;
  description?: string | null | undefined;
  /** null in it takes a value back. */
  feedback?: FeedbackInput | null | undefined;
  /** Another one than now makes a new policy version. */
  loss?: LossInput | null | undefined;
  name: string;
  /** Another one than now makes a new policy version, with nothing learned; earlier ones stay. */
  policy?: PolicyInput | null | undefined;
  sloMs?: number | null | undefined;
};

export type PredictLearnedQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictLearnedQuery = { predict:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Prediction', receipt: string, personalised: boolean, stateSeq: number, stateAgeMs: number, output:
        | { number: number }
        | Record<PropertyKey, never>
      , models: Array<{ model: string }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ObserveManyMutationVariables = Exact<{
  inputs: Array<ObserveInput> | ObserveInput;
}>;


export type ObserveManyMutation = { observeMany: Array<
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Observation', seq: number, duplicate: boolean, folded: boolean, learnedBy: Array<number>, loss: number | null, stateSeq: number, rebuildPending: boolean }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  > };

export type LearnedStateQueryVariables = Exact<{
  application: string;
  entity?: string | null | undefined;
  policyVersion?: number | null | undefined;
}>;


export type LearnedStateQuery = { learnedState:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'LearnedState', policyVersion: number, entity: string | null, personalised: boolean, observations: number, meanLoss: number | null, seq: number, bytes: number, weights: Array<{ model: string, weight: number }> }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ChangePolicyMutationVariables = Exact<{
  application: string;
  version: number;
  freeze: boolean;
  fork: boolean;
  rollback: boolean;
  reset: boolean;
}>;


export type ChangePolicyMutation = { freezePolicy?:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyVersion', version: number, current: boolean, frozen: boolean }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  , forkPolicy?:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyVersion', version: number, current: boolean, frozen: boolean }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  , rollbackPolicy?:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyVersion', version: number, current: boolean, frozen: boolean }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  , resetPolicy?:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyVersion', version: number, current: boolean, frozen: boolean }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

type ChangedPolicy_BadInput_Fragment = { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type ChangedPolicy_Conflict_Fragment = { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type ChangedPolicy_NotFound_Fragment = { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type ChangedPolicy_PolicyVersion_Fragment = { __typename: 'PolicyVersion', version: number, current: boolean, frozen: boolean };

type ChangedPolicy_Unavailable_Fragment = { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

export type ChangedPolicyFragment =
  | ChangedPolicy_BadInput_Fragment
  | ChangedPolicy_Conflict_Fragment
  | ChangedPolicy_NotFound_Fragment
  | ChangedPolicy_PolicyVersion_Fragment
  | ChangedPolicy_Unavailable_Fragment
;

export type ResetEntityMutationVariables = Exact<{
  application: string;
  entity: string;
}>;


export type ResetEntityMutation = { resetEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityReset', states: number }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type DeleteEntityMutationVariables = Exact<{
  application: string;
  entity: string;
}>;


export type DeleteEntityMutation = { deleteEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityDeleted', observations: number, states: number }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ExportEntityQueryVariables = Exact<{
  application: string;
  entity: string;
  after: number;
  first: number;
}>;


export type ExportEntityQuery = { exportEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityExport', json: string, observations: number, endSeq: number, hasMore: boolean }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type PolicyEventsQueryVariables = Exact<{
  application: string;
}>;


export type PolicyEventsQuery = { policyEvents:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyEvents', events: Array<{ seq: number, kind: PolicyEventKind, content: string }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ReceiptContentQueryVariables = Exact<{
  receipt: string;
}>;


export type ReceiptContentQuery = { receiptContent:
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'ReceiptContent', application: string, policyVersion: number, entity: string | null, answer: number[] | null, members: Array<{ model: string, version: number, values: number[] }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type RotateReceiptKeyMutationVariables = Exact<{ [key: string]: never; }>;


export type RotateReceiptKeyMutation = { rotateReceiptKey:
    | { __typename: 'ReceiptKeyRotation', keyId: number, previousKeyId: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type MetricsSubscriptionVariables = Exact<{
  application: string;
  intervalMs: number;
}>;


export type MetricsSubscription = { metrics: { at: string, intervalMs: number, application: string, predictionsPerSecond: number, p50Ms: number | null, p99Ms: number | null, withinSlo: number | null, observationsPerSecond: number, sources: Array<{ source: PredictionSource, count: number }>, defaultReasons: Array<{ reason: DefaultReason, count: number }>, failures: Array<{ code: string, count: number }>, models: Array<{ model: string, version: number, rowsPerSecond: number, rowsPerBatch: number | null, queueP99Ms: number | null, serviceP50Ms: number | null, serviceP99Ms: number | null, cacheHitShare: number | null, dropped: number, failed: number, queuedRows: number, readyReplicas: number }> } };

export type ApproximateCachesQueryVariables = Exact<{
  model: string;
}>;


export type ApproximateCachesQuery = { model: { versions: Array<{ approximateCaches: Array<{ application: string | null, hitRatio: number | null, hits: number, misses: number, audits: number, disagreement: number | null, disagreementLow: number, disagreementHigh: number, radius: number | null, distance: ApproximateDistance | null, entries: number, bytes: number }> }> } | null };

export type PredictQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictQuery = { predict:
    | { __typename: 'BadInput', path: Array<string> | null, expected: string | null, got: string | null, code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Prediction', id: string, source: PredictionSource, defaultReason: DefaultReason | null, confidence: number | null, policyVersion: number, latencyMs: number, output:
        | { label: string, scores: Array<{ label: string, score: number }> }
        | { number: number }
        | { vector: number[] }
      , models: Array<{ model: string, version: number, source: MemberSource, values: number[] }>, modelsMissing: Array<{ model: string, version: number, message: string }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type WholeAnswerFragment = { id: string, source: PredictionSource, defaultReason: DefaultReason | null, confidence: number | null, policyVersion: number, latencyMs: number, output:
    | { label: string, scores: Array<{ label: string, score: number }> }
    | { number: number }
    | { vector: number[] }
  , models: Array<{ model: string, version: number, source: MemberSource, values: number[] }>, modelsMissing: Array<{ model: string, version: number, message: string }> };

type WhyNot_BadInput_Fragment = { code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type WhyNot_Conflict_Fragment = { code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type WhyNot_NotFound_Fragment = { code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type WhyNot_Overloaded_Fragment = { code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

type WhyNot_Unavailable_Fragment = { code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null };

export type WhyNotFragment =
  | WhyNot_BadInput_Fragment
  | WhyNot_Conflict_Fragment
  | WhyNot_NotFound_Fragment
  | WhyNot_Overloaded_Fragment
  | WhyNot_Unavailable_Fragment
;

export type ExplainedQueryVariables = Exact<{
  input: PredictInput;
}>;


export type ExplainedQuery = { predict:
    | { source: PredictionSource, explanation: { askedMs: number, gatheredMs: number, deadlineMs: number, members: Array<{ model: string, cache: CacheState, distance: number | null, queuedMs: number | null, batchRows: number | null, dispatchReason: DispatchReason | null, replica: string | null, serviceMs: number | null }> } | null }
    | Record<PropertyKey, never>
   };

export type InvalidateCacheMutationVariables = Exact<{
  model: string;
}>;


export type InvalidateCacheMutation = { invalidateCache:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Model' }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type RemoveVersionMutationVariables = Exact<{
  input: RemoveModelVersionInput;
}>;


export type RemoveVersionMutation = { removeModelVersion:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Model', currentVersion: number, versions: Array<{ version: number }> }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type PredictManyQueryVariables = Exact<{
  input: PredictManyInput;
}>;


export type PredictManyQuery = { predictMany: Array<
    | { __typename: 'BadInput', path: Array<string> | null, expected: string | null, got: string | null, code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Prediction', id: string, source: PredictionSource, defaultReason: DefaultReason | null, confidence: number | null, policyVersion: number, latencyMs: number, output:
        | { label: string, scores: Array<{ label: string, score: number }> }
        | { number: number }
        | { vector: number[] }
      , models: Array<{ model: string, version: number, source: MemberSource, values: number[] }>, modelsMissing: Array<{ model: string, version: number, message: string }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  > };

export type PredictForReceiptQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictForReceiptQuery = { predict:
    | { __typename: 'BadInput' }
    | { __typename: 'NotFound' }
    | { __typename: 'Overloaded' }
    | { __typename: 'Prediction', receipt: string, policyVersion: number }
    | { __typename: 'Unavailable' }
   };

export type ObserveMutationVariables = Exact<{
  input: ObserveInput;
}>;


export type ObserveMutation = { observe:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Observation', id: string, seq: number, duplicate: boolean, policyVersion: number }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type OneApplicationQueryVariables = Exact<{
  name: string;
}>;


export type OneApplicationQuery = { application: { name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
      | { label: string }
      | { number: number }
      | { vector: number[] }
     | null, models: Array<{ model: string, weight: number }> } | null };

export type WholeApplicationFragment = { name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
    | { label: string }
    | { number: number }
    | { vector: number[] }
   | null, models: Array<{ model: string, weight: number }> };

export type ManyApplicationsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type ManyApplicationsQuery = { applications: { edges: Array<{ cursor: string, node: { name: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OneModelQueryVariables = Exact<{
  name: string;
}>;


export type OneModelQuery = { model: { currentVersion: number, versions: Array<{ version: number, current: boolean, serving: boolean, endpoints: Array<string>, inputs: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, outputs: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, replicas: Array<{ endpoint: string, state: ReplicaState, problem: string | null, retryInMs: number | null, warmUp: string | null, batchRows: number | null, figures: { batches: number, rows: number, serviceP50Ms: number | null, serviceP99Ms: number | null, overdue: number, lost: number, ejected: number, retried: number, restarts: number } }> }> } | null };

export type CreateApplicationMutationVariables = Exact<{
  input: CreateApplicationInput;
}>;


export type CreateApplicationMutation = { createApplication:
    | { __typename: 'Application', name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
        | { label: string }
        | { number: number }
        | { vector: number[] }
       | null, models: Array<{ model: string, weight: number }> }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type UpdateApplicationMutationVariables = Exact<{
  input: UpdateApplicationInput;
}>;


export type UpdateApplicationMutation = { updateApplication:
    | { __typename: 'Application', name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
        | { label: string }
        | { number: number }
        | { vector: number[] }
       | null, models: Array<{ model: string, weight: number }> }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ConfigureModelMutationVariables = Exact<{
  input: ConfigureModelInput;
}>;


export type ConfigureModelMutation = { configureModel:
    | { __typename: 'BadInput', path: Array<string> | null, expected: string | null, got: string | null, code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Model', settings: { batchSizeController: BatchSizeController, maxBatchRows: number, maxBatchBytes: number | null, maxBatchDelayMs: number | null, prefetchMs: number, cacheTtlMs: number | null, cacheScope: CacheScope, approximateErrorBudget: number, approximateDistance: ApproximateDistance, approximateTolerance: number | null, featureTolerance: number, warmUpInputs: number }, versions: Array<{ fillWait: { waits: boolean, reason: string } | null, replicas: Array<{ batchRows: number | null, batchRowsReason: string | null }> }> }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type DeleteApplicationMutationVariables = Exact<{
  name: string;
}>;


export type DeleteApplicationMutation = { deleteApplication:
    | { __typename: 'Application' }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type RegisterVersionMutationVariables = Exact<{
  input: RegisterModelVersionInput;
}>;


export type RegisterVersionMutation = { registerModelVersion:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'ModelVersion', model: string, version: number, current: boolean, endpoints: Array<string> }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type SetCurrentMutationVariables = Exact<{
  input: SetCurrentVersionInput;
}>;


export type SetCurrentMutation = { setCurrentVersion:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'ModelVersion', version: number, current: boolean }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type LinkMutationVariables = Exact<{
  input: LinkModelInput;
}>;


export type LinkMutation = { linkModel:
    | { __typename: 'Application', name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
        | { label: string }
        | { number: number }
        | { vector: number[] }
       | null, models: Array<{ model: string, weight: number }> }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type UnlinkMutationVariables = Exact<{
  input: UnlinkModelInput;
}>;


export type UnlinkMutation = { unlinkModel:
    | { __typename: 'Application', name: string, description: string, sloMs: number, policy: { kind: PolicyKind }, input: Array<{ name: string, datatype: Datatype, shape: Array<number> }>, output: { kind: OutputKind, labels: Array<string> | null, size: number | null }, defaultOutput:
        | { label: string }
        | { number: number }
        | { vector: number[] }
       | null, models: Array<{ model: string, weight: number }> }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const WhyNotFragmentDoc = new TypedDocumentString(`
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}
    `, {"fragmentName":"WhyNot"}) as unknown as TypedDocumentString<WhyNotFragment, unknown>;
export const ChangedPolicyFragmentDoc = new TypedDocumentString(`
    fragment ChangedPolicy on PolicyVersionResult {
  __typename
  ... on PolicyVersion {
    version
    current
    frozen
  }
  ... on Failure {
    ...WhyNot
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`, {"fragmentName":"ChangedPolicy"}) as unknown as TypedDocumentString<ChangedPolicyFragment, unknown>;
export const WholeAnswerFragmentDoc = new TypedDocumentString(`
    fragment WholeAnswer on Prediction {
  id
  source
  defaultReason
  confidence
  policyVersion
  latencyMs
  output {
    ... on LabelOutput {
      label
      scores {
        label
        score
      }
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    version
    source
    values
  }
  modelsMissing {
    model
    version
    message
  }
}
    `, {"fragmentName":"WholeAnswer"}) as unknown as TypedDocumentString<WholeAnswerFragment, unknown>;
export const WholeApplicationFragmentDoc = new TypedDocumentString(`
    fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}
    `, {"fragmentName":"WholeApplication"}) as unknown as TypedDocumentString<WholeApplicationFragment, unknown>;
export const PredictLearnedDocument = new TypedDocumentString(`
    query PredictLearned($input: PredictInput!) {
  predict(input: $input) {
    __typename
    ... on Prediction {
      receipt
      personalised
      stateSeq
      stateAgeMs
      output {
        ... on NumberOutput {
          number
        }
      }
      models {
        model
      }
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<PredictLearnedQuery, PredictLearnedQueryVariables>;
export const ObserveManyDocument = new TypedDocumentString(`
    mutation ObserveMany($inputs: [ObserveInput!]!) {
  observeMany(inputs: $inputs) {
    __typename
    ... on Observation {
      seq
      duplicate
      folded
      learnedBy
      loss
      stateSeq
      rebuildPending
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ObserveManyMutation, ObserveManyMutationVariables>;
export const LearnedStateDocument = new TypedDocumentString(`
    query LearnedState($application: String!, $entity: String, $policyVersion: Int) {
  learnedState(
    application: $application
    entity: $entity
    policyVersion: $policyVersion
  ) {
    __typename
    ... on LearnedState {
      policyVersion
      entity
      personalised
      observations
      meanLoss
      seq
      bytes
      weights {
        model
        weight
      }
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<LearnedStateQuery, LearnedStateQueryVariables>;
export const ChangePolicyDocument = new TypedDocumentString(`
    mutation ChangePolicy($application: String!, $version: Int!, $freeze: Boolean!, $fork: Boolean!, $rollback: Boolean!, $reset: Boolean!) {
  freezePolicy(application: $application, version: $version) @include(if: $freeze) {
    ...ChangedPolicy
  }
  forkPolicy(application: $application, from: $version, makeCurrent: true) @include(if: $fork) {
    ...ChangedPolicy
  }
  rollbackPolicy(application: $application, version: $version) @include(if: $rollback) {
    ...ChangedPolicy
  }
  resetPolicy(application: $application) @include(if: $reset) {
    ...ChangedPolicy
  }
}
    fragment ChangedPolicy on PolicyVersionResult {
  __typename
  ... on PolicyVersion {
    version
    current
    frozen
  }
  ... on Failure {
    ...WhyNot
  }
}
fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ChangePolicyMutation, ChangePolicyMutationVariables>;
export const ResetEntityDocument = new TypedDocumentString(`
    mutation ResetEntity($application: String!, $entity: String!) {
  resetEntity(application: $application, entity: $entity) {
    __typename
    ... on EntityReset {
      states
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ResetEntityMutation, ResetEntityMutationVariables>;
export const DeleteEntityDocument = new TypedDocumentString(`
    mutation DeleteEntity($application: String!, $entity: String!) {
  deleteEntity(application: $application, entity: $entity) {
    __typename
    ... on EntityDeleted {
      observations
      states
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<DeleteEntityMutation, DeleteEntityMutationVariables>;
export const ExportEntityDocument = new TypedDocumentString(`
    query ExportEntity($application: String!, $entity: String!, $after: Float!, $first: Int!) {
  exportEntity(
    application: $application
    entity: $entity
    after: $after
    first: $first
  ) {
    __typename
    ... on EntityExport {
      json
      observations
      endSeq
      hasMore
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ExportEntityQuery, ExportEntityQueryVariables>;
export const PolicyEventsDocument = new TypedDocumentString(`
    query PolicyEvents($application: String!) {
  policyEvents(application: $application) {
    __typename
    ... on PolicyEvents {
      events {
        seq
        kind
        content
      }
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<PolicyEventsQuery, PolicyEventsQueryVariables>;
export const ReceiptContentDocument = new TypedDocumentString(`
    query ReceiptContent($receipt: String!) {
  receiptContent(receipt: $receipt) {
    __typename
    ... on ReceiptContent {
      application
      policyVersion
      entity
      members {
        model
        version
        values
      }
      answer
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ReceiptContentQuery, ReceiptContentQueryVariables>;
export const RotateReceiptKeyDocument = new TypedDocumentString(`
    mutation RotateReceiptKey {
  rotateReceiptKey {
    __typename
    ... on ReceiptKeyRotation {
      keyId
      previousKeyId
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<RotateReceiptKeyMutation, RotateReceiptKeyMutationVariables>;
export const MetricsDocument = new TypedDocumentString(`
    subscription Metrics($application: String!, $intervalMs: Int!) {
  metrics(application: $application, intervalMs: $intervalMs) {
    at
    intervalMs
    application
    predictionsPerSecond
    p50Ms
    p99Ms
    withinSlo
    sources {
      source
      count
    }
    defaultReasons {
      reason
      count
    }
    failures {
      code
      count
    }
    observationsPerSecond
    models {
      model
      version
      rowsPerSecond
      rowsPerBatch
      queueP99Ms
      serviceP50Ms
      serviceP99Ms
      cacheHitShare
      dropped
      failed
      queuedRows
      readyReplicas
    }
  }
}
    `) as unknown as TypedDocumentString<MetricsSubscription, MetricsSubscriptionVariables>;
export const ApproximateCachesDocument = new TypedDocumentString(`
    query ApproximateCaches($model: String!) {
  model(name: $model) {
    versions {
      approximateCaches {
        application
        hitRatio
        hits
        misses
        audits
        disagreement
        disagreementLow
        disagreementHigh
        radius
        distance
        entries
        bytes
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ApproximateCachesQuery, ApproximateCachesQueryVariables>;
export const PredictDocument = new TypedDocumentString(`
    query Predict($input: PredictInput!) {
  predict(input: $input) {
    __typename
    ... on Prediction {
      ...WholeAnswer
    }
    ... on Failure {
      ...WhyNot
    }
    ... on BadInput {
      path
      expected
      got
    }
  }
}
    fragment WholeAnswer on Prediction {
  id
  source
  defaultReason
  confidence
  policyVersion
  latencyMs
  output {
    ... on LabelOutput {
      label
      scores {
        label
        score
      }
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    version
    source
    values
  }
  modelsMissing {
    model
    version
    message
  }
}
fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<PredictQuery, PredictQueryVariables>;
export const ExplainedDocument = new TypedDocumentString(`
    query Explained($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      source
      explanation {
        askedMs
        gatheredMs
        deadlineMs
        members {
          model
          cache
          distance
          queuedMs
          batchRows
          dispatchReason
          replica
          serviceMs
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ExplainedQuery, ExplainedQueryVariables>;
export const InvalidateCacheDocument = new TypedDocumentString(`
    mutation InvalidateCache($model: String!) {
  invalidateCache(model: $model) {
    __typename
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<InvalidateCacheMutation, InvalidateCacheMutationVariables>;
export const RemoveVersionDocument = new TypedDocumentString(`
    mutation RemoveVersion($input: RemoveModelVersionInput!) {
  removeModelVersion(input: $input) {
    __typename
    ... on Model {
      currentVersion
      versions {
        version
      }
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<RemoveVersionMutation, RemoveVersionMutationVariables>;
export const PredictManyDocument = new TypedDocumentString(`
    query PredictMany($input: PredictManyInput!) {
  predictMany(input: $input) {
    __typename
    ... on Prediction {
      ...WholeAnswer
    }
    ... on Failure {
      ...WhyNot
    }
    ... on BadInput {
      path
      expected
      got
    }
  }
}
    fragment WholeAnswer on Prediction {
  id
  source
  defaultReason
  confidence
  policyVersion
  latencyMs
  output {
    ... on LabelOutput {
      label
      scores {
        label
        score
      }
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    version
    source
    values
  }
  modelsMissing {
    model
    version
    message
  }
}
fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<PredictManyQuery, PredictManyQueryVariables>;
export const PredictForReceiptDocument = new TypedDocumentString(`
    query PredictForReceipt($input: PredictInput!) {
  predict(input: $input) {
    __typename
    ... on Prediction {
      receipt
      policyVersion
    }
  }
}
    `) as unknown as TypedDocumentString<PredictForReceiptQuery, PredictForReceiptQueryVariables>;
export const ObserveDocument = new TypedDocumentString(`
    mutation Observe($input: ObserveInput!) {
  observe(input: $input) {
    __typename
    ... on Observation {
      id
      seq
      duplicate
      policyVersion
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ObserveMutation, ObserveMutationVariables>;
export const OneApplicationDocument = new TypedDocumentString(`
    query OneApplication($name: String!) {
  application(name: $name) {
    ...WholeApplication
  }
}
    fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}`) as unknown as TypedDocumentString<OneApplicationQuery, OneApplicationQueryVariables>;
export const ManyApplicationsDocument = new TypedDocumentString(`
    query ManyApplications($first: Int!, $after: String) {
  applications(first: $first, after: $after) {
    edges {
      node {
        name
      }
      cursor
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ManyApplicationsQuery, ManyApplicationsQueryVariables>;
export const OneModelDocument = new TypedDocumentString(`
    query OneModel($name: String!) {
  model(name: $name) {
    currentVersion
    versions {
      version
      current
      serving
      endpoints
      inputs {
        name
        datatype
        shape
      }
      outputs {
        name
        datatype
        shape
      }
      replicas {
        endpoint
        state
        problem
        retryInMs
        warmUp
        batchRows
        figures {
          batches
          rows
          serviceP50Ms
          serviceP99Ms
          overdue
          lost
          ejected
          retried
          restarts
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OneModelQuery, OneModelQueryVariables>;
export const CreateApplicationDocument = new TypedDocumentString(`
    mutation CreateApplication($input: CreateApplicationInput!) {
  createApplication(input: $input) {
    __typename
    ...WholeApplication
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}
fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}`) as unknown as TypedDocumentString<CreateApplicationMutation, CreateApplicationMutationVariables>;
export const UpdateApplicationDocument = new TypedDocumentString(`
    mutation UpdateApplication($input: UpdateApplicationInput!) {
  updateApplication(input: $input) {
    __typename
    ...WholeApplication
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}
fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}`) as unknown as TypedDocumentString<UpdateApplicationMutation, UpdateApplicationMutationVariables>;
export const ConfigureModelDocument = new TypedDocumentString(`
    mutation ConfigureModel($input: ConfigureModelInput!) {
  configureModel(input: $input) {
    __typename
    ... on Model {
      settings {
        batchSizeController
        maxBatchRows
        maxBatchBytes
        maxBatchDelayMs
        prefetchMs
        cacheTtlMs
        cacheScope
        approximateErrorBudget
        approximateDistance
        approximateTolerance
        featureTolerance
        warmUpInputs
      }
      versions {
        fillWait {
          waits
          reason
        }
        replicas {
          batchRows
          batchRowsReason
        }
      }
    }
    ... on Failure {
      ...WhyNot
    }
    ... on BadInput {
      path
      expected
      got
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<ConfigureModelMutation, ConfigureModelMutationVariables>;
export const DeleteApplicationDocument = new TypedDocumentString(`
    mutation DeleteApplication($name: String!) {
  deleteApplication(name: $name) {
    __typename
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<DeleteApplicationMutation, DeleteApplicationMutationVariables>;
export const RegisterVersionDocument = new TypedDocumentString(`
    mutation RegisterVersion($input: RegisterModelVersionInput!) {
  registerModelVersion(input: $input) {
    __typename
    ... on ModelVersion {
      model
      version
      current
      endpoints
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<RegisterVersionMutation, RegisterVersionMutationVariables>;
export const SetCurrentDocument = new TypedDocumentString(`
    mutation SetCurrent($input: SetCurrentVersionInput!) {
  setCurrentVersion(input: $input) {
    __typename
    ... on ModelVersion {
      version
      current
    }
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}`) as unknown as TypedDocumentString<SetCurrentMutation, SetCurrentMutationVariables>;
export const LinkDocument = new TypedDocumentString(`
    mutation Link($input: LinkModelInput!) {
  linkModel(input: $input) {
    __typename
    ...WholeApplication
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}
fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}`) as unknown as TypedDocumentString<LinkMutation, LinkMutationVariables>;
export const UnlinkDocument = new TypedDocumentString(`
    mutation Unlink($input: UnlinkModelInput!) {
  unlinkModel(input: $input) {
    __typename
    ...WholeApplication
    ... on Failure {
      ...WhyNot
    }
  }
}
    fragment WhyNot on Failure {
  code
  message
  retryable
  retryAfterMs
}
fragment WholeApplication on Application {
  name
  description
  sloMs
  policy {
    kind
  }
  input {
    name
    datatype
    shape
  }
  output {
    kind
    labels
    size
  }
  defaultOutput {
    ... on LabelOutput {
      label
    }
    ... on NumberOutput {
      number
    }
    ... on VectorOutput {
      vector
    }
  }
  models {
    model
    weight
  }
}`) as unknown as TypedDocumentString<UnlinkMutation, UnlinkMutationVariables>;