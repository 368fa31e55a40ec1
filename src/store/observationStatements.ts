import type { CommitSettings } from "./commitSettings.js";
import type { SqlRunner } from "./database.js";

/** One function per statement. They run in this order in one transaction, sent together: one round trip. */

/**
 * Limits of this transaction on the server's side, and what it says about durability. A client that is stopped (a
 * paused machine, a debugger) must not hold the head row: others wait for it. The client's own limit is shorter. A plan
 * kept from when the log was empty would read all of it for each row, so plans are made anew (0.2 ms) and by index.
 */
export async function beginAppend(tx: SqlRunner): Promise<CommitSettings | undefined> {
  const rows = await tx<CommitSettings[]>`
    select current_setting('fsync') as "fsync", current_setting('synchronous_commit') as "synchronousCommit",
      set_config('statement_timeout', '1000', true), set_config('idle_in_transaction_session_timeout', '2000', true),
      set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true)`;
  return rows[0];
}

/** The first observation of an application makes its head. */
export async function ensureHead(tx: SqlRunner, application: string): Promise<void> {
  await tx`insert into application_head (shard_key) values (${application}) on conflict do nothing`;
}

/**
 * From here to the commit nobody else appends to this application. Its own statement, so that the next one's snapshot
 * is taken after the lock was given and sees all that the holder before us has committed.
 */
export async function lockHead(tx: SqlRunner, application: string): Promise<void> {
  await tx`select last_seq from application_head where shard_key = ${application} for update`;
}

export interface AppendedRow {
  /** Place in the group, from 1. */
  readonly ord: number;
  readonly seq: number;
  readonly duplicate: boolean;
  /** The stored truth equals the given one. */
  readonly same: boolean;
}

/**
 * Stores those of the group that are new, numbered on from the head in their order, and answers for all; of several in
 * the group with one receipt and key the first counts. No ON CONFLICT: under the head's lock what is not there cannot
 * appear, numbers given to rows that then conflict would leave gaps, and a breach of the lock shall fail on the unique
 * key rather than pass. `limit 1` in the look-up keeps the planner at one index probe per row. Numbers come as float8,
 * exact to 2^53, since postgres.js gives int8 as text. One JSON text carries the group: arrays would be quoted twice.
 */
export async function appendObservations(
  tx: SqlRunner,
  application: string,
  rowsJson: string,
): Promise<readonly AppendedRow[]> {
  return tx<AppendedRow[]>`
    with given as materialized (
      select g.*, known.seq as known_seq,
        known.seq is null and row_number() over alike = 1 as fresh,
        coalesce(known.truth, first_value(g.truth) over alike) = g.truth as same
      from rows from (jsonb_to_recordset(${rowsJson}::text::jsonb) as (receipt_id text, key text, policy_version integer,
        entity text, predicted_ms float8, truth jsonb, evidence jsonb))
        with ordinality as g (receipt_id, key, policy_version, entity, predicted_ms, truth, evidence, ord)
      left join lateral (
        select o.seq, o.truth from observation o
        where o.shard_key = ${application} and o.receipt_id = g.receipt_id and o.key = g.key
        limit 1) known on true
      window alike as (partition by g.receipt_id, g.key order by g.ord)
    ), numbered as materialized (
      select given.*, head.last_seq + row_number() over (order by given.ord) as seq
      from given cross join application_head head
      where head.shard_key = ${application} and given.fresh
    ), stored as (
      insert into observation
        (shard_key, seq, receipt_id, key, policy_version, entity, predicted_at, truth, evidence)
      select ${application}, seq, receipt_id, key, policy_version, entity, to_timestamp(predicted_ms / 1000), truth, evidence
      from numbered order by seq
      returning seq
    ), moved as (
      update application_head set last_seq = (select max(seq) from stored)
      where shard_key = ${application} and exists (select from stored)
    )
    select given.ord::float8 as ord, coalesce(given.known_seq, numbered.seq)::float8 as seq,
      not given.fresh as duplicate, given.same
    from given left join numbered using (receipt_id, key)`;
}
