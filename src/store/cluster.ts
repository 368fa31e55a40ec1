import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { appendFile, chown, cp, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { FailureError, failure } from "../domain/failure.js";
import { readClusterRecord, writeClusterRecord } from "./clusterRecord.js";
import type { ClusterRecord } from "./clusterRecord.js";
import { findBinaries } from "./postgresBinaries.js";
import type { BinariesRung, PostgresBinaries } from "./postgresBinaries.js";
import { canReach } from "./postgresOwner.js";
import type { PostgresOwner } from "./postgresOwner.js";

/** The one superuser of an embedded cluster, and the database that initdb makes: nothing else is set up. */
export const CLUSTER_USER = "skysail";
export const CLUSTER_DATABASE = "postgres";

/**
 * Who is the first to write into a new segment of the write-ahead log fills it with zeros and flushes it before, and every commit
 * waits: 60 ms for PostgreSQL's own 16 MiB, some 3 for one (docs/performance.md, "Observations").
 */
const WAL_SEGMENT_MIB = 1;
/** PostgreSQL's own; initdb makes them smaller where segments are, and with them checkpoints as many times as often. */
const WAL_SIZES = "\n# As with segments of 16 MB.\nmin_wal_size = 80MB\nmax_wal_size = 1GB\n";
const FOREIGN_ROOT = "/var/lib/skysail";
const run = promisify(execFile);

/** What the embedded server tells its operator. A pino logger is one. */
export interface StoreLog {
  info(message: string): void;
  warn(message: string): void;
}

/**
 * The data folder's record; made when there is none. As root the cluster moves to where its user can reach it, and the
 * record says where, so that the next start finds it also when permissions have changed meanwhile.
 */
export async function locateCluster(
  dataDir: string,
  owner: PostgresOwner | undefined,
  log: StoreLog,
): Promise<ClusterRecord> {
  const known = await readClusterRecord(dataDir);
  if (known !== undefined) return known;
  const home = canReach(dataDir, owner) ? dataDir : await foreignHome(dataDir);
  if (home !== dataDir) {
    log.warn(`PostgreSQL runs as user ${owner?.name}, who cannot enter ${dataDir}: its cluster is kept in ${home}`);
  }
  const record = { clusterDir: join(home, "postgres"), password: randomBytes(24).toString("base64url") };
  await writeClusterRecord(dataDir, record);
  return record;
}

/** Only root comes here, and only root may write in /var/lib: nobody else can have laid a trap at this name. */
async function foreignHome(dataDir: string): Promise<string> {
  const home = join(FOREIGN_ROOT, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  try {
    await mkdir(home, { recursive: true, mode: 0o755 });
    return await realpath(home);
  } catch (error) {
    const message = `cannot make ${home} for PostgreSQL, which cannot enter ${dataDir}: choose a --data-dir that all users can enter`;
    throw new FailureError(failure("STORE_UNAVAILABLE", message), { cause: error });
  }
}

/** The major version that made the cluster; undefined when there is none yet. */
export async function clusterVersion(clusterDir: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(clusterDir, "PG_VERSION"), "utf8"), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Binaries that fit the cluster and that its user can run. */
export async function binariesFor(
  rung: BinariesRung,
  clusterDir: string,
  owner: PostgresOwner | undefined,
): Promise<PostgresBinaries> {
  const binaries = await findBinaries(rung, await clusterVersion(clusterDir));
  if (canReach(binaries.binDir, owner)) return binaries;
  if (binaries.rung === "bundled") return copied(binaries, dirname(clusterDir));
  const message = `user ${owner?.name} cannot enter ${binaries.binDir}: set SKYSAIL_POSTGRES=bundled or start Skysail as another user than root`;
  throw new FailureError(failure("STORE_UNAVAILABLE", message));
}

/** A checkout below /root hides node_modules from PostgreSQL's user: the 60 MB are copied once, beside the cluster. */
async function copied(binaries: PostgresBinaries, home: string): Promise<PostgresBinaries> {
  const native = dirname(binaries.binDir);
  const copy = join(home, `postgresql-${binaries.majorVersion}`);
  const binDir = join(copy, basename(binaries.binDir));
  if ((await realpath(binDir).catch(() => undefined)) !== undefined) return { ...binaries, binDir };
  await rm(`${copy}.new`, { recursive: true, force: true });
  await cp(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
  await rename(`${copy}.new`, copy);
  return { ...binaries, binDir };
}

/**
 * Makes the cluster when there is none. It is made beside its place and then renamed, so that a kill in the midst
 * leaves nothing that looks like a cluster. The C locale sorts by code point on every machine and with every version.
 */
export async function ensureCluster(
  record: ClusterRecord,
  binaries: PostgresBinaries,
  owner: PostgresOwner | undefined,
): Promise<boolean> {
  if ((await clusterVersion(record.clusterDir)) !== undefined) return false;
  const draft = `${record.clusterDir}.new`;
  const passwordFile = `${record.clusterDir}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, record.password, { mode: 0o600 });
  try {
    if (owner !== undefined) {
      await chown(draft, owner.uid, owner.gid);
      await chown(passwordFile, owner.uid, owner.gid);
    }
    await initdb(draft, passwordFile, binaries, owner);
    await appendFile(join(draft, "postgresql.conf"), WAL_SIZES);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, record.clusterDir);
  return true;
}

async function initdb(
  clusterDir: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  owner: PostgresOwner | undefined,
): Promise<void> {
  const args = [
    `--pgdata=${clusterDir}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    `--wal-segsize=${WAL_SEGMENT_MIB}`,
    "--no-instructions",
  ];
  try {
    await run(join(binaries.binDir, "initdb"), args, { cwd: "/", env: postgresEnvironment(), ...asOwner(owner) });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1) ?? String(error);
    throw new FailureError(failure("STORE_UNAVAILABLE", `initdb could not make ${clusterDir}: ${said}`), {
      cause: error,
    });
  }
}

/** Nothing of ours: PG* variables would change what PostgreSQL does, and secrets are none of its business. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

/** Spawn options that change the user; none when we are not root. */
export function asOwner(owner: PostgresOwner | undefined): { readonly uid?: number; readonly gid?: number } {
  return owner === undefined ? {} : { uid: owner.uid, gid: owner.gid };
}
