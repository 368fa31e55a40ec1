import type { Fragment, SqlRunner } from "./database.js";

/** What decides whether a commit survives a power cut. */
export interface CommitSettings {
  readonly fsync: string;
  readonly synchronousCommit: string;
}

const STRONG_ENOUGH: ReadonlySet<string> = new Set(["on", "remote_apply"]);

/** The setting that makes commits unsafe, in words; undefined when an acknowledged commit is durable. */
export function unsafeCommitSetting(settings: CommitSettings): string | undefined {
  if (settings.fsync !== "on") return `fsync=${settings.fsync}: set fsync=on`;
  if (STRONG_ENOUGH.has(settings.synchronousCommit)) return undefined;
  return `synchronous_commit=${settings.synchronousCommit}: set synchronous_commit=on`;
}

/** The same, asked within a statement. */
export function isSafe(sql: SqlRunner): Fragment {
  return sql`current_setting('fsync') = 'on' and current_setting('synchronous_commit') in ${sql([...STRONG_ENOUGH])}`;
}

export async function readCommitSettings(sql: SqlRunner): Promise<CommitSettings> {
  const rows = await sql<CommitSettings[]>`
    select current_setting('fsync') as "fsync", current_setting('synchronous_commit') as "synchronousCommit"`;
  return rows[0] ?? { fsync: "unknown", synchronousCommit: "unknown" };
}
