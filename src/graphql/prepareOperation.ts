import { getOperationAST, GraphQLError, validate } from "graphql";
import type { ExecutionArgs, GraphQLSchema, OperationTypeNode } from "graphql";
import { admissionOf, admit } from "./admission.js";
import type { RequestContext } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import type { HotLane } from "./hotLane.js";
import type { PersistedOperations } from "./persistedOperations.js";

export interface OperationPayload {
  readonly query?: unknown;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: unknown;
}

/** What is answered at one address. */
export interface ServedOperations {
  readonly schema: GraphQLSchema;
  readonly operations: PersistedOperations;
  /** Of the operations that are known there, whichever way they came. */
  readonly lane: HotLane;
}

/**
 * The list of operations, the limits, the validation and the admission that HTTP has too, for connections that last: none
 * of it reaches them by itself.
 */
export function prepareOperation(
  { schema, operations, lane }: ServedOperations,
  contextValue: RequestContext,
  payload: OperationPayload,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const { query } = operations.withText({ ...payload });
    const { variables: variableValues, operationName } = payload;
    const named = { query: typeof query === "string" ? query : "", operationName: operationName ?? undefined };
    const known = lane.find(named);
    const document = known?.document ?? parseWithinLimits(named.query);
    if (known === undefined) {
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
    }
    const admission = known?.admission ?? admissionOf(schema, document, operationName);
    if (admission === undefined) return [noOperation(operationName)];
    admit(admission, contextValue, variableValues);
    if (known === undefined) lane.store(named, document);
    return { schema, document, contextValue, variableValues, operationName };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** As over HTTP. */
function noOperation(operationName: string | null | undefined): GraphQLError {
  const message =
    operationName == null
      ? "Must provide operation name if query contains multiple operations."
      : `Unknown operation named ${JSON.stringify(operationName)}.`;
  return new GraphQLError(message, { extensions: { code: "BAD_INPUT" } });
}

/** Undefined where the document has no such operation, or it could not be prepared. */
export function operationType(prepared: ExecutionArgs | readonly GraphQLError[]): OperationTypeNode | undefined {
  if (!("document" in prepared)) return undefined;
  return getOperationAST(prepared.document, prepared.operationName)?.operation;
}
