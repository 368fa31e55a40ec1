import { buildSchema, findBreakingChanges } from "graphql";
import { z } from "zod";

/** Changes that break clients and were decided on all the same: each by the file it is in and graphql-js's words for it. */
export const ACCEPTED_CHANGES = z.array(
  z.strictObject({
    schema: z.string().min(1),
    change: z.string().min(1),
    /** What clients do instead. */
    why: z.string().min(1),
  }),
);
export type AcceptedChanges = z.infer<typeof ACCEPTED_CHANGES>;

/** What one file of SDL would do to clients written for it as it was before: nothing where there was none. */
export function unacceptedChanges(
  schema: string,
  before: string | undefined,
  now: string | undefined,
  accepted: AcceptedChanges,
): readonly string[] {
  if (before === undefined) return [];
  const changes =
    now === undefined
      ? ["the schema was removed"]
      : findBreakingChanges(buildSchema(before), buildSchema(now)).map(({ description }) => description);
  const isAccepted = (change: string): boolean =>
    accepted.some((each) => each.schema === schema && each.change === change);
  return changes.filter((change) => !isAccepted(change));
}
