import { Caller } from "../lib/caller.js";

/** What a socket and a websocket have in common. */
export interface Connection {
  once(event: "close", callback: () => void): unknown;
}

/**
 * Who waits on which connection: they leave when it closes. One listener a connection, since one a request would cost
 * each request a microsecond.
 */
export class Callers {
  readonly #waiting = new WeakMap<Connection, Set<Caller>>();

  begin(connection: Connection): Caller {
    const caller = new Caller();
    const known = this.#waiting.get(connection);
    if (known !== undefined) known.add(caller);
    else this.#watch(connection, new Set([caller]));
    return caller;
  }

  /** It has its answer. */
  end(connection: Connection, caller: Caller): void {
    this.#waiting.get(connection)?.delete(caller);
  }

  #watch(connection: Connection, callers: Set<Caller>): void {
    this.#waiting.set(connection, callers);
    connection.once("close", () => {
      for (const caller of callers) caller.leave();
      callers.clear();
    });
  }
}
