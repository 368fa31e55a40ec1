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

/** The same for one alone. It is rejected as late as among others, so that errors are noted in the same order. */
export function settleOnly(key: string, value: Promise<unknown>): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    value.then(
      (settled) => resolve({ [key]: settled }),
      (error: unknown) => queueMicrotask(() => reject(error)),
    );
  });
}
