import type { LoggedPrediction, PredictionCursor } from "../domain/predictionLogPorts.js";
import type { SqlRunner } from "./database.js";

/** The prediction log: one function per statement. */

export interface PackedPredictions {
  /** {a: application, id, t: predicted at, pv, e: entity, src, ev: evidence, io: input's offset, il: its length, sh: shown at, wf: waits from} */
  readonly json: string;
  readonly inputs: Uint8Array;
}

export function packPredictions(predictions: readonly LoggedPrediction[]): PackedPredictions {
  const inputs: Uint8Array[] = [];
  let at = 0;
  const rows = predictions.map((prediction) => {
    const { application, id, predictedAtMs, policyVersion, entity, source, evidence, input, shownAtMs, waitsFromMs } =
      prediction;
    const place = input === undefined ? {} : { io: at, il: input.length };
    if (input !== undefined) inputs.push(input);
    at += input?.length ?? 0;
    const row = { a: application, id, t: predictedAtMs, pv: policyVersion, e: entity, src: source, sh: shownAtMs };
    return { wf: waitsFromMs, ev: evidence ?? null, ...place, ...row };
  });
  return { json: JSON.stringify(rows), inputs: Buffer.concat(inputs) };
}

/**
 * Losing the last of them in a crash is what a receipt's reader expects, so this transaction does not wait for the disk.
 * What an earlier attempt has stored after all stays; an entity deleted meanwhile stays deleted. One that was activated or
 * rewarded before it arrived here is there already, without what its receipt does not say.
 */
export async function insertPredictions(tx: SqlRunner, packed: PackedPredictions): Promise<void> {
  await tx`select set_config('synchronous_commit', 'off', true), set_config('statement_timeout', '5000', true)`;
  await tx`
    insert into prediction as p
      (shard_key, id, predicted_at, policy_version, entity, source, evidence, input, shown_at, waits_from)
    select g.a, g.id, to_timestamp(g.t / 1000), g.pv, g.e, g.src, nullif(g.ev, 'null'),
      substring(packed.inputs from g.io + 1 for g.il), to_timestamp(g.sh / 1000),
      to_timestamp(g.wf / 1000)
    from (select ${packed.inputs}::bytea as inputs) packed
    cross join jsonb_to_recordset(${packed.json}::text::jsonb) as g(a text, id text, t float8, pv integer, e text,
      src text, ev jsonb, io integer, il integer, sh float8, wf float8)
    where not exists (
      select from entity_tombstone t
      where t.shard_key = g.a and t.entity_digest = sha256(convert_to(g.e, 'UTF8'))
        and t.deleted_at >= to_timestamp(g.t / 1000))
    on conflict (shard_key, id, predicted_at) do update
      set source = excluded.source, evidence = coalesce(p.evidence, excluded.evidence),
        input = coalesce(p.input, excluded.input)
      where (p.evidence is null and excluded.evidence is not null) or (p.input is null and excluded.input is not null)`;
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
  readonly waitsFromMs: number | null;
}

/** A prediction's place: ids are told apart within an application. */
export interface PredictionName {
  readonly application: string;
  readonly id: string;
}

/** Those that are there, in any order. */
export async function selectPredictions(
  sql: SqlRunner,
  names: readonly PredictionName[],
): Promise<readonly LoggedPrediction[]> {
  const given = JSON.stringify(names.map(({ application, id }) => ({ a: application, id })));
  const rows = await sql<(PredictionRow & { readonly application: string })[]>`
    select g.a as application, p.id, (extract(epoch from p.predicted_at) * 1000)::float8 as "predictedAtMs",
      p.policy_version as "policyVersion", p.entity, p.source, p.evidence, p.input,
      (extract(epoch from p.shown_at) * 1000)::float8 as "shownAtMs",
      (extract(epoch from p.waits_from) * 1000)::float8 as "waitsFromMs"
    from jsonb_to_recordset(${given}::text::jsonb) as g(a text, id text)
    join prediction p on p.shard_key = g.a and p.id = g.id`;
  return rows.map((row) => loggedPrediction(row.application, row));
}

/** Of several servers one is at an application's waiting predictions. A server that is gone has its turn for 15 s more. */
export async function takeTurn(sql: SqlRunner, application: string, server: string): Promise<boolean> {
  const rows = await sql`
    insert into reward_turn as t (shard_key, server, until)
    values (${application}, ${server}, clock_timestamp() + interval '15 seconds')
    on conflict (shard_key) do update set server = excluded.server, until = excluded.until
      where t.server = excluded.server or t.until < clock_timestamp()
    returning 1`;
  return rows.length > 0;
}

export async function leaveTurn(sql: SqlRunner, application: string, server: string): Promise<void> {
  await sql`
    update reward_turn set until = clock_timestamp() where shard_key = ${application} and server = ${server}`;
}

export async function selectDue(
  sql: SqlRunner,
  application: string,
  untilMs: number,
  limit: number,
): Promise<readonly LoggedPrediction[]> {
  const rows = await sql<PredictionRow[]>`
    select p.id, (extract(epoch from p.predicted_at) * 1000)::float8 as "predictedAtMs",
      p.policy_version as "policyVersion", p.entity, p.source, p.evidence, null as input,
      (extract(epoch from p.shown_at) * 1000)::float8 as "shownAtMs",
      (extract(epoch from p.waits_from) * 1000)::float8 as "waitsFromMs"
    from prediction p
    where p.shard_key = ${application} and p.waits_from <= to_timestamp(${untilMs}::float8 / 1000)
    order by p.waits_from, p.id limit ${limit}`;
  return rows.map((row) => loggedPrediction(application, row));
}

/** By (time, id): all that is kept of one entity's predictions. */
export async function selectOfEntity(
  sql: SqlRunner,
  application: string,
  entity: string,
  after: PredictionCursor,
  limit: number,
): Promise<readonly LoggedPrediction[]> {
  const rows = await sql<PredictionRow[]>`
    select p.id, (extract(epoch from p.predicted_at) * 1000)::float8 as "predictedAtMs",
      p.policy_version as "policyVersion", p.entity, p.source, p.evidence, p.input,
      (extract(epoch from p.shown_at) * 1000)::float8 as "shownAtMs",
      (extract(epoch from p.waits_from) * 1000)::float8 as "waitsFromMs"
    from prediction p
    where p.shard_key = ${application} and p.entity = ${entity}
      and (p.predicted_at, p.id) > (to_timestamp(${after.atMs}::float8 / 1000), ${after.id})
    order by p.predicted_at, p.id limit ${limit}`;
  return rows.map((row) => loggedPrediction(application, row));
}

/** Predictions wait no more. Their times name their partitions. */
export async function endWaiting(
  sql: SqlRunner,
  application: string,
  predictions: readonly LoggedPrediction[],
): Promise<void> {
  const given = JSON.stringify(predictions.map(({ id, predictedAtMs }) => ({ id, t: predictedAtMs })));
  await sql`
    update prediction p set waits_from = null
    from jsonb_to_recordset(${given}::text::jsonb) as g(id text, t float8)
    where p.shard_key = ${application} and p.id = g.id and p.predicted_at = to_timestamp(g.t / 1000)`;
}

/** Undefined: none waits. */
export async function selectFirstWaiting(sql: SqlRunner, application: string): Promise<number | undefined> {
  const rows = await sql<{ fromMs: number }[]>`
    select (extract(epoch from waits_from) * 1000)::float8 as "fromMs" from prediction
    where shard_key = ${application} and waits_from is not null
    order by waits_from, id limit 1`;
  return rows[0]?.fromMs;
}

function loggedPrediction(application: string, row: PredictionRow): LoggedPrediction {
  const { id, predictedAtMs, policyVersion, entity, source, evidence, input, shownAtMs, waitsFromMs } = row;
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
    waitsFromMs: waitsFromMs ?? undefined,
  };
}
