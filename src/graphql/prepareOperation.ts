import { getOperationAST, GraphQLError, validate } from "graphql";
import type { ExecutionArgs, GraphQLSchema, OperationTypeNode } from "graphql";
import { admissionOf, admit } from "./admission.js";
import type { RequestContext } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import type { PersistedOperations } from "./persistedOperations.js";

export interface OperationPayload {
  readonly query?: unknown;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: unknown;
}

/**
 * The list of operations, the limits, the validation and the admission that HTTP has too, for connections that last: none
 * of it reaches them by itself.
 */
export function prepareOperation(
  schema: GraphQLSchema,
  contextValue: RequestContext,
  operations: PersistedOperations,
  payload: OperationPayload,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const { query } = operations.withText({ ...payload });
    const document = parseWithinLimits(typeof query === "string" ? query : "");
    const { variables: variableValues, operationName } = payload;
    const errors = validate(schema, document);
    if (errors.length > 0) return errors;
    admit(admissionOf(schema, document, operationName), contextValue, variableValues);
    return { schema, document, contextValue, variableValues, operationName };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** Undefined where the document has no such operation, or it could not be prepared. */
export function operationType(prepared: ExecutionArgs | readonly GraphQLError[]): OperationTypeNode | undefined {
  if (!("document" in prepared)) return undefined;
  return getOperationAST(prepared.document, prepared.operationName)?.operation;
}
