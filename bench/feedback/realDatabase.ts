import { randomBytes } from "node:crypto";
import { join } from "node:path";
import postgres from "postgres";
import { startEmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import type { EmbeddedPostgres } from "../../src/store/embeddedPostgres.js";
import type { BinariesRung } from "../../src/store/postgresBinaries.js";
import type { Bench } from "../bench.js";
import { temporaryFolder } from "../skysailServer.js";

/**
 * A database that the server does not start itself: a fresh one on the server of TEST_DATABASE_URL, or a cluster of its
 * own from the machine's binaries. Gone with the scenario.
 */
export async function realDatabase(bench: Bench): Promise<string> {
  const url = process.env["TEST_DATABASE_URL"];
  return url === undefined ? ownCluster(bench) : freshDatabase(bench, url);
}

async function ownCluster(bench: Bench): Promise<string> {
  const { url } = await startCluster(bench, await temporaryFolder(bench), "system");
  return url;
}

/** The cluster of a folder, made when it is first asked for; stopped with the scenario, if it has not been before. */
export async function startCluster(bench: Bench, folder: string, rung: BinariesRung): Promise<EmbeddedPostgres> {
  const log = { info: () => undefined, warn: (text: string) => bench.progress(`  PostgreSQL: ${text}`) };
  const cluster = await startEmbeddedPostgres({ dataDir: join(folder, "cluster"), rung, log });
  await bench.cleanup.add(() => cluster.stop());
  return cluster;
}

async function freshDatabase(bench: Bench, url: string): Promise<string> {
  const name = `skysail_bench_${randomBytes(6).toString("hex")}`;
  await administer(url, `create database ${name}`);
  await bench.cleanup.add(() => administer(url, `drop database if exists ${name} with (force)`));
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function administer(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql.unsafe(statement).finally(() => sql.end());
}
