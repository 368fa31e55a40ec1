import type { DueRange, LoggedPrediction, SettledBatch, WaitingPredictions } from "../domain/predictionLogPorts.js";
import type { Database } from "./database.js";
import { endWaiting, leaveTurn, selectDue, selectFirstWaiting, takeTurn } from "./predictionStatements.js";
import { orFailure } from "./transaction.js";

/** Predictions that wait, in PostgreSQL. No transaction is open while they are settled, which has transactions of its own. */
export class PostgresWaitingPredictions implements WaitingPredictions {
  readonly #database: Database;
  readonly #server: string;

  /** `server` tells this process from others on the database. */
  constructor(database: Database, server: string) {
    this.#database = database;
    this.#server = server;
  }

  async settle(
    application: string,
    range: DueRange,
    settle: (due: readonly LoggedPrediction[]) => Promise<readonly string[]>,
  ): Promise<SettledBatch | undefined> {
    const { sql } = this.#database;
    if (!(await orFailure(takeTurn(sql, application, this.#server), this.#database))) return undefined;
    try {
      const due = await orFailure(selectDue(sql, application, range.untilMs, range.limit), this.#database);
      if (due.length > 0) await this.#settleThese(application, due, settle);
      return { due: due.length, nextFromMs: await orFailure(selectFirstWaiting(sql, application), this.#database) };
    } finally {
      // When the database is away the turn ends by itself.
      await leaveTurn(sql, application, this.#server).catch(() => undefined);
    }
  }

  async #settleThese(
    application: string,
    due: readonly LoggedPrediction[],
    settle: (due: readonly LoggedPrediction[]) => Promise<readonly string[]>,
  ): Promise<void> {
    const ids = new Set(await settle(due));
    const done = due.filter(({ id }) => ids.has(id));
    await orFailure(endWaiting(this.#database.sql, application, done), this.#database);
  }
}
