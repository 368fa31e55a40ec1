import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { parseTime } from "./parseTime.js";

/** Milliseconds since 1970; what is absent does not bound. */
export interface TimeRange {
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** Which observations of a log are meant, by when they were observed: at `from` or later, and before `until`. */
export function timeRange(from: string | undefined, until: string | undefined): TimeRange | Failure {
  const sinceMs = from === undefined ? undefined : parseTime("from", from);
  if (isFailure(sinceMs)) return sinceMs;
  const untilMs = until === undefined ? undefined : parseTime("until", until);
  if (isFailure(untilMs)) return untilMs;
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs) {
    return badInput(["until"], `a time after from (${from})`, String(until));
  }
  return { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) };
}
