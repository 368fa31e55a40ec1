import type { Withheld } from "../domain/storePorts.js";
import { isSafe } from "./commitSettings.js";
import type { CommitSettings } from "./commitSettings.js";
import type { Fragment, LaneSettings, SqlRunner } from "./database.js";
import { LOG_TOPIC } from "./headStatements.js";
import { CHANNEL, notification } from "./listener.js";
import type { PackedStates } from "./stateRows.js";
import { keptStates } from "./stateStatements.js";

/** One function per statement. But for `appendAllNew` they run in one transaction under the application's head. */

/**
 * Of the connections that append. A client that is stopped (a paused machine, a debugger) must not hold the head row: others
 * wait for it. A statement has less time than the client waits, who is then told that nothing was stored, where the client's
 * own limit could leave that open. Every look-up here has its index, and a plan that was made when the tables were empty must
 * not read them whole later: with the other ways off one plan serves for good, which saves making it anew for each group (1.8
 * of 8 ms at 64 rows). Compiling a plan (jit), which the planner takes to be worth it for its guess of 100 rows, costs 40 ms
 * a group.
 */
export const APPENDING: LaneSettings = {
  statement_timeout: "4000",
  idle_in_transaction_session_timeout: "2000",
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  jit: "off",
};

/** Makes the application's head, for the first of its log; gives what the server says about durability. */
export async function beginAppend(tx: SqlRunner, application: string): Promise<CommitSettings | undefined> {
  const rows = await tx<CommitSettings[]>`
    with head as (insert into application_head (shard_key) values (${application}) on conflict do nothing)
    select current_setting('fsync') as "fsync", current_setting('synchronous_commit') as "synchronousCommit"`;
  return rows[0];
}

export interface AppendedRow {
  /** Place in the group, from 1. */
  readonly ord: number;
  /** Null when it was refused. */
  readonly seq: number | null;
  readonly duplicate: boolean;
  /** The stored truth equals the given one. */
  readonly same: boolean;
  readonly refusal: "DELETED" | "NO_TARGET" | "SUPERSEDED" | null;
  readonly withheld: Withheld | null;
}

export interface AppendedRows {
  readonly application: string;
  readonly rowsJson: string;
  /** The process that appends them: it needs not be told of them. */
  readonly origin: string;
}

/**
 * `given`: the group's rows, what the log has of them, and which of them are new. `limit 1` in the look-ups keeps the planner
 * at one index probe per row. One JSON text carries the group: arrays would be quoted twice.
 */
function givenRows(sql: SqlRunner, application: string, rowsJson: string): Fragment {
  return sql`
    checked as materialized (
      select g.*, known.seq as known_seq, known.truth as known_truth, known.entity as known_entity,
        known.withheld as known_withheld,
        case
          when known.seq is not null then null
          when exists (
            select from entity_tombstone t
            where t.shard_key = ${application} and t.entity_digest = sha256(convert_to(g.entity, 'UTF8'))
              and t.deleted_at >= to_timestamp(g.predicted_ms / 1000)) then 'DELETED'
          when g.supersedes is null then null
          when target.seq is null then 'NO_TARGET'
          when target.superseded_by is not null then 'SUPERSEDED'
        end as refusal
      from rows from (jsonb_to_recordset(${rowsJson}::text::jsonb) as (receipt_id text, key text, policy_version integer,
        entity text, predicted_ms float8, truth jsonb, evidence jsonb, learned_by integer[], supersedes text,
        counts boolean, withheld text))
        with ordinality as g (receipt_id, key, policy_version, entity, predicted_ms, truth, evidence, learned_by,
          supersedes, counts, withheld, ord)
      left join lateral (
        select o.seq, o.truth, o.entity, o.withheld from observation o
        where o.shard_key = ${application} and o.receipt_id = g.receipt_id and o.key = g.key
        limit 1) known on true
      left join lateral (
        select o.seq, o.superseded_by from observation o
        where o.shard_key = ${application} and o.receipt_id = g.receipt_id and o.key = g.supersedes
        limit 1) target on true
    ), given as materialized (
      select checked.*,
        known_seq is null and refusal is null and row_number() over alike = 1 as fresh,
        case when known_seq is null
          then first_value(truth) over alike = truth and first_value(entity) over alike is not distinct from entity
          else known_truth = truth and known_entity is not distinct from entity
        end as same
      from checked
      window alike as (partition by receipt_id, key, refusal order by ord)
    )`;
}

/** What `insert into observation` takes. `rows`: of `given`, with their places in the log as `seq`. */
function placedRows(sql: SqlRunner, application: string, rows: Fragment): Fragment {
  return sql`
      (shard_key, seq, receipt_id, key, policy_version, entity, predicted_at, truth, evidence, learned_by,
       counts, withheld)
    select ${application}, seq, receipt_id, key, policy_version, entity, to_timestamp(predicted_ms / 1000), truth,
      evidence, learned_by, coalesce(counts, true), withheld
    from ${rows} order by seq
    returning seq`;
}

/**
 * Stores those of the group that are new, numbered on from the head in their order, and answers for all; of several in
 * the group with one receipt and key the first counts. No ON CONFLICT: under the head's lock what is not there cannot
 * appear, numbers given to rows that then conflict would leave gaps, and a breach of the lock shall fail on the unique
 * key rather than pass. Numbers come as float8, exact to 2^53, since postgres.js gives int8 as text.
 */
export async function appendObservations(
  tx: SqlRunner,
  { application, rowsJson, origin }: AppendedRows,
): Promise<readonly AppendedRow[]> {
  return tx<AppendedRow[]>`
    with ${givenRows(tx, application, rowsJson)}, numbered as materialized (
      select given.*, head.last_seq + row_number() over (order by given.ord) as seq
      from given cross join application_head head
      where head.shard_key = ${application} and given.fresh
    ), stored as (
      insert into observation ${placedRows(tx, application, tx`numbered`)}
    ), moved as (
      update application_head set last_seq = (select max(seq) from stored)
      where shard_key = ${application} and exists (select from stored)
      returning pg_notify(${CHANNEL}, ${notification(LOG_TOPIC, origin)}::text)
    )
    select given.ord::float8 as ord, coalesce(given.known_seq, numbered.seq)::float8 as seq,
      not given.fresh as duplicate, given.same, given.refusal,
      case when given.known_seq is null then given.withheld else given.known_withheld end as withheld
    from given left join numbered using (receipt_id, key)`;
}

/**
 * Stores the group and the states that come of it, if the log ends at `head` and all of the group is new; else nothing.
 * Gives whether it did. A transaction by itself: the head is compared and moved by the update, which waits for whoever holds
 * it and then sees where he left it. While it is where it was, nothing has come to the log, nor was an entity deleted, that this
 * statement's snapshot could have missed.
 */
export async function appendAllNew(
  sql: SqlRunner,
  { application, rowsJson, origin }: AppendedRows,
  head: number,
  states: PackedStates,
): Promise<boolean> {
  const places = sql`(
    select given.*, ${head}::float8::bigint + given.ord as seq from given cross join moved) placed`;
  const rows = await sql`
    with ${givenRows(sql, application, rowsJson)}, moved as (
      update application_head set last_seq = last_seq + (select count(*) from given)
      where shard_key = ${application} and last_seq = ${head}::float8::bigint
        and not exists (select from given where not fresh) and ${isSafe(sql)}
      returning pg_notify(${CHANNEL}, ${notification(LOG_TOPIC, origin)}::text)
    ), stored as (
      insert into observation ${placedRows(sql, application, places)}
    ), kept as (
      insert into policy_state ${keptStates(sql, application, states, sql`cross join moved`)}
    )
    select from moved`;
  return rows.length === 1;
}

export interface SupersededRow {
  readonly seq: number;
  readonly supersededBy: number;
  readonly entity: string | null;
  readonly learnedBy: readonly number[];
}

/**
 * Marks what rows just appended correct. Given as [seq of the correction, receipt, key of what it corrects]. Learned by:
 * also the versions that have it by replaying the log, and the forks of those that had learned it before.
 */
export async function markSuperseded(
  tx: SqlRunner,
  application: string,
  correctionsJson: string,
): Promise<readonly SupersededRow[]> {
  return tx<SupersededRow[]>`
    update observation o set superseded_by = c.seq
    from jsonb_to_recordset(${correctionsJson}::text::jsonb) as c(seq bigint, receipt_id text, key text)
    where o.shard_key = ${application} and o.receipt_id = c.receipt_id and o.key = c.key
    returning o.seq::float8 as seq, o.superseded_by::float8 as "supersededBy", o.entity,
      to_jsonb(o.learned_by || coalesce((
        select array_agg(p.version) from policy_version p
        where p.shard_key = ${application} and not p.version = any(o.learned_by) and (
          (o.counts and o.seq > p.replayed_after and o.seq <= p.replayed_until) or exists (
            select from unnest(p.lineage_versions, p.lineage_until) as l(version, until)
            where o.seq <= l.until and l.version = any(o.learned_by)))), '{}')) as "learnedBy"`;
}
