import type { LoggedPrior } from "../domain/learningPorts.js";
import type { SqlRunner } from "./database.js";

/** What is learned for entities to be born with: one function per statement. */

/** Those of the version, and before it was forked of those that it descends from. */
export async function selectPriors(
  sql: SqlRunner,
  application: string,
  policyVersion: number,
  afterSeq: number,
  untilSeq: number,
): Promise<readonly LoggedPrior[]> {
  return sql<LoggedPrior[]>`
    select e.seq::float8 as seq, e.content -> 'prior' as prior
    from log_event e
    left join policy_version p on p.shard_key = ${application} and p.version = ${policyVersion}
    where e.shard_key = ${application} and e.seq > ${afterSeq}::float8::bigint
      and e.seq <= ${untilSeq}::float8::bigint and e.kind = 'PRIOR'
      and (e.content ->> 'policyVersion' = ${policyVersion}::integer::text or exists (
        select from unnest(p.lineage_versions, p.lineage_until) as l(version, until)
        where e.seq <= l.until and e.content ->> 'policyVersion' = l.version::text))
    order by e.seq`;
}

export async function selectLastPriorSeq(sql: SqlRunner, application: string, policyVersion: number): Promise<number> {
  const rows = await sql<{ seq: number | null }[]>`
    select max(seq)::float8 as seq from log_event
    where shard_key = ${application} and kind = 'PRIOR' and content ->> 'policyVersion' = ${policyVersion}::integer::text`;
  return rows[0]?.seq ?? 0;
}

/** Every nth in the order of their names. Reads the key's index alone: some 100 ms for a million. */
export async function selectEntitySample(
  sql: SqlRunner,
  application: string,
  policyVersion: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await sql<{ entity: string }[]>`
    select entity from (
      select entity, row_number() over (order by entity) as place, count(*) over () as total
      from policy_state where shard_key = ${application} and policy_version = ${policyVersion} and entity <> ''
    ) numbered
    where place % greatest(1, ceil(total / ${limit}::float8)::bigint) = 0
    order by entity`;
  return rows.map(({ entity }) => entity);
}

/** For as long as the connection lasts. False: somebody else has it. */
export async function tryLockPriors(sql: SqlRunner, application: string): Promise<boolean> {
  const rows = await sql<{ locked: boolean }[]>`
    select pg_try_advisory_lock(hashtextextended('skysail prior ' || ${application}, 0)) as locked`;
  return rows[0]?.locked ?? false;
}
