import { Field, Float, GraphQLISODateTime, Int, ObjectType } from "type-graphql";
import type { DispatchReason } from "../domain/prediction.js";
import { AdaptationStateEnum } from "./adaptationState.js";
import { DispatchReasonEnum } from "./explanationTypes.js";
import { DefaultReasonEnum, PredictionSourceEnum } from "./predictionTypes.js";
import { ReplicaStateEnum } from "./replicaTypes.js";

@ObjectType("SourceCount", { simpleResolvers: true })
export class SourceCountType {
  @Field(() => PredictionSourceEnum)
  source!: PredictionSourceEnum;

  @Field(() => Int)
  count!: number;
}

@ObjectType("DefaultReasonCount", { simpleResolvers: true })
export class DefaultReasonCountType {
  @Field(() => DefaultReasonEnum)
  reason!: DefaultReasonEnum;

  @Field(() => Int)
  count!: number;
}

@ObjectType("FailureCount", { simpleResolvers: true })
export class FailureCountType {
  @Field(() => String)
  code!: string;

  @Field(() => Int)
  count!: number;
}

@ObjectType("LatencyBucket", {
  simpleResolvers: true,
  description: "Counts of one interval. Bounds are always the same, each 1.22 times the one below: counts add up.",
})
export class LatencyBucketType {
  @Field(() => Float, { description: "Its upper bound, in milliseconds." })
  upToMs!: number;

  @Field(() => Int)
  count!: number;
}

@ObjectType("BatchRowsBucket", { simpleResolvers: true, description: "Batches of an interval by their size." })
export class BatchRowsBucketType {
  @Field(() => Int, { description: "Its upper bound, a power of two." })
  upToRows!: number;

  @Field(() => Int)
  count!: number;
}

@ObjectType("DispatchCount", { simpleResolvers: true })
export class DispatchCountType {
  @Field(() => DispatchReasonEnum)
  reason!: DispatchReason;

  @Field(() => Int)
  count!: number;
}

@ObjectType("ReplicaSample", { simpleResolvers: true, description: "What one replica did in an interval." })
export class ReplicaSampleType {
  @Field(() => String)
  endpoint!: string;

  @Field(() => ReplicaStateEnum, { description: "At the interval's end." })
  state!: ReplicaStateEnum;

  @Field(() => Float, { description: "Rows sent to it a second." })
  rowsPerSecond!: number;

  @Field(() => Int)
  batches!: number;

  @Field(() => Float, { nullable: true, description: "Median of a batch's own service time; null without batches." })
  serviceP50Ms?: number | undefined;

  @Field(() => Float, { nullable: true })
  serviceP99Ms?: number | undefined;

  @Field(() => [LatencyBucketType], { description: "Batches by their own service time; empty ones left out." })
  serviceBuckets!: readonly LatencyBucketType[];

  @Field(() => Int, { description: "Batches without a reply in time." })
  overdue!: number;

  @Field(() => Int, { description: "Batches that it refused, or that were in it when its link broke." })
  lost!: number;

  @Field(() => Int, { description: "Times that it was ejected, or stayed so after a probe." })
  ejected!: number;

  @Field(() => Int, { description: "Rows that went on from it to another replica." })
  retried!: number;
}

@ObjectType("ModelSample", {
  simpleResolvers: true,
  description: "What a model version did in an interval on this server, for all applications.",
})
export class ModelSampleType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => Float, { description: "Rows that it answered a second." })
  rowsPerSecond!: number;

  @Field(() => Int)
  batches!: number;

  @Field(() => Float, { nullable: true, description: "Mean; null without batches." })
  rowsPerBatch?: number | undefined;

  @Field(() => [BatchRowsBucketType], { description: "Batches by their size; empty ones left out." })
  batchRows!: readonly BatchRowsBucketType[];

  @Field(() => [DispatchCountType], { description: "Why batches went as they did." })
  dispatches!: readonly DispatchCountType[];

  @Field(() => Float, { nullable: true, description: "99th percentile of a row's wait; null without batches." })
  queueP99Ms?: number | undefined;

  @Field(() => [LatencyBucketType], { description: "Rows by their wait in the queue; empty ones left out." })
  queueBuckets!: readonly LatencyBucketType[];

  @Field(() => Float, { nullable: true })
  serviceP50Ms?: number | undefined;

  @Field(() => Float, { nullable: true })
  serviceP99Ms?: number | undefined;

  @Field(() => [LatencyBucketType], { description: "Batches by their own service time; empty ones left out." })
  serviceBuckets!: readonly LatencyBucketType[];

  @Field(() => Int, { description: "Rows that the exact cache had." })
  cacheHits!: number;

  @Field(() => Int)
  cacheMisses!: number;

  @Field(() => Int, { description: "Rows that joined the same row on its way to the model." })
  cacheJoined!: number;

  @Field(() => Int, { description: "Rows answered by a near input's output." })
  approximateHits!: number;

  @Field(() => Float, { nullable: true, description: "Of the exact cache's look-ups; null without any." })
  cacheHitShare?: number | undefined;

  @Field(() => Int, { description: "Rows that left the queue, since they would have been late." })
  dropped!: number;

  @Field(() => Int, { description: "Rows without an answer, dropped and refused ones too." })
  failed!: number;

  @Field(() => Int, { description: "Rows that went on from one replica to another." })
  retried!: number;

  @Field(() => Int, { description: "At the interval's end." })
  queuedRows!: number;

  @Field(() => Int, { description: "At the interval's end." })
  readyReplicas!: number;

  @Field(() => [ReplicaSampleType], { description: "Where one replica is watched, that one." })
  replicas!: readonly ReplicaSampleType[];
}

@ObjectType("WeightSample", { simpleResolvers: true, description: "How a linked model stands with the policy." })
export class WeightSampleType {
  @Field(() => String)
  model!: string;

  @Field(() => Float, { description: "0 to 1; of all linked models together 1." })
  weight!: number;

  @Field(() => Float, { description: "That told its loss, since the policy version began." })
  observations!: number;

  @Field(() => Float, { nullable: true, description: "Mean of its own loss, 0 to 1, since that last changed." })
  recentLoss?: number | undefined;
}

@ObjectType("LearningSample", { simpleResolvers: true, description: "What the application learns." })
export class LearningSampleType {
  @Field(() => Float, { description: "Observations learned from a second, on this server." })
  foldedPerSecond!: number;

  @Field(() => Float, { nullable: true, description: "Mean loss of the answers since it last changed, 0 to 1." })
  recentLoss?: number | undefined;

  @Field(() => AdaptationStateEnum, { description: "Whether learning makes up for the last rise of the mean loss." })
  adaptation!: AdaptationStateEnum;

  @Field(() => [WeightSampleType], { description: "Of the population, at the interval's end." })
  weights!: readonly WeightSampleType[];

  @Field(() => Float, { nullable: true, description: "Share of truths that prediction sets would have held." })
  realisedCoverage?: number | undefined;

  @Field(() => Float, { description: "What prediction sets are made for." })
  statedCoverage!: number;

  @Field(() => Float, { description: "Milliseconds since what is known of the log was found to be all of it." })
  stateAgeMs!: number;

  @Field(() => Int, { description: "Changes of mean losses that this server told of in the interval." })
  drifts!: number;

  @Field(() => Int, { description: "States that wait to be learned anew from the log." })
  rebuildsPending!: number;

  @Field(() => Float, { nullable: true, description: "Observations committed together, mean; null without any." })
  rowsPerGroup?: number | undefined;

  @Field(() => Float, { nullable: true, description: "99th percentile of a group's fold; null without any." })
  foldP99Ms?: number | undefined;
}

@ObjectType("ApplicationSample", { simpleResolvers: true, description: "What an application did in an interval." })
export class ApplicationSampleType {
  @Field(() => String)
  name!: string;

  @Field(() => Float, { description: "Answers a second, defaults included." })
  predictionsPerSecond!: number;

  @Field(() => Float, { nullable: true, description: "Milliseconds; null without answers." })
  p50Ms?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Milliseconds; null without answers." })
  p99Ms?: number | undefined;

  @Field(() => [LatencyBucketType], { description: "Answers by their latency; empty ones left out." })
  latencyBuckets!: readonly LatencyBucketType[];

  @Field(() => Float, { nullable: true, description: "Share of answers within the objective; null without answers." })
  withinSlo?: number | undefined;

  @Field(() => [SourceCountType])
  sources!: SourceCountType[];

  @Field(() => [DefaultReasonCountType], { description: "Why defaults were given." })
  defaultReasons!: DefaultReasonCountType[];

  @Field(() => [FailureCountType], { description: "Queries that failed, by code." })
  failures!: FailureCountType[];

  @Field(() => Int, { description: "Queries whose caller left before the answer." })
  abandoned!: number;

  @Field(() => Float, { description: "Observations stored a second." })
  observationsPerSecond!: number;

  @Field(() => Int, { description: "Sent again, with the same truth, in the interval." })
  duplicateObservations!: number;

  @Field(() => Int, { description: "Not stored, in the interval." })
  failedObservations!: number;

  @Field(() => LearningSampleType, { nullable: true, description: "As this server knows it; null until it does." })
  learning?: LearningSampleType | undefined;
}

@ObjectType("MetricsSample", {
  simpleResolvers: true,
  description: "What an application, a model or a replica did in one interval on this server.",
})
export class MetricsSampleType {
  @Field(() => GraphQLISODateTime, { description: "End of the interval." })
  at!: Date;

  @Field(() => Float, { description: "Length of the interval in milliseconds, as it was." })
  intervalMs!: number;

  @Field(() => Int, { description: "Samples since the one before that this subscriber was too slow for." })
  dropped!: number;

  @Field(() => ApplicationSampleType, { nullable: true, description: "Null where a model is watched." })
  application?: ApplicationSampleType | undefined;

  @Field(() => [ModelSampleType], { description: "Of the versions that answer for the application, or of the model." })
  models!: readonly ModelSampleType[];
}
