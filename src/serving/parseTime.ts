import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since 1970 of a date (its beginning in UTC), or of a time with its offset. */
export function parseTime(field: string, text: string): number | Failure {
  const ms = TIME.test(text) ? Date.parse(text) : NaN;
  // Date.parse takes 2026-02-30 for the second of March.
  const isDay =
    Number.isFinite(ms) && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  if (isDay) return ms;
  const expected = "a date such as 2026-01-31, or a time with its offset such as 2026-01-31T12:00:00Z";
  return badInput([field], expected, JSON.stringify(text.slice(0, 40)));
}
