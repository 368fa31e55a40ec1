import type { IncomingMessage, ServerResponse } from "node:http";
import { GraphQLError } from "graphql";
import type { GraphQLFormattedError } from "graphql";
import { httpHeadOf } from "./accessRefusal.js";

/** Of an error that was thrown, as callers are to see it. */
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** What stopped a request before there was an answer, with the status that it has in HTTP. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  format: FormatError,
  negotiated?: string,
): void {
  if (error instanceof SyntaxError && !(error instanceof GraphQLError)) {
    sendErrors(response, 400, [badRequest(`the body is not JSON: ${error.message.slice(0, 200)}`)]);
  } else if (error instanceof GraphQLError) {
    const head = httpHeadOf(error);
    // Apollo's clients, who then send the text as well, have always had this with status 200.
    const isUnknownHash = error.extensions["code"] === "PERSISTED_QUERY_NOT_FOUND";
    const status = isUnknownHash ? 200 : statusFor(request, head?.status ?? 400);
    for (const [name, value] of head?.headers ?? []) response.setHeader(name, value);
    sendErrors(response, status, [format(error.toJSON(), error)], negotiated);
  } else {
    sendErrors(response, 500, [format({ message: "" }, error)]);
  }
}

/** `negotiated`: the content type with which the pipeline would word it, and then its line's end. */
export function sendErrors(
  response: ServerResponse,
  status: number,
  errors: readonly GraphQLFormattedError[],
  negotiated?: string,
): void {
  response.statusCode = status;
  response.setHeader("content-type", negotiated ?? "application/json; charset=utf-8");
  response.setHeader("cache-control", "no-store");
  const text = JSON.stringify({ errors });
  response.end(negotiated === undefined ? text : `${text}\n`);
}

export function badRequest(message: string): GraphQLFormattedError {
  return { message, extensions: { code: "BAD_INPUT", retryable: false } };
}

/**
 * A client that asks for `application/json` by name is an old one: it reads the body only of answers with status 200, for
 * whatever was a GraphQL request at all. (GraphQL over HTTP, section 6.4.1.)
 */
export function statusFor({ headers: { accept = "" } }: IncomingMessage, status: number): number {
  const isOld = accept.includes("application/json") && !accept.includes("application/graphql-response+json");
  return status === 400 && isOld ? 200 : status;
}
