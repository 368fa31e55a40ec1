import type postgres from "postgres";
import type { ApplicationLink, FeedbackRules } from "../domain/application.js";
import type { SqlRunner } from "./database.js";
import { CHANNEL, notification } from "./listener.js";
import { replayedColumn } from "./policyVersionStatements.js";

/*
 * One function per statement. JSON goes in as text and is cast here: given a value for a jsonb parameter, postgres.js
 * would encode text a second time. Arrays come and go as JSON too. Rows are unknown until registryRows.ts has parsed them.
 */

export const REGISTRY_TOPIC = "registry";

function applicationColumns(sql: SqlRunner): postgres.PendingQuery<postgres.Row[]> {
  return sql`name, description, slo_ms as "sloMs", bulk_deadline_ms as "bulkDeadlineMs", input, output,
    default_output as "defaultOutput", policy, policy_version as "policyVersion", loss,
    confidence_threshold as "confidenceThreshold", coverage,
    jsonb_strip_nulls(jsonb_build_object('rewardWaitMs', reward_wait_ms, 'defaultReward', default_reward,
      'aggregation', aggregation, 'deferActivation', defer_activation, 'apprentice', apprentice,
      'logPredictions', log_predictions, 'learnedShare', learned_share)) as feedback,
    (select coalesce(jsonb_agg(jsonb_build_object('model', l.model, 'weight', l.weight) order by l.model), '[]')
     from application_model l where l.application = application.name) as links`;
}

/** Everything in one statement, hence in one snapshot: no server ever sees a link without its model. */
export async function selectRegistry(sql: SqlRunner): Promise<unknown> {
  const rows = await sql`
    select
      (select coalesce(jsonb_agg(to_jsonb(a) order by a.name), '[]') from (
        select ${applicationColumns(sql)}
        from application) a) as applications,
      (select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(p)) order by p.application, p.version), '[]') from (
        select shard_key as application, version, policy, loss, frozen, ${replayedColumn(sql)} from policy_version
        where shard_key in (select name from application)) p) as "policyVersions",
      (select coalesce(jsonb_agg(to_jsonb(m) order by m.name), '[]') from (
        select name, current_version as "currentVersion", settings, cache_generation as "cacheGeneration" from model) m) as models,
      (select coalesce(jsonb_agg(to_jsonb(v) order by v.model, v.version), '[]') from (
        select model, version, signature, endpoints from model_version) v) as versions`;
  return rows[0];
}

export async function selectApplication(sql: SqlRunner, name: string): Promise<unknown> {
  const rows = await sql`
    select ${applicationColumns(sql)}
    from application where name = ${name}`;
  return rows[0];
}

/** Also the lock under which an application's links change: two changes at once go one after the other. */
export async function lockApplication(sql: SqlRunner, name: string): Promise<boolean> {
  const rows = await sql`select 1 from application where name = ${name} for update`;
  return rows.length > 0;
}

export interface ApplicationColumns {
  readonly name: string;
  readonly description: string;
  readonly sloMs: number;
  readonly bulkDeadlineMs: number;
  readonly inputJson: string;
  readonly outputJson: string;
  readonly defaultOutputJson: string | null;
  readonly policyJson: string;
  readonly policyVersion: number;
  readonly lossJson: string;
  readonly confidenceThreshold: number | null;
  readonly coverage: number | null;
  readonly feedback: FeedbackRules;
}

/** False when the name is taken. */
export async function insertApplication(sql: SqlRunner, a: ApplicationColumns): Promise<boolean> {
  const { feedback } = a;
  const rows = await sql`
    insert into application (name, description, slo_ms, bulk_deadline_ms, input, output, default_output, policy,
      policy_version, loss, confidence_threshold, coverage, log_predictions, reward_wait_ms, default_reward, aggregation,
      defer_activation, apprentice, learned_share)
    values (${a.name}, ${a.description}, ${a.sloMs}, ${a.bulkDeadlineMs}, ${a.inputJson}::text::jsonb, ${a.outputJson}::text::jsonb,
      ${a.defaultOutputJson}::text::jsonb, ${a.policyJson}::text::jsonb, ${a.policyVersion}, ${a.lossJson}::text::jsonb,
      ${a.confidenceThreshold}, ${a.coverage}, ${feedback.logPredictions}, ${feedback.rewardWaitMs ?? null},
      ${feedback.defaultReward ?? null}, ${feedback.aggregation}, ${feedback.deferActivation}, ${feedback.apprentice},
      ${feedback.learnedShare ?? null})
    on conflict do nothing
    returning name`;
  return rows.length > 0;
}

export interface ApplicationChanges {
  /** Null leaves the column as it is. */
  readonly description: string | null;
  readonly sloMs: number | null;
  readonly bulkDeadlineMs: number | null;
  readonly changeDefaultOutput: boolean;
  readonly defaultOutputJson: string | null;
  readonly changeConfidenceThreshold: boolean;
  readonly confidenceThreshold: number | null;
  readonly changeCoverage: boolean;
  readonly coverage: number | null;
}

/** False when there is no such application. */
export async function updateApplication(sql: SqlRunner, name: string, to: ApplicationChanges): Promise<boolean> {
  const rows = await sql`
    update application set
      description = coalesce(${to.description}, description),
      slo_ms = coalesce(${to.sloMs}, slo_ms),
      bulk_deadline_ms = coalesce(${to.bulkDeadlineMs}, bulk_deadline_ms),
      default_output = case when ${to.changeDefaultOutput} then ${to.defaultOutputJson}::text::jsonb else default_output end,
      confidence_threshold = case when ${to.changeConfidenceThreshold} then ${to.confidenceThreshold}::float8 else confidence_threshold end,
      coverage = case when ${to.changeCoverage} then ${to.coverage}::float8 else coverage end,
      updated_at = now()
    where name = ${name}
    returning name`;
  return rows.length > 0;
}

export async function updateFeedback(sql: SqlRunner, name: string, to: FeedbackRules): Promise<void> {
  await sql`
    update application set log_predictions = ${to.logPredictions}, reward_wait_ms = ${to.rewardWaitMs ?? null},
      default_reward = ${to.defaultReward ?? null}, aggregation = ${to.aggregation},
      defer_activation = ${to.deferActivation}, apprentice = ${to.apprentice},
      learned_share = ${to.learnedShare ?? null}
    where name = ${name}`;
}

export async function deleteApplication(sql: SqlRunner, name: string): Promise<void> {
  await sql`delete from application where name = ${name}`;
}

/** True when the model is new. */
export async function insertModel(sql: SqlRunner, name: string, currentVersion: number): Promise<boolean> {
  const rows = await sql`
    insert into model (name, current_version) values (${name}, ${currentVersion})
    on conflict do nothing
    returning name`;
  return rows.length > 0;
}

/** False when there is no such model. */
export async function lockModel(sql: SqlRunner, name: string): Promise<boolean> {
  const rows = await sql`select 1 from model where name = ${name} for update`;
  return rows.length > 0;
}

/** Undefined when there is no such model. It stays the current one until the transaction ends. */
export async function shareCurrentVersion(sql: SqlRunner, name: string): Promise<number | undefined> {
  const rows = await sql<{ version: number }[]>`
    select current_version as version from model where name = ${name} for share`;
  return rows[0]?.version;
}

export async function selectFeatureModel(sql: SqlRunner, application: string): Promise<string | undefined> {
  const rows = await sql<{ model: string | null }[]>`
    select policy ->> 'featureModel' as model from application where name = ${application}`;
  return rows[0]?.model ?? undefined;
}

/** Those whose policy has the model as its feature model, by name. */
export async function lockApplicationsOver(sql: SqlRunner, model: string): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from application where policy ->> 'featureModel' = ${model} order by name for update`;
  return rows.map(({ name }) => name);
}

export async function selectModel(sql: SqlRunner, name: string): Promise<unknown> {
  const rows = await sql`
    select name, current_version as "currentVersion", settings, cache_generation as "cacheGeneration"
    from model where name = ${name}`;
  return rows[0];
}

export async function updateSettings(sql: SqlRunner, model: string, settingsJson: string): Promise<void> {
  await sql`update model set settings = ${settingsJson}::text::jsonb where name = ${model}`;
}

export async function incrementCacheGeneration(sql: SqlRunner, model: string): Promise<void> {
  await sql`update model set cache_generation = cache_generation + 1 where name = ${model}`;
}

export async function deleteModelVersion(sql: SqlRunner, model: string, version: number): Promise<void> {
  await sql`delete from model_version where model = ${model} and version = ${version}`;
}

/** With its versions. */
export async function deleteModel(sql: SqlRunner, name: string): Promise<void> {
  await sql`delete from model where name = ${name}`;
}

export async function countVersions(sql: SqlRunner, model: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`select count(*)::int as count from model_version where model = ${model}`;
  return rows[0]?.count ?? 0;
}

/** Names of the applications that ask a model. */
export async function selectLinked(sql: SqlRunner, model: string): Promise<readonly string[]> {
  const rows = await sql<{ application: string }[]>`
    select application from application_model where model = ${model} order by application`;
  return rows.map(({ application }) => application);
}

export async function updateCurrentVersion(sql: SqlRunner, model: string, version: number): Promise<void> {
  await sql`update model set current_version = ${version} where name = ${model}`;
}

export async function selectModelVersion(sql: SqlRunner, model: string, version: number): Promise<unknown> {
  const rows = await sql`
    select model, version, signature, to_jsonb(endpoints) as endpoints
    from model_version where model = ${model} and version = ${version}`;
  return rows[0];
}

export interface ModelVersionColumns {
  readonly model: string;
  readonly version: number;
  readonly signatureJson: string;
  readonly endpointsJson: string;
}

export async function insertModelVersion(sql: SqlRunner, v: ModelVersionColumns): Promise<void> {
  await sql`
    insert into model_version (model, version, signature, endpoints)
    values (${v.model}, ${v.version}, ${v.signatureJson}::text::jsonb,
      array(select jsonb_array_elements_text(${v.endpointsJson}::text::jsonb)))`;
}

export async function updateModelVersion(sql: SqlRunner, v: ModelVersionColumns): Promise<void> {
  await sql`
    update model_version set signature = ${v.signatureJson}::text::jsonb,
      endpoints = array(select jsonb_array_elements_text(${v.endpointsJson}::text::jsonb))
    where model = ${v.model} and version = ${v.version}`;
}

export async function upsertLink(sql: SqlRunner, application: string, link: ApplicationLink): Promise<void> {
  await sql`
    insert into application_model (application, model, weight) values (${application}, ${link.model}, ${link.weight})
    on conflict (application, model) do update set weight = excluded.weight`;
}

/** Locks the models that the links name, in one order for all; gives the first that does not exist. */
export async function lockLinkedModels(sql: SqlRunner, linksJson: string): Promise<string | undefined> {
  await sql`
    select 1 from model
    where name in (select l.model from jsonb_to_recordset(${linksJson}::text::jsonb) as l(model text))
    order by name for update`;
  const rows = await sql<{ model: string }[]>`
    select l.model from jsonb_to_recordset(${linksJson}::text::jsonb) as l(model text)
    where not exists (select 1 from model where name = l.model)
    limit 1`;
  return rows[0]?.model;
}

export async function insertLinks(sql: SqlRunner, application: string, linksJson: string): Promise<void> {
  await sql`
    insert into application_model (application, model, weight)
    select ${application}, l.model, l.weight
    from jsonb_to_recordset(${linksJson}::text::jsonb) as l(model text, weight double precision)`;
}

/** False when there was no such link. */
export async function deleteLink(sql: SqlRunner, application: string, model: string): Promise<boolean> {
  const rows = await sql`
    delete from application_model where application = ${application} and model = ${model} returning model`;
  return rows.length > 0;
}

/** Delivered at commit, and only then. Without payload, so that equal notifications of one transaction are one. */
export async function notifyRegistry(sql: SqlRunner): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${notification(REGISTRY_TOPIC)})`;
}
