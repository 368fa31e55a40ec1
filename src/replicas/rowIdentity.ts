/** Row ids as they travel: their numbers with commas between. */
export function rowIdsText(rowIds: readonly number[]): string {
  return rowIds.join();
}

/** Where an echo differs from what was sent, in words; undefined where it does not. */
export function rowIdsDifference(sent: string, echoed: string | undefined): string | undefined {
  if (echoed === sent) return undefined;
  if (echoed === undefined) return "the reply has no row ids";
  const [expected, got] = [sent.split(","), echoed.split(",")];
  if (expected.length !== got.length) return `expected ${expected.length} row ids, got ${got.length}`;
  const row = expected.findIndex((id, i) => id !== got[i]);
  return `row ${row}: expected id ${expected[row]}, got ${JSON.stringify(got[row]?.slice(0, 40))}`;
}
