/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** An input whose truth is known, without a prediction: it is evaluated now. */
export type ExampleInput = {
  /** Whom it is about, 1 to 128 characters; absent or null: the population. */
  entity?: string | number | null | undefined;
  /** The input. */
  input: Input;
};

/** What went wrong, in the same words on every interface. Codes may be added. */
export type FailureCode =
  /** The signature or a limit refuses it: change it. */
  | 'BAD_INPUT'
  /** It exists with other content, or is not as it was read, or is in use: read it again, then decide. */
  | 'CONFLICT'
  /** No answer by the deadline. */
  | 'DEADLINE_EXCEEDED'
  /** A defect of the server. */
  | 'INTERNAL'
  /** A model answered something unusable. */
  | 'MODEL_BAD_OUTPUT'
  /** No selected model could answer. */
  | 'MODEL_UNAVAILABLE'
  /** It does not exist, or the key does not see it. */
  | 'NOT_FOUND'
  /** It may have been done: ask again with the same key. */
  | 'OUTCOME_UNKNOWN'
  /** Refused at once: ask again later. */
  | 'OVERLOADED'
  /** The database does not answer: ask again later. */
  | 'STORE_UNAVAILABLE';

/** Exactly one encoding of a tensor's elements. */
export type Float1D =
  {   /** Packed little-endian elements in the tensor's datatype, row-major, as base64 (standard or url-safe): many times cheaper than a list for long vectors. */
  base64: string; values?: never; }
  |  { base64?: never;   /** In a list. */
  values: Array<number>; };

/** One input: a field for each of the application's tensors. */
export type Input = {
  /** FP32[64] pixels: 64 numbers, or base64 of 256 bytes. */
  pixels: Float1D;
};

/** What the application tells apart. */
export type Label =
  /** The label "0". */
  | '_0'
  /** The label "1". */
  | '_1'
  /** The label "2". */
  | '_2'
  /** The label "3". */
  | '_3'
  /** The label "4". */
  | '_4'
  /** The label "5". */
  | '_5'
  /** The label "6". */
  | '_6'
  /** The label "7". */
  | '_7'
  /** The label "8". */
  | '_8'
  /** The label "9". */
  | '_9';

/** What turned out to be true, and of what. */
export type ObserveInput = {
  /** Tells several observations of one prediction apart. Sent twice with one key it counts once. */
  key?: string | null | undefined;
  /** A prediction, by its receipt, or an example. */
  of: ObserveTargetInput;
  /** The key of an earlier observation of the same prediction that this one corrects (empty for one without): it no longer counts. */
  supersedes?: string | null | undefined;
  /** The label that turned out to be true. */
  truth: Label;
};

/** What turned out to be true for several predictions. */
export type ObserveManyInput = {
  /** At most 1,000. */
  observations: Array<ObserveInput>;
};

/** Exactly one of what can be observed. */
export type ObserveTargetInput =
  {   /** Needs a `key`, and a truth that is no reward. */
  example: ExampleInput; receipt?: never; }
  |  { example?: never;   /** The prediction's receipt. */
  receipt: string; };

/** A label, or what the default output has in its place. */
export type OutputLabel =
  /** The label "0". */
  | '_0'
  /** The label "1". */
  | '_1'
  /** The label "2". */
  | '_2'
  /** The label "3". */
  | '_3'
  /** The label "4". */
  | '_4'
  /** The label "5". */
  | '_5'
  /** The label "6". */
  | '_6'
  /** The label "7". */
  | '_7'
  /** The label "8". */
  | '_8'
  /** The label "9". */
  | '_9'
  /** The label "unknown". */
  | 'unknown';

/** What is to be predicted. */
export type PredictInput = {
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom the prediction is for; absent: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  /** What it is asked about. */
  input: Input;
  /** What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time. */
  minStateSeq?: number | null | undefined;
  /** INTERACTIVE if absent. */
  priority?: Priority | null | undefined;
};

/** What is to be predicted, for one entity or the population. */
export type PredictManyInput = {
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom it is about, 1 to 128 characters; absent or null: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  /** At most 1,000. */
  inputs: Array<Input>;
  /** What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time. */
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

/** Who waits for an answer. */
export type Priority =
  /** Gives way to interactive queries, but never for ever: answered within bulkDeadlineMs. */
  | 'BULK'
  /** Somebody waits: answered within the application's sloMs. */
  | 'INTERACTIVE';

export type ReadDigitQueryVariables = Exact<{
  input: PredictInput;
}>;


export type ReadDigitQuery = { predict:
    | { __typename: 'BadInput', code: FailureCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFound', code: FailureCode, message: string }
    | { __typename: 'Overloaded', code: FailureCode, message: string }
    | { __typename: 'Prediction', label: OutputLabel, source: PredictionSource, receipt: string, probabilities: Array<{ label: Label, probability: number }>, models: Array<{ model: string, values: Array<number> }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string }
   };

export type ReadDigitsQueryVariables = Exact<{
  input: PredictManyInput;
}>;


export type ReadDigitsQuery = { predictMany: Array<
    | { __typename: 'BadInput', code: FailureCode, message: string }
    | { __typename: 'NotFound', code: FailureCode, message: string }
    | { __typename: 'Overloaded', code: FailureCode, message: string }
    | { __typename: 'Prediction', label: OutputLabel, source: PredictionSource }
    | { __typename: 'Unavailable', code: FailureCode, message: string }
  > };

export type TellDigitsMutationVariables = Exact<{
  one: ObserveInput;
  many: ObserveManyInput;
}>;


export type TellDigitsMutation = { observe:
    | { __typename: 'BadInput', code: FailureCode, message: string }
    | { __typename: 'Conflict', code: FailureCode, message: string }
    | { __typename: 'NotFound', code: FailureCode, message: string }
    | { __typename: 'Observation', seq: number, loss: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string }
    | { __typename: 'Unavailable', code: FailureCode, message: string }
  , observeMany: Array<
    | { __typename: 'BadInput', code: FailureCode, message: string, path: Array<string> | null }
    | { __typename: 'Conflict', code: FailureCode, message: string }
    | { __typename: 'NotFound', code: FailureCode, message: string }
    | { __typename: 'Observation', duplicate: boolean }
    | { __typename: 'Overloaded', code: FailureCode, message: string }
    | { __typename: 'Unavailable', code: FailureCode, message: string }
  > };

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

export const ReadDigitDocument = new TypedDocumentString(`
    query ReadDigit($input: PredictInput!) {
  predict(input: $input) {
    __typename
    ... on Prediction {
      label
      probabilities {
        label
        probability
      }
      models {
        model
        values
      }
      source
      receipt
    }
    ... on Failure {
      code
      message
    }
    ... on BadInput {
      path
    }
  }
}
    `) as unknown as TypedDocumentString<ReadDigitQuery, ReadDigitQueryVariables>;
export const ReadDigitsDocument = new TypedDocumentString(`
    query ReadDigits($input: PredictManyInput!) {
  predictMany(input: $input) {
    __typename
    ... on Prediction {
      label
      source
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ReadDigitsQuery, ReadDigitsQueryVariables>;
export const TellDigitsDocument = new TypedDocumentString(`
    mutation TellDigits($one: ObserveInput!, $many: ObserveManyInput!) {
  observe(input: $one) {
    __typename
    ... on Observation {
      seq
      loss
    }
    ... on Failure {
      code
      message
    }
  }
  observeMany(input: $many) {
    __typename
    ... on Observation {
      duplicate
    }
    ... on Failure {
      code
      message
    }
    ... on BadInput {
      path
    }
  }
}
    `) as unknown as TypedDocumentString<TellDigitsMutation, TellDigitsMutationVariables>;