import { auditHash } from "../lib/auditChain.js";
import type { AuditEntry, AuditHead, AuditStore, StoredAuditEntry } from "../domain/access.js";
import type { Failure } from "../domain/failure.js";
import type { Database, SqlRunner } from "./database.js";
import { storeFailure, transact } from "./transaction.js";

/** The audit log in PostgreSQL. The head's row is the lock: entries of several servers follow each other. */
export class PostgresAuditStore implements AuditStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(given: AuditEntry): Promise<Failure | undefined> {
    // As the column keeps it, or its hash would not be found again.
    const entry = { ...given, atMs: Math.trunc(given.atMs) };
    try {
      await transact(this.#database.sql, async (tx) => {
        const { seq: last, hash: previousHash } = await lockHead(tx);
        const seq = last + 1;
        const hash = auditHash(previousHash, seq, entry);
        await insertEntry(tx, { ...entry, seq, previousHash, hash });
        await updateHead(tx, { seq, hash });
      });
      return undefined;
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }

  before(seq: number, count: number): Promise<readonly StoredAuditEntry[] | Failure> {
    return this.#read((sql) => selectBefore(sql, seq, count));
  }

  after(seq: number, count: number): Promise<readonly StoredAuditEntry[] | Failure> {
    return this.#read((sql) => selectAfter(sql, seq, count));
  }

  head(): Promise<AuditHead | Failure> {
    return this.#read(selectHead);
  }

  async #read<T>(select: (sql: SqlRunner) => Promise<T>): Promise<T | Failure> {
    try {
      return await select(this.#database.sql);
    } catch (error) {
      return storeFailure(error, this.#database);
    }
  }
}

/** bigint comes as text: places and milliseconds stay far below what a double counts exactly. */
type EntryRow = Omit<StoredAuditEntry, "seq" | "atMs"> & { readonly seq: string; readonly atMs: string };

function entryOf({ seq, atMs, ...rest }: EntryRow): StoredAuditEntry {
  return { ...rest, seq: Number(seq), atMs: Number(atMs) };
}

async function selectHead(sql: SqlRunner): Promise<AuditHead> {
  const rows = await sql<{ seq: string; hash: Uint8Array }[]>`select seq, hash from audit_head`;
  return headOf(rows[0]);
}

async function lockHead(sql: SqlRunner): Promise<AuditHead> {
  const rows = await sql<{ seq: string; hash: Uint8Array }[]>`select seq, hash from audit_head for update`;
  return headOf(rows[0]);
}

function headOf(row: { readonly seq: string; readonly hash: Uint8Array } | undefined): AuditHead {
  if (row === undefined) throw new Error("audit_head has no row: it was removed by hand");
  return { seq: Number(row.seq), hash: row.hash };
}

async function insertEntry(sql: SqlRunner, entry: StoredAuditEntry): Promise<void> {
  const { seq, atMs, keyId, address, action, target, outcome, previousHash, hash } = entry;
  await sql`
    insert into audit_entry (seq, at_ms, key_id, address, action, target, outcome, previous_hash, hash)
    values (${seq}, ${atMs}, ${keyId}, ${address}, ${action}, ${target}, ${outcome}, ${previousHash}, ${hash})`;
}

async function updateHead(sql: SqlRunner, { seq, hash }: AuditHead): Promise<void> {
  await sql`update audit_head set seq = ${seq}, hash = ${hash}`;
}

async function selectBefore(sql: SqlRunner, seq: number, count: number): Promise<readonly StoredAuditEntry[]> {
  const rows = await sql<EntryRow[]>`
    select seq, at_ms as "atMs", key_id as "keyId", address, action, target, outcome,
      previous_hash as "previousHash", hash
    from audit_entry where seq < ${seq} order by seq desc limit ${count}`;
  return rows.map(entryOf);
}

async function selectAfter(sql: SqlRunner, seq: number, count: number): Promise<readonly StoredAuditEntry[]> {
  const rows = await sql<EntryRow[]>`
    select seq, at_ms as "atMs", key_id as "keyId", address, action, target, outcome,
      previous_hash as "previousHash", hash
    from audit_entry where seq > ${seq} order by seq limit ${count}`;
  return rows.map(entryOf);
}
