import type postgres from "postgres";
import type { Failure } from "../domain/failure.js";
import { FailureError, failure } from "../domain/failure.js";
import type { Database, Sql } from "./database.js";

/** A transaction that did not end well; `commitSent` tells whether it may have been committed nevertheless. */
export class TransactionError extends Error {
  readonly commitSent: boolean;

  constructor(cause: unknown, commitSent: boolean) {
    super(messageOf(cause), { cause });
    this.name = "TransactionError";
    this.commitSent = commitSent;
  }
}

/**
 * What a transaction comes to, and the answers to its last statements, for which COMMIT need not wait. They must have been
 * issued when `work` resolves: what is issued later would be sent behind COMMIT.
 */
export interface Ending<T> {
  readonly value: T;
  readonly last: PromiseLike<unknown>;
}

/**
 * Runs `work`, which must await nothing but statements on `tx`. Throws FailureError as `work` threw it, and
 * TransactionError for all else.
 */
export function transact<T>(sql: Sql, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  return transactTo(sql, async (tx) => ({ value: await work(tx), last: ANSWERED }));
}

/** The same with one round trip less: COMMIT goes right behind the last statements. */
export async function transactTo<T>(sql: Sql, work: (tx: postgres.TransactionSql) => Promise<Ending<T>>): Promise<T> {
  let commitSent = false;
  let ending: Ending<T> | undefined;
  try {
    await sql.begin(async (tx) => {
      ending = await work(tx).catch(unlessLost);
      // From here on postgres.js sends COMMIT, and only its answer tells what has become of the transaction.
      commitSent = true;
      // Awaited below; that nobody does before is no defect.
      void Promise.resolve(ending.last).catch(() => undefined);
    });
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw new TransactionError(error, commitSent);
  }
  if (ending === undefined) throw new TransactionError(new Error("the transaction gave no result"), commitSent);
  try {
    // PostgreSQL answers COMMIT of a transaction in which a statement failed by rolling it back, without an error.
    await ending.last;
  } catch (error) {
    throw new TransactionError(error, false);
  }
  return ending.value;
}

const ANSWERED = Promise.resolve();

/**
 * When the connection is lost, postgres.js (3.4.9) would send its ROLLBACK to a socket that is no more, in a callback of
 * its own, where the TypeError ends the process. So it is not told: this never settles, and begin() fails by itself when
 * the connection's end is reported.
 */
function unlessLost(error: unknown): Promise<never> {
  return errorKind(error) === "LOST" && !(error instanceof FailureError)
    ? new Promise(() => undefined)
    : Promise.reject(error);
}

/**
 * DATA: the database refused a value, another row would do. TRANSIENT: the same again may succeed at once. LOST: no
 * answer, or the server is going down. UNAVAILABLE: it answered and cannot serve now. DEFECT: our own fault.
 */
export type ErrorKind = "DATA" | "TRANSIENT" | "LOST" | "UNAVAILABLE" | "DEFECT";

/** Deadlock, serialization, lock timeout, cancelled, too many connections, idle in transaction, lost race for a key. */
const TRANSIENT: ReadonlySet<string> = new Set(["40001", "40P01", "55P03", "57014", "53300", "25P03", "23505"]);
/** By SQLSTATE class: bad data, violated constraint, beyond a limit. */
const DATA_CLASSES: ReadonlySet<string> = new Set(["22", "23", "54"]);
/** By SQLSTATE class: connection, login, transaction state, resources, operator, system, configuration; and no database. */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set(["08", "28", "25", "53", "55", "57", "58", "F0", "3D"]);

export function errorKind(error: unknown): ErrorKind {
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) return isLost(error) ? "LOST" : "DEFECT";
  if (TRANSIENT.has(sqlState)) return "TRANSIENT";
  if (sqlState.startsWith("57P")) return "LOST";
  const errorClass = sqlState.slice(0, 2);
  if (DATA_CLASSES.has(errorClass)) return "DATA";
  return UNAVAILABLE_CLASSES.has(errorClass) ? "UNAVAILABLE" : "DEFECT";
}

type Told = Pick<Database, "refused">;

/**
 * What a caller is told, in words of ours. What the database or the defect itself says may hold statements, other rows'
 * values and addresses: `database` hears it. An error before COMMIT changed nothing; a lost answer to COMMIT leaves both
 * possible.
 */
export function storeFailure(error: unknown, database: Told): Failure {
  if (error instanceof FailureError) {
    if (error.cause !== undefined) database.refused(messageOf(error.cause));
    return error.failure;
  }
  const cause = error instanceof TransactionError ? error.cause : error;
  database.refused(messageOf(cause));
  const kind = errorKind(cause);
  if (kind === "DATA")
    return failure("BAD_INPUT", "the database refuses one of these values: the server's log says why");
  if (kind === "DEFECT") return failure("INTERNAL", "the database refuses a statement: the server's log says why");
  const commitSent = error instanceof TransactionError && error.commitSent;
  if (kind === "LOST" && commitSent) return outcomeUnknown("the connection was lost");
  return failure("STORE_UNAVAILABLE", `nothing was stored: ${WHY[kind]}`, { retryAfterMs: RETRY_AFTER_MS });
}

const WHY: Readonly<Record<Exclude<ErrorKind, "DATA" | "DEFECT">, string>> = {
  TRANSIENT: "the database had too much to do at once",
  LOST: "the database does not answer",
  UNAVAILABLE: "the database cannot serve now",
};

/** The same answer; where there is none it rejects with a FailureError, as the ports say. */
export async function orFailure<T>(answer: PromiseLike<T>, database: Told): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new FailureError(storeFailure(error, database), { cause: error });
  }
}

export function outcomeUnknown(why: string): Failure {
  const message = `the commit was sent and its answer did not come (${why}): repeat with the same key`;
  return failure("OUTCOME_UNKNOWN", message, { retryAfterMs: RETRY_AFTER_MS });
}

/** About as long as PostgreSQL needs to come back from a crash. */
export const RETRY_AFTER_MS = 500;

function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === "string" && severity !== undefined ? code : undefined;
}

/** Errors of sockets and of postgres.js have a code but no severity. */
function isLost(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && /^(E[A-Z]+|CONNECT|CONNECTION_)/.test(code);
}

/** Node's error for a refused connection to a name with several addresses has a code and an empty message. */
function messageOf(error: unknown): string {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const told = [message, code].find((text) => typeof text === "string" && text !== "");
  return String(told ?? error).split("\n")[0] ?? "";
}
