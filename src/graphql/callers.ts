import { Caller } from "../lib/caller.js";

/** What a socket and a websocket have in common. */
export interface Connection {
  readonly destroyed: boolean;
  once(event: "close", callback: () => void): unknown;
}

/** Those who wait on one connection: a list, since a Set gives each who enters a number of its own first. */
class Waiting {
  first: ConnectionCaller | undefined;

  add(caller: ConnectionCaller): void {
    caller.next = this.first;
    if (this.first !== undefined) this.first.previous = caller;
    this.first = caller;
  }

  remove(caller: ConnectionCaller): void {
    if (caller.previous !== undefined) caller.previous.next = caller.next;
    else if (this.first === caller) this.first = caller.next;
    if (caller.next !== undefined) caller.next.previous = caller.previous;
    caller.previous = caller.next = undefined;
  }

  allLeave(): void {
    for (let caller = this.first; caller !== undefined; caller = this.first) {
      this.remove(caller);
      caller.leave();
    }
  }
}

/**
 * Who waits on which connection: they leave when it closes. One listener a connection, since one a request would cost
 * each request a microsecond; and nothing at all for those who are answered without waiting for anything.
 */
export class Callers {
  readonly #waiting = new WeakMap<Connection, Waiting>();

  of(connection: Connection): ConnectionCaller {
    return new ConnectionCaller(connection, this);
  }

  wait(connection: Connection, caller: ConnectionCaller): Waiting {
    let waiting = this.#waiting.get(connection);
    if (waiting === undefined) this.#waiting.set(connection, (waiting = watched(connection)));
    waiting.add(caller);
    return waiting;
  }
}

function watched(connection: Connection): Waiting {
  const waiting = new Waiting();
  connection.once("close", () => waiting.allLeave());
  return waiting;
}

/** One who asks over a connection. It is watched from when somebody first wants to know of their leaving. */
export class ConnectionCaller extends Caller {
  readonly #connection: Connection;
  readonly #callers: Callers;
  #among: Waiting | undefined;
  /** Only for `Waiting`. */
  previous: ConnectionCaller | undefined = undefined;
  next: ConnectionCaller | undefined = undefined;

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
    else this.#among ??= this.#callers.wait(this.#connection, this);
    super.onLeave(callback);
  }

  /** They have their answer. */
  end(): void {
    this.#among?.remove(this);
  }
}
