import type { StoredEvent } from "../domain/learningPorts.js";
import type { SqlRunner } from "./database.js";
import { CHANNEL, notification } from "./listener.js";

/** The end of an application's log and what moves it: whoever holds the head's lock may append, nobody else. */

/** Told with every commit that moved a head. */
export const LOG_TOPIC = "log";
/** What is told without the name of a process is for all. */
export const NOBODY = "";

/** The first of an application's log makes its head. */
export async function ensureHead(tx: SqlRunner, application: string): Promise<void> {
  await tx`insert into application_head (shard_key) values (${application}) on conflict do nothing`;
}

/**
 * From here to the commit nobody else appends to this application. Its own statement, so that the next one's snapshot
 * is taken after the lock was given and sees all that the holder before us has committed. Gives the log's end; undefined when there is no head.
 */
export async function lockHead(tx: SqlRunner, application: string): Promise<number | undefined> {
  const rows = await tx<{ lastSeq: number }[]>`
    select last_seq::float8 as "lastSeq" from application_head where shard_key = ${application} for update`;
  return rows[0]?.lastSeq;
}

export interface EventRow {
  readonly seq: number;
  readonly atMs: number;
}

/** Takes the next place in the log. Under the head's lock. */
export async function appendEvent(
  tx: SqlRunner,
  application: string,
  kind: string,
  contentJson: string,
): Promise<EventRow> {
  const rows = await tx<EventRow[]>`
    with moved as (
      update application_head set last_seq = last_seq + 1 where shard_key = ${application}
      returning last_seq, pg_notify(${CHANNEL}, ${notification(LOG_TOPIC, NOBODY)})
    )
    insert into log_event (shard_key, seq, kind, content)
    select ${application}, last_seq, ${kind}, ${contentJson}::text::jsonb from moved
    returning seq::float8 as seq, (extract(epoch from at) * 1000)::float8 as "atMs"`;
  return rows[0] as EventRow;
}

/**
 * The next places in the log, in their order: given as [{kind, content}]. Under the head's lock. Told to all, also to the process
 * that appends them: who follows events hears of them at once.
 */
export async function appendEvents(tx: SqlRunner, application: string, eventsJson: string): Promise<void> {
  await tx`
    with given as materialized (
      select kind, content, ord
      from rows from (jsonb_to_recordset(${eventsJson}::text::jsonb) as (kind text, content jsonb))
        with ordinality as g (kind, content, ord)
    ), moved as (
      update application_head set last_seq = last_seq + (select count(*) from given) where shard_key = ${application}
      returning last_seq - (select count(*) from given) as before, pg_notify(${CHANNEL}, ${notification(LOG_TOPIC, NOBODY)})
    )
    insert into log_event (shard_key, seq, kind, content)
    select ${application}, moved.before + given.ord, given.kind, given.content from given cross join moved`;
}

/** Where the last event of each application is; absent for those without. One probe at the index's end each. */
export async function selectLastEvents(
  sql: SqlRunner,
  applicationsJson: string,
): Promise<readonly { readonly application: string; readonly seq: number }[]> {
  return sql<{ application: string; seq: number }[]>`
    select a.name as application, last.seq::float8 as seq
    from jsonb_array_elements_text(${applicationsJson}::text::jsonb) as a(name)
    cross join lateral (
      select seq from log_event where shard_key = a.name order by seq desc limit 1) last`;
}

export async function selectHeads(
  sql: SqlRunner,
  applicationsJson: string,
): Promise<readonly { readonly application: string; readonly seq: number }[]> {
  return sql<{ application: string; seq: number }[]>`
    select shard_key as application, last_seq::float8 as seq from application_head
    where shard_key in (select jsonb_array_elements_text(${applicationsJson}::text::jsonb))`;
}

export async function selectEvents(
  sql: SqlRunner,
  application: string,
  afterSeq: number,
  limit: number,
): Promise<readonly StoredEvent[]> {
  return sql<StoredEvent[]>`
    select seq::float8 as seq, kind, content, (extract(epoch from at) * 1000)::float8 as "atMs"
    from log_event where shard_key = ${application} and seq > ${afterSeq}
    order by seq limit ${limit}`;
}

export async function selectEventsBefore(
  sql: SqlRunner,
  application: string,
  seq: number,
  count: number,
): Promise<readonly StoredEvent[]> {
  return sql<StoredEvent[]>`
    select seq::float8 as seq, kind, content, (extract(epoch from at) * 1000)::float8 as "atMs"
    from log_event where shard_key = ${application} and seq < ${seq}
    order by seq desc limit ${count}`;
}
