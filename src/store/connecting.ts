export const CONNECT_WITHIN_MS = 5_000;

/**
 * Rejects when `work` has not settled in time; `work` itself goes on. Beside lib/within.ts with a timer that nothing is left of: the
 * clock's stays armed for an alarm that was called off, and a command would not end before it.
 */
export function within<T>(limitMs: number, work: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
    Promise.resolve(work)
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}

export function cannotConnect(place: string, error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const why = code === "ECONNREFUSED" ? "connection refused" : typeof message === "string" ? message : String(error);
  return `cannot reach PostgreSQL at ${place}: ${why.split("\n")[0]}: ${remedyFor(code)}`;
}

function remedyFor(code: unknown): string {
  if (code === "3D000") return "create the database, or correct DATABASE_URL";
  if (typeof code === "string" && code.startsWith("28")) return "correct user and password in DATABASE_URL";
  return "start it, or correct DATABASE_URL; without DATABASE_URL an embedded PostgreSQL is used";
}
