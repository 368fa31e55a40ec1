import { GraphQLError } from "graphql";
import type { RequestContext } from "./context.js";

const MAX_FOLLOWED = 1_000;

/**
 * Objects lead to one another and back again, so each level of a document could multiply what is answered by a page of a
 * hundred. Throws a GraphQLError with code QUERY_TOO_COMPLEX once a request has gone on from one object to another too
 * often. The fields that come here have no null to stand in for them, so that the first error is the last.
 */
export function follow(context: RequestContext, count = 1): void {
  context.followed += count;
  if (context.followed <= MAX_FOLLOWED) return;
  throw new GraphQLError(
    `the operation goes on from one object to another more than ${MAX_FOLLOWED} times: ask for shorter pages, or less below them`,
    { extensions: { code: "QUERY_TOO_COMPLEX" } },
  );
}
