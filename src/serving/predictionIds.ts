/** Ids unique over processes and restarts: 96 random bits for the process, then a counter. */
export function predictionIds(randomBytes: (count: number) => Buffer): () => string {
  const prefix = randomBytes(12).toString("base64url");
  let count = 0;
  // Decimal: another radix costs ten times as much.
  return () => `${prefix}${count++}`;
}
