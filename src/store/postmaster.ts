import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FailureError, failure } from "../domain/failure.js";
import { asOwner, postgresEnvironment } from "./cluster.js";
import type { PostgresBinaries } from "./postgresBinaries.js";
import type { PostgresOwner } from "./postgresOwner.js";
import { processesIn, workingFolder } from "./processTable.js";

const LOOK_EVERY_MS = 5;
const LOG_BYTES = 8 * 1024 * 1024;
/** Crash recovery replays at most max_wal_size of log, which takes seconds; a minute means that something is wrong. */
const READY_WITHIN_MS = 60_000;
const FAST_STOP_WITHIN_MS = 10_000;
/** PostgreSQL itself kills its children 5 s after it was made to quit. Killed before that it would leave them behind. */
const QUIT_WITHIN_MS = 10_000;
const KILL_WITHIN_MS = 5_000;

export interface PostmasterSettings {
  readonly clusterDir: string;
  readonly logFile: string;
  readonly binaries: PostgresBinaries;
  readonly owner: PostgresOwner | undefined;
}

/** A running PostgreSQL that is our child. */
export interface Postmaster {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<string>;
}

/**
 * Starts PostgreSQL on 127.0.0.1 and resolves once it takes connections. It gets a session of its own: a Ctrl-C in the
 * terminal must reach the server only, which then stops PostgreSQL after its last query. What makes a commit durable
 * is given on the command line, where no configuration file can weaken it.
 */
export async function startPostmaster(settings: PostmasterSettings, port: number): Promise<Postmaster> {
  const log = openLog(settings.logFile);
  const saidBefore = fstatSync(log).size;
  const child = spawnPostgres(settings, port, log);
  closeSync(log);
  const exited = exitOf(child);
  const ended = await Promise.race([whenReady(settings.clusterDir, child), exited]);
  if (ended === "ready" && child.pid !== undefined) return { pid: child.pid, exited };
  const said = lastWords(settings.logFile, saidBefore);
  const message = `PostgreSQL did not start: ${said ?? ended}; its log is ${settings.logFile}`;
  throw new FailureError(failure("STORE_UNAVAILABLE", message));
}

function spawnPostgres(settings: PostmasterSettings, port: number, log: number): ChildProcess {
  const options = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    log_checkpoints: "off",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  const args = ["-D", settings.clusterDir];
  for (const [name, value] of Object.entries(options)) args.push("-c", `${name}=${value}`);
  return spawn(join(settings.binaries.binDir, "postgres"), args, {
    cwd: "/",
    env: postgresEnvironment(),
    detached: true,
    stdio: ["ignore", log, log],
    ...asOwner(settings.owner),
  });
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

/** PostgreSQL tells that it is ready in its pid file, and in no other way that survives our own death: pg_ctl looks there too. */
async function whenReady(clusterDir: string, child: ChildProcess): Promise<string> {
  const giveUpMs = performance.now() + READY_WITHIN_MS;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const file = readPidFile(clusterDir);
    if (file?.pid === child.pid && file.status === "ready") return "ready";
    if (performance.now() > giveUpMs) {
      child.kill("SIGQUIT");
      return `not ready after ${READY_WITHIN_MS / 1000} s`;
    }
    await delay(LOOK_EVERY_MS);
  }
  return new Promise(() => undefined);
}

/** Fast shutdown: clients are cut off, a checkpoint is written. One that hangs is made to quit, which loses nothing committed. */
export async function stopPostmaster(pid: number, hasExited: () => boolean): Promise<void> {
  const escalation = [
    ["SIGINT", FAST_STOP_WITHIN_MS],
    ["SIGQUIT", QUIT_WITHIN_MS],
    ["SIGKILL", KILL_WITHIN_MS],
  ] as const;
  for (const [signal, withinMs] of escalation) {
    if (hasExited()) return;
    send(pid, signal);
    const giveUpMs = performance.now() + withinMs;
    while (!hasExited() && performance.now() < giveUpMs) await delay(LOOK_EVERY_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Ends the PostgreSQL that a killed server left behind in this cluster, if there is one, and tells its process id. It
 * is not simply used again: it would not be our child, whose end is noticed at once, and it runs with the settings of
 * whatever version of the server started it.
 */
export async function endLeftBehind(clusterDir: string): Promise<number | undefined> {
  const pid = readPidFile(clusterDir)?.pid;
  if (pid === undefined) return undefined;
  if (workingFolder(pid) === clusterDir) {
    await stopPostmaster(pid, () => workingFolder(pid) !== clusterDir);
    return pid;
  }
  // The id now belongs to something else, or to nobody. PostgreSQL itself would refuse to start beside a living process
  // of its user with that id, as after the restart of a container, where ids are small. While an orphan of the old
  // PostgreSQL still works in the cluster the file must stay: it is what keeps a second one from starting.
  if (processesIn(clusterDir).length === 0) rmSync(join(clusterDir, "postmaster.pid"), { force: true });
  return undefined;
}

function readPidFile(clusterDir: string): { readonly pid: number; readonly status: string } | undefined {
  try {
    const lines = readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n");
    const pid = Number.parseInt(lines[0] ?? "", 10);
    return pid > 0 ? { pid, status: lines[7]?.trim() ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

/** A port that is free now. Another process may take it before PostgreSQL does: then PostgreSQL exits and one asks again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Appends; a log that has grown large is put aside first, so that at most two of them exist. */
function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

function lastWords(path: string, from: number): string | undefined {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(16_384);
    const text = bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, from));
    return text
      .split("\n")
      .findLast((line) => /FATAL|PANIC|error/i.test(line))
      ?.replace(/^.*?(FATAL|PANIC):\s*/, "");
  } finally {
    closeSync(file);
  }
}
