import DataLoader from "dataloader";
import type { Cancel, Clock } from "../domain/ports.js";
import type { LoggedPrediction, PredictionCursor, PredictionLog } from "../domain/predictionLogPorts.js";
import type { Database } from "./database.js";
import { keepPartitions } from "./predictionPartitions.js";
import { insertPredictions, packPredictions, selectOfEntity, selectPredictions } from "./predictionStatements.js";
import type { PredictionName } from "./predictionStatements.js";
import { TransactionError, errorKind, orFailure, transact } from "./transaction.js";

export interface PredictionLogOptions {
  readonly clock: Clock;
  /** Days of which predictions are kept: at least as long as receipts are taken. */
  readonly retentionDays: number;
  /** Rows that wait or are being written; beyond it new ones are dropped. */
  readonly maxPending?: number;
  /** Written at once when so many wait. */
  readonly flushRows?: number;
  /** Or when the first of them has waited so long. */
  readonly flushAfterMs?: number;
}

const DEFAULTS = { maxPending: 20_000, flushRows: 500, flushAfterMs: 200 };
/** Each may have much evidence. */
const MAX_READ_TOGETHER = 200;
const RETRY_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Collects predictions and writes them in batches, one at a time. IDLE: nothing waits. WAITING: a timer runs for the
 * first that waits. WRITING: a batch is under way; those that come meanwhile wait for its end. While the database cannot
 * be had they are kept up to the bound, and the batch is tried again every second. STOPPED: what still waited is written
 * once; what comes later is dropped.
 */
export class PostgresPredictionLog implements PredictionLog {
  readonly #database: Database;
  readonly #options: PredictionLogOptions & typeof DEFAULTS;
  readonly #pending = new Map<string, LoggedPrediction>();
  /** Those that are asked for together, of an `observeMany` for one, are read with one statement. */
  readonly #stored = new DataLoader<PredictionName, LoggedPrediction | undefined>((names) => this.#select(names), {
    cache: false,
    maxBatchSize: MAX_READ_TOGETHER,
  });
  #cancelTimer: Cancel | undefined;
  #writing: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #failed = false;
  #partitionsUntilDay = -Infinity;
  #dropped = 0;

  constructor(database: Database, options: PredictionLogOptions) {
    this.#database = database;
    this.#options = { ...DEFAULTS, ...options };
  }

  get dropped(): number {
    return this.#dropped;
  }

  append(prediction: LoggedPrediction): void {
    if (this.#stopped !== undefined || this.#pending.size >= this.#options.maxPending) {
      this.#dropped += 1;
      return;
    }
    this.#pending.set(keyOf(prediction.application, prediction.id), prediction);
    if (this.#writing !== undefined) return;
    if (this.#pending.size >= this.#options.flushRows) this.#writeSoon(0);
    else if (this.#cancelTimer === undefined) this.#writeSoon(this.#options.flushAfterMs);
  }

  async find(application: string, id: string): Promise<LoggedPrediction | undefined> {
    return this.#pending.get(keyOf(application, id)) ?? this.#stored.load({ application, id });
  }

  async #select(names: readonly PredictionName[]): Promise<(LoggedPrediction | undefined)[]> {
    const rows = await orFailure(selectPredictions(this.#database.sql, names), this.#database);
    const found = new Map(rows.map((row) => [keyOf(row.application, row.id), row]));
    return names.map(({ application, id }) => found.get(keyOf(application, id)));
  }

  start(): Promise<void> {
    return orFailure(this.#keepPartitions(), this.#database);
  }

  ofEntity(
    application: string,
    entity: string,
    after: PredictionCursor,
    limit: number,
  ): Promise<readonly LoggedPrediction[]> {
    return orFailure(selectOfEntity(this.#database.sql, application, entity, after, limit), this.#database);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#cancelTimer?.();
    await this.#writing;
    let before = Infinity;
    while (this.#pending.size > 0 && this.#pending.size < before) {
      before = this.#pending.size;
      await this.#write();
    }
    this.#dropped += this.#pending.size;
    this.#pending.clear();
  }

  #writeSoon(afterMs: number): void {
    const { clock } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = clock.at(clock.nowMs() + afterMs, () => {
      this.#cancelTimer = undefined;
      this.#writing = this.#write().finally(() => this.#written());
    });
  }

  #written(): void {
    this.#writing = undefined;
    if (this.#pending.size === 0 || this.#stopped !== undefined) return;
    const { flushRows, flushAfterMs } = this.#options;
    const afterMs = this.#pending.size >= flushRows ? 0 : flushAfterMs;
    this.#writeSoon(this.#failed ? RETRY_MS : afterMs);
  }

  /** One batch. Those that could not be written wait on; those that the database refuses are dropped. */
  async #write(): Promise<void> {
    const batch = [...this.#pending.values()].slice(0, this.#options.flushRows);
    try {
      await this.#keepPartitions();
      await this.#store(batch);
      this.#failed = false;
      for (const { application, id } of batch) this.#pending.delete(keyOf(application, id));
    } catch {
      this.#failed = true;
    }
  }

  /** The row that the database refuses is found by halving and dropped alone. */
  async #store(batch: readonly LoggedPrediction[]): Promise<void> {
    try {
      await transact(this.#database.sql, (tx) => insertPredictions(tx, packPredictions(batch)));
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (batch.length === 1) {
        this.#dropped += 1;
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.#store(batch.slice(0, half));
      await this.#store(batch.slice(half));
    }
  }

  async #keepPartitions(): Promise<void> {
    const nowMs = this.#options.clock.wallMs();
    const today = Math.floor(nowMs / DAY_MS);
    if (today <= this.#partitionsUntilDay) return;
    await keepPartitions(this.#database.sql, { nowMs, retentionDays: this.#options.retentionDays });
    this.#partitionsUntilDay = today;
  }
}

/** Another row might do; with the database away none would. What JSON cannot hold counts too. */
function isRefused(error: unknown): boolean {
  return error instanceof TransactionError && ["DATA", "DEFECT"].includes(errorKind(error.cause));
}

function keyOf(application: string, id: string): string {
  return `${application} ${id}`;
}
