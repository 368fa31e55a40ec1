import DataLoader from "dataloader";
import type postgres from "postgres";
import { z } from "zod";
import type {
  BegunDeployment,
  DeploymentRecord,
  DeploymentSpec,
  DeploymentStore,
  NewDeployment,
} from "../domain/deploymentPorts.js";
import { caught, failure, FailureError } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { DATATYPES } from "../domain/tensor.js";
import type { Database, Sql, SqlRunner } from "./database.js";
import { orFailure, transact } from "./transaction.js";

const TENSORS = z.array(z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.int()) }));

const SPEC = z.object({
  artefact: z.string(),
  fileName: z.string(),
  unpack: z.boolean(),
  framework: z.string(),
  signature: z.object({ inputs: TENSORS, outputs: TENSORS }).optional(),
  options: z.array(z.object({ name: z.string(), value: z.string() })),
  requirements: z.array(z.string()),
  replicas: z.int().positive(),
  device: z.string(),
  memoryLimitBytes: z.number().optional(),
  niceness: z.int(),
  cpus: z.string().optional(),
  activate: z.boolean(),
  readyWithinMs: z.number(),
});

const RECORD = z
  .object({
    seq: z.number(),
    server: z.string(),
    model: z.string(),
    version: z.int(),
    status: z.enum(["PREPARING", "STARTING", "SERVING", "FAILED", "REMOVED"]),
    spec: SPEC,
    reason: z.string().nullable(),
    lastLines: z.array(z.string()),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
  })
  .transform(({ reason, spec: { signature, memoryLimitBytes, cpus, ...spec }, ...rest }): DeploymentRecord => ({
    ...rest,
    reason: reason ?? undefined,
    spec: { ...spec, signature, memoryLimitBytes, cpus },
  }));

const INTERRUPTED = "its server ended before it was ready: deploy it again";
const ENDED_KEPT_DAYS = 30;

/** Deployments in PostgreSQL: few rows, rarely changed. */
export class PostgresDeploymentStore implements DeploymentStore {
  readonly #database: Database;
  /** Those that are asked for together are read with one statement. */
  readonly #stored = new DataLoader<number, DeploymentRecord | undefined>((seqs) => this.#select(seqs), {
    cache: false,
  });

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(given: NewDeployment): Promise<BegunDeployment | Failure> {
    return caught(() => this.#ask((sql) => transact(sql, (tx) => begin(tx, given))));
  }

  async end(seq: number, status: "FAILED" | "REMOVED", reason: string, lastLines: readonly string[]): Promise<void> {
    await this.#ask((sql) => updateEnd(sql, seq, status, reason, JSON.stringify(lastLines)));
  }

  async progress(seq: number, status: "STARTING" | "SERVING"): Promise<void> {
    await this.#ask((sql) => updateStatus(sql, seq, status));
  }

  async setReplicas(seq: number, replicas: number): Promise<void> {
    await this.#ask((sql) => updateReplicas(sql, seq, replicas));
  }

  async resume(server: string): Promise<readonly DeploymentRecord[]> {
    await this.#ask((sql) => endInterrupted(sql, server));
    return (await this.#ask((sql) => selectServing(sql, server))).map((row) => RECORD.parse(row));
  }

  find(seq: number): Promise<DeploymentRecord | undefined> {
    return this.#stored.load(seq);
  }

  async #select(seqs: readonly number[]): Promise<(DeploymentRecord | undefined)[]> {
    const rows = await this.#ask((sql) => selectThese(sql, seqs));
    const found = new Map(rows.map((row) => RECORD.parse(row)).map((record) => [record.seq, record]));
    return seqs.map((seq) => found.get(seq));
  }

  async before(seq: number, count: number, model: string | undefined): Promise<readonly DeploymentRecord[]> {
    return (await this.#ask((sql) => selectBefore(sql, seq, count, model))).map((row) => RECORD.parse(row));
  }

  #ask<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }
}

/** Under a lock of the whole table: deployments begin minutes apart, and two must not take one number. */
async function begin(tx: SqlRunner, { server, model, version, spec }: NewDeployment): Promise<BegunDeployment> {
  await tx`lock table deployment in share row exclusive mode`;
  await forgetEnded(tx);
  const number = version ?? (await nextVersion(tx, model));
  const others = (await selectOfVersion(tx, model, number)).map((row) => RECORD.parse(row));
  const other = others.find((each) => each.spec.artefact !== spec.artefact);
  if (other !== undefined) throw anotherArtefact(other);
  const running = others.find((each) => each.server === server && each.status !== "REMOVED");
  if (running !== undefined) {
    if (specJson(running.spec) !== specJson(spec)) throw runsAlready(running, spec);
    return { kind: "begun", created: false, deployment: running };
  }
  const [row] = await tx`
    insert into deployment (server, model, version, spec)
    values (${server}, ${model}, ${number}, ${specJson(spec)}::text::jsonb)
    returning ${columns(tx)}`;
  return { kind: "begun", created: true, deployment: RECORD.parse(row) };
}

/**
 * Of those that were removed, the last of a registered version stays, which says what artefact the version is, and the last of
 * a model, after which its versions are counted.
 */
async function forgetEnded(tx: SqlRunner): Promise<void> {
  await tx`
    delete from deployment d
    where updated_at < now() - ${ENDED_KEPT_DAYS} * interval '1 day' and (status = 'FAILED' or status = 'REMOVED' and exists (
      select 1 from deployment later
      where later.model = d.model and later.status <> 'FAILED' and (
        later.version = d.version and later.seq > d.seq
        or later.version > d.version and not exists (
          select 1 from model_version v where v.model = d.model and v.version = d.version))))`;
}

/** Keys in one order, so that equal ones have equal texts. How many there are, and which is current, changes. */
function specJson(spec: DeploymentSpec): string {
  const { artefact, fileName, unpack, framework, signature, options, requirements, replicas, device } = spec;
  const tensors = signature && {
    inputs: signature.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    outputs: signature.outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
  };
  const { memoryLimitBytes, niceness, cpus, activate, readyWithinMs } = spec;
  return JSON.stringify({
    ...{ artefact, fileName, unpack, framework, signature: tensors },
    options: options.map(({ name, value }) => ({ name, value })),
    ...{ requirements, replicas, device, memoryLimitBytes, niceness, cpus, activate, readyWithinMs },
  });
}

function anotherArtefact({ model, version, spec }: DeploymentRecord): FailureError {
  const message = `version ${version} of model ${model} is deployed from another artefact, ${spec.artefact}: a version never changes, give another one`;
  return new FailureError(failure("CONFLICT", message));
}

function runsAlready({ seq, model, version, spec }: DeploymentRecord, asked: DeploymentSpec): FailureError {
  const [is, wanted] = [spec, asked].map((each) => JSON.parse(specJson(each)) as Record<string, unknown>);
  const names = Object.keys({ ...is, ...wanted });
  const others = names.filter((name) => JSON.stringify(is?.[name]) !== JSON.stringify(wanted?.[name]));
  const message = `version ${version} of model ${model} runs here already with another ${others.join(", ")} (deployment ${seq}): undeploy it first, or give another version`;
  return new FailureError(failure("CONFLICT", message));
}

function columns(sql: SqlRunner): postgres.PendingQuery<postgres.Row[]> {
  return sql`seq::float8 as seq, server, model, version, status, spec, reason, last_lines as "lastLines",
    (extract(epoch from created_at) * 1000)::float8 as "createdAtMs",
    (extract(epoch from updated_at) * 1000)::float8 as "updatedAtMs"`;
}

async function nextVersion(tx: SqlRunner, model: string): Promise<number> {
  const rows = await tx<{ version: number }[]>`
    select 1 + greatest(
      (select coalesce(max(version), 0) from model_version where model = ${model}),
      (select coalesce(max(version), 0) from deployment where model = ${model} and status <> 'FAILED')) as version`;
  return rows[0]?.version ?? 1;
}

/** On whatever server: running ones, and what a version that is registered still was served from. */
async function selectOfVersion(tx: SqlRunner, model: string, version: number): Promise<readonly unknown[]> {
  return tx`
    select ${columns(tx)} from deployment
    where model = ${model} and version = ${version} and (status in ('PREPARING', 'STARTING', 'SERVING')
      or (status = 'REMOVED' and exists (
        select 1 from model_version v where v.model = deployment.model and v.version = deployment.version)))
    order by seq`;
}

async function updateEnd(sql: Sql, seq: number, status: string, reason: string, linesJson: string): Promise<void> {
  await sql`
    update deployment set status = ${status}, reason = ${reason}, last_lines = ${linesJson}::text::jsonb, updated_at = now()
    where seq = ${seq} and status in ('PREPARING', 'STARTING', 'SERVING')`;
}

async function updateStatus(sql: Sql, seq: number, status: string): Promise<void> {
  await sql`
    update deployment set status = ${status}, updated_at = now()
    where seq = ${seq} and status in ('PREPARING', 'STARTING', 'SERVING')`;
}

async function updateReplicas(sql: Sql, seq: number, replicas: number): Promise<void> {
  await sql`
    update deployment set spec = jsonb_set(spec, '{replicas}', to_jsonb(${replicas}::integer)), updated_at = now()
    where seq = ${seq}`;
}

/** One whose version was registered meanwhile had come so far that it only did not say so. */
async function endInterrupted(sql: Sql, server: string): Promise<void> {
  await sql`
    update deployment set status = 'SERVING', updated_at = now()
    where server = ${server} and status = 'STARTING' and exists (
      select 1 from model_version v where v.model = deployment.model and v.version = deployment.version)`;
  await sql`
    update deployment set status = 'FAILED', reason = ${INTERRUPTED}, updated_at = now()
    where server = ${server} and status in ('PREPARING', 'STARTING')`;
}

async function selectServing(sql: Sql, server: string): Promise<readonly unknown[]> {
  return sql`select ${columns(sql)} from deployment where server = ${server} and status = 'SERVING' order by seq`;
}

async function selectThese(sql: Sql, seqs: readonly number[]): Promise<readonly unknown[]> {
  return sql`
    select ${columns(sql)} from deployment
    where seq in (select n::bigint from jsonb_array_elements_text(${JSON.stringify(seqs)}::text::jsonb) as g(n))`;
}

async function selectBefore(
  sql: Sql,
  seq: number,
  count: number,
  model: string | undefined,
): Promise<readonly unknown[]> {
  return sql`
    select ${columns(sql)} from deployment
    where seq < ${seq} and (${model ?? null}::text is null or model = ${model ?? null})
    order by seq desc limit ${count}`;
}
