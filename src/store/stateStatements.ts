import type { Fragment, SqlRunner } from "./database.js";
import type { PackedStates } from "./stateRows.js";

/*
 * Learned states: one function per statement. Of many states the bytes travel as one value and are cut apart here:
 * an array of bytea is quoted and hex-encoded twice on its way.
 */

/** Of one state that was asked for. `seq` is null unless the kept state (or its birth, if asked) is sent. */
export interface ReadingRow {
  /** Place among those asked for, from 1. */
  readonly ord: number;
  readonly seq: number | null;
  readonly birthSeq: number | null;
  readonly birth: Uint8Array | null;
  /** Null: the state is its birth. */
  readonly state: Uint8Array | null;
  readonly anew: boolean;
  readonly tail: readonly unknown[] | null;
  readonly priors: readonly (readonly [seq: number, prior: unknown])[] | null;
}

/**
 * States and what the log has after them, in one statement and hence one snapshot: outside of the head's lock a state
 * and its tail must be of the same moment. What the asker knows already gets no row. Asked for as {v: policy version, e: entity, k: known up to, b: from birth}.
 * What is known from before the entity was reset or deleted is void. What was never written has nothing in the log before
 * its version's `since_seq`, which spares it a scan; the entity's and the population's tails are two branches, of which one runs,
 * so that each has its index; `limit 1` keeps the planner at one index probe per state where it expects an empty table
 * (joined in bulk, 10,000 states cost 40 ms a group). A tail of `tailLimit` + 1 rows was cut. The population's
 * priors come by the key of `log_event`, which has few rows; for entities that branch is not run.
 */
export async function readStates(
  sql: SqlRunner,
  application: string,
  wantedJson: string,
  untilSeq: number | null,
  tailLimit: number,
): Promise<readonly ReadingRow[]> {
  const learned = sql`
    o.shard_key = ${application} and o.seq > base.after and o.seq <= coalesce(${untilSeq}::float8::bigint, o.seq)
    and o.superseded_by is null
    and (w.v = any(o.learned_by) or exists (
      select from unnest(p.lineage_versions, p.lineage_until) as l(version, until)
      where o.seq <= l.until and l.version = any(o.learned_by))
      or (o.counts and o.seq > p.replayed_after and o.seq <= p.replayed_until))`;
  return sql<ReadingRow[]>`
    select w.ord::float8 as ord, base.anew,
      case when base.sent then base.seq::float8 end as seq,
      case when base.sent then s.birth_seq::float8 end as "birthSeq",
      case when base.sent then s.birth end as birth,
      case when base.sent and not w.b then s.state end as state,
      tail.rows as tail, priors.rows as priors
    from rows from (jsonb_to_recordset(${wantedJson}::text::jsonb) as (v integer, e text, k float8, b boolean))
      with ordinality as w (v, e, k, b, ord)
    left join lateral (
      select * from policy_state
      where shard_key = ${application} and policy_version = w.v and entity = w.e limit 1) s on true
    left join lateral (
      select * from policy_version where shard_key = ${application} and version = w.v limit 1) p on true
    left join lateral (
      select * from entity_tombstone
      where shard_key = ${application} and entity_digest = sha256(convert_to(w.e, 'UTF8')) limit 1) t on true
    cross join lateral (
      select coalesce(t.seq, 0) as void_until,
        case when w.b then s.birth_seq else s.seq end as seq,
        case when not w.b and w.k >= coalesce(t.seq, 0) then w.k::bigint end as known
    ) found
    cross join lateral (
      select found.seq,
        found.seq is not null and (found.known is null or found.seq > found.known) as sent,
        found.seq is null and found.known is null as anew,
        case when w.b and found.seq is not null then found.seq
          else greatest(found.void_until, found.known, coalesce(found.seq, p.since_seq)) end as after
    ) base
    cross join lateral (
      select jsonb_agg(jsonb_build_array(o.seq, o.receipt_id, o.key, o.policy_version, o.entity, o.truth, o.evidence,
        o.learned_by, (extract(epoch from o.observed_at) * 1000)::float8) order by o.seq) as rows
      from (
        (select o.* from observation o where w.e <> '' and o.entity = w.e and ${learned}
         order by o.seq limit ${tailLimit + 1})
        union all
        (select o.* from observation o where w.e = '' and ${learned}
         order by o.seq limit ${tailLimit + 1})
      ) o
    ) tail
    cross join lateral (
      select jsonb_agg(jsonb_build_array(e.seq, e.content -> 'prior') order by e.seq) as rows
      from log_event e
      where w.e = '' and e.shard_key = ${application} and e.seq > base.after
        and e.seq <= coalesce(${untilSeq}::float8::bigint, e.seq) and e.kind = 'PRIOR'
        and (e.content ->> 'policyVersion' = w.v::text or exists (
          select from unnest(p.lineage_versions, p.lineage_until) as l(version, until)
          where e.seq <= l.until and e.content ->> 'policyVersion' = l.version::text))
    ) priors
    where base.sent or base.anew or tail.rows is not null or priors.rows is not null
    order by w.ord`;
}

/** Writes those that are newer than what is kept, in key order: two writers cannot deadlock. Gives the number written. */
export async function writeStates(sql: SqlRunner, application: string, packed: PackedStates): Promise<number> {
  const written = await sql`insert into policy_state ${keptStates(sql, application, packed, sql``)}`;
  return written.length;
}

/** What `insert into policy_state` takes. `onlyIf`: joins that leave nothing where nothing is to be written. */
export function keptStates(sql: SqlRunner, application: string, packed: PackedStates, onlyIf: Fragment): Fragment {
  return sql`
    as kept (shard_key, policy_version, entity, seq, birth_seq, birth, state)
    select ${application}, w.v, w.e, w.s, w.bs,
      substring(packed.bytes from w.bo + 1 for w.bl), substring(packed.bytes from w.so + 1 for w.sl)
    from (select ${packed.bytes}::bytea as bytes) packed
    cross join jsonb_to_recordset(${packed.json}::text::jsonb) as w(v integer, e text, s bigint, bs bigint,
      bo integer, bl integer, so integer, sl integer)
    left join lateral (
      select seq from entity_tombstone
      where shard_key = ${application} and entity_digest = sha256(convert_to(w.e, 'UTF8')) limit 1) t on true
    ${onlyIf}
    where w.s > coalesce(t.seq, 0)
    order by w.v, w.e collate "C"
    on conflict (shard_key, policy_version, entity) do update
      set seq = excluded.seq, birth_seq = excluded.birth_seq, birth = excluded.birth, state = excluded.state
      where excluded.seq > kept.seq
    returning 1`;
}

/** States are given as {v: policy version, e: entity}. Those that were never written need no rebuild. */
export async function setRebuildPending(
  tx: SqlRunner,
  application: string,
  refsJson: string,
  pending: boolean,
): Promise<void> {
  await tx`
    update policy_state s set rebuild_pending = ${pending}
    from jsonb_to_recordset(${refsJson}::text::jsonb) as w(v integer, e text)
    where s.shard_key = ${application} and s.policy_version = w.v and s.entity = w.e and s.rebuild_pending <> ${pending}`;
}

export async function selectPendingRebuilds(
  sql: SqlRunner,
  application: string,
): Promise<readonly { readonly policyVersion: number; readonly entity: string }[]> {
  return sql<{ policyVersion: number; entity: string }[]>`
    select policy_version as "policyVersion", entity from policy_state
    where shard_key = ${application} and rebuild_pending
    order by policy_version, entity collate "C"`;
}

/** Only what has been appended since can have corrected anything: few rows, each with the one that it names. */
export async function selectCorrectedSince(sql: SqlRunner, application: string, seq: number): Promise<boolean> {
  const rows = await sql<{ corrected: boolean }[]>`
    select exists (
      select from observation o join observation c
        on c.shard_key = o.shard_key and c.receipt_id = o.receipt_id and c.seq = o.superseded_by
      where c.shard_key = ${application} and c.seq > ${seq}::float8::bigint
    ) or exists (
      select from log_event
      where shard_key = ${application} and seq > ${seq}::float8::bigint and kind = 'ENTITY_DELETED'
    ) as corrected`;
  return rows[0]?.corrected ?? false;
}

/**
 * Entities of observations and resets after `seq`, at most `limit` + 1; undefined when an entity was deleted since, or
 * when more than `maxRows` places of the log would have to be looked at.
 */
export async function selectEntitiesSince(
  sql: SqlRunner,
  application: string,
  seq: number,
  limit: number,
  maxRows: number,
): Promise<readonly string[] | undefined> {
  const rows = await sql<{ entities: string[] | null; told: boolean }[]>`
    select
      last_seq - ${seq}::float8 <= ${maxRows}::float8 and not exists (
        select from log_event where shard_key = ${application} and seq > ${seq}::float8::bigint and kind = 'ENTITY_DELETED'
      ) as told,
      (select jsonb_agg(entity) from (
        select entity from observation
        where shard_key = ${application} and seq > ${seq}::float8::bigint and entity is not null
          and last_seq - ${seq}::float8 <= ${maxRows}::float8
        union
        select content ->> 'entity' from log_event
        where shard_key = ${application} and seq > ${seq}::float8::bigint and content ->> 'entity' <> ''
        limit ${limit + 1}) changed) as entities
    from application_head where shard_key = ${application}`;
  const row = rows[0];
  if (row === undefined) return [];
  return row.told ? (row.entities ?? []) : undefined;
}
