/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** In what distance inputs are near each other. */
export type ApproximateDistance =
  | 'ANGLE'
  /** The angle where four of five numbers are 0, as in bags of words, else L2. */
  | 'AUTO'
  | 'L2';

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
  /** 1 to 65536; default 256. */
  maxBatchRows?: number | null | undefined;
  model: string;
  /** What a new replica computes before queries reach it, at most 64; default none: recent inputs of the model. */
  warmUpInputs?: Array<TensorInput> | null | undefined;
};

export type CreateApplicationInput = {
  /** Milliseconds, at least sloMs; 30000 if absent. */
  bulkDeadlineMs?: number | null | undefined;
  /** Given, and said so, when no model could answer in time. Absent: a typed failure instead. */
  defaultOutput?: OutputInput | null | undefined;
  description?: string | null | undefined;
  input: Array<TensorSpecInput>;
  /** Models to link with it, together or not at all. Absent: none yet. */
  models?: Array<LinkInput> | null | undefined;
  /** 1 to 63 of a-z, 0-9 and -, beginning with a letter. */
  name: string;
  output: OutputSpecInput;
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

export type LinkInput = {
  model: string;
  /** Relative weight of its vote, above 0; 1 if absent. */
  weight?: number | null | undefined;
};

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

export type PredictInput = {
  application: string;
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom the prediction is for; absent: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  input: TensorInput;
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