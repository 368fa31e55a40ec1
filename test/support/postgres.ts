import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectDatabase } from "../../src/store/database.js";
import type { Database } from "../../src/store/database.js";
import { startEmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import type { EmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import { findBinaries } from "../../src/store/postgresBinaries.js";

export const silentLog = { info: () => undefined, warn: () => undefined };

/** A running PostgreSQL that a suite may fill with databases of its own; they are dropped with the suite. */
export interface TestPostgres {
  /** Of a fresh, empty database. */
  newDatabase(): Promise<string>;
  /** Undefined for a server that is not ours. */
  readonly embedded: EmbeddedPostgres | undefined;
}

type Kind = "system" | "bundled" | "server";

/** Dozens of databases on a busy disk take their time. */
const STOP_WITHIN_MS = 120_000;

/** The machine's binaries are those of its server: to start them is tested by itself (`EMBEDDED`). */
const ALL: readonly Kind[] = ["bundled", "server"];
export const EMBEDDED: readonly ("system" | "bundled")[] = ["system", "bundled"];

/**
 * Runs `body` as a suite on each PostgreSQL there is: one of our own from npm's binaries, and the server of
 * TEST_DATABASE_URL or on 127.0.0.1:5432. What is not there is reported as left out. With TEST_POSTGRES=one on one of
 * them only: without a defence its test fails on all alike.
 */
export async function eachPostgres(
  suite: string,
  body: (postgres: () => TestPostgres) => void,
  kinds: readonly Kind[] = ALL,
): Promise<void> {
  const available: Kind[] = [];
  for (const kind of kinds) {
    const missing = await whyMissing(kind);
    if (missing === undefined) available.push(kind);
    else leaveOut(`${suite} on ${kind}`, missing);
  }
  for (const kind of process.env["TEST_POSTGRES"] === "one" ? available.slice(-1) : available) {
    describe(`${suite} on ${kind} PostgreSQL`, () => {
      let running: RunningPostgres | undefined;
      beforeAll(async () => {
        running = await startTestPostgres(kind);
      });
      afterAll(() => running?.stop(), STOP_WITHIN_MS);
      body(() => {
        if (running === undefined) throw new Error("PostgreSQL is started in beforeAll, use it in tests only");
        return running;
      });
    });
  }
}

/** In CI nothing may be left out silently; elsewhere a file, if one is named, collects what was. */
export function leaveOut(suite: string, reason: string): void {
  if (process.env["CI"] === "true") throw new Error(`${suite} cannot run: ${reason}`);
  const file = process.env["TEST_LEFT_OUT_FILE"];
  if (file !== undefined) appendFileSync(file, `${suite}: ${reason}\n`);
  test.skip(`${suite} (left out: ${reason})`, () => undefined);
}

async function whyMissing(kind: Kind): Promise<string | undefined> {
  try {
    if (kind !== "server") await findBinaries(kind);
    else await (await connectTo(serverUrl())).close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function serverUrl(): string {
  return process.env["TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
}

export function connectTo(url: string, maxConnections = 4): Promise<Database> {
  return connectDatabase(url, { applicationName: "skysail-test", maxConnections });
}

interface RunningPostgres extends TestPostgres {
  stop(): Promise<void>;
}

async function startTestPostgres(kind: Kind): Promise<RunningPostgres> {
  const folder = await temporaryFolder();
  const embedded =
    kind === "server"
      ? undefined
      : await startEmbeddedPostgres({ dataDir: join(folder, "data"), rung: kind, log: silentLog });
  const adminUrl = embedded?.url ?? serverUrl();
  const made: string[] = [];
  return {
    embedded,
    newDatabase: async () => {
      const name = `skysail_test_${randomBytes(6).toString("hex")}`;
      await administer(adminUrl, `create database ${name}`);
      made.push(name);
      return Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
    },
    stop: async () => {
      if (embedded === undefined) await dropDatabases(adminUrl, made);
      await embedded?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Each drop waits for a checkpoint, which those under way share: a few at a time, since connections are scarce. */
async function dropDatabases(url: string, names: readonly string[]): Promise<void> {
  const database = await connectTo(url, 4);
  const drop = (name: string) => database.sql.unsafe(`drop database if exists ${name} with (force)`);
  await Promise.all(names.map(drop)).finally(() => database.close());
}

export async function administer(url: string, statement: string): Promise<void> {
  const database = await connectTo(url, 1);
  await database.sql.unsafe(statement).finally(() => database.close());
}

/** Root's temporary folders are closed to the user that PostgreSQL runs as: opened for passing through. */
export async function temporaryFolder(mode = 0o711): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "skysail-store-"));
  await chmod(folder, mode);
  return folder;
}

/** A cluster that root had to keep outside its data folder is removed with it. */
export async function removeCluster(embedded: EmbeddedPostgres, dataDir: string): Promise<void> {
  await embedded.stop();
  if (dirname(embedded.clusterDir) !== dataDir)
    await rm(dirname(embedded.clusterDir), { recursive: true, force: true });
}

/** Looks again until it holds. The test's own time limit is the bound. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}
