import { FailureError, noApplication } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type {
  ChangedPolicyVersion,
  DeletedEntity,
  LearnedStateAdministration,
  LogEvent,
  PolicyVersionRecord,
  StoredEvent,
} from "../domain/learningPorts.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import { applicationRevision } from "../lib/revision.js";
import type { Database, SqlRunner } from "./database.js";
import * as entities from "./entityStatements.js";
import { lockedApplication, requireApplication } from "./expectedRevision.js";
import { appendEvent, lockHead, selectEvents, selectEventsBefore } from "./headStatements.js";
import { lossJson, policyJson } from "./policyRows.js";
import { selectPolicyVersions } from "./policyVersionStatements.js";
import {
  addPolicyVersion,
  freezePolicyVersion,
  makePolicyVersionCurrent,
  policyVersionRecord,
  requirePolicyVersion,
} from "./policyVersions.js";
import { lockApplication, notifyRegistry } from "./registryStatements.js";
import { orFailure, storeFailure, transact } from "./transaction.js";

/**
 * What operators do to learned state. Each change is one transaction under the locks of the application and of its head,
 * in this order, like every change of an application: nobody appends meanwhile, and the log says where it was made.
 */
export class PostgresLearnedStateAdministration implements LearnedStateAdministration {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async policyVersions(application: string): Promise<readonly PolicyVersionRecord[]> {
    return this.#read(async (sql) => (await selectPolicyVersions(sql, application)).map(policyVersionRecord));
  }

  addPolicyVersion(
    application: string,
    version: Pick<PolicyVersionRecord, "policy" | "loss" | "origin">,
    makeCurrent: boolean,
    expected?: string,
  ): Promise<ChangedPolicyVersion | Failure> {
    return this.#change(application, async (tx) => {
      if (expected !== undefined) await lockedApplication(tx, application, expected);
      const added = await addPolicyVersion(tx, application, {
        policyJson: policyJson(version.policy as PolicySpec),
        lossJson: lossJson(version.loss as LossSpec),
        origin: version.origin,
      });
      if (makeCurrent) await makePolicyVersionCurrent(tx, application, added.version);
      await notifyRegistry(tx);
      return changedVersion(tx, application, added);
    });
  }

  setCurrentPolicyVersion(
    application: string,
    version: number,
    expected?: string,
  ): Promise<ChangedPolicyVersion | Failure> {
    return this.#change(application, async (tx) => {
      if (expected !== undefined) await lockedApplication(tx, application, expected);
      const record = await requirePolicyVersion(tx, application, version);
      await makePolicyVersionCurrent(tx, application, version);
      await notifyRegistry(tx);
      return changedVersion(tx, application, record);
    });
  }

  setFrozen(
    application: string,
    version: number,
    frozen: boolean,
    expected?: string,
  ): Promise<ChangedPolicyVersion | Failure> {
    return this.#change(application, async (tx) => {
      if (expected !== undefined) await lockedApplication(tx, application, expected);
      await requirePolicyVersion(tx, application, version);
      await freezePolicyVersion(tx, application, version, frozen);
      await notifyRegistry(tx);
      return changedVersion(tx, application, await requirePolicyVersion(tx, application, version));
    });
  }

  deleteEntity(application: string, entity: string): Promise<DeletedEntity | Failure> {
    return this.#change(application, async (tx) => {
      const states = await entities.deleteEntityStates(tx, application, entity);
      const observations = await entities.deleteEntityObservations(tx, application, entity);
      await entities.deleteEntityPredictions(tx, application, entity);
      await entities.forgetEntityName(tx, application, entity);
      if (observations > 0) await entities.setPopulationsPending(tx, application);
      const deleted = { observations, states };
      const { seq } = await appendEvent(tx, application, "ENTITY_DELETED", JSON.stringify(deleted));
      await entities.upsertTombstone(tx, application, entity, seq, true);
      return deleted;
    });
  }

  resetEntity(application: string, entity: string): Promise<{ readonly states: number } | Failure> {
    return this.#change(application, async (tx) => {
      const states = await entities.deleteEntityStates(tx, application, entity);
      const { seq } = await appendEvent(tx, application, "ENTITY_RESET", JSON.stringify({ entity, states }));
      await entities.upsertTombstone(tx, application, entity, seq, false);
      return { states };
    });
  }

  appendEvent(application: string, event: LogEvent): Promise<StoredEvent | Failure> {
    return this.#change(application, async (tx) => {
      const { kind, content } = event;
      const stored = await appendEvent(tx, application, kind, JSON.stringify(content) ?? "null");
      return { kind, content, ...stored };
    });
  }

  events(application: string, afterSeq: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.#read((sql) => selectEvents(sql, application, afterSeq, limit));
  }

  eventsBefore(application: string, seq: number, count: number): Promise<readonly StoredEvent[]> {
    return this.#read((sql) => selectEventsBefore(sql, application, seq, count));
  }

  #read<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }

  /** Also for applications that were deleted: their logs stay, and entities in them may have to be forgotten. */
  async #change<T>(application: string, work: (tx: SqlRunner) => Promise<T>): Promise<T | Failure> {
    try {
      return await transact(this.#database.sql, async (tx) => {
        await lockApplication(tx, application);
        if ((await lockHead(tx, application)) === undefined) throw unknownApplication(application);
        return work(tx);
      });
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }
}

async function changedVersion(
  tx: SqlRunner,
  application: string,
  record: PolicyVersionRecord,
): Promise<ChangedPolicyVersion> {
  return { ...record, revision: applicationRevision(await requireApplication(tx, application)) };
}

function unknownApplication(name: string): FailureError {
  return new FailureError(noApplication(name));
}
