import { caught, FailureError, failure, noApplication } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { PolicyVersionRecord } from "../domain/learningPorts.js";
import type {
  ReplayedVersion,
  ReplayProgress,
  ReplayRecord,
  ReplayStore,
  ReplayWork,
  StagedEntity,
} from "../domain/replayPorts.js";
import { lockedApplication } from "./expectedRevision.js";
import type { Database, Sql, SqlRunner } from "./database.js";
import { selectPage } from "./feedbackLog.js";
import { lockHead } from "./headStatements.js";
import { lossJson, policyJson } from "./policyRows.js";
import { insertPolicyVersion, nextPolicyVersion } from "./policyVersionStatements.js";
import { makePolicyVersionCurrent, policyEvent, requirePolicyVersion } from "./policyVersions.js";
import { lockApplication, notifyRegistry } from "./registryStatements.js";
import * as statements from "./replayStatements.js";
import type { ReplayRow, StagedRow } from "./replayStatements.js";
import { packStates } from "./stateRows.js";
import { inParts } from "./stateStore.js";
import { writeStates } from "./stateStatements.js";
import { orFailure, transact } from "./transaction.js";

const DELETED_TOGETHER = 1_000;

export class PostgresReplayStore implements ReplayStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(application: string, progress: ReplayProgress, expected?: string): Promise<ReplayRecord | Failure> {
    return caught(() =>
      this.#ask(async (sql) => {
        await statements.failSilentReplays(sql, application);
        await removeFailed(sql, application);
        const version = await transact(sql, (tx) => takeVersion(tx, application, progress, expected));
        const row = await statements.selectReplay(sql, application, version);
        return recordOf(row as ReplayRow);
      }),
    );
  }

  seqBefore(application: string, sinceMs: number): Promise<number> {
    return this.#ask((sql) => statements.selectSeqBefore(sql, application, sinceMs));
  }

  work(application: string, version: number): ReplayWork {
    const work = workOn(this.#database.sql, application, version);
    return {
      rows: (...range) => this.#ask(() => work.rows(...range)),
      staged: (entities) => this.#ask(() => work.staged(entities)),
      write: (states) => this.#ask(() => work.write(states)),
    };
  }

  async tell(application: string, version: number, progress: ReplayProgress): Promise<void> {
    const isMine = await this.#ask((sql) =>
      statements.updateReplay(sql, application, version, "RUNNING", JSON.stringify(progress)),
    );
    if (!isMine) throw takenOver(version);
  }

  complete(
    application: string,
    version: number,
    replayed: ReplayedVersion,
    finish: (endSeq: number, work: ReplayWork) => Promise<ReplayProgress>,
  ): Promise<PolicyVersionRecord> {
    return this.#ask((sql) =>
      transact(sql, async (tx) => {
        if (!(await lockApplication(tx, application))) throw gone(application);
        const head = await lockHead(tx, application);
        if (head === undefined) throw gone(application);
        const endSeq = Math.min(head, replayed.untilSeq);
        const progress = await finish(endSeq, workOn(tx, application, version));
        await statements.setCorrectedPending(tx, application, version, replayed.afterSeq, replayed.beganSeq);
        await addReplayedVersion(tx, application, version, replayed, endSeq);
        const isMine = await statements.updateReplay(tx, application, version, "COMPLETE", JSON.stringify(progress));
        if (!isMine) throw takenOver(version);
        await notifyRegistry(tx);
        return requirePolicyVersion(tx, application, version);
      }),
    );
  }

  fail(application: string, version: number, why: string): Promise<void> {
    return this.#ask((sql) => statements.failReplay(sql, application, version, why));
  }

  async read(application: string, version: number): Promise<ReplayRecord | undefined> {
    const row = await this.#ask((sql) => statements.selectReplay(sql, application, version));
    return row && recordOf(row);
  }

  #ask<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }
}

function workOn(sql: SqlRunner, application: string, version: number): ReplayWork {
  return {
    rows: (afterSeq, untilSeq, limit) => selectPage(sql, application, { afterSeq, untilSeq }, limit),
    async staged(entities) {
      const json = JSON.stringify(entities.map(({ entity, isKnown }) => ({ e: entity, k: isKnown })));
      const rows = await statements.selectStaged(sql, application, version, json);
      return rows.map((row, i) => stagedOf(row, version, entities[i]?.entity ?? ""));
    },
    async write(states) {
      for (const part of inParts(states)) await writeStates(sql, application, packStates(part));
    },
  };
}

async function removeFailed(sql: SqlRunner, application: string): Promise<void> {
  while ((await statements.deleteFailedStates(sql, application, DELETED_TOGETHER)) === DELETED_TOGETHER);
}

/** Under the application's lock no other version gets the same number. */
async function takeVersion(
  tx: SqlRunner,
  application: string,
  progress: ReplayProgress,
  expected: string | undefined,
): Promise<number> {
  await lockedApplication(tx, application, expected);
  const running = await statements.selectRunningReplay(tx, application);
  if (running !== undefined) {
    const message = `a replay of application ${application} is under way, as version ${running}; wait until policyReplay says that it is complete`;
    throw new FailureError(failure("CONFLICT", message));
  }
  const version = await nextPolicyVersion(tx, application);
  await statements.insertReplay(tx, application, version, JSON.stringify(progress));
  return version;
}

async function addReplayedVersion(
  tx: SqlRunner,
  application: string,
  version: number,
  { policy, loss, from, afterSeq, makeCurrent }: ReplayedVersion,
  untilSeq: number,
): Promise<void> {
  const { seq } = await policyEvent(tx, application, { version, change: "REPLAYED" });
  await insertPolicyVersion(tx, application, {
    version,
    policyJson: policyJson(policy),
    lossJson: lossJson(loss),
    origin: "REPLAYED",
    originFrom: from,
    sinceSeq: seq,
    replayed: { afterSeq, untilSeq },
  });
  if (makeCurrent) await makePolicyVersionCurrent(tx, application, version);
}

function recordOf({ failure: why, ...row }: ReplayRow): ReplayRecord {
  return { ...row, failure: why ?? undefined };
}

function stagedOf(row: StagedRow, policyVersion: number, entity: string): StagedEntity {
  const { voidUntilSeq, seq, birthSeq, birth, state } = row;
  if (seq === null || birthSeq === null || birth === null || state === null || seq <= voidUntilSeq) {
    return { voidUntilSeq, kept: undefined };
  }
  return { voidUntilSeq, kept: { policyVersion, entity, seq, birthSeq, birth, state } };
}

function takenOver(version: number): FailureError {
  const message = `the replay as version ${version} was given up, since its server had not been heard of for a minute`;
  return new FailureError(failure("CONFLICT", message));
}

function gone(application: string): FailureError {
  return new FailureError(noApplication(application));
}
