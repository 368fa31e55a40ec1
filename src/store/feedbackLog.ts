import type { FeedbackLog, FeedbackPages, LogRange, LoggedObservation } from "../domain/learningPorts.js";
import type { Database, SqlRunner } from "./database.js";
import { selectHeads } from "./headStatements.js";
import { loggedObservation } from "./stateRows.js";
import { orFailure } from "./transaction.js";

/**
 * The log in pages by seq. Each page is a statement of its own, so no connection and no snapshot is held while the reader
 * thinks; the rows before the end that was read first can only be superseded or deleted meanwhile.
 */
export class PostgresFeedbackLog implements FeedbackLog, FeedbackPages {
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

  before(
    application: string,
    entity: string | undefined,
    seq: number,
    count: number,
  ): Promise<readonly LoggedObservation[]> {
    return this.#ask((sql) => selectBefore(sql, { application, entity, seq, count }));
  }

  #end(application: string): Promise<number> {
    return this.#ask(async (sql) => (await selectHeads(sql, JSON.stringify([application])))[0]?.seq ?? 0);
  }

  #ask<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }
}

export async function selectPage(
  sql: SqlRunner,
  application: string,
  range: LogRange & { readonly untilSeq: number },
  pageRows: number,
): Promise<readonly LoggedObservation[]> {
  const { sinceMs = null, untilMs = null, entity } = range;
  const rows = await sql<{ row: unknown }[]>`
    select ${loggedColumns(sql)} as row
    from observation o
    where o.shard_key = ${application} and o.seq > ${range.afterSeq} and o.seq <= ${range.untilSeq}
      and (${range.withSuperseded ?? false} or (o.superseded_by is null and o.counts))
      and (${sinceMs}::float8 is null or o.observed_at >= to_timestamp(${sinceMs}::float8 / 1000))
      and (${untilMs}::float8 is null or o.observed_at < to_timestamp(${untilMs}::float8 / 1000))
      ${entity === undefined ? sql`` : sql`and o.entity = ${entity}`}
    order by o.seq limit ${pageRows}`;
  return rows.map(({ row }) => loggedObservation(row));
}

interface PageBefore {
  readonly application: string;
  readonly entity: string | undefined;
  readonly seq: number;
  readonly count: number;
}

/** From the index's end down, of one entity by its own index: what a page costs does not grow with the log. */
async function selectBefore(
  sql: SqlRunner,
  { application, entity, seq, count }: PageBefore,
): Promise<readonly LoggedObservation[]> {
  const rows = await sql<{ row: unknown }[]>`
    select ${loggedColumns(sql)} as row
    from observation o
    where o.shard_key = ${application} and o.seq < ${seq}
      ${entity === undefined ? sql`` : sql`and o.entity = ${entity}`}
    order by o.seq desc limit ${count}`;
  return rows.map(({ row }) => loggedObservation(row));
}

function loggedColumns(sql: SqlRunner) {
  return sql`jsonb_build_array(o.seq, o.receipt_id, o.key, o.policy_version, o.entity, o.truth, o.evidence, o.learned_by,
    (extract(epoch from o.observed_at) * 1000)::float8, o.superseded_by, o.counts, o.withheld)`;
}
