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

/** One tensor of an input that has several. */
export type NamedTensorInput = {
  data: TensorDataInput;
  datatype: Datatype;
  name: string;
  /** Shape of one row, without the batch. */
  shape: Array<number>;
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

export type PredictQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictQuery = { predict:
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { confidence: number | null, source: PredictionSource, output:
        | { number: number }
        | Record<PropertyKey, never>
       }
    | { code: FailureCode, message: string }
   };

export type PredictManyQueryVariables = Exact<{
  input: PredictManyInput;
}>;


export type PredictManyQuery = { predictMany: Array<
    | { code: FailureCode }
    | { code: FailureCode }
    | { code: FailureCode }
    | { source: PredictionSource, output:
        | { number: number }
        | Record<PropertyKey, never>
       }
    | { code: FailureCode }
  > };

export type PredictLabelQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictLabelQuery = { predict:
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { source: PredictionSource, output:
        | { label: string }
        | Record<PropertyKey, never>
      , models: Array<{ model: string }>, modelsMissing: Array<{ model: string }> }
    | { code: FailureCode, message: string }
   };

export type RegisterModelVersionMutationVariables = Exact<{
  input: RegisterModelVersionInput;
}>;


export type RegisterModelVersionMutation = { registerModelVersion:
    | { __typename: 'BadInput', message: string }
    | { __typename: 'Conflict', message: string }
    | { __typename: 'ModelVersion' }
    | { __typename: 'NotFound', message: string }
    | { __typename: 'Unavailable', message: string }
   };

export type CreateApplicationMutationVariables = Exact<{
  input: CreateApplicationInput;
}>;


export type CreateApplicationMutation = { createApplication:
    | { __typename: 'Application' }
    | { __typename: 'BadInput', message: string }
    | { __typename: 'Conflict', message: string }
    | { __typename: 'NotFound', message: string }
    | { __typename: 'Unavailable', message: string }
   };

export type ConfigureModelMutationVariables = Exact<{
  input: ConfigureModelInput;
}>;


export type ConfigureModelMutation = { configureModel:
    | { __typename: 'BadInput', message: string }
    | { __typename: 'Conflict', message: string }
    | { __typename: 'Model' }
    | { __typename: 'NotFound', message: string }
    | { __typename: 'Unavailable', message: string }
   };

export type ReplicaStatesQueryVariables = Exact<{
  model: string;
}>;


export type ReplicaStatesQuery = { model: { versions: Array<{ replicas: Array<{ state: ReplicaState, problem: string | null, batchRows: number | null }> }> } | null };

export type WatchMetricsSubscriptionVariables = Exact<{
  application: string;
}>;


export type WatchMetricsSubscription = { metrics: { predictionsPerSecond: number, p50Ms: number | null, p99Ms: number | null, withinSlo: number | null, sources: Array<{ source: PredictionSource, count: number }> } };

type Answer_BadInput_Fragment = { message: string };

type Answer_NotFound_Fragment = { message: string };

type Answer_Overloaded_Fragment = { message: string };

type Answer_Prediction_Fragment = { confidence: number | null, source: PredictionSource, output:
    | { number: number }
    | Record<PropertyKey, never>
   };

type Answer_Unavailable_Fragment = { message: string };

export type AnswerFragment =
  | Answer_BadInput_Fragment
  | Answer_NotFound_Fragment
  | Answer_Overloaded_Fragment
  | Answer_Prediction_Fragment
  | Answer_Unavailable_Fragment
;

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
export const AnswerFragmentDoc = new TypedDocumentString(`
    fragment Answer on PredictResult {
  ... on Prediction {
    output {
      ... on NumberOutput {
        number
      }
    }
    confidence
    source
  }
  ... on Failure {
    message
  }
}
    `, {"fragmentName":"Answer"}) as unknown as TypedDocumentString<AnswerFragment, unknown>;
export const PredictDocument = new TypedDocumentString(`
    query Predict($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      output {
        ... on NumberOutput {
          number
        }
      }
      confidence
      source
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictQuery, PredictQueryVariables>;
export const PredictManyDocument = new TypedDocumentString(`
    query PredictMany($input: PredictManyInput!) {
  predictMany(input: $input) {
    ... on Prediction {
      output {
        ... on NumberOutput {
          number
        }
      }
      source
    }
    ... on Failure {
      code
    }
  }
}
    `) as unknown as TypedDocumentString<PredictManyQuery, PredictManyQueryVariables>;
export const PredictLabelDocument = new TypedDocumentString(`
    query PredictLabel($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      output {
        ... on LabelOutput {
          label
        }
      }
      source
      models {
        model
      }
      modelsMissing {
        model
      }
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictLabelQuery, PredictLabelQueryVariables>;
export const RegisterModelVersionDocument = new TypedDocumentString(`
    mutation RegisterModelVersion($input: RegisterModelVersionInput!) {
  registerModelVersion(input: $input) {
    __typename
    ... on Failure {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterModelVersionMutation, RegisterModelVersionMutationVariables>;
export const CreateApplicationDocument = new TypedDocumentString(`
    mutation CreateApplication($input: CreateApplicationInput!) {
  createApplication(input: $input) {
    __typename
    ... on Failure {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateApplicationMutation, CreateApplicationMutationVariables>;
export const ConfigureModelDocument = new TypedDocumentString(`
    mutation ConfigureModel($input: ConfigureModelInput!) {
  configureModel(input: $input) {
    __typename
    ... on Failure {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ConfigureModelMutation, ConfigureModelMutationVariables>;
export const ReplicaStatesDocument = new TypedDocumentString(`
    query ReplicaStates($model: String!) {
  model(name: $model) {
    versions {
      replicas {
        state
        problem
        batchRows
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReplicaStatesQuery, ReplicaStatesQueryVariables>;
export const WatchMetricsDocument = new TypedDocumentString(`
    subscription WatchMetrics($application: String!) {
  metrics(application: $application) {
    predictionsPerSecond
    p50Ms
    p99Ms
    withinSlo
    sources {
      source
      count
    }
  }
}
    `) as unknown as TypedDocumentString<WatchMetricsSubscription, WatchMetricsSubscriptionVariables>;