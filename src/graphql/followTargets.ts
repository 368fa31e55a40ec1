import { GraphQLError } from "graphql";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { MetricsTarget } from "../telemetry/metricsSamples.js";

const INTERVAL_MS = { least: 100, most: 60_000 };

export interface TargetArguments {
  readonly application?: string | null;
  readonly model?: string | null;
  readonly replica?: string | null;
}

/** Throws a GraphQLError with code BAD_INPUT where it is not one of them. */
export function targetOf({ application, model, replica }: TargetArguments, expected: string): MetricsTarget {
  if (application != null && model == null && replica == null) return { kind: "APPLICATION", application };
  if (model != null && application == null) return { kind: "MODEL", model, replica: replica ?? undefined };
  const given = Object.entries({ application, model, replica }).flatMap(([name, value]) =>
    value == null ? [] : [name],
  );
  throw refusedAs(badInput([], expected, given.join(" and ") || "none of them"));
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
