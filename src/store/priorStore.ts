import type { PriorStore, StoredEvent } from "../domain/learningPorts.js";
import type { Database, Sql } from "./database.js";
import { appendEvent, lockHead } from "./headStatements.js";
import { selectEntitySample, selectLastPriorSeq, tryLockPriors } from "./priorStatements.js";
import { orFailure, transact } from "./transaction.js";

/** What the job that learns priors reads and writes. */
export class PostgresPriorStore implements PriorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  sampleEntities(application: string, policyVersion: number, limit: number): Promise<readonly string[]> {
    return this.#ask((sql) => selectEntitySample(sql, application, policyVersion, limit));
  }

  lastPriorSeq(application: string, policyVersion: number): Promise<number> {
    return this.#ask((sql) => selectLastPriorSeq(sql, application, policyVersion));
  }

  /**
   * The lock is held by a connection of its own, outside of any transaction: it delays nobody's clean-up, and a server that
   * dies lets go of it. Should the connection be lost meanwhile, another server may begin the same: `appendPrior` takes one.
   */
  async exclusively<T>(application: string, work: () => Promise<T>): Promise<T | undefined> {
    const lane = this.#database.openLane();
    try {
      return (await orFailure(tryLockPriors(lane.sql, application), this.#database)) ? await work() : undefined;
    } finally {
      lane.destroy();
    }
  }

  appendPrior(
    application: string,
    policyVersion: number,
    lastSeq: number,
    prior: unknown,
  ): Promise<StoredEvent | undefined> {
    const content = { policyVersion, prior };
    return this.#ask((sql) =>
      transact(sql, async (tx) => {
        await lockHead(tx, application);
        if ((await selectLastPriorSeq(tx, application, policyVersion)) > lastSeq) return undefined;
        const stored = await appendEvent(tx, application, "PRIOR", JSON.stringify(content));
        return { kind: "PRIOR", content, ...stored };
      }),
    );
  }

  #ask<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }
}
