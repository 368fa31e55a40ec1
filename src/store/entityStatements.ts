import type { SqlRunner } from "./database.js";

/** What is kept of one entity, to be reset or forgotten: one function per statement, under the application's head. */

export async function deleteEntityStates(tx: SqlRunner, application: string, entity: string): Promise<number> {
  const rows = await tx`
    delete from policy_state where shard_key = ${application} and entity = ${entity} and entity <> '' returning 1`;
  return rows.length;
}

export async function deleteEntityObservations(tx: SqlRunner, application: string, entity: string): Promise<number> {
  const { count } = await tx`delete from observation where shard_key = ${application} and entity = ${entity}`;
  return count;
}

export async function deleteEntityPredictions(tx: SqlRunner, application: string, entity: string): Promise<void> {
  await tx`delete from prediction where shard_key = ${application} and entity = ${entity}`;
}

/** Earlier events named it. */
export async function forgetEntityName(tx: SqlRunner, application: string, entity: string): Promise<void> {
  await tx`
    update log_event set content = content - 'entity'
    where shard_key = ${application} and content ->> 'entity' = ${entity}`;
}

/** All that learned from anybody's observations: which population had learned from this one is not worth a look. */
export async function setPopulationsPending(tx: SqlRunner, application: string): Promise<void> {
  await tx`
    update policy_state set rebuild_pending = true
    where shard_key = ${application} and entity = '' and not rebuild_pending`;
}

/**
 * States up to `seq` are void from now on. With `deleted`, what was predicted until now is no longer taken: until now by
 * the clock of this statement, since the transaction has waited for the head.
 */
export async function upsertTombstone(
  tx: SqlRunner,
  application: string,
  entity: string,
  seq: number,
  deleted: boolean,
): Promise<void> {
  await tx`
    insert into entity_tombstone as t (shard_key, entity_digest, seq, deleted_at)
    values (${application}, sha256(convert_to(${entity}, 'UTF8')), ${seq}, case when ${deleted} then clock_timestamp() end)
    on conflict (shard_key, entity_digest) do update
      set seq = excluded.seq, deleted_at = coalesce(excluded.deleted_at, t.deleted_at)`;
}
