import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FailureError, failure } from "../domain/failure.js";
import { processStart } from "./processTable.js";

export interface DataFolderLock {
  /** Doing it twice is harmless. */
  release(): void;
}

const ATTEMPTS = 5;

/**
 * One server per data folder. The lock is a file that names its holder by process id and start, so that a killed
 * server's is recognised as stale, even when its id has been given to another process. It appears with its content in
 * one step (link), and a stale one is moved aside before its place is taken. `name`: of the lock, for a part of what is in
 * the folder. Throws STORE_UNAVAILABLE.
 */
export function lockDataFolder(dataDir: string, name = "skysail.lock"): DataFolderLock {
  const path = join(dataDir, name);
  const content = JSON.stringify({ pid: process.pid, start: processStart(process.pid) });
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, content, { mode: 0o600 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(draft, path)) return { release: () => releaseOwn(path, content) };
      moveStaleAside(path, dataDir);
    }
    throw new FailureError(
      failure("STORE_UNAVAILABLE", `${path} keeps changing: several servers start on this folder`),
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function moveStaleAside(path: string, dataDir: string): void {
  const found = read(path);
  if (found === undefined) return;
  const holder = liveHolder(found);
  if (holder !== undefined) {
    throw new FailureError(
      failure(
        "STORE_UNAVAILABLE",
        `another Skysail, pid ${holder}, uses the data folder ${dataDir}: stop it or use another --data-dir`,
      ),
    );
  }
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    // Another starter may have taken the stale lock's place between the reading and the renaming: give it back.
    if (read(aside) !== found) linked(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function liveHolder(content: string): number | undefined {
  const { pid, start } = parseHolder(content);
  return pid !== undefined && start !== undefined && processStart(pid) === start ? pid : undefined;
}

/** Content that is no holder (a torn write after a power cut) belongs to nobody. */
function parseHolder(content: string): { readonly pid?: number; readonly start?: string } {
  try {
    const value = JSON.parse(content) as { pid?: unknown; start?: unknown } | null;
    return typeof value?.pid === "number" && typeof value.start === "string"
      ? { pid: value.pid, start: value.start }
      : {};
  } catch {
    return {};
  }
}

function releaseOwn(path: string, content: string): void {
  if (read(path) === content) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
