import type { SqlRunner } from "./database.js";

/** What the counting of rewards asks the database: one function per statement. */

interface PredictionRef {
  readonly id: string;
  readonly predictedMs: number;
}

export interface FoundRewards {
  readonly id: string;
  readonly shownAtMs: number | null;
  /** In order of seq; null for none. */
  readonly rows:
    | readonly (readonly [
        seq: number,
        key: string,
        counts: boolean,
        supersededBy: number | null,
        learnedBy: readonly number[],
        reward: number | null,
        isWithheld: boolean,
      ])[]
    | null;
}

/** Under the log's lock. The time of a prediction names its partition. */
export async function selectRewards(
  tx: SqlRunner,
  application: string,
  predictions: readonly PredictionRef[],
): Promise<readonly FoundRewards[]> {
  const given = JSON.stringify(predictions.map(({ id, predictedMs }) => ({ id, t: predictedMs })));
  return tx<FoundRewards[]>`
    select g.id,
      (select (extract(epoch from p.shown_at) * 1000)::float8 from prediction p
       where p.shard_key = ${application} and p.id = g.id and p.predicted_at = to_timestamp(g.t / 1000)) as "shownAtMs",
      (select jsonb_agg(jsonb_build_array(o.seq, o.key, o.counts, o.superseded_by, o.learned_by, o.truth -> 'reward',
         o.withheld is not null) order by o.seq)
       from observation o where o.shard_key = ${application} and o.receipt_id = g.id) as rows
    from jsonb_to_recordset(${given}::text::jsonb) as g(id text, t float8)`;
}

/** A prediction that is to wait, or was shown. */
export interface WaitingRow extends PredictionRef {
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly evidence: unknown;
  readonly shownAtMs: number | undefined;
  readonly waitsFromMs: number | undefined;
}

/**
 * Marks predictions in their log, or puts those there that have not arrived yet or were lost with a server: what a
 * receipt says of them is enough. The first time that one is shown, or waits, counts. Gives those that are there now: one
 * whose entity was deleted is not. In the order of their key, so that two writers cannot deadlock.
 */
export async function upsertWaiting(
  tx: SqlRunner,
  application: string,
  predictions: readonly WaitingRow[],
): Promise<readonly string[]> {
  const given = JSON.stringify(
    predictions.map(({ id, predictedMs, policyVersion, entity, evidence, shownAtMs, waitsFromMs }) => {
      const row = { id, t: predictedMs, pv: policyVersion, e: entity, ev: evidence ?? null };
      return { ...row, sh: shownAtMs, wf: waitsFromMs };
    }),
  );
  const rows = await tx<{ id: string }[]>`
    insert into prediction as p
      (shard_key, id, predicted_at, policy_version, entity, source, evidence, shown_at, waits_from)
    select ${application}, g.id, to_timestamp(g.t / 1000), g.pv, g.e, coalesce(g.ev ->> 'source', 'DEFAULT'),
      nullif(g.ev, 'null'), to_timestamp(g.sh / 1000), to_timestamp(g.wf / 1000)
    from jsonb_to_recordset(${given}::text::jsonb) as g(id text, t float8, pv integer, e text, ev jsonb, sh float8, wf float8)
    where not exists (
      select from entity_tombstone t
      where t.shard_key = ${application} and t.entity_digest = sha256(convert_to(g.e, 'UTF8'))
        and t.deleted_at >= to_timestamp(g.t / 1000))
    order by g.t, g.id
    on conflict (shard_key, id, predicted_at) do update
      set shown_at = coalesce(p.shown_at, excluded.shown_at), waits_from = coalesce(p.waits_from, excluded.waits_from)
    returning p.id`;
  return rows.map(({ id }) => id);
}
