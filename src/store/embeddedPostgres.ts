import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FailureError, failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { Backoff } from "../lib/backoff.js";
import { makeFolder } from "../lib/makeFolder.js";
import { CLUSTER_DATABASE, CLUSTER_USER, binariesFor, ensureCluster, locateCluster } from "./cluster.js";
import type { StoreLog } from "./cluster.js";
import type { ClusterRecord } from "./clusterRecord.js";
import { lockDataFolder } from "./dataFolderLock.js";
import type { DataFolderLock } from "./dataFolderLock.js";
import type { BinariesRung, PostgresBinaries } from "./postgresBinaries.js";
import { ownerOfCluster, postgresOwner } from "./postgresOwner.js";
import { endLeftBehind, freePort, startPostmaster, stopPostmaster } from "./postmaster.js";
import type { Postmaster, PostmasterSettings } from "./postmaster.js";

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly rung: BinariesRung;
  readonly log: StoreLog;
}

export interface EmbeddedPostgres {
  /**
   * With the password. TCP with a SCRAM password, not a socket file: the password lies in a file that only the
   * server's user can read, so other local users stay out; it works when PostgreSQL runs as another user than the
   * server, with data folders of any depth (a socket's path holds 107 bytes), and in every client as one URL.
   */
  readonly url: string;
  /** A killed server had left its PostgreSQL behind: that one was shut down, and this one serves the same cluster. */
  readonly adopted: boolean;
  readonly binaries: PostgresBinaries;
  readonly clusterDir: string;
  /** Of the PostgreSQL that runs now; undefined while it is down. */
  readonly pid: () => number | undefined;
  /** Idempotent: every call gives the one promise. */
  readonly stop: () => Promise<void>;
}

/** The port is asked for and then used, and somebody may come between. */
const PORT_ATTEMPTS = 3;
/** One that ran this long counts as healthy: its next crash is answered with the shortest delay again. */
const HEALTHY_AFTER_MS = 10_000;
const RESTART_LIMITS = { firstMs: 50, maxMs: 5_000 };

/**
 * Starts, or starts again, the PostgreSQL of a data folder: the cluster is made on the first start, a second server on
 * the folder is refused, and one that crashes is started again on its port. Throws STORE_UNAVAILABLE with the remedy.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const locks: DataFolderLock[] = [];
  try {
    return await startLocked(options, locks);
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error instanceof FailureError ? error : unusable(options.dataDir, error);
  }
}

async function startLocked(options: EmbeddedPostgresOptions, locks: DataFolderLock[]): Promise<EmbeddedPostgres> {
  const newOwner = postgresOwner();
  // As root the cluster's user must get through to its own folder, which nobody else can enter; else it is all private.
  makeFolder(options.dataDir, newOwner === undefined ? 0o700 : 0o711);
  const dataDir = await realpath(options.dataDir);
  locks.push(lockDataFolder(dataDir));
  const record = await locateCluster(dataDir, newOwner, options.log);
  // A copied data folder names the original's cluster: two servers may hold different folders and want one cluster.
  if (dirname(record.clusterDir) !== dataDir) locks.push(lockDataFolder(dirname(record.clusterDir)));
  const leftBehind = await endLeftBehind(record.clusterDir);
  if (leftBehind !== undefined) options.log.warn(`took over from PostgreSQL ${leftBehind}, left by a killed server`);
  const owner = ownerOfCluster(record.clusterDir, newOwner);
  const binaries = await binariesFor(options.rung, record.clusterDir, owner);
  await ensureCluster(record, binaries, owner);
  const settings = { clusterDir: record.clusterDir, logFile: join(dataDir, "postgres.log"), binaries, owner };
  const supervisor = new Supervisor(settings, options.log, locks);
  const port = await supervisor.start();
  return {
    url: clusterUrl(record, port),
    adopted: leftBehind !== undefined,
    binaries,
    clusterDir: record.clusterDir,
    pid: () => supervisor.pid(),
    stop: () => supervisor.stop(),
  };
}

/** What the operating system says about folders and files is for the operator, in one line. */
function unusable(dataDir: string, error: unknown): FailureError {
  const why = (error as { message?: string }).message ?? String(error);
  const message = `cannot use the data folder ${dataDir}: ${why}: correct its permissions or use another --data-dir`;
  return new FailureError(failure("STORE_UNAVAILABLE", message), { cause: error });
}

function clusterUrl(record: ClusterRecord, port: number): string {
  return `postgres://${CLUSTER_USER}:${record.password}@127.0.0.1:${port}/${CLUSTER_DATABASE}`;
}

type Phase =
  | { readonly name: "down" }
  | { readonly name: "running"; readonly postmaster: Postmaster; readonly sinceMs: number }
  | { readonly name: "restarting"; readonly timer: NodeJS.Timeout }
  | { readonly name: "starting"; readonly started: Promise<void> }
  | { readonly name: "stopping"; readonly stopped: Promise<void> };

/**
 * Keeps one PostgreSQL running on one port. Running: until it exits (then restarting, after a delay) or stop() is called
 * (then stopping, for good). Clients see refused connections in between, and reconnect to the same place.
 */
class Supervisor {
  readonly #settings: PostmasterSettings;
  readonly #log: StoreLog;
  readonly #locks: readonly DataFolderLock[];
  readonly #backoff = new Backoff(RESTART_LIMITS, Math.random);
  #phase: Phase = { name: "down" };
  #port = 0;

  constructor(settings: PostmasterSettings, log: StoreLog, locks: readonly DataFolderLock[]) {
    this.#settings = settings;
    this.#log = log;
    this.#locks = locks;
  }

  pid(): number | undefined {
    return this.#phase.name === "running" ? this.#phase.postmaster.pid : undefined;
  }

  /** Resolves with the port. */
  async start(): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort();
      try {
        this.#watch(await startPostmaster(this.#settings, this.#port));
        return this.#port;
      } catch (error) {
        if (attempt === PORT_ATTEMPTS || !/could not (bind|create any TCP)/.test(String(error))) throw error;
      }
    }
  }

  stop(): Promise<void> {
    if (this.#phase.name === "stopping") return this.#phase.stopped;
    const stopped = this.#end(this.#phase).finally(() => {
      for (const lock of this.#locks) lock.release();
    });
    this.#phase = { name: "stopping", stopped };
    return stopped;
  }

  async #end(phase: Phase): Promise<void> {
    if (phase.name === "restarting") clearTimeout(phase.timer);
    // A start that is under way is waited for: its process must not outlive us. It then sees that it is not wanted.
    if (phase.name === "starting") await phase.started;
    if (phase.name === "running") await this.#endPostmaster(phase.postmaster);
  }

  async #endPostmaster(postmaster: Postmaster): Promise<void> {
    let exited = false;
    void postmaster.exited.then(() => (exited = true));
    await stopPostmaster(postmaster.pid, () => exited);
  }

  #watch(postmaster: Postmaster): void {
    this.#phase = { name: "running", postmaster, sinceMs: performance.now() };
    void postmaster.exited.then((how) => {
      const phase = this.#phase;
      if (phase.name !== "running" || phase.postmaster !== postmaster) return;
      if (performance.now() - phase.sinceMs > HEALTHY_AFTER_MS) this.#backoff.reset();
      this.#restartLater(`PostgreSQL ${postmaster.pid} ended by ${how}`);
    });
  }

  #restartLater(why: string): void {
    const inMs = this.#backoff.next();
    this.#log.warn(`${why}: starting it again in ${Math.round(inMs)} ms; its log is ${this.#settings.logFile}`);
    this.#phase = {
      name: "restarting",
      timer: setTimeout(() => (this.#phase = { name: "starting", started: this.#restart() }), inMs),
    };
  }

  async #restart(): Promise<void> {
    try {
      const postmaster = await startPostmaster(this.#settings, this.#port);
      if (this.#phase.name === "stopping") return await this.#endPostmaster(postmaster);
      this.#watch(postmaster);
      this.#log.info(`PostgreSQL runs again, pid ${postmaster.pid}`);
    } catch (error) {
      if (this.#phase.name !== "stopping") this.#restartLater(messageOf(error));
    }
  }
}
