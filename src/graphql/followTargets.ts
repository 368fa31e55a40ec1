import { GraphQLError } from "graphql";
import { Field, InputType } from "type-graphql";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { MetricsTarget } from "../telemetry/metricsSamples.js";

const INTERVAL_MS = { least: 100, most: 60_000 };

@InputType("ReplicaTargetInput", { description: "One of a model's replicas." })
export class ReplicaTargetInput {
  @Field(() => String)
  model!: string;

  @Field(() => String, { description: "Where its wrapper listens, as `Replica.endpoint` says it." })
  endpoint!: string;
}

@InputType("MetricsTargetInput", { description: "Exactly one of what is measured." })
export class MetricsTargetInput {
  @Field(() => String, { nullable: true, description: "Name of an application: it, and the models that it asks." })
  application?: string;

  @Field(() => String, { nullable: true, description: "Name of a model: all of its versions, for all applications." })
  model?: string;

  @Field(() => ReplicaTargetInput, { nullable: true, description: "One of a model's replicas." })
  replica?: ReplicaTargetInput;
}

@InputType("EventsTargetInput", { description: "Exactly one of what events happen to." })
export class EventsTargetInput {
  @Field(() => String, { nullable: true, description: "Name of an application: it, its models and their replicas." })
  application?: string;

  @Field(() => String, { nullable: true, description: "Name of a model: all of its versions." })
  model?: string;
}

export const ONE_OF_FOLLOW_INPUTS = ["MetricsTargetInput", "EventsTargetInput"] as const;

export function metricsTarget({ application, model, replica }: MetricsTargetInput): MetricsTarget {
  if (application != null) return { kind: "APPLICATION", application };
  if (replica != null) return { kind: "MODEL", model: replica.model, replica: replica.endpoint };
  return { kind: "MODEL", model: model as string, replica: undefined };
}

/** Of whatever is told at intervals. */
export function requireInterval(intervalMs: number): void {
  const { least, most } = INTERVAL_MS;
  if (intervalMs >= least && intervalMs <= most) return;
  throw refusedAs(badInput(["intervalMs"], `${least} to ${most}`, String(intervalMs)));
}

/** A subscription that does not begin has no union for why. */
export function refusedAs({ code, message }: Failure): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

export function quoted(name: string | null | undefined): string {
  return JSON.stringify((name ?? "").slice(0, 80));
}
