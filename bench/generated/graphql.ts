/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What several rewards of one prediction come to. */
export type Aggregation =
  /** The first counts at once; what is told later is kept and does not count. */
  | 'EARLIEST'
  /** Their mean, when the wait is over. */
  | 'MEAN'
  /** Their sum, when the wait is over; beyond the declared range it is that end of the range. */
  | 'SUM';

/** In what distance inputs are near each other. */
export type ApproximateDistance =
  /** The angle between them, in radians. */
  | 'ANGLE'
  /** The angle where four of five numbers are 0, as in bags of words, else L2. */
  | 'AUTO'
  /** The Euclidean distance. */
  | 'L2';

/** How models' numbers are combined. */
export type Average =
  /** Weighted mean: smooth. */
  | 'MEAN'
  /** Weighted median: one model that is far off moves it little. */
  | 'MEDIAN';

/** Exactly one rule for how long a free replica may wait for a fuller batch. */
export type BatchDelayInput =
  {   /** What comparisons show to pay. */
  auto: Record<string, never>; fixedMs?: never; }
  |  { auto?: never;   /** So many milliseconds, 0 to 1000. */
  fixedMs: number; };

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

/** Who shares what is cached of a model. */
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
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** 0 or more; default 0. */
  featureTolerance?: number | null | undefined;
  /** 1 or more; default what a message holds. */
  maxBatchBytes?: number | null | undefined;
  /** How long a free replica may wait for a fuller batch; default not at all. */
  maxBatchDelay?: BatchDelayInput | null | undefined;
  /** 1 to 65536; default 256. */
  maxBatchRows?: number | null | undefined;
  /** Name of the model. */
  model: string;
  /** 0 to 1000; default 0. */
  prefetchMs?: number | null | undefined;
  /** What a new replica computes before queries reach it, at most 64; default none: recent inputs of the model. */
  warmUpInputs?: Array<TensorInput> | null | undefined;
};

/** Exactly one source of the features that a policy regresses losses over. */
export type ContextInput =
  {   /** A linked model: its output is the features. */
  featureModel: string; tensor?: never; }
  |  { featureModel?: never;   /** An input tensor of numbers: its elements are the features. */
  tensor: string; };

/** A new key. */
export type CreateApiKeyInput = {
  /** Names, also of applications to come; null: all. */
  applications?: Array<string> | null | undefined;
  /** From when on it is refused; null: never. */
  expiresAt?: string | null | undefined;
  /** Of the client whose it is: two keys of one name may be active, so that they can be exchanged. */
  name: string;
  /** Null: no limit. Up to one second's rows may come at once. */
  rowsPerSecond?: number | null | undefined;
  /** What it may be used for. */
  scopes: Array<Scope>;
};

/** A new application. */
export type CreateApplicationInput = {
  /** Milliseconds, at least sloMs; 30000 if absent. */
  bulkDeadlineMs?: number | null | undefined;
  /** Below this confidence (0 to 1) the default output is given, or without one the answer is marked. */
  confidenceThreshold?: number | null | undefined;
  /** Share of cases, 0.5 to 0.999, in which prediction sets are to hold the truth, from the next prediction on; absent: none are given. Of labels and numbers whose truth is told. */
  coverage?: number | null | undefined;
  /** Given, and said so, when no model could answer in time. Absent: a typed failure instead. */
  defaultOutput?: OutputInput | null | undefined;
  /** For people; empty by default. */
  description?: string | null | undefined;
  /** How feedback is taken; absent: each of its rules has its default. */
  feedback?: FeedbackInput | null | undefined;
  /** Tensors of one input, as its models take them. */
  input: Array<TensorSpecInput>;
  /** Absent: zeroOne for labels, squared with range 1 for numbers. */
  loss?: LossInput | null | undefined;
  /** Models to link with it, together or not at all. Absent: none yet. */
  models?: Array<LinkInput> | null | undefined;
  /** 1 to 63 of a-z, 0-9 and -, beginning with a letter. */
  name: string;
  /** What it answers with. */
  output: OutputSpecInput;
  /** How feedback weighs the models. Absent: ensemble; static where a model is given a weight; exp3Ix with a reward loss. */
  policy?: PolicyInput | null | undefined;
  /** Milliseconds; 50 if absent. */
  sloMs?: number | null | undefined;
};

/** Datatypes of the Open Inference Protocol. BYTES is text. */
export type Datatype =
  /** True or false, one byte. */
  | 'BOOL'
  /** Text. */
  | 'BYTES'
  /** A float of 16 bits: given as base64. */
  | 'FP16'
  /** A float of 32 bits. */
  | 'FP32'
  /** A float of 64 bits. */
  | 'FP64'
  /** An integer of 8 bits. */
  | 'INT8'
  /** An integer of 16 bits. */
  | 'INT16'
  /** An integer of 32 bits. */
  | 'INT32'
  /** An integer of 64 bits. */
  | 'INT64'
  /** An integer of 8 bits, 0 or more. */
  | 'UINT8'
  /** An integer of 16 bits, 0 or more. */
  | 'UINT16'
  /** An integer of 32 bits, 0 or more. */
  | 'UINT32'
  /** An integer of 64 bits, 0 or more. */
  | 'UINT64';

/** Parameters of ENSEMBLE. */
export type EnsemblePolicyInput = {
  /** Learns eta from the losses (AdaHedge) and spreads nothing. Default false. */
  adaptive?: boolean | null | undefined;
  /** Of numbers and vectors, not of labels. Default MEAN. */
  average?: Average | null | undefined;
  /** Learning rate, how much one loss counts: above 0, at most 10; default 0.1. None beside adaptive. */
  eta?: number | null | undefined;
  /** Part of the weight that is spread evenly after each observation, so that a model can return: 0 to 0.5; default 0.001. None beside adaptive. */
  share?: number | null | undefined;
};

/** Parameters of EPSILON_GREEDY. */
export type EpsilonGreedyPolicyInput = {
  /** Share of the queries that go to any model alike, 0 to 1; default 0.1. */
  epsilon?: number | null | undefined;
};

/** The scale of a loss of numbers. */
export type ErrorLossInput = {
  /** The error that counts as 1, in the output's unit; above 0. */
  range: number;
};

/** An input whose truth is known, without a prediction: it is evaluated now. */
export type ExampleInput = {
  /** Name of the application. */
  application: string;
  /** Whom it is about, 1 to 128 characters; absent or null: the population. */
  entity?: string | number | null | undefined;
  /** The input. */
  input: TensorInput;
};

/** Parameters of EXP3 and EXP3_IX. */
export type Exp3PolicyInput = {
  /** Learning rate, above 0, at most 10; default sqrt(ln K / (K t)) at the t-th observation of K models. */
  eta?: number | null | undefined;
};

/** Parameters of EXP4. */
export type Exp4PolicyInput = {
  /** Learning rate, above 0, at most 10; default sqrt(ln K / (labels t)) at the t-th observation of K models. */
  eta?: number | null | undefined;
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

/** How feedback is taken. What is absent stays as it is, or has its default. */
export type FeedbackInput = {
  /** MEAN and SUM need rewardWaitMs: rewards are counted together when it is over. Default EARLIEST. */
  aggregation?: Aggregation | null | undefined;
  /** Learns while the application's own default is what it answers. Default false. */
  apprentice?: boolean | null | undefined;
  /** What a prediction counts as that nothing was told of within rewardWaitMs; a reward that is told later replaces it. Absent: silence counts as nothing. */
  defaultReward?: number | null | undefined;
  /** A prediction counts only once the application says that it was shown (`activate`). Default false. */
  deferActivation?: boolean | null | undefined;
  /** At most this share of what is learned, of any 1,000 observations one after another, is one API key's feedback; what is beyond it is kept and not learned. 0.01 to 0.99; null: any. */
  learnedShare?: number | null | undefined;
  /** What the other rules, evaluation and retraining need to be kept. Default NONE. */
  logPredictions?: LogPredictions | null | undefined;
  /** Milliseconds, 1 to 30 days, that a prediction waits for rewards: then those that were told count together (MEAN, SUM), and one without any counts as defaultReward. Needs one of both. */
  rewardWaitMs?: number | null | undefined;
};

/** Labels to choose from. */
export type LabelOutputSpecInput = {
  /** 2 or more, each once, in the order of the models' scores. */
  labels: Array<string>;
};

/** Parameters of LINUCB. */
export type LinUcbPolicyInput = {
  /** Width of the optimism in standard deviations, above 0; default 1. */
  alpha?: number | null | undefined;
  /** Where the features come from. */
  context: ContextInput;
};

/** Parameters of LINEAR. */
export type LinearPolicyInput = {
  /** The linked model whose output is the features. Absent: all models' outputs are. */
  featureModel?: string | null | undefined;
  /** Weight of an observation after the next one, towards the prior: above 0, at most 1. Default 1: nothing is forgotten. */
  forgetting?: number | null | undefined;
  /** What entities begin with. Default strength 2. */
  prior?: LinearPriorInput | null | undefined;
};

/** Exactly one way to say how far a new entity is like the population. */
export type LinearPriorInput =
  {   /** Precision around the population's weights, 1e-6 to 1e6, the same for each feature. */
  ridge: number; strength?: never; }
  |  { ridge?: never;   /** Observations that the population counts as, 0.01 to 1000. */
  strength: number; };

/** A model to link with a new application. */
export type LinkInput = {
  /** Name of the model. */
  model: string;
  /** Relative weight of its vote, above 0; 1 if absent. */
  weight?: number | null | undefined;
};

/** What is kept of each prediction beside its receipt. */
export type LogPredictions =
  /** What the models answered and the policy chose. */
  | 'EVIDENCE'
  /** Evidence and input. */
  | 'INPUTS'
  /** Nothing. */
  | 'NONE';

/** Exactly one measure of how wrong an answer is, 0 to 1. */
export type LossInput =
  {   /** Of numbers: error / range, at most 1. */
  absolute: ErrorLossInput; log?: never; reward?: never; squared?: never; zeroOne?: never; }
  |  { absolute?: never;   /** Of labels: by the probability that was given to the right one. */
  log: Record<string, never>; reward?: never; squared?: never; zeroOne?: never; }
  |  { absolute?: never; log?: never;   /** No truth is ever told, only a reward from min to max. */
  reward: RewardLossInput; squared?: never; zeroOne?: never; }
  |  { absolute?: never; log?: never; reward?: never;   /** Of numbers: (error / range) squared, at most 1. */
  squared: ErrorLossInput; zeroOne?: never; }
  |  { absolute?: never; log?: never; reward?: never; squared?: never;   /** Of labels: right or wrong. */
  zeroOne: Record<string, never>; };

/** One tensor of an input that has several. */
export type NamedTensorInput = {
  /** Its elements. */
  data: TensorDataInput;
  /** Of the elements. */
  datatype: Datatype;
  /** As in the application's signature. */
  name: string;
  /** Shape of one row, without the batch. */
  shape: Array<number>;
};

/** What turned out to be true, and of what. */
export type ObserveInput = {
  /** Tells several observations of one prediction apart. Sent twice with one key it counts once. */
  key?: string | null | undefined;
  /** A prediction, by its receipt, or an example. */
  of: ObserveTargetInput;
  /** The key of an earlier observation of the same prediction that this one corrects (empty for one without): it no longer counts. */
  supersedes?: string | null | undefined;
  /** What turned out to be true. */
  truth: TruthInput;
};

/** Exactly one of what can be observed. */
export type ObserveTargetInput =
  {   /** Needs a `key`, and a truth that is no reward. */
  example: ExampleInput; receipt?: never; }
  |  { example?: never;   /** The prediction's receipt. */
  receipt: string; };

/** Exactly one, of the application's kind. */
export type OutputInput =
  {   /** One of the application's labels. */
  label: string; number?: never; vector?: never; }
  |  { label?: never;   /** A finite number. */
  number: number; vector?: never; }
  |  { label?: never; number?: never;   /** Finite numbers, as many as the output's size. */
  vector: readonly (number | readonly number[])[]; };

/** Exactly one kind of answer. */
export type OutputSpecInput =
  {   /** One of its labels. */
  label: LabelOutputSpecInput; number?: never; vector?: never; }
  |  { label?: never;   /** A number. */
  number: Record<string, never>; vector?: never; }
  |  { label?: never; number?: never;   /** Numbers, always as many. */
  vector: VectorOutputSpecInput; };

/** Exactly one correction policy, with its parameters; what is absent has the policy's default. */
export type PolicyInput =
  {   /** All models, weighted by their past losses (fixed-share Hedge). The default for several. */
  ensemble: EnsemblePolicyInput; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never;   /** The best model so far, and a random one now and then. */
  epsilonGreedy: EpsilonGreedyPolicyInput; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never;   /** Chooses one model by exponential weights; its loss alone is learned. */
  exp3: Exp3PolicyInput; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never;   /** Like EXP3, with implicit exploration: less variance. */
  exp3Ix: Exp3PolicyInput; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never;   /** Chooses a label by the models' probabilities, and learns which model to believe. */
  exp4: Exp4PolicyInput; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never;   /** Ridge regression per entity over a feature model's output or over all models' outputs. */
  linear: LinearPolicyInput; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never;   /** The model with the best optimistic regression over features. */
  linucb: LinUcbPolicyInput; majority?: never; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never;   /** All models, one vote each. Learns nothing. */
  majority: Record<string, never>; squarecb?: never; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never;   /** Chooses a model by regression of each one's loss over features. */
  squarecb: SquareCbPolicyInput; static?: never; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never;   /** All models, with the weights of their links. Learns nothing. */
  static: Record<string, never>; thompson?: never; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never;   /** A model drawn by the probability that it is the best. */
  thompson: ThompsonPolicyInput; ucb1?: never; }
  |  { ensemble?: never; epsilonGreedy?: never; exp3?: never; exp3Ix?: never; exp4?: never; linear?: never; linucb?: never; majority?: never; squarecb?: never; static?: never; thompson?: never;   /** The model with the best optimistic loss. */
  ucb1: Record<string, never>; };

/** One query. */
export type PredictInput = {
  /** Name of the application. */
  application: string;
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom the prediction is for; absent: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  /** What it is asked about. */
  input: TensorInput;
  /** What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time. */
  minStateSeq?: number | null | undefined;
  /** INTERACTIVE if absent. */
  priority?: Priority | null | undefined;
};

/** Several queries of one application, for one entity or the population. */
export type PredictManyInput = {
  /** Name of the application. */
  application: string;
  /** Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs. */
  deadlineMs?: number | null | undefined;
  /** Whom it is about, 1 to 128 characters; absent or null: the population. */
  entity?: string | number | null | undefined;
  /** Whether `explanation` is wanted. Default false. */
  explain?: boolean | null | undefined;
  /** At most 1,000. */
  inputs: Array<TensorInput>;
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

/** A version of a model, new or with other endpoints. */
export type RegisterModelVersionInput = {
  /** Wrappers that someone else runs: host:port or unix:/path. A name is a replica for each machine that it stands for, and is looked up every 5 s. Replaces those given before. */
  endpoints?: Array<string> | null | undefined;
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** Names of a classifier's classes, in the order of its scores, instead of those that the wrapper states. An integer output is one of these names where all are integers, else an index from 0. */
  labels?: Array<string> | null | undefined;
  /** Default true. */
  makeCurrent?: boolean | null | undefined;
  /** Made if it is new. */
  model: string;
  /** Absent: the wrapper is asked. */
  signature?: SignatureInput | null | undefined;
  /** Number of the version, from 1. */
  version: number;
};

/** Where a link to a wrapper stands. */
export type ReplicaState =
  /** The link failed and will be tried again: `problem` says why, `retryInMs` when. */
  | 'BACKOFF'
  /** The link is being made. */
  | 'CONNECTING'
  /** The wrapper takes no more batches, but answers those that it has. */
  | 'DRAINING'
  /** The link is up, but batches had no reply in time: it gets single rows until one has. */
  | 'EJECTED'
  /** It takes batches. */
  | 'READY'
  /** It was removed. */
  | 'STOPPED'
  /** The wrapper computes rows of the warm-up, before queries reach it. */
  | 'WARMING';

/** The range of the rewards that are told. */
export type RewardLossInput = {
  /** The best reward, above min. */
  max: number;
  /** The worst reward. */
  min: number;
};

/** What a key may be used for. None includes another. */
export type Scope =
  /** To change applications, models and keys, to export entities, and to ask for the schema. */
  | 'ADMIN'
  /** To follow metrics, over a subscription or at /metrics. */
  | 'METRICS'
  /** To observe. */
  | 'OBSERVE'
  /** To predict. */
  | 'PREDICT'
  /** To see applications, models, and what was learned. */
  | 'READ';

/** What a model takes and gives. */
export type SignatureInput = {
  /** Its input tensors, in their order. */
  inputs: Array<TensorSpecInput>;
  /** Its output tensors, in their order. */
  outputs: Array<TensorSpecInput>;
};

/** Parameters of SQUARECB. */
export type SquareCbPolicyInput = {
  /** Where the features come from. */
  context: ContextInput;
  /** How fast exploration ends, above 0; default 10. */
  gammaScale?: number | null | undefined;
};

/** Exactly one encoding of a tensor's elements. */
export type TensorDataInput =
  {   /** Packed little-endian elements. */
  base64: string; strings?: never; values?: never; }
  |  { base64?: never;   /** The elements of a BYTES tensor. */
  strings: Array<string>; values?: never; }
  |  { base64?: never; strings?: never;   /** Numbers in a list, row-major. */
  values: readonly (number | readonly number[])[]; };

/** Exactly one encoding of one input (or several named tensors). */
export type TensorInput =
  {   /** Packed little-endian elements. */
  base64: string; tensors?: never; text?: never; values?: never; }
  |  { base64?: never;   /** For an application with several tensors: each of them once. */
  tensors: Array<NamedTensorInput>; text?: never; values?: never; }
  |  { base64?: never; tensors?: never;   /** For an application whose input is one string. */
  text: string; values?: never; }
  |  { base64?: never; tensors?: never; text?: never;   /** Numbers in a list, row-major. */
  values: readonly (number | readonly number[])[]; };

/** One tensor of a signature. */
export type TensorSpecInput = {
  /** Of the elements. */
  datatype: Datatype;
  /** What it is called by. */
  name: string;
  /** Shape of one row, without the batch; [] is one element. */
  shape: Array<number>;
};

/** Parameters of THOMPSON. */
export type ThompsonPolicyInput = {
  /** Share of an even choice, 0 to 1; default 0.01. */
  epsilon?: number | null | undefined;
  /** Observations that the population counts as for a new entity, 1 to 1000; default 20. */
  strength?: number | null | undefined;
};

/** What turned out to be true, in the kind of the application's output; or how good the answer was. */
export type TruthInput =
  {   /** A label by its place among the application's labels, from 0; of two, false is 0 and true is 1. */
  classCode: number; label?: never; number?: never; reward?: never; vector?: never; }
  |  { classCode?: never;   /** One of the application's labels. */
  label: string; number?: never; reward?: never; vector?: never; }
  |  { classCode?: never; label?: never;   /** A finite number. */
  number: number; reward?: never; vector?: never; }
  |  { classCode?: never; label?: never; number?: never;   /** Within the range of the application's REWARD loss. */
  reward: number; vector?: never; }
  |  { classCode?: never; label?: never; number?: never; reward?: never;   /** Finite numbers, as many as the output's size. */
  vector: readonly (number | readonly number[])[]; };

/** Numbers, always as many. */
export type VectorOutputSpecInput = {
  /** How many numbers, 1 or more. */
  size: number;
};

export type PredictReceiptQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictReceiptQuery = { predict:
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { receipt: string, source: PredictionSource }
    | { code: FailureCode, message: string }
   };

export type PredictPersonalQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictPersonalQuery = { predict:
    | { __typename: 'BadInput', message: string }
    | { __typename: 'NotFound', message: string }
    | { __typename: 'Overloaded', message: string }
    | { __typename: 'Prediction', personalised: boolean, receipt: string, output:
        | { label: string }
        | { number: number }
        | Record<PropertyKey, never>
       }
    | { __typename: 'Unavailable', message: string }
   };

export type ObserveMutationVariables = Exact<{
  input: ObserveInput;
}>;


export type ObserveMutation = { observe:
    | { __typename: 'BadInput', code: FailureCode, message: string }
    | { __typename: 'Conflict', code: FailureCode, message: string }
    | { __typename: 'NotFound', code: FailureCode, message: string }
    | { __typename: 'Observation', seq: number, duplicate: boolean, folded: boolean }
    | { __typename: 'Overloaded', code: FailureCode, message: string }
    | { __typename: 'Unavailable', code: FailureCode, message: string }
   };

export type ObserveManyMutationVariables = Exact<{
  inputs: Array<ObserveInput> | ObserveInput;
}>;


export type ObserveManyMutation = { observeMany: Array<
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { seq: number }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
  > };

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

export type PredictWithReceiptQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictWithReceiptQuery = { predict:
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { confidence: number | null, source: PredictionSource, receipt: string, output:
        | { number: number }
        | Record<PropertyKey, never>
       }
    | { code: FailureCode, message: string }
   };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { createApiKey:
    | { __typename: 'ApiKeyCreated', text: string }
    | { __typename: 'BadInput', message: string }
    | { __typename: 'Conflict', message: string }
    | { __typename: 'Unavailable', message: string }
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

export type PredictScoresQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictScoresQuery = { predict:
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { code: FailureCode, message: string }
    | { source: PredictionSource, output:
        | { scores: Array<{ label: string, score: number }> }
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


export type WatchMetricsSubscription = { metrics: { application: { predictionsPerSecond: number, p50Ms: number | null, p99Ms: number | null, withinSlo: number | null, sources: Array<{ source: PredictionSource, count: number }> } | null } };

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
export const PredictReceiptDocument = new TypedDocumentString(`
    query PredictReceipt($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      receipt
      source
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictReceiptQuery, PredictReceiptQueryVariables>;
export const PredictPersonalDocument = new TypedDocumentString(`
    query PredictPersonal($input: PredictInput!) {
  predict(input: $input) {
    __typename
    ... on Prediction {
      output {
        ... on NumberOutput {
          number
        }
        ... on LabelOutput {
          label
        }
      }
      personalised
      receipt
    }
    ... on Failure {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictPersonalQuery, PredictPersonalQueryVariables>;
export const ObserveDocument = new TypedDocumentString(`
    mutation Observe($input: ObserveInput!) {
  observe(input: $input) {
    __typename
    ... on Observation {
      seq
      duplicate
      folded
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ObserveMutation, ObserveMutationVariables>;
export const ObserveManyDocument = new TypedDocumentString(`
    mutation ObserveMany($inputs: [ObserveInput!]!) {
  observeMany(input: {observations: $inputs}) {
    ... on Observation {
      seq
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ObserveManyMutation, ObserveManyMutationVariables>;
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
export const PredictWithReceiptDocument = new TypedDocumentString(`
    query PredictWithReceipt($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      output {
        ... on NumberOutput {
          number
        }
      }
      confidence
      source
      receipt
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictWithReceiptQuery, PredictWithReceiptQueryVariables>;
export const CreateApiKeyDocument = new TypedDocumentString(`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename
    ... on ApiKeyCreated {
      text
    }
    ... on Failure {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
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
export const PredictScoresDocument = new TypedDocumentString(`
    query PredictScores($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction {
      output {
        ... on LabelOutput {
          scores {
            label
            score
          }
        }
      }
      source
    }
    ... on Failure {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<PredictScoresQuery, PredictScoresQueryVariables>;
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
  metrics(of: {application: $application}) {
    application {
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
}
    `) as unknown as TypedDocumentString<WatchMetricsSubscription, WatchMetricsSubscriptionVariables>;