import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FailureError, failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Sql, SqlRunner } from "./database.js";
import { TransactionError, transact } from "./transaction.js";

interface Migration {
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly sha256: string;
}

/** Any number will do that no other use of advisory locks in the database has: "skysail" in ASCII. */
const LOCK = "32487791692704108";

/**
 * Brings the schema up to the code's, forward only, all or nothing, in one transaction under a lock: of several servers
 * that start at once one migrates and the others find nothing to do. A database that is newer than the code, or whose
 * applied files are not the code's, is refused. Resolves with the names applied now; throws STORE_UNAVAILABLE.
 */
export async function migrate(sql: Sql, folder: string = migrationsFolder()): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  try {
    return await transact(sql, async (tx) => {
      await lockMigrations(tx);
      await createMigrationTable(tx);
      const pending = pendingMigrations(migrations, await readApplied(tx));
      for (const migration of pending) await apply(tx, migration);
      return pending.map((migration) => migration.name);
    });
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const message = `migration failed: ${error.message}`;
    throw new FailureError(failure("STORE_UNAVAILABLE", message), { cause: error });
  }
}

/** The applied ones must be the first of the code's, each with the same content. */
function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.find((each) => !known.has(each.name));
  if (unknown !== undefined) {
    throw refused(
      `the database has migration ${unknown.name}, which this Skysail does not know: start a newer Skysail`,
    );
  }
  applied.forEach((each, index) => {
    const expected = migrations[index];
    if (expected?.name !== each.name) {
      throw refused(`migration ${expected?.name} is missing in the database, which already has ${each.name}`);
    }
    if (expected.sha256 !== each.sha256) {
      throw refused(`migration ${each.name} was changed after it was applied: restore the file as it was`);
    }
  });
  return migrations.slice(applied.length);
}

async function apply(tx: SqlRunner, migration: Migration): Promise<void> {
  try {
    await tx.unsafe(migration.text);
  } catch (error) {
    throw refused(`migration ${migration.name} failed: ${messageOf(error)}`);
  }
  await recordApplied(tx, migration);
}

async function lockMigrations(tx: SqlRunner): Promise<void> {
  await tx`select pg_advisory_xact_lock(${LOCK}::bigint)`;
}

async function createMigrationTable(tx: SqlRunner): Promise<void> {
  await tx`
    create table if not exists schema_migration (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )`;
}

async function readApplied(tx: SqlRunner): Promise<readonly AppliedMigration[]> {
  return tx<AppliedMigration[]>`select name, sha256 from schema_migration order by name collate "C"`;
}

async function recordApplied(tx: SqlRunner, migration: Migration): Promise<void> {
  await tx`insert into schema_migration (name, sha256) values (${migration.name}, ${migration.sha256})`;
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      const sha256 = createHash("sha256").update(text).digest("hex");
      return { name: file.slice(0, -".sql".length), text, sha256 };
    }),
  );
}

/** `migrations/` of the package this file belongs to, be it run from its source or compiled, which lies one deeper. */
function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "migrations")) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, "migrations");
}

function refused(message: string): FailureError {
  return new FailureError(failure("STORE_UNAVAILABLE", message));
}
