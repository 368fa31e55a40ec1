import { z } from "zod";
import { SCOPES } from "../domain/access.js";
import type { ApiKey, ApiKeyStore, NewApiKey } from "../domain/access.js";
import { FailureError, failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Database, SqlRunner } from "./database.js";
import { CHANNEL, notification } from "./listener.js";
import { orFailure, storeFailure, transact } from "./transaction.js";

const TOPIC = "api_keys";
/** "api keys" in ASCII: no other use of advisory locks in the database has this number. */
const LOCK = "7021236465166772595";
/** The one in use, and the one that takes its place. */
const ACTIVE_OF_A_NAME = 2;

/** API keys in PostgreSQL: the same for all servers on the database. */
export class PostgresApiKeyStore implements ApiKeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws FailureError (STORE_UNAVAILABLE) when the database cannot be asked. */
  read(): Promise<readonly ApiKey[]> {
    return orFailure(selectKeys(this.#database.sql), this.#database);
  }

  create(key: NewApiKey, mayBeFirst: (key: NewApiKey) => Failure | undefined): Promise<ApiKey | Failure> {
    return this.#change(async (tx) => {
      const keys = await selectKeys(tx);
      const problem = keys.length === 0 ? mayBeFirst(key) : undefined;
      if (problem !== undefined) throw new FailureError(problem);
      const active = await countActive(tx, key.name);
      if (active >= ACTIVE_OF_A_NAME) {
        const remedy = "revoke one of them first, or give another name";
        throw new FailureError(
          failure("CONFLICT", `${active} keys named ${JSON.stringify(key.name)} are active: ${remedy}`),
        );
      }
      await insertKey(tx, key);
      return requireKey(tx, key.id);
    });
  }

  revoke(id: string): Promise<ApiKey | Failure> {
    return this.#change(async (tx) => {
      await requireKey(tx, id);
      await updateRevoked(tx, id);
      if ((await countAdministrators(tx)) === 0) {
        const remedy = "make another key with the scope ADMIN for all applications first";
        throw new FailureError(failure("CONFLICT", `key ${id} is the last that may make keys: ${remedy}`));
      }
      return requireKey(tx, id);
    });
  }

  async noteUses(uses: ReadonlyMap<string, number>): Promise<void> {
    await updateUses(
      this.#database.sql,
      JSON.stringify([...uses].map(([id, atMs]) => ({ id, at_ms: Math.trunc(atMs) }))),
    );
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    return this.#database.listen(TOPIC, changed);
  }

  async #change(work: (tx: SqlRunner) => Promise<ApiKey>): Promise<ApiKey | Failure> {
    try {
      return await transact(this.#database.sql, async (tx) => {
        await lockKeys(tx);
        const key = await work(tx);
        await notifyKeys(tx);
        return key;
      });
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }
}

const MS = z
  .number()
  .nullable()
  .transform((ms) => ms ?? undefined);
const KEY = z.object({
  id: z.string(),
  name: z.string(),
  digest: z.instanceof(Uint8Array),
  scopes: z.array(z.enum(SCOPES)),
  applications: z
    .array(z.string())
    .nullable()
    .transform((names) => names ?? undefined),
  rowsPerSecond: z
    .number()
    .nullable()
    .transform((rows) => rows ?? undefined),
  createdAtMs: z.number(),
  expiresAtMs: MS,
  revokedAtMs: MS,
  lastUsedAtMs: MS,
});

async function selectKeys(sql: SqlRunner): Promise<readonly ApiKey[]> {
  const rows = await sql`
    select id, name, digest, scopes, applications, rows_per_second as "rowsPerSecond",
      extract(epoch from created_at)::float8 * 1000 as "createdAtMs",
      extract(epoch from expires_at)::float8 * 1000 as "expiresAtMs",
      extract(epoch from revoked_at)::float8 * 1000 as "revokedAtMs",
      extract(epoch from last_used_at)::float8 * 1000 as "lastUsedAtMs"
    from api_key order by created_at, id`;
  return rows.map((row) => KEY.parse(row));
}

async function requireKey(sql: SqlRunner, id: string): Promise<ApiKey> {
  const found = (await selectKeys(sql)).find((key) => key.id === id);
  if (found !== undefined) return found;
  throw new FailureError(failure("NOT_FOUND", `API key ${JSON.stringify(id.slice(0, 80))} does not exist`));
}

async function countActive(sql: SqlRunner, name: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    select count(*)::int as count from api_key
    where name = ${name} and revoked_at is null and (expires_at is null or expires_at > now())`;
  return rows[0]?.count ?? 0;
}

async function countAdministrators(sql: SqlRunner): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    select count(*)::int as count from api_key
    where scopes ? 'ADMIN' and applications is null and revoked_at is null and (expires_at is null or expires_at > now())`;
  return rows[0]?.count ?? 0;
}

async function insertKey(sql: SqlRunner, key: NewApiKey): Promise<void> {
  const { id, name, digest, scopes, applications, rowsPerSecond, expiresAtMs } = key;
  await sql`
    insert into api_key (id, name, digest, scopes, applications, rows_per_second, expires_at)
    values (${id}, ${name}, ${digest}, ${JSON.stringify(scopes)}::text::jsonb,
      ${applications === undefined ? null : JSON.stringify(applications)}::text::jsonb,
      ${rowsPerSecond ?? null}, to_timestamp(${expiresAtMs === undefined ? null : expiresAtMs / 1000}::float8))`;
}

async function updateRevoked(sql: SqlRunner, id: string): Promise<void> {
  await sql`update api_key set revoked_at = now() where id = ${id} and revoked_at is null`;
}

/** Servers note each by itself: the latest counts. */
async function updateUses(sql: SqlRunner, usesJson: string): Promise<void> {
  await sql`
    update api_key set last_used_at = greatest(last_used_at, to_timestamp(u.at_ms / 1000))
    from jsonb_to_recordset(${usesJson}::text::jsonb) as u (id text, at_ms float8)
    where api_key.id = u.id`;
}

async function lockKeys(sql: SqlRunner): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCK}::bigint)`;
}

async function notifyKeys(sql: SqlRunner): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${notification(TOPIC)})`;
}
