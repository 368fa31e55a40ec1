import { GraphQLError } from "graphql";
import type { GraphQLFieldResolver } from "graphql";
import type { AuditEntry } from "../domain/access.js";
import { valuesAt } from "./accessRules.js";
import type { RequestContext } from "./context.js";

type Resolve = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>;

const MAX_TARGET_CHARACTERS = 100;

/**
 * A mutation that leaves one entry in the audit log whichever way it ends, written before it is answered. One that was
 * done and could not be recorded says so: its caller is then the only one who knows.
 */
export function audited(action: string, targetAt: readonly string[] | undefined, resolve: Resolve): Resolve {
  return async (source, given, context, info) => {
    const [target] = targetAt === undefined ? [] : valuesAt(given, targetAt);
    const record = (outcome: string) => context.services.audit.record(mutationEntry(context, action, outcome, target));
    let result: unknown;
    try {
      result = await resolve(source, given, context, info);
    } catch (error) {
      await record(codeOf(error));
      throw error;
    }
    const outcome = outcomeOf(result);
    const unrecorded = await record(outcome);
    if (unrecorded === undefined || outcome !== "OK") return result;
    throw new GraphQLError(`${action} was done, but the audit log could not be written: ${unrecorded.message}`, {
      extensions: { code: "STORE_UNAVAILABLE" },
    });
  };
}

/** Also of what was refused before it ran. */
export function mutationEntry(
  { services, access, address }: RequestContext,
  action: string,
  outcome: string,
  target?: unknown,
): AuditEntry {
  return {
    atMs: services.clock.wallMs(),
    keyId: access.keyId ?? "",
    address: address(),
    action,
    target: typeof target === "string" ? target.slice(0, MAX_TARGET_CHARACTERS) : "",
    outcome,
  };
}

/** Failures are the union members that have a code. */
function outcomeOf(result: unknown): string {
  const { code } = (result ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "OK";
}

function codeOf(error: unknown): string {
  const code = error instanceof GraphQLError ? error.extensions["code"] : undefined;
  return typeof code === "string" ? code : "INTERNAL";
}
