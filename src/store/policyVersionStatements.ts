import type postgres from "postgres";
import type { ReplayedRange } from "../domain/learningPorts.js";
import type { SqlRunner } from "./database.js";

/** Policy versions: one function per statement, those that change something under the application's head. */

export interface PolicyVersionRow {
  readonly version: number;
  readonly policy: unknown;
  readonly loss: unknown;
  readonly origin: "CREATED" | "FORKED" | "REPLAYED";
  readonly originFrom: number | null;
  readonly sinceSeq: number;
  readonly replayed: ReplayedRange | null;
  readonly frozen: boolean;
  readonly createdAtMs: number;
}

export interface NewPolicyVersionRow {
  readonly version: number;
  readonly policyJson: string;
  readonly lossJson: string;
  readonly origin: PolicyVersionRow["origin"];
  readonly originFrom: number | null;
  readonly sinceSeq: number;
  /** Of a replayed one; a fork has its parent's. */
  readonly replayed?: ReplayedRange | undefined;
}

export function replayedColumn(sql: SqlRunner): postgres.PendingQuery<postgres.Row[]> {
  return sql`case when replayed_after is not null then
    jsonb_build_object('afterSeq', replayed_after, 'untilSeq', replayed_until) end as replayed`;
}

export async function selectPolicyVersions(sql: SqlRunner, application: string): Promise<readonly PolicyVersionRow[]> {
  return sql<PolicyVersionRow[]>`
    select version, policy, loss, origin, origin_from as "originFrom", since_seq::float8 as "sinceSeq", ${replayedColumn(sql)}, frozen,
      (extract(epoch from created_at) * 1000)::float8 as "createdAtMs"
    from policy_version where shard_key = ${application} order by version`;
}

/** One that is being replayed has its number already. */
export async function nextPolicyVersion(tx: SqlRunner, application: string): Promise<number> {
  const rows = await tx<{ version: number }[]>`
    select coalesce(max(version), 0) + 1 as version from (
      select version from policy_version where shard_key = ${application}
      union all select version from policy_replay where shard_key = ${application}) taken`;
  return rows[0]?.version ?? 1;
}

/** A fork's lineage: the version that it leaves now, then that one's own. */
export async function insertPolicyVersion(tx: SqlRunner, application: string, row: NewPolicyVersionRow): Promise<void> {
  await tx`
    insert into policy_version
      (shard_key, version, policy, loss, origin, origin_from, since_seq, lineage_versions, lineage_until, replayed_after,
       replayed_until)
    select ${application}, ${row.version}, ${row.policyJson}::text::jsonb, ${row.lossJson}::text::jsonb, ${row.origin},
      ${row.originFrom}, ${row.sinceSeq}, coalesce(parent.version || parent.lineage_versions, '{}'),
      coalesce(${row.sinceSeq}::bigint || parent.lineage_until, '{}'),
      coalesce(${row.replayed?.afterSeq ?? null}::float8::bigint, parent.replayed_after),
      coalesce(${row.replayed?.untilSeq ?? null}::float8::bigint, parent.replayed_until)
    from (select) nothing
    left join policy_version parent
      on ${row.origin} = 'FORKED' and parent.shard_key = ${application} and parent.version = ${row.originFrom}`;
}

export async function copyStates(tx: SqlRunner, application: string, from: number, to: number): Promise<void> {
  await tx`
    insert into policy_state (shard_key, policy_version, entity, seq, birth_seq, rebuild_pending, birth, state)
    select shard_key, ${to}, entity, seq, birth_seq, rebuild_pending, birth, state
    from policy_state where shard_key = ${application} and policy_version = ${from}`;
}

/** The application's policy and loss are those of its current version. False when there is no such application. */
export async function updateCurrentPolicyVersion(
  tx: SqlRunner,
  application: string,
  version: number,
): Promise<boolean> {
  const rows = await tx`
    update application a set policy_version = v.version, policy = v.policy, loss = v.loss, updated_at = now()
    from policy_version v
    where a.name = ${application} and v.shard_key = ${application} and v.version = ${version}
    returning 1`;
  return rows.length > 0;
}

export async function updateFrozen(
  tx: SqlRunner,
  application: string,
  version: number,
  frozen: boolean,
): Promise<void> {
  await tx`
    update policy_version set frozen = ${frozen} where shard_key = ${application} and version = ${version}`;
}
