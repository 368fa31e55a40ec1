import type { ReplayProgress, ReplayStatus } from "../domain/replayPorts.js";
import type { SqlRunner } from "./database.js";

/** Replays of the log under another policy: one function per statement. */

/** Without a word for so long its server is taken for gone. */
const SILENT_AFTER_S = 60;
const SERVER_GONE = "the server that replayed it has gone; begin again";

export interface ReplayRow {
  readonly version: number;
  readonly status: ReplayStatus;
  readonly progress: ReplayProgress;
  readonly failure: string | null;
  readonly startedAtMs: number;
}

export async function failSilentReplays(sql: SqlRunner, application: string): Promise<void> {
  await sql`
    update policy_replay set status = 'FAILED', failure = ${SERVER_GONE}, updated_at = now()
    where shard_key = ${application} and status = 'RUNNING' and updated_at < now() - ${SILENT_AFTER_S} * interval '1 s'`;
}

export async function selectRunningReplay(sql: SqlRunner, application: string): Promise<number | undefined> {
  const rows = await sql<{ version: number }[]>`
    select version from policy_replay where shard_key = ${application} and status = 'RUNNING'`;
  return rows[0]?.version;
}

/** At most `limit` states of replays that failed: what they had written is of no use. Gives their number. */
export async function deleteFailedStates(sql: SqlRunner, application: string, limit: number): Promise<number> {
  const { count } = await sql`
    delete from policy_state where ctid = any(array(
      select s.ctid from policy_replay r join policy_state s on s.shard_key = r.shard_key and s.policy_version = r.version
      where r.shard_key = ${application} and r.status = 'FAILED' limit ${limit}))`;
  return count;
}

export async function insertReplay(
  tx: SqlRunner,
  application: string,
  version: number,
  progressJson: string,
): Promise<void> {
  await tx`
    insert into policy_replay (shard_key, version, progress) values (${application}, ${version}, ${progressJson}::text::jsonb)`;
}

/** False if it is no longer under way: another server took it for gone. */
export async function updateReplay(
  sql: SqlRunner,
  application: string,
  version: number,
  status: "RUNNING" | "COMPLETE",
  progressJson: string,
): Promise<boolean> {
  const rows = await sql`
    update policy_replay set status = ${status}, progress = ${progressJson}::text::jsonb, updated_at = now()
    where shard_key = ${application} and version = ${version} and status = 'RUNNING' returning 1`;
  return rows.length > 0;
}

export async function failReplay(sql: SqlRunner, application: string, version: number, why: string): Promise<void> {
  await sql`
    update policy_replay set status = 'FAILED', failure = ${why}, updated_at = now()
    where shard_key = ${application} and version = ${version} and status = 'RUNNING'`;
}

export async function selectReplay(
  sql: SqlRunner,
  application: string,
  version: number,
): Promise<ReplayRow | undefined> {
  const rows = await sql<ReplayRow[]>`
    select version, progress, (extract(epoch from started_at) * 1000)::float8 as "startedAtMs",
      case when gone then 'FAILED' else status end as status,
      case when gone then ${SERVER_GONE} else failure end as failure
    from policy_replay
    cross join lateral (
      select status = 'RUNNING' and updated_at < now() - ${SILENT_AFTER_S} * interval '1 s' as gone) silent
    where shard_key = ${application} and version = ${version}`;
  return rows[0];
}

/** Reads the log once: time has no index, and is asked for once a replay. */
export async function selectSeqBefore(sql: SqlRunner, application: string, sinceMs: number): Promise<number> {
  const rows = await sql<{ seq: number }[]>`
    select coalesce(
      (select min(seq) - 1 from observation
       where shard_key = ${application} and observed_at >= to_timestamp(${sinceMs}::float8 / 1000)),
      (select last_seq from application_head where shard_key = ${application}), 0)::float8 as seq`;
  return rows[0]?.seq ?? 0;
}

export interface StagedRow {
  readonly voidUntilSeq: number;
  readonly seq: number | null;
  readonly birthSeq: number | null;
  readonly birth: Uint8Array | null;
  readonly state: Uint8Array | null;
}

/** Given as {e: entity, k: its state is known}. */
export async function selectStaged(
  sql: SqlRunner,
  application: string,
  version: number,
  entitiesJson: string,
): Promise<readonly StagedRow[]> {
  return sql<StagedRow[]>`
    select coalesce(t.seq, 0)::float8 as "voidUntilSeq", s.seq::float8 as seq, s.birth_seq::float8 as "birthSeq",
      s.birth, s.state
    from rows from (jsonb_to_recordset(${entitiesJson}::text::jsonb) as (e text, k boolean))
      with ordinality as w (e, k, ord)
    left join lateral (
      select seq from entity_tombstone
      where shard_key = ${application} and entity_digest = sha256(convert_to(w.e, 'UTF8')) limit 1) t on true
    left join lateral (
      select * from policy_state
      where not w.k and shard_key = ${application} and policy_version = ${version} and entity = w.e limit 1) s on true
    order by w.ord`;
}

/** States of rows that were corrected since the replay began, and the population if an entity was deleted since. */
export async function setCorrectedPending(
  tx: SqlRunner,
  application: string,
  version: number,
  afterSeq: number,
  beganSeq: number,
): Promise<void> {
  await tx`
    with corrected as (
      select o.entity from observation c
      join observation o on o.shard_key = c.shard_key and o.receipt_id = c.receipt_id and o.superseded_by = c.seq
      where c.shard_key = ${application} and c.seq > ${beganSeq}::float8::bigint and o.seq > ${afterSeq}::float8::bigint
    ), affected as (
      select coalesce(entity, '') as entity from corrected
      union select '' from corrected
      union select '' from log_event
        where shard_key = ${application} and seq > ${beganSeq}::float8::bigint and kind = 'ENTITY_DELETED'
    )
    update policy_state s set rebuild_pending = true from affected a
    where s.shard_key = ${application} and s.policy_version = ${version} and s.entity = a.entity`;
}
