/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Whether an application learns away what made its answers worse. */
export type AdaptationState =
  /** Answers became worse, and it is too early to say whether feedback makes up for it. */
  | 'ADAPTING'
  /** They stay worse although entities have had their examples: the models, or their features, do not hold what has changed. Time to train again. */
  | 'STALLED'
  /** Answers have not become worse, or most of what was lost is back. */
  | 'STEADY';

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

/** Whether a model's answer was known. */
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

/** Exactly one of what events happen to. */
export type EventsTargetInput =
  {   /** Name of an application: it, its models and their replicas. */
  application: string; model?: never; }
  |  { application?: never;   /** Name of a model: all of its versions. */
  model: string; };

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

/** A model to link with an application. */
export type LinkModelInput = {
  /** Name of the application. */
  application: string;
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
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

/** What is estimated. */
export type Measure =
  /** 0 to 1; less is better. */
  | 'LOSS'
  /** As it was observed; more is better. */
  | 'REWARD';

/** Whether a model ran now or its answer was known. */
export type MemberSource =
  /** Its answer to a near input was known. */
  | 'APPROXIMATE'
  /** Its answer to exactly this input was known. */
  | 'CACHE'
  /** It ran now. */
  | 'MODEL';

/** Exactly one of what is measured. */
export type MetricsTargetInput =
  {   /** Name of an application: it, and the models that it asks. */
  application: string; model?: never; replica?: never; }
  |  { application?: never;   /** Name of a model: all of its versions, for all applications. */
  model: string; replica?: never; }
  |  { application?: never; model?: never;   /** One of a model's replicas. */
  replica: ReplicaTargetInput; };

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

/** Whether an observation counts. */
export type ObservationStanding =
  /** It counts, or is in what the rewards of its prediction came to. */
  | 'COUNTED'
  /** It is durable; another reward of its prediction counts, it was corrected since, or it is withheld. */
  | 'NOT_COUNTED'
  /** It is durable, and will count: when the application's rewardWaitMs is over, or on activation. */
  | 'WAITING';

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

/** Kinds may be added. */
export type OperationalEventKind =
  /** Of an application: ADAPTING where its answers became worse; STALLED where they stay so although what is observed is learned, so that it is time to train again; STEADY again. */
  | 'ADAPTATION'
  /** Another version of the model is current; null: it came, or is gone. */
  | 'CURRENT_VERSION'
  /** Mean losses that have changed; `learningEvents` says which, from what to what. */
  | 'DRIFT'
  /** Inputs that have ended replicas, and are refused for a while. */
  | 'INPUTS_QUARANTINED'
  /** Of an application: STALLED where this server has had no word of its log for 2 s (the database is away, or too slow), so that answers do not learn; FOLLOWING again. */
  | 'LEARNING'
  /** Another version of the application's policy is current. */
  | 'POLICY_VERSION'
  /** Times that batches of a replica had no reply in time, and it was set aside. */
  | 'REPLICA_EJECTED'
  /** A replica went from `before` to `after`; null: it came, or is gone. */
  | 'REPLICA_STATE'
  /** Batches that were not tried elsewhere since the retry budget was spent. */
  | 'RETRIES_REFUSED'
  /** Rows that left the queue because they could not be answered in time any more. */
  | 'ROWS_DROPPED';

/** Exactly one, of the application's kind. */
export type OutputInput =
  {   /** One of the application's labels. */
  label: string; number?: never; vector?: never; }
  |  { label?: never;   /** A finite number. */
  number: number; vector?: never; }
  |  { label?: never; number?: never;   /** Finite numbers, as many as the output's size. */
  vector: readonly (number | readonly number[])[]; };

/** What an application answers with. */
export type OutputKind =
  /** One of its labels. */
  | 'LABEL'
  /** A number. */
  | 'NUMBER'
  /** Numbers, always as many. */
  | 'VECTOR';

/** Exactly one kind of answer. */
export type OutputSpecInput =
  {   /** One of its labels. */
  label: LabelOutputSpecInput; number?: never; vector?: never; }
  |  { label?: never;   /** A number. */
  number: Record<string, never>; vector?: never; }
  |  { label?: never; number?: never;   /** Numbers, always as many. */
  vector: VectorOutputSpecInput; };

/** What happened to what is learned. Kinds may be added. */
export type PolicyEventKind =
  /** Learning from feedback does not make up for a change (STALLED): time to train again; or now it does (STEADY). */
  | 'ADAPTATION'
  /** A mean loss has changed. */
  | 'DRIFT'
  /** An entity was forgotten. */
  | 'ENTITY_DELETED'
  /** An entity began anew from the population. */
  | 'ENTITY_RESET'
  /** A policy version was made, frozen or made current. */
  | 'POLICY'
  /** The population's prior for entities was learned anew. */
  | 'PRIOR'
  /** A state was learned anew from the log. */
  | 'STATE_REBUILT';

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

/** How an application's models are selected and combined, and how feedback changes that. */
export type PolicyKind =
  /** All models, weighted by their past losses (fixed-share Hedge). The default for several. */
  | 'ENSEMBLE'
  /** The best model so far, and a random one now and then. */
  | 'EPSILON_GREEDY'
  /** Chooses one model by exponential weights; its loss alone is learned. */
  | 'EXP3'
  /** Like EXP3, with implicit exploration: less variance. */
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

/** A version to be removed. */
export type RemoveModelVersionInput = {
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** Name of the model. */
  model: string;
  /** Number of the version, from 1. */
  version: number;
};

/** The policy that the log is to be folded into. */
export type ReplayPolicyInput = {
  /** It answers as soon as it is complete. Else `rollbackPolicy` makes it current. */
  activate?: boolean;
  /** Name of the application. */
  application: string;
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** Observations from here on count: a date, or a time with its offset. Absent: all. */
  from?: string | null | undefined;
  /** Absent: the application's. */
  loss?: LossInput | null | undefined;
  /** Correction policy. */
  policy: PolicyInput;
  /** Observations before it count: a date, or a time with its offset; at most those from before the replay began. Absent: all. */
  until?: string | null | undefined;
};

/** Where the replay of a log stands. */
export type ReplayStatus =
  /** All of the log is folded in. */
  | 'COMPLETE'
  /** It ended early: `reason` says why. */
  | 'FAILED'
  /** It goes on, on one of the servers. */
  | 'RUNNING';

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

/** One of a model's replicas. */
export type ReplicaTargetInput = {
  /** Where its wrapper listens, as `Replica.endpoint` says it. */
  endpoint: string;
  /** Name of the model. */
  model: string;
};

/** The range of the rewards that are told. */
export type RewardLossInput = {
  /** The best reward, above min. */
  max: number;
  /** The worst reward. */
  min: number;
};

/** The version that is to answer. */
export type SetCurrentVersionInput = {
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** Name of the model. */
  model: string;
  /** Number of the version, from 1. */
  version: number;
};

/** What a model takes and gives. */
export type SignatureInput = {
  /** Its input tensors, in their order. */
  inputs: Array<TensorSpecInput>;
  /** Its output tensors, in their order. */
  outputs: Array<TensorSpecInput>;
};

/** Why an observation teaches a policy nothing. Reasons may be added. */
export type SkipReason =
  /** It is a reward, and the default output was shown, not what the models said. */
  | 'DEFAULT_SHOWN'
  /** The policy asks all models, and only what was chosen had answered. */
  | 'MEMBERS_MISSING'
  /** No chance of a choice was logged, and not enough to do without. */
  | 'NO_CHOICE'
  /** It was predicted without the features that the policy needs. */
  | 'NO_CONTEXT'
  /** Its prediction left no evidence that fits the application. */
  | 'NO_EVIDENCE'
  /** What was observed gives no loss of the kind. */
  | 'NO_LOSS';

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

/** In what words something was told to be true. */
export type TruthKind =
  /** One of the application's labels. */
  | 'LABEL'
  /** A number. */
  | 'NUMBER'
  /** How good the answer was. */
  | 'REWARD'
  /** Numbers. */
  | 'VECTOR';

/** A link to be removed. */
export type UnlinkModelInput = {
  /** Name of the application. */
  application: string;
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** Name of the model. */
  model: string;
};

/** What is absent stays as it is. */
export type UpdateApplicationInput = {
  /** Milliseconds within which BULK queries are answered, at least sloMs. */
  bulkDeadlineMs?: number | null | undefined;
  /** Below this confidence (0 to 1) the default output is given, or without one the answer is marked. null removes it. */
  confidenceThreshold?: number | null | undefined;
  /** Share of cases, 0.5 to 0.999, in which prediction sets are to hold the truth, from the next prediction on; absent: none are given. Of labels and numbers whose truth is told. null removes it. */
  coverage?: number | null | undefined;
  /** null removes it. */
  defaultOutput?: OutputInput | null | undefined;
  /** For people. */
  description?: string | null | undefined;
  /** The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is. */
  expectedRevision?: string | null | undefined;
  /** null in it takes a value back. */
  feedback?: FeedbackInput | null | undefined;
  /** Another one than now makes a new policy version. */
  loss?: LossInput | null | undefined;
  /** What it is called by. */
  name: string;
  /** Another one than now makes a new policy version, with nothing learned; earlier ones stay. */
  policy?: PolicyInput | null | undefined;
  /** Latency objective in milliseconds, from arrival to answer. */
  sloMs?: number | null | undefined;
};

/** Numbers, always as many. */
export type VectorOutputSpecInput = {
  /** How many numbers, 1 or more. */
  size: number;
};

/** How a policy would have done, beside the answers that were given. */
export type Verdict =
  /** Its whole interval is better. */
  | 'BETTER'
  /** The log says too little; `reason` says why. */
  | 'REFUSED'
  /** The intervals overlap. */
  | 'UNDECIDED'
  /** Its whole interval is worse. */
  | 'WORSE';

/** Why nothing is learned from an observation, though it is durable. */
export type Withheld =
  /** Its API key's feedback is more than the application's learnedShare of what is learned. */
  | 'LEARNED_SHARE';

export type PredictLearnedQueryVariables = Exact<{
  input: PredictInput;
}>;


export type PredictLearnedQuery = { predict:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Prediction', receipt: string, personalised: boolean, stateSeq: number, stateAgeMs: number, predictionSet: { low: number | null, high: number | null } | null, output:
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
    | { __typename: 'Observation', seq: number, duplicate: boolean, folded: boolean, learnedBy: Array<number>, standing: ObservationStanding, withheld: Withheld | null, skipReason: SkipReason | null, loss: number | null, stateSeq: number, rebuildPending: boolean }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  > };

export type ActivateManyMutationVariables = Exact<{
  receipts: Array<string> | string;
}>;


export type ActivateManyMutation = { activateMany: Array<
    | { __typename: 'Activation', predictionId: string, seq: number | null, folded: boolean, learnedBy: Array<number> }
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
  > };

export type LearnedStateQueryVariables = Exact<{
  application: string;
  entity?: string | number | null | undefined;
  policyVersion?: number | null | undefined;
}>;


export type LearnedStateQuery = { learnedState:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'LearnedState', policyVersion: number, entity: string | null, personalised: boolean, observations: number, meanLoss: number | null, seq: number, bytes: number, weights: Array<{ model: string, weight: number }>, regression: Array<{ label: string | null, intercept: number, weights: number[] }> }
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
  entity: string | number;
}>;


export type ResetEntityMutation = { resetEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityReset', states: number }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type DeleteEntityMutationVariables = Exact<{
  application: string;
  entity: string | number;
}>;


export type DeleteEntityMutation = { deleteEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityDeleted', observations: number, states: number }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ExportEntityQueryVariables = Exact<{
  application: string;
  entity: string | number;
  after: number;
  first: number;
  afterPrediction?: string | null | undefined;
}>;


export type ExportEntityQuery = { exportEntity:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'EntityExport', json: string, observations: number, predictions: number, endSeq: number, endPrediction: string | null, hasMore: boolean }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ObservationsQueryVariables = Exact<{
  application: string;
  entity?: string | number | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type ObservationsQuery = { observations:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'LoggedObservationConnection', edges: Array<{ node: { seq: number, observedAt: string, key: string, entity: string | null, learnedBy: Array<number>, supersededBy: number | null, counts: boolean, truth: { kind: TruthKind, number: number | null } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type LearningEventsSubscriptionVariables = Exact<{
  application: string;
  afterSeq?: number | null | undefined;
}>;


export type LearningEventsSubscription = { learningEvents: { seq: number, at: string, kind: PolicyEventKind, content: string } };

export type PolicyEventsQueryVariables = Exact<{
  application: string;
}>;


export type PolicyEventsQuery = { policyEvents:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyEventConnection', edges: Array<{ node: { seq: number, kind: PolicyEventKind, content: string } }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type ReceiptContentQueryVariables = Exact<{
  receipt: string;
}>;


export type ReceiptContentQuery = { receiptContent:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'ReceiptContent', application: string, policyVersion: number, entity: string | null, answer: number[] | null, members: Array<{ model: string, version: number, values: number[] }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type RotateReceiptKeyMutationVariables = Exact<{
  expectedKeyId?: number | null | undefined;
}>;


export type RotateReceiptKeyMutation = { rotateReceiptKey:
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'ReceiptKeyRotation', keyId: number, previousKeyId: number | null }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type PredictionsSubscriptionVariables = Exact<{
  application: string;
  sampleEvery: number;
}>;


export type PredictionsSubscription = { predictions: { id: string, source: PredictionSource, latencyMs: number, entity: string | null, entityHash: string | null, dropped: number, output:
      | { number: number }
      | Record<PropertyKey, never>
     } };

export type PolicyUpdatesSubscriptionVariables = Exact<{
  application: string;
  intervalMs: number;
}>;


export type PolicyUpdatesSubscription = { policyUpdates: { policyVersion: number, stateSeq: number, recentLoss: number | null, dropped: number, weights: Array<{ model: string, weight: number, observations: number }> } };

export type EventsSubscriptionVariables = Exact<{
  of: EventsTargetInput;
}>;


export type EventsSubscription = { events: { kind: OperationalEventKind, application: string | null, model: string | null, version: number | null, replica: string | null, before: string | null, after: string | null, count: number | null, dropped: number } };

export type MetricsSubscriptionVariables = Exact<{
  of: MetricsTargetInput;
  intervalMs: number;
}>;


export type MetricsSubscription = { metrics: { at: string, intervalMs: number, dropped: number, application: { name: string, predictionsPerSecond: number, p50Ms: number | null, p99Ms: number | null, withinSlo: number | null, abandoned: number, observationsPerSecond: number, duplicateObservations: number, failedObservations: number, latencyBuckets: Array<{ upToMs: number, count: number }>, sources: Array<{ source: PredictionSource, count: number }>, defaultReasons: Array<{ reason: DefaultReason, count: number }>, failures: Array<{ code: string, count: number }>, learning: { foldedPerSecond: number, recentLoss: number | null, adaptation: AdaptationState, realisedCoverage: number | null, statedCoverage: number, stateAgeMs: number, drifts: number, rebuildsPending: number, rowsPerGroup: number | null, foldP99Ms: number | null, weights: Array<{ model: string, weight: number, observations: number, recentLoss: number | null }> } | null } | null, models: Array<{ model: string, version: number, rowsPerSecond: number, batches: number, rowsPerBatch: number | null, queueP99Ms: number | null, serviceP50Ms: number | null, serviceP99Ms: number | null, cacheHits: number, cacheMisses: number, cacheJoined: number, approximateHits: number, cacheHitShare: number | null, dropped: number, failed: number, retried: number, queuedRows: number, readyReplicas: number, batchRows: Array<{ upToRows: number, count: number }>, dispatches: Array<{ reason: DispatchReason, count: number }>, queueBuckets: Array<{ upToMs: number, count: number }>, serviceBuckets: Array<{ upToMs: number, count: number }>, replicas: Array<{ endpoint: string, state: ReplicaState, rowsPerSecond: number, batches: number, serviceP50Ms: number | null, serviceP99Ms: number | null, overdue: number, lost: number, ejected: number, retried: number, serviceBuckets: Array<{ upToMs: number, count: number }> }> }> } };

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

export type ReplayPolicyMutationVariables = Exact<{
  input: ReplayPolicyInput;
}>;


export type ReplayPolicyMutation = { replayPolicy:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyReplay', version: number, status: ReplayStatus }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type PolicyReplayQueryVariables = Exact<{
  application: string;
  version: number;
}>;


export type PolicyReplayQuery = { policyReplay:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Conflict', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyReplay', version: number, status: ReplayStatus, reason: string | null, done: number, total: number, rows: number, folded: number, entities: number, compared: number, meanLoss: number | null, loggedMeanLoss: number | null, skipped: Array<{ reason: SkipReason, rows: number }> }
    | { __typename: 'Unavailable', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
   };

export type EvaluatePolicyQueryVariables = Exact<{
  application: string;
  policy: PolicyInput;
  from?: string | null | undefined;
  maxRows?: number | null | undefined;
}>;


export type EvaluatePolicyQuery = { policyEvaluation:
    | { __typename: 'BadInput', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'NotFound', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'Overloaded', code: FailureCode, message: string, retryable: boolean, retryAfterMs: number | null }
    | { __typename: 'PolicyEvaluation', verdict: Verdict, reason: string, measure: Measure, rows: number, judged: number, complete: boolean, logged: { value: number } | null, offPolicy: { n: number, effectiveSampleSize: number, largestWeight: number, largestShare: number, meanWeight: { value: number }, ips: { value: number } | null, snips: { value: number } | null, dr: { value: number, low: number, high: number } | null } | null }
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
      predictionSet {
        low
        high
      }
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
  observeMany(input: {observations: $inputs}) {
    __typename
    ... on Observation {
      seq
      duplicate
      folded
      learnedBy
      standing
      withheld
      skipReason
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
export const ActivateManyDocument = new TypedDocumentString(`
    mutation ActivateMany($receipts: [String!]!) {
  activateMany(input: {receipts: $receipts}) {
    __typename
    ... on Activation {
      predictionId
      seq
      folded
      learnedBy
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
}`) as unknown as TypedDocumentString<ActivateManyMutation, ActivateManyMutationVariables>;
export const LearnedStateDocument = new TypedDocumentString(`
    query LearnedState($application: String!, $entity: ID, $policyVersion: Int) {
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
      regression {
        label
        intercept
        weights
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
  freezePolicy(input: {application: $application, version: $version}) @include(if: $freeze) {
    ...ChangedPolicy
  }
  forkPolicy(
    input: {application: $application, from: $version, makeCurrent: true}
  ) @include(if: $fork) {
    ...ChangedPolicy
  }
  rollbackPolicy(input: {application: $application, version: $version}) @include(if: $rollback) {
    ...ChangedPolicy
  }
  resetPolicy(input: {application: $application}) @include(if: $reset) {
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
    mutation ResetEntity($application: String!, $entity: ID!) {
  resetEntity(input: {application: $application, entity: $entity}) {
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
    mutation DeleteEntity($application: String!, $entity: ID!) {
  deleteEntity(input: {application: $application, entity: $entity}) {
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
    query ExportEntity($application: String!, $entity: ID!, $after: Float!, $first: Int!, $afterPrediction: String) {
  exportEntity(
    application: $application
    entity: $entity
    after: $after
    first: $first
    afterPrediction: $afterPrediction
  ) {
    __typename
    ... on EntityExport {
      json
      observations
      predictions
      endSeq
      endPrediction
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
export const ObservationsDocument = new TypedDocumentString(`
    query Observations($application: String!, $entity: ID, $first: Int!, $after: String) {
  observations(
    application: $application
    entity: $entity
    first: $first
    after: $after
  ) {
    __typename
    ... on LoggedObservationConnection {
      edges {
        node {
          seq
          observedAt
          key
          entity
          truth {
            kind
            number
          }
          learnedBy
          supersededBy
          counts
        }
      }
      pageInfo {
        hasNextPage
        endCursor
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
}`) as unknown as TypedDocumentString<ObservationsQuery, ObservationsQueryVariables>;
export const LearningEventsDocument = new TypedDocumentString(`
    subscription LearningEvents($application: String!, $afterSeq: Float) {
  learningEvents(application: $application, afterSeq: $afterSeq) {
    seq
    at
    kind
    content
  }
}
    `) as unknown as TypedDocumentString<LearningEventsSubscription, LearningEventsSubscriptionVariables>;
export const PolicyEventsDocument = new TypedDocumentString(`
    query PolicyEvents($application: String!) {
  policyEvents(application: $application) {
    __typename
    ... on PolicyEventConnection {
      edges {
        node {
          seq
          kind
          content
        }
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
    mutation RotateReceiptKey($expectedKeyId: Int) {
  rotateReceiptKey(input: {expectedKeyId: $expectedKeyId}) {
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
export const PredictionsDocument = new TypedDocumentString(`
    subscription Predictions($application: String!, $sampleEvery: Int!) {
  predictions(application: $application, sampleEvery: $sampleEvery) {
    id
    output {
      ... on NumberOutput {
        number
      }
    }
    source
    latencyMs
    entity
    entityHash
    dropped
  }
}
    `) as unknown as TypedDocumentString<PredictionsSubscription, PredictionsSubscriptionVariables>;
export const PolicyUpdatesDocument = new TypedDocumentString(`
    subscription PolicyUpdates($application: String!, $intervalMs: Int!) {
  policyUpdates(application: $application, intervalMs: $intervalMs) {
    policyVersion
    stateSeq
    recentLoss
    weights {
      model
      weight
      observations
    }
    dropped
  }
}
    `) as unknown as TypedDocumentString<PolicyUpdatesSubscription, PolicyUpdatesSubscriptionVariables>;
export const EventsDocument = new TypedDocumentString(`
    subscription Events($of: EventsTargetInput!) {
  events(of: $of) {
    kind
    application
    model
    version
    replica
    before
    after
    count
    dropped
  }
}
    `) as unknown as TypedDocumentString<EventsSubscription, EventsSubscriptionVariables>;
export const MetricsDocument = new TypedDocumentString(`
    subscription Metrics($of: MetricsTargetInput!, $intervalMs: Int!) {
  metrics(of: $of, intervalMs: $intervalMs) {
    at
    intervalMs
    dropped
    application {
      name
      predictionsPerSecond
      p50Ms
      p99Ms
      latencyBuckets {
        upToMs
        count
      }
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
      abandoned
      observationsPerSecond
      duplicateObservations
      failedObservations
      learning {
        foldedPerSecond
        recentLoss
        adaptation
        weights {
          model
          weight
          observations
          recentLoss
        }
        realisedCoverage
        statedCoverage
        stateAgeMs
        drifts
        rebuildsPending
        rowsPerGroup
        foldP99Ms
      }
    }
    models {
      model
      version
      rowsPerSecond
      batches
      rowsPerBatch
      batchRows {
        upToRows
        count
      }
      dispatches {
        reason
        count
      }
      queueP99Ms
      queueBuckets {
        upToMs
        count
      }
      serviceP50Ms
      serviceP99Ms
      serviceBuckets {
        upToMs
        count
      }
      cacheHits
      cacheMisses
      cacheJoined
      approximateHits
      cacheHitShare
      dropped
      failed
      retried
      queuedRows
      readyReplicas
      replicas {
        endpoint
        state
        rowsPerSecond
        batches
        serviceP50Ms
        serviceP99Ms
        serviceBuckets {
          upToMs
          count
        }
        overdue
        lost
        ejected
        retried
      }
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
  invalidateCache(input: {model: $model}) {
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
  deleteApplication(input: {name: $name}) {
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
export const ReplayPolicyDocument = new TypedDocumentString(`
    mutation ReplayPolicy($input: ReplayPolicyInput!) {
  replayPolicy(input: $input) {
    __typename
    ... on PolicyReplay {
      version
      status
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
}`) as unknown as TypedDocumentString<ReplayPolicyMutation, ReplayPolicyMutationVariables>;
export const PolicyReplayDocument = new TypedDocumentString(`
    query PolicyReplay($application: String!, $version: Int!) {
  policyReplay(application: $application, version: $version) {
    __typename
    ... on PolicyReplay {
      version
      status
      reason
      done
      total
      rows
      folded
      entities
      compared
      meanLoss
      loggedMeanLoss
      skipped {
        reason
        rows
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
}`) as unknown as TypedDocumentString<PolicyReplayQuery, PolicyReplayQueryVariables>;
export const EvaluatePolicyDocument = new TypedDocumentString(`
    query EvaluatePolicy($application: String!, $policy: PolicyInput!, $from: String, $maxRows: Int) {
  policyEvaluation(
    application: $application
    policy: $policy
    from: $from
    maxRows: $maxRows
  ) {
    __typename
    ... on PolicyEvaluation {
      verdict
      reason
      measure
      rows
      judged
      complete
      logged {
        value
      }
      offPolicy {
        n
        effectiveSampleSize
        meanWeight {
          value
        }
        largestWeight
        largestShare
        ips {
          value
        }
        snips {
          value
        }
        dr {
          value
          low
          high
        }
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
}`) as unknown as TypedDocumentString<EvaluatePolicyQuery, EvaluatePolicyQueryVariables>;