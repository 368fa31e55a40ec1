import { rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** What a file or folder was last used for is kept as its time of change. One that is not there is left so. */
export async function markUsed(path: string, nowMs: number): Promise<void> {
  await utimes(path, nowMs / 1000, nowMs / 1000).catch(() => undefined);
}

/** Removes those of a folder's names that were last used before that time; those that it removed. */
export async function pruned(folder: string, names: readonly string[], untilMs: number): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs > untilMs) continue;
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    gone.push(name);
  }
  return gone;
}
