import { Caller } from "../lib/caller.js";

/** What a socket and a websocket have in common. */
export interface Connection {
  readonly destroyed: boolean;
  once(event: "close", callback: () => void): unknown;
}

/**
 * Who waits on which connection: they leave when it closes. One listener a connection, since one a request would cost
 * each request a microsecond; and nothing at all for those who are answered without waiting for anything.
 */
export class Callers {
  readonly #waiting = new WeakMap<Connection, Set<Caller>>();

  of(connection: Connection): ConnectionCaller {
    return new ConnectionCaller(connection, this);
  }

  wait(connection: Connection, caller: Caller): void {
    const known = this.#waiting.get(connection);
    if (known !== undefined) known.add(caller);
    else this.#watch(connection, new Set([caller]));
  }

  wentOn(connection: Connection, caller: Caller): void {
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

/** One who asks over a connection. It is watched from when somebody first wants to know of their leaving. */
export class ConnectionCaller extends Caller {
  readonly #connection: Connection;
  readonly #callers: Callers;
  #isWatched = false;

  constructor(connection: Connection, callers: Callers) {
    super();
    this.#connection = connection;
    this.#callers = callers;
  }

  override get hasLeft(): boolean {
    return super.hasLeft || this.#connection.destroyed;
  }

  override onLeave(callback: () => void): void {
    if (this.#connection.destroyed) this.leave();
    else if (!this.#isWatched) this.#callers.wait(this.#connection, this);
    this.#isWatched = true;
    super.onLeave(callback);
  }

  /** They have their answer. */
  end(): void {
    if (this.#isWatched) this.#callers.wentOn(this.#connection, this);
  }
}
