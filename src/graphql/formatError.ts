import { GraphQLError } from "graphql";
import type { GraphQLFormattedError } from "graphql";
import { isRetryable } from "../domain/failure.js";
import type { FailureCode } from "../domain/failure.js";

/** Apollo's and graphql-ws's own codes in the words of all fronts. */
const CODES: Readonly<Record<string, FailureCode>> = {
  BAD_INPUT: "BAD_INPUT",
  NOT_FOUND: "NOT_FOUND",
  QUERY_TOO_COMPLEX: "QUERY_TOO_COMPLEX",
  PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE",
  OVERLOADED: "OVERLOADED",
  BAD_REQUEST: "BAD_INPUT",
  BAD_USER_INPUT: "BAD_INPUT",
  GRAPHQL_PARSE_FAILED: "BAD_INPUT",
  GRAPHQL_VALIDATION_FAILED: "BAD_INPUT",
  OPERATION_RESOLUTION_FAILURE: "BAD_INPUT",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_INPUT",
};

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
  if (code !== undefined) return { message, ...place, extensions: { code, retryable: isRetryable(code) } };
  if (error instanceof GraphQLError && error.originalError == null && given === undefined) {
    // graphql-js's own errors about the caller's document or variables carry no code.
    return { message, ...place, extensions: { code: "BAD_INPUT", retryable: false } };
  }
  logDefect(error);
  return { message: "internal error", ...place, extensions: { code: "INTERNAL", retryable: false } };
}
