import type { Failure } from "../domain/failure.js";
import { FailureError, badInput, failure, isFailure } from "../domain/failure.js";
import type { GroupLearner } from "../domain/learningPorts.js";
import type { Clock, Random } from "../domain/ports.js";
import type { NewObservation, ObservationStore, StoredObservation, Superseded } from "../domain/storePorts.js";
import { appendAtOnce, appendGroup } from "./appendGroup.js";
import type { AppendedGroup, Group } from "./appendGroup.js";
import type { CountedPlace } from "./countGroup.js";
import { inCorrectionLayers } from "./correctionLayers.js";
import type { Database, Lane } from "./database.js";
import { GroupLearning } from "./groupLearning.js";
import { GroupQueue } from "./groupQueue.js";
import type { GroupResult } from "./groupQueue.js";
import { NOBODY } from "./headStatements.js";
import { LanePool } from "./lanePool.js";
import { observationRow } from "./observationRows.js";
import type { ObservationRow } from "./observationRows.js";
import { APPENDING } from "./observationStatements.js";
import type { AppendedRow } from "./observationStatements.js";
import {
  RETRY_AFTER_MS,
  TransactionError,
  errorKind,
  outcomeUnknown,
  storeFailure,
  transactTo,
} from "./transaction.js";
import { Watchdog } from "./watchdog.js";

export interface ObservationStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Learns from what is stored, in the same transaction; undefined: nothing learns here. */
  readonly learner?: GroupLearner | undefined;
  /** What others hear of a commit; those who say the same hear nothing of it. */
  readonly origin?: string;
  /** Waiting or being committed, over all applications; beyond it STORE_UNAVAILABLE. */
  readonly maxPending?: number;
  readonly maxGroupRows?: number;
  /** How long the database may leave us without an answer before its connection is cut, and how long it is tried again. */
  readonly answerWithinMs?: number;
  /** Connections, hence applications whose groups are committed at the same time. */
  readonly maxLanes?: number;
}

type Outcome = StoredObservation | Failure;

/**
 * `answerWithinMs`: a disk that flushes slowly, a machine with too few cores and a server that is paused while it holds an
 * application's head (which the database ends after two seconds) leave a healthy database silent for a second or two, and
 * an observation that could have been stored must not be refused for it. Who waits meanwhile is bounded by `maxPending`.
 */
const DEFAULTS = { maxPending: 10_000, maxGroupRows: 500, answerWithinMs: 5_000, maxLanes: 4, origin: NOBODY };
const MAX_RETRIES = 3;
const RETRY_STEP_MS = 10;
const WARM_MS = 10_000;

/**
 * The feedback log in PostgreSQL. Observations of an application that arrive while its last group is being committed
 * share the next transaction; a row that the database refuses is found by halving its group and fails alone.
 */
export class PostgresObservationStore implements ObservationStore {
  readonly #options: ObservationStoreOptions & typeof DEFAULTS;
  readonly #database: Database;
  readonly #lanes: LanePool;
  readonly #groups: GroupQueue<ObservationRow, Outcome>;
  /** When (monotonic) a lane last did what it was asked. */
  readonly #answeredMs = new WeakMap<Lane, number>();

  constructor(database: Database, options: ObservationStoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#database = database;
    this.#lanes = new LanePool(database, this.#options.maxLanes, APPENDING);
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
    return this.#groups.add(observation.application, row) ?? Promise.resolve(this.#full());
  }

  /** Resolves when everything appended so far has its outcome. */
  drain(): Promise<void> {
    return this.#groups.drain();
  }

  /** The database is too slow for what comes: to the caller as if it could not be had. */
  #full(): Failure {
    const message = `nothing was stored: ${this.#options.maxPending} observations are waiting for the database`;
    return failure("STORE_UNAVAILABLE", message, { retryAfterMs: RETRY_AFTER_MS });
  }

  async #commit(application: string, rows: readonly ObservationRow[]): Promise<GroupResult<Outcome>> {
    const results: Outcome[] = [];
    const { origin } = this.#options;
    for (const layer of inCorrectionLayers(rows))
      results.push(...(await this.#store({ application, rows: layer, origin })));
    return { results, refuseBehind: refusalFrom(results) };
  }

  /** One outcome per row. */
  async #store(group: Group): Promise<readonly Outcome[]> {
    const { rows } = group;
    try {
      return outcomesOf(rows, await this.#appendWithRetries(group));
    } catch (error) {
      const refused = storeFailure(error, this.#database);
      if (refused.code !== "BAD_INPUT" || rows.length === 1) return rows.map(() => refused);
      const half = Math.ceil(rows.length / 2);
      const left = await this.#store({ ...group, rows: rows.slice(0, half) });
      return [...left, ...(await this.#store({ ...group, rows: rows.slice(half) }))];
    }
  }

  async #appendWithRetries(group: Group): Promise<AppendedGroup> {
    const { clock, answerWithinMs } = this.#options;
    const untilMs = clock.nowMs() + answerWithinMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#lanes.use((lane) => this.#append(lane, group), isBroken);
      } catch (error) {
        if (attempt > MAX_RETRIES || clock.nowMs() >= untilMs || !isWorthRetrying(error)) throw error;
        await this.#pause(attempt * RETRY_STEP_MS * this.#options.random());
      }
    }
  }

  /** One transaction, and what the learner is told of its end. */
  async #append(lane: Lane, group: Group): Promise<AppendedGroup> {
    const fold = new GroupLearning(this.#options.learner, group.application);
    let committed = false;
    try {
      const appended = await this.#watched(lane, fold, async (heard) => {
        const atOnce = this.#isWarm(lane) ? await tryAtOnce(lane, group, fold) : undefined;
        heard();
        return atOnce ?? (await appendAtLength(lane, group, fold, heard));
      });
      committed = true;
      this.#answeredMs.set(lane, this.#options.clock.nowMs());
      return appended;
    } finally {
      fold.end(committed);
    }
  }

  /**
   * A connection that has been idle for long may be dead without our knowing. Of what is sent on it as a single statement it
   * would be unknown whether it was stored, where BEGIN fails and is tried again.
   */
  #isWarm(lane: Lane): boolean {
    return lane.isOpen && this.#options.clock.nowMs() - (this.#answeredMs.get(lane) ?? -Infinity) < WARM_MS;
  }

  /** Whenever the database (or the learner) is silent for too long, the connection is cut, which fails what is under way. */
  async #watched<T>(lane: Lane, fold: GroupLearning, work: (heard: () => void) => Promise<T>): Promise<T> {
    const limitMs = this.#options.answerWithinMs;
    const watchdog = new Watchdog({
      clock: this.#options.clock,
      limitMs,
      heard: () => lane.heardBytes,
      bark: () => {
        lane.destroy();
        fold.giveUp();
      },
    });
    try {
      return await work(() => watchdog.reset());
    } catch (error) {
      if (watchdog.expired) throw silent(limitMs, error);
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

/** Only an answer tells what has become of a statement that is a transaction by itself. */
async function tryAtOnce(lane: Lane, group: Group, fold: GroupLearning): Promise<AppendedGroup | undefined> {
  try {
    return await appendAtOnce(lane.sql, group, fold);
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw new TransactionError(error, errorKind(error) === "LOST");
  }
}

function appendAtLength(lane: Lane, group: Group, fold: GroupLearning, heard: () => void): Promise<AppendedGroup> {
  return transactTo(lane.sql, async (tx) => {
    heard();
    const ending = await appendGroup(tx, group, fold);
    heard();
    return ending;
  });
}

function outcomesOf(rows: readonly ObservationRow[], group: AppendedGroup): readonly Outcome[] {
  const byPlace = new Map(group.appended.map((row) => [row.ord, row]));
  return rows.map(({ observation }, index) => {
    const place = group.places?.[index];
    if (place?.isDeleted === true) return refused(observation, "DELETED");
    if (place !== undefined && place.ord === undefined) return nothingNew(place);
    const appended = byPlace.get(place?.ord ?? index + 1);
    if (appended === undefined) return unanswered();
    return outcomeOf(observation, appended, group, place);
  });
}

/** Somebody has counted it already, or there is nothing to count. */
function nothingNew({ knownSeq, counted }: CountedPlace): StoredObservation {
  return { kind: "observation", seq: knownSeq, duplicate: true, ...(counted && { counted }) };
}

function outcomeOf(
  given: NewObservation,
  { seq, duplicate, same, refusal, withheld }: AppendedRow,
  group: AppendedGroup,
  place: CountedPlace | undefined,
): Outcome {
  if (refusal !== null) return refused(given, refusal);
  if (seq === null) return unanswered();
  if (!same) return differs(given);
  const superseded = supersededBy(seq, group, place);
  const { counted } = place ?? {};
  const told = { ...(counted && { counted }), ...(withheld !== null && { withheld }) };
  const stored = { kind: "observation", seq, duplicate, ...told } as const;
  return superseded === undefined || duplicate ? stored : { superseded, ...stored };
}

/** Where a total was corrected too, states still count that one. */
function supersededBy(seq: number, group: AppendedGroup, place: CountedPlace | undefined): Superseded | undefined {
  const superseded = group.superseded.get(seq);
  if (superseded === undefined) return undefined;
  const total = group.appended.find(({ ord }) => ord === place?.totalOrd);
  const isPending = group.superseded.get(total?.seq ?? 0)?.rebuildPending === true;
  return isPending ? { ...superseded, rebuildPending: true } : superseded;
}

function refused({ supersedes }: NewObservation, refusal: NonNullable<AppendedRow["refusal"]>): Failure {
  const key = JSON.stringify(supersedes ?? "");
  switch (refusal) {
    case "DELETED":
      return failure("NOT_FOUND", "the entity of this prediction was deleted after it");
    case "NO_TARGET":
      return badInput(
        ["supersedes"],
        "the key of an earlier observation of the same prediction, or of an example",
        key,
      );
    case "SUPERSEDED":
      return failure("CONFLICT", `the observation with key ${key} has been superseded by another one`);
    default:
      return refusal satisfies never;
  }
}

function unanswered(): Failure {
  return failure("INTERNAL", "the database did not answer for this observation");
}

/** An example's key alone tells it apart, so it says for whom it is, too. */
function differs({ key }: NewObservation): Failure {
  const why = `observed before with key ${JSON.stringify(key)}, and another truth or entity`;
  return failure(
    "CONFLICT",
    `${why}; to correct that, tell the new one with another key, and this key as \`supersedes\``,
  );
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

function silent(limitMs: number, error: unknown): FailureError {
  const why = `no answer within ${limitMs} ms`;
  const commitSent = error instanceof TransactionError && error.commitSent;
  const told = commitSent
    ? outcomeUnknown(why)
    : failure("STORE_UNAVAILABLE", `nothing was stored: ${why}`, { retryAfterMs: RETRY_AFTER_MS });
  return new FailureError(told, { cause: error });
}
