import { z } from "zod";
import type { Application, ApplicationLink, Model, ModelVersion, RegistrySnapshot } from "../domain/application.js";
import { completeApplication, patchFeedback } from "../domain/applicationChanges.js";
import { FailureError, failure } from "../domain/failure.js";
import { featureModelOf } from "../domain/policySpec.js";
import { patchModelSettings } from "../domain/modelSettings.js";
import type { ModelSettingsPatch } from "../domain/modelSettings.js";
import type {
  ApplicationPatch,
  ChangedModelVersion,
  NewApplication,
  RegistryStore,
  Stored,
} from "../domain/storePorts.js";
import { signatureDifference } from "../domain/tensor.js";
import { modelRevision } from "../lib/revision.js";
import type { Database, SqlRunner } from "./database.js";
import { followFeatures, followOwn, holdFeatures, onCurrentFeatures } from "./featureVersions.js";
import { ensureHead, lockHead } from "./headStatements.js";
import { lossJson, policyJson } from "./policyRows.js";
import { nextPolicyVersion } from "./policyVersionStatements.js";
import { addPolicyVersion, beginPolicyVersion, makePolicyVersionCurrent } from "./policyVersions.js";
import * as rows from "./registryRows.js";
import * as statements from "./registryStatements.js";
import { lockedApplication, requireApplication, requireRevision } from "./expectedRevision.js";
import { orFailure, storeFailure, transact } from "./transaction.js";

type CompleteApplication = Omit<Application, "links" | "policyVersion">;

const SNAPSHOT = z.object({
  applications: z.array(z.unknown()),
  policyVersions: z.array(z.unknown()),
  models: z.array(z.unknown()),
  versions: z.array(z.unknown()),
});

/** What a change came to inside its transaction; `changed` decides whether the servers are told. */
interface Outcome<T> {
  readonly value: T;
  readonly created: boolean;
  readonly changed: boolean;
}

/** The registry in PostgreSQL. Each change is one transaction that holds the lock of what it changes. */
export class PostgresRegistryStore implements RegistryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(): Promise<RegistrySnapshot> {
    const snapshot = SNAPSHOT.parse(await this.#selectRegistry());
    return {
      applications: snapshot.applications.map(rows.parseApplication),
      policyVersions: snapshot.policyVersions.map(rows.parsePolicyVersion),
      models: snapshot.models.map(rows.parseModel),
      versions: snapshot.versions.map(rows.parseModelVersion),
    };
  }

  createApplication(application: NewApplication): Promise<Stored<Application>> {
    return this.#change(async (tx) => {
      const { name, links } = application;
      const given = completeApplication(application);
      const complete = { ...given, policy: await onCurrentFeatures(tx, given.policy) };
      const created = await insertApplication(tx, complete);
      if (created && links !== undefined) await insertLinks(tx, name, links);
      const value = await requireApplication(tx, name);
      if (!created && rows.applicationContent(value) !== rows.applicationContent(complete)) {
        throw conflict(`application ${name} exists with other content`);
      }
      if (!created && links !== undefined && rows.linksJson(value.links) !== rows.linksJson(links)) {
        throw conflict(`application ${name} exists with other links`);
      }
      return { value, created, changed: created };
    });
  }

  updateApplication(name: string, patch: ApplicationPatch, expected?: string): Promise<Stored<Application>> {
    return this.#change(async (tx) => {
      if (changesPolicy(patch)) await holdFeatures(tx, name, patch.policy);
      const before = await lockedApplication(tx, name, expected);
      await statements.updateApplication(tx, name, applicationChanges(patch));
      if (patch.feedback !== undefined) {
        await statements.updateFeedback(tx, name, patchFeedback(before.feedback, patch.feedback));
      }
      await changePolicy(tx, before, patch);
      return { value: await requireApplication(tx, name), created: false, changed: true };
    });
  }

  deleteApplication(name: string, expected?: string): Promise<Stored<Application>> {
    return this.#change(async (tx) => {
      const value = await lockedApplication(tx, name, expected);
      await statements.deleteApplication(tx, name);
      return { value, created: false, changed: true };
    });
  }

  registerModelVersion(
    version: ModelVersion,
    makeCurrent: boolean,
    expected?: string,
  ): Promise<Stored<ChangedModelVersion>> {
    return this.#change(async (tx) => {
      if (expected !== undefined) await lockedModel(tx, version.model, expected);
      const isFirst = await statements.insertModel(tx, version.model, version.version);
      await statements.lockModel(tx, version.model);
      const created = await storeModelVersion(tx, version);
      if (makeCurrent && !isFirst) await statements.updateCurrentVersion(tx, version.model, version.version);
      if (makeCurrent) await followFeatures(tx, version.model);
      return { value: await changedVersion(tx, version.model, version.version), created, changed: true };
    });
  }

  setCurrentVersion(model: string, version: number, expected?: string): Promise<Stored<ChangedModelVersion>> {
    return this.#change(async (tx) => {
      await lockedModel(tx, model, expected);
      await requireVersion(tx, model, version);
      await statements.updateCurrentVersion(tx, model, version);
      await followFeatures(tx, model);
      return { value: await changedVersion(tx, model, version), created: false, changed: true };
    });
  }

  configureModel(name: string, patch: ModelSettingsPatch, expected?: string): Promise<Stored<Model>> {
    return this.#change(async (tx) => {
      const before = await lockedModel(tx, name, expected);
      await statements.updateSettings(tx, name, rows.settingsJson(patchModelSettings(before.settings, patch)));
      return { value: rows.parseModel(await statements.selectModel(tx, name)), created: false, changed: true };
    });
  }

  invalidateCache(name: string): Promise<Stored<Model>> {
    return this.#change(async (tx) => {
      await lockedModel(tx, name);
      await statements.incrementCacheGeneration(tx, name);
      return { value: rows.parseModel(await statements.selectModel(tx, name)), created: false, changed: true };
    });
  }

  removeModelVersion(model: string, version: number, expected?: string): Promise<Stored<Model>> {
    return this.#change(async (tx) => {
      const value = await lockedModel(tx, model, expected);
      await requireVersion(tx, model, version);
      if (value.currentVersion === version) await removeLastVersion(tx, model, version);
      else await statements.deleteModelVersion(tx, model, version);
      return { value, created: false, changed: true };
    });
  }

  linkModel(application: string, link: ApplicationLink, expected?: string): Promise<Stored<Application>> {
    return this.#change(async (tx) => {
      // Models before applications: whoever makes another version current locks them in this order.
      await statements.lockModel(tx, link.model);
      const before = await lockedApplication(tx, application, expected);
      await lockedModel(tx, link.model);
      await statements.upsertLink(tx, application, link);
      if (featureModelOf(before.policy) === link.model) await followOwn(tx, before);
      const created = !before.links.some(({ model }) => model === link.model);
      return { value: await requireApplication(tx, application), created, changed: !rows.hasLink(before, link) };
    });
  }

  unlinkModel(application: string, model: string, expected?: string): Promise<Stored<Application>> {
    return this.#change(async (tx) => {
      await lockedApplication(tx, application, expected);
      if (!(await statements.deleteLink(tx, application, model))) {
        throw notFound(`application ${application} has no link to model ${model}`);
      }
      return { value: await requireApplication(tx, application), created: false, changed: true };
    });
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    return this.#database.listen(statements.REGISTRY_TOPIC, changed);
  }

  #selectRegistry(): Promise<unknown> {
    return orFailure(statements.selectRegistry(this.#database.sql), this.#database);
  }

  async #change<T>(work: (tx: SqlRunner) => Promise<Outcome<T>>): Promise<Stored<T>> {
    try {
      const { value, created } = await transact(this.#database.sql, async (tx) => {
        const outcome = await work(tx);
        if (outcome.changed) await statements.notifyRegistry(tx);
        return outcome;
      });
      return { kind: "stored", created, value };
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }
}

/** True when the version is new. Its signature is for ever, but for the names of its classes; its endpoints are replaced. */
async function storeModelVersion(tx: SqlRunner, version: ModelVersion): Promise<boolean> {
  const columns = {
    model: version.model,
    version: version.version,
    signatureJson: rows.signatureJson(version.signature),
    endpointsJson: rows.endpointsJson(version.endpoints),
  };
  const row = await statements.selectModelVersion(tx, version.model, version.version);
  if (row === undefined) {
    await statements.insertModelVersion(tx, columns);
    return true;
  }
  const known = rows.parseModelVersion(row).signature;
  const difference = signatureDifference(known, version.signature);
  if (difference !== undefined) {
    throw conflict(`version ${version.version} of model ${version.model} has another signature: ${difference}`);
  }
  const signature = { ...known, classes: version.signature.classes ?? known.classes };
  await statements.updateModelVersion(tx, { ...columns, signatureJson: rows.signatureJson(signature) });
  return false;
}

/** The current version goes only with its model, when it is all that is left of it and nobody asks it. */
async function removeLastVersion(tx: SqlRunner, model: string, version: number): Promise<void> {
  const what = `version ${version} of model ${model} is`;
  if ((await statements.countVersions(tx, model)) > 1) {
    throw conflict(`${what} the current one: make another one current first`);
  }
  const users = await statements.selectLinked(tx, model);
  if (users.length > 0) {
    throw conflict(
      `${what} its only one, and ${users.join(", ")} ask it: unlink the model there first, or register another`,
    );
  }
  await statements.deleteModel(tx, model);
}

async function insertLinks(tx: SqlRunner, application: string, links: readonly ApplicationLink[]): Promise<void> {
  const linksJson = rows.linksJson(links);
  const missing = await statements.lockLinkedModels(tx, linksJson);
  if (missing !== undefined) throw notFound(`there is no model ${missing}`);
  await statements.insertLinks(tx, application, linksJson);
}

async function lockedModel(tx: SqlRunner, name: string, expected?: string): Promise<Model> {
  if (!(await statements.lockModel(tx, name))) throw notFound(`there is no model ${name}`);
  const model = rows.parseModel(await statements.selectModel(tx, name));
  requireRevision(`model ${name}`, modelRevision(model), expected);
  return model;
}

async function changedVersion(tx: SqlRunner, name: string, version: number): Promise<ChangedModelVersion> {
  const modelNow = rows.parseModel(await statements.selectModel(tx, name));
  return { ...(await requireVersion(tx, name, version)), modelNow };
}

async function requireVersion(tx: SqlRunner, model: string, version: number): Promise<ModelVersion> {
  const row = await statements.selectModelVersion(tx, model, version);
  if (row === undefined) throw notFound(`there is no version ${version} of model ${model}`);
  return rows.parseModelVersion(row);
}

/** With its first policy version, or the next one if an application of this name was deleted before. False: the name is taken. */
async function insertApplication(tx: SqlRunner, application: CompleteApplication): Promise<boolean> {
  await ensureHead(tx, application.name);
  const headSeq = (await lockHead(tx, application.name)) ?? 0;
  const version = await nextPolicyVersion(tx, application.name);
  const created = await statements.insertApplication(tx, applicationColumns(application, version));
  if (created) await beginPolicyVersion(tx, application, version, headSeq);
  return created;
}

function changesPolicy({ policy, loss }: ApplicationPatch): boolean {
  return policy !== undefined || loss !== undefined;
}

/** Another policy or loss is a new version, which begins with nothing learned. */
async function changePolicy(tx: SqlRunner, before: Application, patch: ApplicationPatch): Promise<void> {
  const { name } = before;
  if (!changesPolicy(patch)) return;
  const policy = policyJson(await onCurrentFeatures(tx, patch.policy ?? before.policy));
  const loss = lossJson(patch.loss ?? before.loss);
  if (policy === policyJson(before.policy) && loss === lossJson(before.loss)) return;
  await ensureHead(tx, name);
  await lockHead(tx, name);
  const origin = { kind: "CREATED" } as const;
  const { version } = await addPolicyVersion(tx, name, { policyJson: policy, lossJson: loss, origin });
  await makePolicyVersionCurrent(tx, name, version);
}

function applicationColumns(application: CompleteApplication, policyVersion: number): statements.ApplicationColumns {
  const { name, description, sloMs, bulkDeadlineMs, defaultOutput, confidenceThreshold, coverage } = application;
  return {
    name,
    description,
    sloMs,
    bulkDeadlineMs,
    inputJson: rows.tensorsJson(application.input),
    outputJson: rows.outputSpecJson(application.output),
    defaultOutputJson: defaultOutput === undefined ? null : rows.outputJson(defaultOutput),
    policyJson: policyJson(application.policy),
    policyVersion,
    lossJson: lossJson(application.loss),
    confidenceThreshold: confidenceThreshold ?? null,
    coverage: coverage ?? null,
    feedback: application.feedback,
  };
}

function applicationChanges(patch: ApplicationPatch): statements.ApplicationChanges {
  const { defaultOutput } = patch;
  return {
    description: patch.description ?? null,
    sloMs: patch.sloMs ?? null,
    bulkDeadlineMs: patch.bulkDeadlineMs ?? null,
    changeDefaultOutput: defaultOutput !== undefined,
    defaultOutputJson: defaultOutput === undefined || defaultOutput === null ? null : rows.outputJson(defaultOutput),
    changeConfidenceThreshold: patch.confidenceThreshold !== undefined,
    confidenceThreshold: patch.confidenceThreshold ?? null,
    changeCoverage: patch.coverage !== undefined,
    coverage: patch.coverage ?? null,
  };
}

function conflict(message: string): FailureError {
  return new FailureError(failure("CONFLICT", message));
}

function notFound(message: string): FailureError {
  return new FailureError(failure("NOT_FOUND", message));
}
