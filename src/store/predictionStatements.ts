import type { LoggedPrediction, PredictionCursor, WaitBasis } from "../domain/predictionLogPorts.js";
import type { SqlRunner } from "./database.js";

/** The prediction log: one function per statement. */

export interface PackedPredictions {
  /** {a: application, id, t: predicted at, pv, e: entity, src, ev: evidence, io: input's offset, il: its length, sh: shown at} */
  readonly json: string;
  readonly inputs: Uint8Array;
}

export function packPredictions(predictions: readonly LoggedPrediction[]): PackedPredictions {
  const inputs: Uint8Array[] = [];
  let at = 0;
  const rows = predictions.map((prediction) => {
    const { application, id, predictedAtMs, policyVersion, entity, source, evidence, input, shownAtMs } = prediction;
    const place = input === undefined ? {} : { io: at, il: input.length };
    if (input !== undefined) inputs.push(input);
    at += input?.length ?? 0;
    const row = { a: application, id, t: predictedAtMs, pv: policyVersion, e: entity, src: source, sh: shownAtMs };
    return { ...row, ev: evidence ?? null, ...place };
  });
  return { json: JSON.stringify(rows), inputs: Buffer.concat(inputs) };
}

/**
 * Losing the last of them in a crash is what a receipt's reader expects, so this transaction does not wait for the disk.
 * What an earlier attempt has stored after all stays; an entity deleted meanwhile stays deleted.
 */
export async function insertPredictions(tx: SqlRunner, packed: PackedPredictions): Promise<void> {
  await tx`select set_config('synchronous_commit', 'off', true), set_config('statement_timeout', '5000', true)`;
  await tx`
    insert into prediction
      (shard_key, id, predicted_at, policy_version, entity, source, evidence, input, shown_at)
    select g.a, g.id, to_timestamp(g.t / 1000), g.pv, g.e, g.src, nullif(g.ev, 'null'),
      substring(packed.inputs from g.io + 1 for g.il), to_timestamp(g.sh / 1000)
    from (select ${packed.inputs}::bytea as inputs) packed
    cross join jsonb_to_recordset(${packed.json}::text::jsonb) as g(a text, id text, t float8, pv integer, e text,
      src text, ev jsonb, io integer, il integer, sh float8)
    where not exists (
      select from entity_tombstone t
      where t.shard_key = g.a and t.entity_digest = sha256(convert_to(g.e, 'UTF8'))
        and t.deleted_at >= to_timestamp(g.t / 1000))
    on conflict do nothing`;
}

interface PredictionRow {
  readonly id: string;
  readonly predictedAtMs: number;
  readonly policyVersion: number;
  readonly entity: string | null;
  readonly source: string;
  readonly evidence: unknown;
  readonly input: Uint8Array | null;
  readonly shownAtMs: number | null;
}

export async function selectPrediction(
  sql: SqlRunner,
  application: string,
  id: string,
): Promise<LoggedPrediction | undefined> {
  const rows = await sql<PredictionRow[]>`
    select p.id, (extract(epoch from p.predicted_at) * 1000)::float8 as "predictedAtMs",
      p.policy_version as "policyVersion", p.entity, p.source, p.evidence, p.input,
      (extract(epoch from p.shown_at) * 1000)::float8 as "shownAtMs"
    from prediction p where p.shard_key = ${application} and p.id = ${id} limit 1`;
  return rows[0] && loggedPrediction(application, rows[0]);
}

/** False when there is no such prediction. */
export async function updateShown(
  sql: SqlRunner,
  application: string,
  id: string,
  shownAtMs: number,
): Promise<boolean> {
  const rows = await sql`
    update prediction set shown_at = coalesce(shown_at, to_timestamp(${shownAtMs}::float8 / 1000))
    where shard_key = ${application} and id = ${id}
    returning 1`;
  return rows.length > 0;
}

/** By (time, id), so that pages neither repeat nor skip those of one moment. */
export async function selectUnobserved(
  sql: SqlRunner,
  application: string,
  basis: WaitBasis,
  after: PredictionCursor,
  untilMs: number,
  limit: number,
): Promise<readonly LoggedPrediction[]> {
  const at = basis === "SHOWN" ? sql`p.shown_at` : sql`p.predicted_at`;
  const rows = await sql<PredictionRow[]>`
    select p.id, (extract(epoch from p.predicted_at) * 1000)::float8 as "predictedAtMs",
      p.policy_version as "policyVersion", p.entity, p.source, p.evidence, p.input,
      (extract(epoch from p.shown_at) * 1000)::float8 as "shownAtMs"
    from prediction p
    where p.shard_key = ${application}
      and (${at}, p.id) > (to_timestamp(${after.atMs}::float8 / 1000), ${after.id})
      and ${at} < to_timestamp(${untilMs}::float8 / 1000)
      and not exists (select from observation o where o.shard_key = ${application} and o.receipt_id = p.id)
    order by ${at}, p.id limit ${limit}`;
  return rows.map((row) => loggedPrediction(application, row));
}

function loggedPrediction(application: string, row: PredictionRow): LoggedPrediction {
  const { id, predictedAtMs, policyVersion, entity, source, evidence, input, shownAtMs } = row;
  return {
    application,
    id,
    predictedAtMs,
    policyVersion,
    entity: entity ?? undefined,
    source,
    evidence,
    input: input ?? undefined,
    shownAtMs: shownAtMs ?? undefined,
  };
}
