import type { AccessControl } from "../access/accessControl.js";
import type { Access } from "../domain/access.js";
import { failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Cancel, Clock } from "../domain/ports.js";

/** A wall clock that is set back or forth is met again at least so often. */
const LOOK_AGAIN_MS = 60_000;

/** A connection that lasts. */
export interface LastingConnection {
  /** It may be here no longer. */
  forbid(): void;
}

interface Connected {
  readonly authorization: string | undefined;
  access: Access;
  cancelCheck: Cancel | undefined;
}

/** What each connection that lasts may do: identified once, and checked again when keys change and when it expires. */
export class ConnectionAccess {
  readonly #control: AccessControl;
  readonly #clock: Clock;
  readonly #connected = new Map<LastingConnection, Connected>();
  readonly #cancelWatch: () => void;

  constructor(control: AccessControl, clock: Clock) {
    this.#control = control;
    this.#clock = clock;
    this.#cancelWatch = control.onChange(() => {
      for (const connection of this.#connected.keys()) this.#check(connection);
    });
  }

  stop(): void {
    this.#cancelWatch();
    for (const connection of [...this.#connected.keys()]) this.leave(connection);
  }

  /** What it may do; the failure says why it is to be refused. */
  async connect(connection: LastingConnection, authorization: string | undefined): Promise<Access | Failure> {
    const access = await this.#control.identify(authorization);
    if (isFailure(access)) return access;
    const connected = { authorization, access, cancelCheck: undefined };
    this.#connected.set(connection, connected);
    // Keys may have changed while it was identified.
    this.#check(connection);
    return this.#connected.get(connection)?.access ?? failure("UNAUTHENTICATED", "the key has just been revoked");
  }

  /** Undefined for one that is being closed. */
  of(connection: LastingConnection): Access | undefined {
    const connected = this.#connected.get(connection);
    if (connected !== undefined && this.#control.hasExpired(connected.access)) this.#close(connection);
    return this.#connected.get(connection)?.access;
  }

  leave(connection: LastingConnection): void {
    this.#connected.get(connection)?.cancelCheck?.();
    this.#connected.delete(connection);
  }

  #check(connection: LastingConnection): void {
    const connected = this.#connected.get(connection);
    if (connected === undefined) return;
    const found = this.#control.identify(connected.authorization);
    if (found instanceof Promise) void found.then((access) => this.#put(connection, access));
    else this.#put(connection, found);
  }

  #put(connection: LastingConnection, access: Access | Failure): void {
    const connected = this.#connected.get(connection);
    if (connected === undefined) return;
    if (isFailure(access)) return this.#close(connection);
    connected.access = access;
    connected.cancelCheck?.();
    connected.cancelCheck = this.#checkAtExpiry(connection, access);
  }

  #checkAtExpiry(connection: LastingConnection, { expiresAtMs }: Access): Cancel | undefined {
    if (expiresAtMs === undefined) return undefined;
    const waitMs = Math.min(LOOK_AGAIN_MS, Math.max(0, expiresAtMs - this.#clock.wallMs()));
    return this.#clock.at(this.#clock.nowMs() + waitMs, () => this.#check(connection));
  }

  #close(connection: LastingConnection): void {
    this.leave(connection);
    connection.forbid();
  }
}
