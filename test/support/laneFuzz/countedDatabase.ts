import type { Database, Lane, LaneSettings, Sql } from "../../../src/store/database.js";

/** A database that knows how much was asked of it, and whether it has answered all. */
export class CountedDatabase implements Database {
  readonly sql: Sql;
  readonly #inner: Database;
  #pending = 0;
  #statements = 0;

  constructor(inner: Database) {
    this.#inner = inner;
    this.sql = this.#counted(inner.sql);
  }

  get pending(): number {
    return this.#pending;
  }

  /** Statements, and transactions as one. */
  get statements(): number {
    return this.#statements;
  }

  get place(): string {
    return this.#inner.place;
  }

  refused(why: string): void {
    this.#inner.refused(why);
  }

  openLane(settings?: LaneSettings): Lane {
    const lane = this.#inner.openLane(settings);
    const sql = this.#counted(lane.sql);
    return {
      sql,
      get heardBytes() {
        return lane.heardBytes;
      },
      get isOpen() {
        return lane.isOpen;
      },
      destroy: () => lane.destroy(),
    };
  }

  listen(channel: string, heard: (carried: string) => void): Promise<{ stop(): Promise<void> }> {
    return this.#inner.listen(channel, heard);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #counted(sql: Sql): Sql {
    const begun = (work: Promise<unknown>): Promise<unknown> => this.#begun(work);
    return new Proxy(sql, {
      apply: (target, self, given): unknown => this.#whenAwaited(Reflect.apply(target, self, given)),
      get: (target, name): unknown => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "begin")
          return (...given: unknown[]) => begun(Reflect.apply(value, target, given) as Promise<unknown>);
        if (name === "unsafe") return (...given: unknown[]) => this.#whenAwaited(Reflect.apply(value, target, given));
        return value;
      },
    });
  }

  #begun(work: Promise<unknown>): Promise<unknown> {
    this.#pending += 1;
    this.#statements += 1;
    const ended = (): void => void (this.#pending -= 1);
    work.then(ended, ended);
    return work;
  }

  /** A statement runs when it is first waited for; one that is part of another never is. */
  #whenAwaited(query: unknown): unknown {
    if (!(query instanceof Promise)) return query;
    const then: typeof query.then = query.then.bind(query);
    let isBegun = false;
    query.then = (...given) => {
      if (!isBegun) {
        isBegun = true;
        void this.#begun(query);
      }
      return then(...given);
    };
    return query;
  }
}
