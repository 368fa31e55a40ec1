import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { EXPECTED_REVISION } from "./expectedRevision.js";
import { APPROXIMATE_DISTANCES, BATCH_SIZE_CONTROLLERS, CACHE_SCOPES } from "../domain/modelSettings.js";
import type { ApproximateDistance, BatchSizeControllerKind, CacheScopeKind } from "../domain/modelSettings.js";
import { TensorInput } from "./predictionInputs.js";
import { NoParameters } from "./scalars.js";

function enumOf<T extends string>(values: readonly T[]): { readonly [Value in T]: Value } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [Value in T]: Value };
}

export const BatchSizeControllerEnum = enumOf(BATCH_SIZE_CONTROLLERS);
registerEnumType(BatchSizeControllerEnum, {
  name: "BatchSizeController",
  description: "Who says how many rows a replica may be given at once.",
  valuesConfig: {
    AIMD: {
      description: "Grows by a step after a full batch within its budget, shrinks by a tenth after one above it.",
    },
    QUANTILE: { description: "The largest size whose 99th percentile of latency fits the budget." },
    MODEL: { description: "The largest size whose tail, by the replica's learned latency line, fits the budget." },
    FIXED: { description: "Always maxBatchRows." },
  },
});

export const CacheScopeEnum = enumOf(CACHE_SCOPES);
registerEnumType(CacheScopeEnum, {
  name: "CacheScope",
  valuesConfig: {
    MODEL: { description: "What one application asked is a hit for all." },
    APPLICATION: { description: "Each application has answers of its own, so that none can tell what others ask." },
  },
});

export const ApproximateDistanceEnum = enumOf(APPROXIMATE_DISTANCES);
registerEnumType(ApproximateDistanceEnum, {
  name: "ApproximateDistance",
  description: "In what distance inputs are near each other.",
  valuesConfig: { AUTO: { description: "The angle where four of five numbers are 0, as in bags of words, else L2." } },
});

@ObjectType("ModelSettings", {
  simpleResolvers: true,
  description: "How a model is batched and cached, as it is in force: chosen, configured or default.",
})
export class ModelSettingsType {
  @Field(() => BatchSizeControllerEnum)
  batchSizeController!: BatchSizeControllerKind;

  @Field(() => Int, { description: "Rows in the largest batch." })
  maxBatchRows!: number;

  @Field(() => Int, {
    nullable: true,
    description: "Bytes of inputs in the largest batch; null: what a message holds.",
  })
  maxBatchBytes?: number | undefined;

  @Field(() => Float, {
    nullable: true,
    description: "Milliseconds that a free replica may wait for a fuller batch; null: whether waiting pays is learned.",
  })
  maxBatchDelayMs?: number | undefined;

  @Field(() => Float, { description: "Milliseconds before a batch is expected back at which the next may be sent." })
  prefetchMs!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Milliseconds for which an exact answer is kept; null: no limit.",
  })
  cacheTtlMs?: number | undefined;

  @Field(() => CacheScopeEnum)
  cacheScope!: CacheScopeKind;

  @Field(() => Float, {
    description: "Share of approximate hits that may differ from the model's own answer; 0: no approximate hits.",
  })
  approximateErrorBudget!: number;

  @Field(() => ApproximateDistanceEnum)
  approximateDistance!: ApproximateDistance;

  @Field(() => Float, {
    nullable: true,
    description: "Outputs within so much of each other count as the same; null: equal top class, or equal bytes.",
  })
  approximateTolerance?: number | undefined;

  @Field(() => Float, {
    description: "For feature models: L2 distance within which a cached input's outputs are taken, unproved; 0: none.",
  })
  featureTolerance!: number;

  @Field(() => Int, { description: "How many inputs are given for warming up new replicas; 0: recent ones are taken." })
  warmUpInputs!: number;
}

@InputType("BatchDelayInput", {
  description: "Exactly one rule for how long a free replica may wait for a fuller batch.",
})
export class BatchDelayInput {
  @Field(() => Float, { nullable: true, description: "So many milliseconds, 0 to 1000." })
  fixedMs?: number;

  @Field(() => NoParameters, { nullable: true, description: "What comparisons show to pay." })
  auto?: NoParameters;
}

export const ONE_OF_MODEL_INPUTS = ["BatchDelayInput"] as const;

@InputType("ConfigureModelInput", {
  description: "What is absent stays as it is; null takes a choice back, so that the configuration or default holds.",
})
export class ConfigureModelInput {
  @Field(() => String)
  model!: string;

  @Field(() => BatchSizeControllerEnum, { nullable: true, description: "Default AIMD." })
  batchSizeController?: BatchSizeControllerKind | null;

  @Field(() => Int, { nullable: true, description: "1 to 65536; default 256." })
  maxBatchRows?: number | null;

  @Field(() => Int, { nullable: true, description: "1 or more; default what a message holds." })
  maxBatchBytes?: number | null;

  @Field(() => BatchDelayInput, {
    nullable: true,
    description: "How long a free replica may wait for a fuller batch; default not at all.",
  })
  maxBatchDelay?: BatchDelayInput | null;

  @Field(() => Float, { nullable: true, description: "0 to 1000; default 0." })
  prefetchMs?: number | null;

  @Field(() => Float, { nullable: true, description: "1 or more; default no limit." })
  cacheTtlMs?: number | null;

  @Field(() => CacheScopeEnum, { nullable: true, description: "Default MODEL." })
  cacheScope?: CacheScopeKind | null;

  @Field(() => Float, { nullable: true, description: "0 to 0.5; default 0, off." })
  approximateErrorBudget?: number | null;

  @Field(() => ApproximateDistanceEnum, { nullable: true, description: "Default AUTO." })
  approximateDistance?: ApproximateDistance | null;

  @Field(() => Float, { nullable: true, description: "0 or more; default none." })
  approximateTolerance?: number | null;

  @Field(() => Float, { nullable: true, description: "0 or more; default 0." })
  featureTolerance?: number | null;

  @Field(() => [TensorInput], {
    nullable: true,
    description:
      "What a new replica computes before queries reach it, at most 64; default none: recent inputs of the model.",
  })
  warmUpInputs?: TensorInput[] | null;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}
