export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** The same keys in the same order, each with what its promise came to. */
export async function settleValues(values: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const settled = await Promise.all(Object.values(values));
  const result: Record<string, unknown> = {};
  Object.keys(values).forEach((key, i) => (result[key] = settled[i]));
  return result;
}
