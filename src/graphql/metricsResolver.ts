import { Arg, Ctx, Int, Resolver, Root, Subscription } from "type-graphql";
import { failure } from "../domain/failure.js";
import type { Told } from "../lib/latestValues.js";
import type { MetricsSample } from "../telemetry/metricsSamples.js";
import type { RequestContext } from "./context.js";
import { metricsTarget, MetricsTargetInput, quoted, refusedAs, requireInterval } from "./followTargets.js";
import { MetricsSampleType } from "./metricsTypes.js";

@Resolver()
export class MetricsResolver {
  @Subscription(() => MetricsSampleType, {
    description:
      "Of an application, or of a model, or of one of its replicas. A first sample at once: the last one there is, or one of no length. Then one each interval.",
    subscribe: ({ args, context }) => followMetrics(args as MetricsArguments, context as RequestContext),
  })
  metrics(
    @Root() { value, dropped }: Told<MetricsSample>,
    @Arg("of", () => MetricsTargetInput, { description: "An application, a model, or one of its replicas." })
    _of: MetricsTargetInput,
    @Arg("intervalMs", () => Int, { defaultValue: 1000, description: "100 to 60,000." }) _intervalMs: number,
    @Ctx() _context: RequestContext,
  ): object {
    return { ...value, dropped };
  }
}

interface MetricsArguments {
  readonly of: MetricsTargetInput;
  readonly intervalMs: number;
}

function followMetrics({ of, intervalMs }: MetricsArguments, { services: { samples } }: RequestContext) {
  requireInterval(intervalMs);
  const target = metricsTarget(of);
  if (target.kind === "MODEL" && target.replica !== undefined) {
    const { model, replica } = target;
    const known = samples.replicas(model);
    const message = `model ${quoted(model)} has no replica at ${quoted(replica)} here; known: ${known.slice(0, 10).join(", ") || "none"}`;
    if (!known.includes(replica)) throw refusedAs(failure("NOT_FOUND", message));
  }
  const followed = samples.follow(target, intervalMs);
  if (followed !== undefined) return followed;
  const what = target.kind === "MODEL" ? `model ${quoted(target.model)}` : `application ${quoted(target.application)}`;
  throw refusedAs(failure("NOT_FOUND", `${what} does not exist`));
}
