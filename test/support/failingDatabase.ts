import type postgres from "postgres";
import type { Database, Lane, LaneSettings, Sql } from "../../src/store/database.js";

/** A statement of the transactions on lanes that shall fail: `at` from 1; "COMMIT" once the others have succeeded. */
export interface Failing {
  at: number | "COMMIT" | undefined;
  sqlState: string;
  /** How many times more. */
  times: number;
}

export const FAIL_AT_COMMIT = `
  create table fail_at_commit (sql_state text);
  create function fail_at_commit() returns trigger language plpgsql as $$ begin
    raise exception 'injected at commit' using errcode = new.sql_state;
  end $$;
  create constraint trigger fail_at_commit after insert on fail_at_commit
    deferrable initially deferred for each row execute function fail_at_commit()`;

/** Makes PostgreSQL itself raise an error in place of a statement, so everything behind it is as in earnest. */
export function failingDatabase(
  database: Database,
  failing: Failing,
): { database: Database; statements: () => number } {
  let statements = 0;
  const lane = (settings?: LaneSettings): Lane => {
    const inner = database.openLane(settings);
    const begin = (work: (tx: postgres.TransactionSql) => Promise<unknown>): Promise<unknown> =>
      inner.sql.begin(async (tx) => {
        statements = 0;
        const result = await work(counting(tx, failing, () => (statements += 1)));
        if (failing.at === "COMMIT" && failing.times > 0) {
          failing.times -= 1;
          await tx`insert into fail_at_commit values (${failing.sqlState})`;
        }
        return result;
      });
    // A statement by itself is a transaction of one.
    const single = counting(inner.sql, failing, () => (statements = 1));
    return {
      sql: new Proxy(single, {
        get: (target, name): unknown => (name === "begin" ? begin : Reflect.get(target, name)),
      }),
      get heardBytes() {
        return inner.heardBytes;
      },
      get isOpen() {
        return inner.isOpen;
      },
      destroy: () => inner.destroy(),
    };
  };
  const wrapped: Database = {
    sql: database.sql,
    place: database.place,
    refused: (why) => database.refused(why),
    openLane: lane,
    listen: (channel, heard) => database.listen(channel, heard),
    close: () => database.close(),
  };
  return { database: wrapped, statements: () => statements };
}

function counting<Runner extends Sql | postgres.TransactionSql>(
  runner: Runner,
  failing: Failing,
  count: () => number,
): Runner {
  return new Proxy(runner, {
    apply: (target, self, args: [TemplateStringsArray, ...unknown[]]) => {
      const isStatement = /^\s*(select|insert|update|delete|with)\b/.test(args[0][0] ?? "");
      if (isStatement && count() === failing.at && failing.times > 0) {
        failing.times -= 1;
        return runner.unsafe(`do $$ begin raise exception 'injected' using errcode = '${failing.sqlState}'; end $$`);
      }
      return Reflect.apply(target as unknown as (...a: unknown[]) => unknown, self, args);
    },
  });
}
