import { GraphQLError } from "graphql";
import {
  Arg,
  Ctx,
  Field,
  Float,
  GraphQLISODateTime,
  Int,
  ObjectType,
  Resolver,
  Root,
  Subscription,
} from "type-graphql";
import { metricsSamples } from "../telemetry/metricsSamples.js";
import type { MetricsSample } from "../telemetry/metricsSamples.js";
import type { RequestContext } from "./context.js";
import { DefaultReasonEnum, PredictionSourceEnum } from "./predictionTypes.js";

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

@ObjectType("ModelSample", {
  simpleResolvers: true,
  description: "What a model version of the application did in the interval, for all applications.",
})
export class ModelSampleType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => Float, { description: "Rows that it answered a second." })
  rowsPerSecond!: number;

  @Field(() => Float, { nullable: true, description: "Mean; null without batches." })
  rowsPerBatch?: number | undefined;

  @Field(() => Float, { nullable: true, description: "99th percentile of a row's wait; null without batches." })
  queueP99Ms?: number | undefined;

  @Field(() => Float, { nullable: true })
  serviceP50Ms?: number | undefined;

  @Field(() => Float, { nullable: true })
  serviceP99Ms?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Of the exact cache's look-ups; null without any." })
  cacheHitShare?: number | undefined;

  @Field(() => Int, { description: "Rows that left the queue, since they would have been late." })
  dropped!: number;

  @Field(() => Int, { description: "Rows without an answer, dropped and refused ones too." })
  failed!: number;

  @Field(() => Int)
  queuedRows!: number;

  @Field(() => Int)
  readyReplicas!: number;
}

@ObjectType("MetricsSample", { simpleResolvers: true, description: "What an application did in one interval." })
export class MetricsSampleType {
  @Field(() => GraphQLISODateTime, { description: "End of the interval." })
  at!: Date;

  @Field(() => Float, { description: "Length of the interval in milliseconds, as it was." })
  intervalMs!: number;

  @Field(() => String)
  application!: string;

  @Field(() => Float, { description: "Answers a second, defaults included." })
  predictionsPerSecond!: number;

  @Field(() => Float, { nullable: true, description: "Milliseconds; null without answers." })
  p50Ms?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Milliseconds; null without answers." })
  p99Ms?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Share of answers within the objective; null without answers." })
  withinSlo?: number | undefined;

  @Field(() => [SourceCountType])
  sources!: SourceCountType[];

  @Field(() => [DefaultReasonCountType], { description: "Why defaults were given." })
  defaultReasons!: DefaultReasonCountType[];

  @Field(() => [FailureCountType], { description: "Queries that failed, by code." })
  failures!: FailureCountType[];

  @Field(() => Float, { description: "Observations stored a second." })
  observationsPerSecond!: number;

  @Field(() => [ModelSampleType], { description: "Of the versions that answer for the application on this server." })
  models!: ModelSampleType[];
}

const INTERVAL_MS = { least: 100, most: 60_000 };

@Resolver()
export class MetricsResolver {
  @Subscription(() => MetricsSampleType, {
    description: "A first sample at once (of no length), then one each interval.",
    subscribe: ({ args, context }) => subscribe(args as MetricsArguments, context as RequestContext),
  })
  metrics(
    @Root() sample: MetricsSample,
    @Arg("application", () => String) _application: string,
    @Arg("intervalMs", () => Int, { defaultValue: 1000, description: "100 to 60,000." }) _intervalMs: number,
    @Ctx() _context: RequestContext,
  ): object {
    return sample;
  }
}

interface MetricsArguments {
  readonly application: string;
  readonly intervalMs: number;
}

function subscribe({ application, intervalMs }: MetricsArguments, { services }: RequestContext) {
  if (!(intervalMs >= INTERVAL_MS.least && intervalMs <= INTERVAL_MS.most)) {
    const { least, most } = INTERVAL_MS;
    throw new GraphQLError(`intervalMs: expected ${least} to ${most}, got ${intervalMs}`, {
      extensions: { code: "BAD_INPUT" },
    });
  }
  if (services.catalogue.get(application) === undefined) {
    throw new GraphQLError(`application "${application.slice(0, 80)}" does not exist`, {
      extensions: { code: "NOT_FOUND" },
    });
  }
  return metricsSamples(services.metrics, services.clock, application, intervalMs, () => {
    const members = services.catalogue.get(application)?.members ?? [];
    return members.flatMap(({ model, version }) => services.versions.find(model, version)?.figures() ?? []);
  });
}
