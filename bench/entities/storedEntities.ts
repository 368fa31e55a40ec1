import postgres from "postgres";
import type { Bench } from "../bench.js";

/** Inserted together: between them the bench can be stopped. */
const TOGETHER = 200_000;
const DIGITS = 8;

export interface StoredEntities {
  readonly count: number;
  readonly seconds: number;
  /** Of the table with its index. */
  readonly tableMiB: number;
}

export function entityName(place: number): string {
  return `e${String(place).padStart(DIGITS, "0")}`;
}

/**
 * Stores so many entities' states: copies of those that the server has made of real observations, under the names of
 * `entityName`. One statement for many, since an observation for each would take a quarter of an hour.
 */
export async function storeEntities(
  { signal }: Bench,
  url: string,
  application: string,
  count: number,
): Promise<StoredEntities> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const beganMs = performance.now();
  try {
    await sql`
      create temporary table made as
      select *, row_number() over () - 1 as place from policy_state where shard_key = ${application} and entity <> ''`;
    for (let from = 0; from < count; from += TOGETHER) {
      signal.throwIfAborted();
      await sql`
        insert into policy_state (shard_key, policy_version, entity, seq, birth_seq, birth, state)
        select shard_key, policy_version, 'e' || lpad(i::text, ${DIGITS}::integer, '0'), seq, birth_seq, birth, state
        from generate_series(${from}::bigint, ${Math.min(count, from + TOGETHER) - 1}::bigint) i
        join made on place = i % (select count(*) from made)`;
    }
    // What a server would have found done by the time that it has so many.
    await sql`vacuum (freeze, analyze) policy_state`;
    await sql`checkpoint`;
    const [row] = await sql<{ rows: number; bytes: number }[]>`
      select count(*)::float8 as rows, pg_total_relation_size('policy_state')::float8 as bytes
      from policy_state where shard_key = ${application} and entity like 'e%'`;
    const seconds = (performance.now() - beganMs) / 1000;
    return { count: row?.rows ?? 0, seconds, tableMiB: (row?.bytes ?? 0) / 2 ** 20 };
  } finally {
    await sql.end();
  }
}
