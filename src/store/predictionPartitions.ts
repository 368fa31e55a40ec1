import type { Sql, SqlRunner } from "./database.js";
import { transact } from "./transaction.js";

/** "predict" in ASCII: no other use of advisory locks in the database has this number. */
const LOCK = "31650977193485172";
const DAY_MS = 86_400_000;
/** Made so many days before they are needed, so that a server that cannot make one has time to try again. */
const DAYS_AHEAD = 2;
/** No application waits longer for a reward. What waits for more was left behind by one that is gone. */
const MAX_WAIT_DAYS = 31;

export interface PartitionLimits {
  readonly nowMs: number;
  /** Days of which predictions are kept beside today's. */
  readonly retentionDays: number;
}

/**
 * Makes the partitions of yesterday (clocks differ), today and the next days; drops those that are too old, unless a
 * prediction in them still waits for its reward. Of several servers one does it.
 */
export async function keepPartitions(sql: Sql, { nowMs, retentionDays }: PartitionLimits): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  await transact(sql, async (tx) => {
    await lockPartitions(tx);
    const there = await selectPartitions(tx);
    for (let day = today - 1; day <= today + DAYS_AHEAD; day++) {
      if (!there.has(partitionName(day))) await createPartition(tx, day);
    }
    const oldest = partitionName(today - retentionDays);
    const lastWait = partitionName(today - retentionDays - MAX_WAIT_DAYS);
    for (const name of there) {
      if (name >= oldest) continue;
      if (name < lastWait || !(await selectIsWaiting(tx, name))) await dropPartition(tx, name);
    }
  });
}

/** Days since 1970. The names' order is that of the days. */
export function partitionName(day: number): string {
  return `prediction_${dateOf(day).replaceAll("-", "")}`;
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Also how long a partition may wait for those who read or write: they would wait behind it. */
async function lockPartitions(tx: SqlRunner): Promise<void> {
  await tx`select set_config('lock_timeout', '1000', true), pg_advisory_xact_lock(${LOCK}::bigint)`;
}

async function selectPartitions(tx: SqlRunner): Promise<ReadonlySet<string>> {
  const rows = await tx<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'prediction'::regclass`;
  return new Set(rows.map(({ name }) => name));
}

async function createPartition(tx: SqlRunner, day: number): Promise<void> {
  await tx.unsafe(
    `create table ${partitionName(day)} partition of prediction
     for values from ('${dateOf(day)} 00:00:00+00') to ('${dateOf(day + 1)} 00:00:00+00')`,
  );
}

async function selectIsWaiting(tx: SqlRunner, name: string): Promise<boolean> {
  const rows = await tx<{ waits: boolean }[]>`
    select exists (select from ${tx(name)} where waits_from is not null) as waits`;
  return rows[0]?.waits ?? false;
}

async function dropPartition(tx: SqlRunner, name: string): Promise<void> {
  await tx`drop table ${tx(name)}`;
}
