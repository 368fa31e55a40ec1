import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";

/** Why this is no place in a log; undefined for a whole number from 0. GraphQL's Float carries it: Int ends at 2^31. */
export function seqProblem(place: number, field: string): Failure | undefined {
  const valid = Number.isSafeInteger(place) && place >= 0;
  return valid ? undefined : badInput([field], "a place in the log: a whole number from 0", String(place));
}
