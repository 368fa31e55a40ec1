import { HeaderMap } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GraphQLFormattedError } from "graphql";
import type { Access } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";

type RefusalCode = "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" | "RATE_LIMITED" | "QUERY_TOO_COMPLEX";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  QUERY_TOO_COMPLEX: 400,
};

/** What HTTP says of a whole request that was refused: Apollo Server looks for it here too. */
export interface HttpHead {
  readonly status: number;
  readonly headers: HeaderMap;
}

/** Refuses a whole request, before anything of it runs. */
export function refusal(code: RefusalCode, message: string, retryAfterMs?: number): GraphQLError {
  const headers = new HeaderMap();
  if (code === "UNAUTHENTICATED") headers.set("www-authenticate", "Bearer");
  if (retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  const http: HttpHead = { status: STATUS[code], headers };
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  const extensions: Record<string, unknown> = { code, ...wait, http };
  return new GraphQLError(message, { extensions });
}

export function httpHeadOf(error: GraphQLError): HttpHead | undefined {
  return error.extensions["http"] as HttpHead | undefined;
}

/** Throws for whoever is not known. */
export function accessOrThrow(found: Access | Failure): Access {
  if (isFailure(found)) throw refusal("UNAUTHENTICATED", found.message);
  return found;
}

const SUGGESTION = / Did you mean .*\?$/s;

/** What validation would have meant instead is part of the schema, which is only administrators' to ask for. */
export function withoutSuggestion(access: Access, error: GraphQLFormattedError): GraphQLFormattedError {
  if (access.scopes.has("ADMIN") || !SUGGESTION.test(error.message)) return error;
  return { ...error, message: error.message.replace(SUGGESTION, "") };
}
