import { GraphQLError } from "graphql";
import type { GraphQLFormattedError } from "graphql";
import { isRetryable } from "../domain/failure.js";
import type { FailureCode } from "../domain/failure.js";

/** Of whole requests to this front alone. */
type FrontCode = "PERSISTED_QUERY_NOT_FOUND";

/** Apollo's and graphql-ws's own codes in the words of all fronts. */
const CODES: Readonly<Record<string, FailureCode | FrontCode>> = {
  BAD_INPUT: "BAD_INPUT",
  NOT_FOUND: "NOT_FOUND",
  QUERY_TOO_COMPLEX: "QUERY_TOO_COMPLEX",
  PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE",
  OVERLOADED: "OVERLOADED",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  FORBIDDEN: "FORBIDDEN",
  RATE_LIMITED: "RATE_LIMITED",
  STORE_UNAVAILABLE: "STORE_UNAVAILABLE",
  PERSISTED_QUERY_NOT_FOUND: "PERSISTED_QUERY_NOT_FOUND",
  BAD_REQUEST: "BAD_INPUT",
  BAD_USER_INPUT: "BAD_INPUT",
  GRAPHQL_PARSE_FAILED: "BAD_INPUT",
  GRAPHQL_VALIDATION_FAILED: "BAD_INPUT",
  OPERATION_RESOLUTION_FAILURE: "BAD_INPUT",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_INPUT",
};

/** What Apollo Server calls errors without a code. */
const APOLLO_DEFAULT = "INTERNAL_SERVER_ERROR";

/**
 * graphql-js's own errors carry no code. Before anything runs they are about the caller's document or variables; at a
 * field, about its arguments (variables within them are only checked there), else about what a resolver of ours gave.
 */
function isAboutWhatWasSent(error: unknown, isAtField: boolean): boolean {
  if (!(error instanceof GraphQLError) || error.originalError != null) return false;
  return !isAtField || error.message.startsWith('Argument "');
}

/**
 * One error as callers see it: `extensions` has the code and whether to try again. An error that nobody meant for
 * them is a defect: it is logged whole and shown as INTERNAL, without its text.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logDefect: (error: unknown) => void,
): GraphQLFormattedError {
  const given = formatted.extensions?.["code"];
  const code = typeof given === "string" ? CODES[given] : undefined;
  const { message, locations, path } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  if (code !== undefined) {
    const retryAfterMs = formatted.extensions?.["retryAfterMs"];
    const wait = typeof retryAfterMs === "number" ? { retryAfterMs } : {};
    return { message, ...place, extensions: { code, retryable: isRetryable(code), ...wait } };
  }
  if ((given === undefined || given === APOLLO_DEFAULT) && isAboutWhatWasSent(error, path !== undefined)) {
    return { message, ...place, extensions: { code: "BAD_INPUT", retryable: false } };
  }
  logDefect(error);
  return { message: "internal error", ...place, extensions: { code: "INTERNAL", retryable: false } };
}
