import { Arg, Ctx, Int, Resolver, Root, Subscription } from "type-graphql";
import { failure } from "../domain/failure.js";
import type { Told } from "../lib/latestValues.js";
import type { MetricsSample } from "../telemetry/metricsSamples.js";
import type { RequestContext } from "./context.js";
import { quoted, refusedAs, requireInterval, targetOf } from "./followTargets.js";
import type { TargetArguments } from "./followTargets.js";
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
    @Arg("application", () => String, { nullable: true, description: "Either this or `model`." })
    _application: string | undefined,
    @Arg("model", () => String, { nullable: true, description: "All of its versions, for all applications." })
    _model: string | undefined,
    @Arg("replica", () => String, { nullable: true, description: "With `model`: the endpoint of one of its replicas." })
    _replica: string | undefined,
    @Arg("intervalMs", () => Int, { defaultValue: 1000, description: "100 to 60,000." }) _intervalMs: number,
    @Ctx() _context: RequestContext,
  ): object {
    return { ...value, dropped };
  }
}

interface MetricsArguments extends TargetArguments {
  readonly intervalMs: number;
}

function followMetrics(given: MetricsArguments, { services: { samples } }: RequestContext) {
  requireInterval(given.intervalMs);
  const target = targetOf(given, "either application, or model, or model and replica");
  const { model, replica } = given;
  if (target.kind === "MODEL" && replica != null) {
    const known = samples.replicas(target.model);
    const message = `model ${quoted(model)} has no replica at ${quoted(replica)} here; known: ${known.slice(0, 10).join(", ") || "none"}`;
    if (!known.includes(replica)) throw refusedAs(failure("NOT_FOUND", message));
  }
  const followed = samples.follow(target, given.intervalMs);
  if (followed !== undefined) return followed;
  const what = target.kind === "MODEL" ? `model ${quoted(target.model)}` : `application ${quoted(target.application)}`;
  throw refusedAs(failure("NOT_FOUND", `${what} does not exist`));
}
