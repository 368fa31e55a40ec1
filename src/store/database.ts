import { connect } from "node:net";
import type { Socket } from "node:net";
import postgres from "postgres";
import { FailureError, failure } from "../domain/failure.js";
import { CONNECT_WITHIN_MS, cannotConnect, within } from "./connecting.js";
import { gatherWrites } from "./gatherWrites.js";
import { Listener } from "./listener.js";

export type Sql = postgres.Sql;
/** What a statement runs on: the pool, or one transaction. */
export type SqlRunner = postgres.ISql;
/** Part of a statement. */
export type Fragment = postgres.Fragment;
/** Of a connection, by PostgreSQL's names. */
export type LaneSettings = Readonly<Record<string, string>>;

export interface DatabaseOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly maxConnections: number;
  /** Hears why the database did not do what it was asked, where callers are told so in fixed words. Default: nobody does. */
  readonly refused?: (why: string) => void;
}

export interface Database {
  /** The pool. A statement on it waits for a connection, at most CONNECT_WITHIN_MS. */
  readonly sql: Sql;
  /** `host:port/database`, for messages: never the password. */
  readonly place: string;
  /** Tells whoever keeps the log why something was not done: texts that callers must not see. */
  refused(why: string): void;
  /** One more connection of one's own, made when first used. */
  openLane(settings?: LaneSettings): Lane;
  /**
   * Hears of a topic, on one connection for all topics that is made again for ever when lost. `heard` is called with what each
   * `notification` carries, and with "" whenever listening has begun anew (something may have been missed). Ends with `stop()`.
   */
  listen(topic: string, heard: (carried: string) => void): Promise<{ stop(): Promise<void> }>;
  /** Ends all connections, lanes included; statements under way have a moment to finish. Idempotent. */
  close(): Promise<void>;
}

/** A single connection that can be cut off when its server does not answer. */
export interface Lane {
  readonly sql: Sql;
  /** Received so far, answers and all that making connections takes. */
  readonly heardBytes: number;
  /** It is connected, as far as this side knows. */
  readonly isOpen: boolean;
  /** Cuts the socket at once: what was under way fails with CONNECTION_DESTROYED, and the lane is of no more use. */
  destroy(): void;
}

const CLOSE_WITHIN_S = 2;

/** Connects and asks one question, so that a wrong address is told at the start. Throws STORE_UNAVAILABLE in one line. */
export async function connectDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const place = placeOf(url);
  const sql = openPool(url, options, place);
  try {
    await within(CONNECT_WITHIN_MS, sql`select 1`);
  } catch (error) {
    void sql.end({ timeout: 0 });
    throw new FailureError(failure("STORE_UNAVAILABLE", cannotConnect(place, error)), { cause: error });
  }
  return new PostgresDatabase(url, options, sql, place);
}

/** An address that cannot be parsed is thrown by postgres.js with the whole of it, password included: not passed on. */
function openPool(url: string, options: DatabaseOptions, place: string): Sql {
  try {
    return postgres(url, poolOptions(options, options.maxConnections));
  } catch {
    throw badAddress(place);
  }
}

class PostgresDatabase implements Database {
  readonly sql: Sql;
  readonly place: string;
  readonly #url: string;
  readonly #options: DatabaseOptions;
  readonly #lanes = new Set<OwnLane>();
  readonly #listener: Listener;
  #closed: Promise<void> | undefined;

  constructor(url: string, options: DatabaseOptions, sql: Sql, place: string) {
    this.#url = url;
    this.#options = options;
    this.sql = sql;
    this.place = place;
    this.#listener = new Listener(() => postgres(url, listenerOptions(options)), place);
  }

  refused(why: string): void {
    this.#options.refused?.(why);
  }

  openLane(settings: LaneSettings = {}): Lane {
    const lane = new OwnLane(this.#url, { ...this.#options, settings }, () => this.#lanes.delete(lane));
    this.#lanes.add(lane);
    return lane;
  }

  listen(topic: string, heard: (carried: string) => void): Promise<{ stop(): Promise<void> }> {
    return this.#listener.listen(topic, heard);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const lanes = [...this.#lanes].map((lane) => lane.close());
    await Promise.all([this.sql.end({ timeout: CLOSE_WITHIN_S }), this.#listener.close(), ...lanes]);
  }
}

class OwnLane implements Lane {
  readonly sql: Sql;
  readonly #gone: () => void;
  #sockets: Socket[] = [];
  #destroyed = false;
  #connects = 0;
  /** On sockets that are gone. */
  #heardBefore = 0;

  constructor(url: string, options: ConnectionOptions, gone: () => void) {
    this.#gone = gone;
    // postgres.js ends a connection politely and then waits for the other side, which a frozen one never answers: the
    // socket would stay for a quarter of an hour. Its undocumented `socket` option lets us keep it and cut it.
    const own = { ...poolOptions(options, 1), socket: (parsed: postgres.ParsedOptions) => this.#connect(parsed) };
    this.sql = postgres(url, own);
  }

  /** Must neither wait nor throw, or postgres.js loses the connection: what is written before it is up is kept. */
  #connect(parsed: postgres.ParsedOptions): Socket {
    const path: unknown = parsed.path;
    const index = this.#connects++ % parsed.host.length;
    const address = { host: parsed.host[index] ?? "localhost", port: parsed.port[index] ?? 5432, noDelay: true };
    const socket = gatherWrites(typeof path === "string" ? connect(path) : connect(address));
    // An error that comes before postgres.js listens must not end the process; the lane's user has a time limit.
    socket.on("error", () => undefined);
    // postgres.js tries again when it loses a socket that is not up yet, also after end().
    if (this.#destroyed) setImmediate(() => socket.destroy());
    for (const gone of this.#sockets.filter((each) => each.destroyed)) this.#heardBefore += gone.bytesRead;
    this.#sockets = [...this.#sockets.filter((each) => !each.destroyed), socket];
    return socket;
  }

  get isOpen(): boolean {
    return this.#sockets.at(-1)?.readyState === "open";
  }

  get heardBytes(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.bytesRead, this.#heardBefore);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#gone();
    void this.sql.end({ timeout: 0 });
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#gone();
    await this.sql.end({ timeout: CLOSE_WITHIN_S });
    this.destroy();
  }
}

type ConnectionOptions = Pick<DatabaseOptions, "applicationName"> & { readonly settings?: LaneSettings };

function poolOptions(options: ConnectionOptions, max: number): postgres.Options<Record<string, never>> {
  return {
    max,
    connect_timeout: CONNECT_WITHIN_MS / 1000,
    // By default postgres.js waits up to 20 s before it tries a lost server again, and whoever asks waits with it. Each
    // question makes one attempt of its own instead and fails as soon as that does.
    backoff: () => 0,
    // One question less per connection; arrays travel as JSON anyway, which needs no types from the catalogue.
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: options.applicationName, ...options.settings },
  };
}

/** LISTEN is the one statement that postgres.js repeats by itself, so here its attempts must be spaced. */
function listenerOptions(options: DatabaseOptions): postgres.Options<Record<string, never>> {
  return {
    ...poolOptions(options, 1),
    backoff: (failures: number) => Math.min(5, 0.05 * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * Math.random()),
    // A peer that vanished without a word is noticed after this many seconds.
    keep_alive: 10,
  };
}

/** `host:port/database` of a URL, with PostgreSQL's port where it names none. Nothing before the last @ is ever shown. */
export function placeOf(url: string): string {
  const parts = /^postgres(?:ql)?:\/\/(?:[^/?]*@)?([^/?@]*)(?:\/([^?@]*))?(?:\?|$)/.exec(url);
  if (parts === null) throw badAddress("not shown");
  const host = parts[1] === undefined || parts[1] === "" ? "localhost" : parts[1];
  return `${/:\d+$/.test(host) ? host : `${host}:5432`}/${parts[2] ?? ""}`;
}

function badAddress(place: string): FailureError {
  const message = `DATABASE_URL (${place}) must look like postgres://user:password@host:5432/database, with %-escapes for @ and / in the password`;
  return new FailureError(failure("BAD_INPUT", message));
}
