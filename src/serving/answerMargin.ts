/** Of the time that a query has, what the margin may take at the most. */
const MOST_OF_TIME = 0.5;

/** Milliseconds in which an answer is to be found, of those within which it is to be given. */
export function lessMargin(allowedMs: number, marginMs: number): number {
  return allowedMs - Math.min(marginMs, MOST_OF_TIME * allowedMs);
}
