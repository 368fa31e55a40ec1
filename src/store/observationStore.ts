import type { Failure } from "../domain/failure.js";
import { FailureError, failure, isFailure } from "../domain/failure.js";
import type { Clock, Random } from "../domain/ports.js";
import type { NewObservation, ObservationStore, StoredObservation } from "../domain/storePorts.js";
import { unsafeCommitSetting } from "./commitSettings.js";
import type { Database, Lane, SqlRunner } from "./database.js";
import { GroupQueue } from "./groupQueue.js";
import type { GroupResult } from "./groupQueue.js";
import { LanePool } from "./lanePool.js";
import { observationRow } from "./observationRows.js";
import type { ObservationRow } from "./observationRows.js";
import { appendObservations, beginAppend, ensureHead, lockHead } from "./observationStatements.js";
import type { AppendedRow } from "./observationStatements.js";
import { RETRY_AFTER_MS, TransactionError, errorKind, outcomeUnknown, storeFailure, transact } from "./transaction.js";
import { Watchdog } from "./watchdog.js";

export interface ObservationStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Waiting or being committed, over all applications; beyond it OVERLOADED. */
  readonly maxPending?: number;
  readonly maxGroupRows?: number;
  /** How long the database may leave us without an answer before its connection is cut. */
  readonly answerWithinMs?: number;
  /** Connections, hence applications whose groups are committed at the same time. */
  readonly maxLanes?: number;
}

type Outcome = StoredObservation | Failure;

const DEFAULTS = { maxPending: 10_000, maxGroupRows: 500, answerWithinMs: 500, maxLanes: 4 };
const MAX_RETRIES = 3;
const RETRY_STEP_MS = 10;

/**
 * The feedback log in PostgreSQL. Observations of an application that arrive while its last group is being committed
 * share the next transaction; a row that the database refuses is found by halving its group and fails alone.
 */
export class PostgresObservationStore implements ObservationStore {
  readonly #options: ObservationStoreOptions & typeof DEFAULTS;
  readonly #lanes: LanePool;
  readonly #groups: GroupQueue<ObservationRow, Outcome>;

  constructor(database: Database, options: ObservationStoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#lanes = new LanePool(database, this.#options.maxLanes);
    this.#groups = new GroupQueue({
      maxPending: this.#options.maxPending,
      maxGroup: this.#options.maxGroupRows,
      turnEnd: (callback) => options.clock.turnEnd(callback),
      commit: (application, rows) => this.#commit(application, rows),
    });
  }

  append(observation: NewObservation): Promise<Outcome> {
    const row = observationRow(observation);
    if (isFailure(row)) return Promise.resolve(row);
    return this.#groups.add(row.application, row) ?? Promise.resolve(this.#overloaded());
  }

  /** Resolves when everything appended so far has its outcome. */
  drain(): Promise<void> {
    return this.#groups.drain();
  }

  #overloaded(): Failure {
    const message = `${this.#options.maxPending} observations are waiting to be stored: send them more slowly`;
    return failure("OVERLOADED", message, { retryAfterMs: RETRY_AFTER_MS });
  }

  async #commit(application: string, rows: readonly ObservationRow[]): Promise<GroupResult<Outcome>> {
    const results = await this.#store(application, rows);
    return { results, refuseBehind: refusalFrom(results) };
  }

  /** One outcome per row. */
  async #store(application: string, rows: readonly ObservationRow[]): Promise<readonly Outcome[]> {
    try {
      const appended = await this.#appendWithRetries(application, rows);
      return outcomesOf(rows, appended);
    } catch (error) {
      const refused = storeFailure(error);
      if (refused.code !== "BAD_INPUT" || rows.length === 1) return rows.map(() => refused);
      const half = Math.ceil(rows.length / 2);
      const left = await this.#store(application, rows.slice(0, half));
      return [...left, ...(await this.#store(application, rows.slice(half)))];
    }
  }

  async #appendWithRetries(application: string, rows: readonly ObservationRow[]): Promise<readonly AppendedRow[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#lanes.use((lane) => this.#append(lane, application, rows), isBroken);
      } catch (error) {
        if (attempt > MAX_RETRIES || !isWorthRetrying(error)) throw error;
        await this.#pause(attempt * RETRY_STEP_MS * this.#options.random());
      }
    }
  }

  /** One transaction. Whenever the database is silent for too long, the connection is cut, which fails what is under way. */
  async #append(lane: Lane, application: string, rows: readonly ObservationRow[]): Promise<readonly AppendedRow[]> {
    const limitMs = this.#options.answerWithinMs;
    const watchdog = new Watchdog(this.#options.clock, limitMs, () => lane.destroy());
    const rowsJson = `[${rows.map((row) => row.json).join(",")}]`;
    try {
      return await transact(lane.sql, async (tx) => {
        watchdog.reset();
        const appended = await appendGroup(tx, application, rowsJson);
        watchdog.reset();
        return appended;
      });
    } catch (error) {
      if (watchdog.expired) throw unanswered(limitMs, error);
      throw error;
    } finally {
      watchdog.stop();
    }
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.at(clock.nowMs() + ms, resolve));
  }
}

async function appendGroup(tx: SqlRunner, application: string, rowsJson: string): Promise<readonly AppendedRow[]> {
  const [settings, , , appended] = await Promise.all([
    beginAppend(tx),
    ensureHead(tx, application),
    lockHead(tx, application),
    appendObservations(tx, application, rowsJson),
  ]);
  const unsafe = settings === undefined ? "unknown settings" : unsafeCommitSetting(settings);
  if (unsafe === undefined) return appended;
  throw new FailureError(failure("STORE_UNAVAILABLE", `observations would not survive a power cut with ${unsafe}`));
}

function outcomesOf(rows: readonly ObservationRow[], appended: readonly AppendedRow[]): readonly Outcome[] {
  const byPlace = new Map(appended.map((row) => [row.ord, row]));
  return rows.map((_, index) => {
    const row = byPlace.get(index + 1);
    if (row === undefined) return failure("INTERNAL", "the database did not answer for this observation");
    return row.same ? stored(row.seq, row.duplicate) : differs();
  });
}

function stored(seq: number, duplicate: boolean): StoredObservation {
  return { kind: "observation", seq, duplicate };
}

function differs(): Failure {
  return failure("CONFLICT", "this receipt and key were observed before, with another truth");
}

/** When the database cannot be had, those who wait behind are told at once that theirs was never sent. */
function refusalFrom(outcomes: readonly Outcome[]): Failure | undefined {
  const last = outcomes.at(-1);
  if (last === undefined || !isFailure(last)) return undefined;
  if (last.code === "STORE_UNAVAILABLE") return last;
  if (last.code !== "OUTCOME_UNKNOWN") return undefined;
  return failure("STORE_UNAVAILABLE", "nothing was stored: the database does not answer", {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/**
 * After a connection error or a cut nothing is known of the connection's state. With unsafe settings it is given up too:
 * a session keeps the settings it began with, so only a new one sees that they have been corrected.
 */
function isBroken(error: unknown): boolean {
  return !(error instanceof TransactionError) || errorKind(error.cause) === "LOST";
}

/** A connection that had died while idle is no reason to refuse; a server that cannot be reached is. */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof TransactionError)) return false;
  if (errorKind(error.cause) === "TRANSIENT") return true;
  const code = (error.cause as { code?: unknown }).code;
  return !error.commitSent && (code === "CONNECTION_CLOSED" || code === "ECONNRESET" || code === "EPIPE");
}

function unanswered(limitMs: number, error: unknown): FailureError {
  const why = `no answer within ${limitMs} ms`;
  const commitSent = error instanceof TransactionError && error.commitSent;
  const told = commitSent
    ? outcomeUnknown(why)
    : failure("STORE_UNAVAILABLE", `nothing was stored: ${why}`, { retryAfterMs: RETRY_AFTER_MS });
  return new FailureError(told, { cause: error });
}
