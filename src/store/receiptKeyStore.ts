import { failure, FailureError } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { ReceiptKey, ReceiptKeyStore } from "../domain/storePorts.js";
import type { Database, SqlRunner } from "./database.js";
import { CHANNEL, notification } from "./listener.js";
import { orFailure, storeFailure, transact } from "./transaction.js";

const SECRET_BYTES = 32;
/** "receipt" in ASCII: no other use of advisory locks in the database has this number. */
const LOCK = "32199624922591348";
const TOPIC = "receipt_keys";

/** Receipt keys in PostgreSQL: shared by all servers on the database, and the same after a restart. */
export class PostgresReceiptKeyStore implements ReceiptKeyStore {
  readonly #database: Database;
  readonly #newSecret: () => Uint8Array;

  constructor(database: Database, randomBytes: (size: number) => Uint8Array) {
    this.#database = database;
    this.#newSecret = () => randomBytes(SECRET_BYTES);
  }

  /** Newest first, at most two. Throws FailureError (STORE_UNAVAILABLE) when the database cannot be asked. */
  readOrCreate(): Promise<readonly ReceiptKey[]> {
    return orFailure(this.#readOrCreate(), this.#database);
  }

  async #readOrCreate(): Promise<readonly ReceiptKey[]> {
    const keys = await selectActiveKeys(this.#database.sql);
    return keys.length > 0 ? keys : transact(this.#database.sql, (tx) => createFirstKey(tx, this.#newSecret));
  }

  /** Of two servers that rotate at once the second retires the first one's predecessor: both keys are good. */
  async rotate(expectedKeyId?: number): Promise<readonly ReceiptKey[] | Failure> {
    try {
      return await transact(this.#database.sql, async (tx) => {
        await lockKeys(tx);
        await requireSigning(tx, expectedKeyId);
        await insertKey(tx, this.#newSecret());
        await retireOldKeys(tx);
        await notifyKeys(tx);
        return selectActiveKeys(tx);
      });
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    return this.#database.listen(TOPIC, changed);
  }
}

/** Of servers that start at once on an empty database, one makes the key and the others wait and read it. */
async function createFirstKey(tx: SqlRunner, newSecret: () => Uint8Array): Promise<readonly ReceiptKey[]> {
  await lockKeys(tx);
  const keys = await selectActiveKeys(tx);
  if (keys.length > 0) return keys;
  await insertKey(tx, newSecret());
  return selectActiveKeys(tx);
}

async function lockKeys(tx: SqlRunner): Promise<void> {
  await tx`select pg_advisory_xact_lock(${LOCK}::bigint)`;
}

/** Two: the one that signs, and the one before it, whose receipts are still on their way back. */
async function selectActiveKeys(sql: SqlRunner): Promise<readonly ReceiptKey[]> {
  return sql<ReceiptKey[]>`select id, secret from receipt_key where retired_at is null order by id desc limit 2`;
}

/** Two who rotate for the same reason would retire the key of receipts that are still on their way. */
async function requireSigning(tx: SqlRunner, expectedKeyId: number | undefined): Promise<void> {
  const signing = (await selectActiveKeys(tx))[0]?.id;
  if (expectedKeyId === undefined || expectedKeyId === signing) return;
  const message = `key ${signing} signs receipts by now, not ${expectedKeyId}: it was rotated since that was read`;
  throw new FailureError(failure("CONFLICT", message, { current: String(signing) }));
}

async function insertKey(tx: SqlRunner, secret: Uint8Array): Promise<void> {
  await tx`insert into receipt_key (id, secret) select coalesce(max(id), 0) + 1, ${secret} from receipt_key`;
}

async function retireOldKeys(tx: SqlRunner): Promise<void> {
  await tx`
    update receipt_key set retired_at = now()
    where retired_at is null
      and id not in (select id from receipt_key where retired_at is null order by id desc limit 2)`;
}

async function notifyKeys(tx: SqlRunner): Promise<void> {
  await tx`select pg_notify(${CHANNEL}, ${notification(TOPIC)})`;
}
