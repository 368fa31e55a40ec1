import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startEmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import type { EmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import { findBinaries } from "../../src/store/postgresBinaries.js";
import { processStart } from "../../src/store/processTable.js";
import {
  EMBEDDED,
  connectTo,
  eventually,
  leaveOut,
  removeCluster,
  silentLog,
  temporaryFolder,
} from "../support/postgres.js";

const COMPILED = join(process.cwd(), "dist/src/store/embeddedPostgres.js");
const present: ("system" | "bundled")[] = [];
for (const rung of EMBEDDED) {
  try {
    await findBinaries(rung);
    present.push(rung);
  } catch (error) {
    leaveOut(`embedded PostgreSQL on ${rung}`, (error as Error).message);
  }
}

describe.each(present)("embedded PostgreSQL from the %s binaries", (rung) => {
  let dataDir: string;
  let started: EmbeddedPostgres[];

  beforeEach(async () => {
    dataDir = join(await temporaryFolder(), "data");
    started = [];
  });

  afterEach(async () => {
    // All of them first: the next start on the same cluster runs when this one's would be removed.
    for (const embedded of started) await embedded.stop();
    for (const embedded of started) await removeCluster(embedded, dataDir);
    await rm(join(dataDir, ".."), { recursive: true, force: true });
  });

  async function start(log = silentLog): Promise<EmbeddedPostgres> {
    const embedded = await startEmbeddedPostgres({ dataDir, rung, log });
    started.push(embedded);
    return embedded;
  }

  async function query<T>(url: string, statement: string): Promise<T[]> {
    const database = await connectTo(url, 1);
    try {
      return [...(await database.sql.unsafe<T[]>(statement))];
    } finally {
      await database.close();
    }
  }

  test("keeps what was stored from one start to the next", async () => {
    const first = await start();
    await query(first.url, "create table kept as select 42 as answer");
    await first.stop();
    const second = await start();
    expect(await query(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(second.adopted).toBe(false);
  });

  test("commits durably, sorts by code point and listens on loopback with a password only", async () => {
    const { url, clusterDir } = await start();
    const settings = await query<{ name: string; setting: string }>(
      url,
      `select name, setting from pg_settings
       where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_directories')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
    });
    await expect(connectTo(url.replace(/:[^:@]*@/, ":wrong@"))).rejects.toThrow(/password authentication failed/);
    expect((await stat(clusterDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, "skysail.json"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, "postgres.log"))).mode & 0o777).toBe(0o600);
  });

  test("has short log segments, and checkpoints as seldom as with long ones", async () => {
    const { url } = await start();
    const settings = await query<{ name: string; bytes: number }>(
      url,
      `select name, pg_size_bytes(current_setting(name))::float8 as bytes from pg_settings
       where name in ('wal_segment_size', 'min_wal_size', 'max_wal_size')`,
    );
    expect(Object.fromEntries(settings.map(({ name, bytes }) => [name, bytes / 2 ** 20]))).toEqual({
      wal_segment_size: 1,
      min_wal_size: 80,
      max_wal_size: 1024,
    });
  });

  test("refuses a cluster of another major version and names both", async () => {
    const { clusterDir, binaries, stop } = await start();
    await stop();
    await writeFile(join(clusterDir, "PG_VERSION"), "9\n");
    const refusal = start();
    await expect(refusal).rejects.toThrow(/made by PostgreSQL 9, but found: PostgreSQL /);
    await expect(refusal).rejects.toThrow(new RegExp(`PostgreSQL .*${binaries.majorVersion} .*use a fresh --data-dir`));
  });

  test("refuses a second server on the same data folder and names the first", async () => {
    const { url } = await start();
    await expect(start()).rejects.toThrow(`another Skysail, pid ${process.pid}, uses the data folder`);
    expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("takes a lock whose holder is gone, also when its process id lives on in another process", async () => {
    await mkdir(dataDir, { mode: 0o711 });
    await writeFile(join(dataDir, "skysail.lock"), JSON.stringify({ pid: process.pid, start: "another boot:1" }));
    await start();
    expect((await readdir(dataDir)).filter((name) => name.startsWith("skysail.lock"))).toEqual(["skysail.lock"]);
  });

  test("makes the cluster anew when a kill interrupted the first attempt", async () => {
    await mkdir(join(dataDir, "postgres.new"), { recursive: true, mode: 0o711 });
    await writeFile(join(dataDir, "postgres.new", "PG_VERSION"), "torn");
    expect(await query((await start()).url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("starts although the old pid file names a living process that is no PostgreSQL", async () => {
    const { clusterDir, stop } = await start();
    await stop();
    await writeFile(join(clusterDir, "postmaster.pid"), `${process.pid}\n${clusterDir}\n`);
    expect((await start()).adopted).toBe(false);
  });

  test("comes back on the same address after a kill -9 of PostgreSQL", async () => {
    const warnings: string[] = [];
    const { url, pid } = await start({
      ...silentLog,
      warn: (message: string) => void warnings.push(message),
    } as typeof silentLog);
    await query(url, "create table kept as select 42 as answer");
    const killed = pid() as number;
    process.kill(killed, "SIGKILL");
    await eventually(() => pid() !== undefined && pid() !== killed);
    expect(await query(url, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(warnings[0]).toMatch(`PostgreSQL ${killed} ended by signal SIGKILL: starting it again in `);
  });

  test("tells in one line that the data folder cannot be used", async () => {
    await writeFile(dataDir, "a file, no folder");
    await expect(start()).rejects.toThrow(
      /^cannot use the data folder .*: EEXIST.*: correct its permissions or use another/,
    );
    await rm(dataDir);
  });

  test("leaves the data folder free when a start fails", async () => {
    await mkdir(dataDir, { mode: 0o711 });
    await writeFile(join(dataDir, "skysail.json"), "torn");
    await expect(start()).rejects.toThrow(/skysail.json is damaged/);
    expect(existsSync(join(dataDir, "skysail.lock"))).toBe(false);
  });

  test("stops once however often it is asked, and frees the data folder", async () => {
    const { stop, pid } = await start();
    const running = pid() as number;
    expect(stop()).toBe(stop());
    await stop();
    expect(processStart(running)).toBeUndefined();
    expect(existsSync(join(dataDir, "skysail.lock"))).toBe(false);
  });

  test("stops while PostgreSQL is being started again", async () => {
    const { stop, pid, clusterDir } = await start();
    process.kill(pid() as number, "SIGKILL");
    await eventually(() => pid() === undefined);
    await stop();
    const left = await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
    expect(left === "" || processStart(Number.parseInt(left, 10)) === undefined).toBe(true);
  });

  const compiled = existsSync(COMPILED) ? test : test.skip;
  if (!existsSync(COMPILED))
    leaveOut(`take-over after kill -9 on ${rung}`, "dist/ is missing: npx tsc -p tsconfig.build.json");

  compiled("takes over from the PostgreSQL of a server that was killed", async () => {
    const script = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(pathToFileURL(COMPILED).href)});
      const log = { info() {}, warn() {} };
      const embedded = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, rung: "${rung}", log });
      console.log(JSON.stringify({ url: embedded.url, pid: embedded.pid() }));`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise<string>((resolve) =>
      owner.stdout.once("data", (bytes: Buffer) => resolve(String(bytes))),
    );
    const left = JSON.parse(line) as { url: string; pid: number };
    await query(left.url, "create table kept as select 42 as answer");
    const exited = new Promise((resolve) => owner.once("exit", resolve));
    owner.kill("SIGKILL");
    await exited;
    expect(processStart(left.pid)).toBeDefined();

    const embedded = await start();
    expect(embedded.adopted).toBe(true);
    expect(processStart(left.pid)).toBeUndefined();
    expect(await query(embedded.url, "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot("as root keeps the cluster where PostgreSQL's user can reach it, says so, and finds it again", async () => {
    await chmod(join(dataDir, ".."), 0o700);
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) } as typeof silentLog;
    const first = await start(log);
    expect(warnings).toEqual([
      expect.stringMatching(/who cannot enter .*: its cluster is kept in \/var\/lib\/skysail\//),
    ]);
    await query(first.url, "create table kept as select 42 as answer");
    await first.stop();
    const second = await start(log);
    expect(second.clusterDir).toBe(first.clusterDir);
    expect(await query(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
    expect(warnings).toHaveLength(1);
  });
});
