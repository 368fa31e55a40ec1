import { FailureError } from "../domain/failure.js";
import type { FeedbackLog, LogRange, LoggedObservation } from "../domain/learningPorts.js";
import type { Database, SqlRunner } from "./database.js";
import { selectHeads } from "./headStatements.js";
import { loggedObservation } from "./stateRows.js";
import { storeFailure } from "./transaction.js";

/**
 * The log in pages by seq. Each page is a statement of its own, so no connection and no snapshot is held while the reader
 * thinks; the rows before the end that was read first can only be superseded or deleted meanwhile.
 */
export class PostgresFeedbackLog implements FeedbackLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *read(
    application: string,
    range: LogRange,
    pageRows: number,
  ): AsyncGenerator<readonly LoggedObservation[], void, void> {
    const untilSeq = range.untilSeq ?? (await this.#end(application));
    let afterSeq = range.afterSeq;
    while (afterSeq < untilSeq) {
      const page = await this.#ask((sql) => selectPage(sql, application, { ...range, afterSeq, untilSeq }, pageRows));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      if (page.length < pageRows) return;
      afterSeq = last.seq;
    }
  }

  #end(application: string): Promise<number> {
    return this.#ask(async (sql) => (await selectHeads(sql, JSON.stringify([application])))[0]?.seq ?? 0);
  }

  async #ask<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    try {
      return await work(this.#database.sql);
    } catch (error) {
      throw new FailureError(storeFailure(error), { cause: error });
    }
  }
}

async function selectPage(
  sql: SqlRunner,
  application: string,
  range: LogRange & { readonly untilSeq: number },
  pageRows: number,
): Promise<readonly LoggedObservation[]> {
  const { sinceMs = null, untilMs = null, entity } = range;
  const rows = await sql<{ row: unknown }[]>`
    select jsonb_build_array(o.seq, o.receipt_id, o.key, o.policy_version, o.entity, o.truth, o.evidence, o.learned_by,
      (extract(epoch from o.observed_at) * 1000)::float8) as row
    from observation o
    where o.shard_key = ${application} and o.seq > ${range.afterSeq} and o.seq <= ${range.untilSeq}
      and o.superseded_by is null
      and (${sinceMs}::float8 is null or o.observed_at >= to_timestamp(${sinceMs}::float8 / 1000))
      and (${untilMs}::float8 is null or o.observed_at < to_timestamp(${untilMs}::float8 / 1000))
      ${entity === undefined ? sql`` : sql`and o.entity = ${entity}`}
    order by o.seq limit ${pageRows}`;
  return rows.map(({ row }) => loggedObservation(row));
}
