import type { Clock } from "../domain/ports.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { Lane } from "./lane.js";
import { PoisonIsolation } from "./poisonIsolation.js";
import { RetryBudget } from "./retryBudget.js";
import type { RowSettlement } from "./rowSettlement.js";
import { decides } from "./sentBatch.js";
import type { SentBatch } from "./sentBatch.js";
import { Suspects } from "./suspects.js";
import type { WaitingRows } from "./waitingRows.js";

export interface RowRetriesOptions {
  readonly clock: Clock;
  /** For messages: `name@version`. */
  readonly name: string;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly queue: WaitingRows;
  readonly settlement: RowSettlement;
  readonly metrics: BatcherMetrics;
  /** There may be something to send. */
  readonly onDue: () => void;
}

/** How long the last healthy replica gets no rows of one that ended, once that has ended it too. */
const LAST_SPARED_MS = 600_000;

/**
 * What becomes of rows whose batch was not answered. Trades load on the replicas that are left for answers: a row is
 * tried once more, on another replica, where one is expected to answer it in time and the retry budget has a token for
 * its batch. Rows of a batch with which a replica ended are suspects: they are isolated if two others are there; the
 * last one takes them at their first loss, since most replicas end for other reasons, but not again for ten minutes
 * once that has ended it too. Rows that cannot be tried again fail at once, and are run alone when they come again.
 */
export class RowRetries {
  readonly isolation: PoisonIsolation;
  readonly #options: RowRetriesOptions;
  readonly #budget = new RetryBudget();
  readonly #suspects = new Suspects();
  #lastSparedUntilMs = -Infinity;

  constructor(options: RowRetriesOptions) {
    this.#options = options;
    this.isolation = new PoisonIsolation({
      clock: options.clock,
      lanes: options.lanes,
      onCleared: (row) => this.#requeue(row),
      onGivenUp: (row, why) => this.#giveUp(row, `the replica that had it ended, and ${why}`),
      onDue: options.onDue,
    });
  }

  get suspectsAny(): boolean {
    return !this.#suspects.isEmpty;
  }

  /** A message if the input may not be run at present; else whether it is to be run alone is noted on the row. */
  inspect(queued: QueuedRow): string | undefined {
    if (this.#suspects.isEmpty) return undefined;
    const { suspect, quarantinedMs } = this.#suspects.look(queued.row, this.#options.clock.nowMs());
    queued.suspect = suspect;
    return quarantinedMs > 0 ? this.#quarantined(quarantinedMs) : undefined;
  }

  answered(queued: QueuedRow): void {
    if (queued.suspect) this.#suspects.clear(queued.row);
  }

  batchAnswered(): void {
    this.#budget.earn();
  }

  /** Its rows that another replica is expected to answer in time go back to the queue; the others are left with it. */
  overdue(batch: SentBatch): void {
    const { id } = batch.lane.replica;
    const rows = batch.rows.filter((row) => decides(batch, row));
    for (const row of rows) row.overdueOn = id;
    if (batch.purpose === "ISOLATED") {
      batch.purpose = "SERVING";
      return this.isolation.survived();
    }
    const fit = rows.filter((row) => this.#fits(row, id));
    if (fit.length > 0 && this.#spend()) this.#retry(fit, id);
  }

  /** Somebody new waits for a row that an overdue batch has: for them it is a first try. */
  joined(queued: QueuedRow): void {
    const { overdueOn } = queued;
    if (overdueOn === undefined || queued.phase !== "SENT") return;
    queued.lostBy = undefined;
    if (this.#fits(queued, overdueOn) && this.#spend()) this.#retry([queued], overdueOn);
  }

  /** The replica refused the batch: nothing is wrong with its rows. */
  refused(batch: SentBatch, message: string): void {
    if (batch.purpose === "ISOLATED") return this.isolation.refused();
    this.#retryOrFail(
      batch,
      batch.rows.filter((row) => decides(batch, row)),
      message,
    );
  }

  /** The replica ended, or can no longer be reached, with the batch in it. */
  ended(batch: SentBatch, message: string): void {
    const { clock, lanes, queue } = this.#options;
    const nowMs = clock.nowMs();
    const { id } = batch.lane.replica;
    this.isolation.replicaEnded(id);
    const rows = batch.rows.filter(
      (row) => row.sentIn === batch.id && (row.phase === "SENT" || row.phase === "QUEUED"),
    );
    for (const row of rows) if (row.phase === "QUEUED") queue.remove(row);
    for (const row of rows) row.phase = "SENT";
    const repeated = rows.some(({ suspect }) => suspect);
    const left = this.#accuse(rows, batch.rows.length === 1 && !batch.running.shared, nowMs);
    if (batch.purpose === "ISOLATED") return this.isolation.ended(left);
    if (repeated) this.#lastSparedUntilMs = nowMs + LAST_SPARED_MS;
    const others = [...lanes.values()].filter(({ replica, health }) => replica.id !== id && health.isHealthy).length;
    if (others === 1 && nowMs >= this.#lastSparedUntilMs) return this.#retryOrFail(batch, left, message);
    const inTime = others > 0 ? left.filter(({ latestMs }) => latestMs > nowMs) : [];
    const isolated = inTime.length > 0 && this.#spend() ? inTime : [];
    for (const row of left) if (!isolated.includes(row)) this.#giveUp(row, message);
    this.isolation.add(isolated);
  }

  /** Remembers the rows; answers those that have ended too many alone. Gives the others. */
  #accuse(rows: readonly QueuedRow[], alone: boolean, nowMs: number): QueuedRow[] {
    const left: QueuedRow[] = [];
    for (const row of rows) {
      row.suspect = true;
      if (!alone) this.#suspects.add(row.row, nowMs);
      else if (this.#suspects.endedAlone(row.row, nowMs)) {
        const { quarantinedMs } = this.#suspects.look(row.row, nowMs);
        this.#options.metrics.quarantined += 1;
        this.#options.settlement.failed(row, "POISON", this.#quarantined(quarantinedMs));
        continue;
      }
      left.push(row);
    }
    return left;
  }

  #retryOrFail(batch: SentBatch, rows: readonly QueuedRow[], message: string): void {
    const { id } = batch.lane.replica;
    const fit = rows.filter((row) => this.#fits(row, id));
    const retried = fit.length > 0 && this.#spend() ? fit : [];
    for (const row of rows) if (!retried.includes(row)) this.#giveUp(row, message);
    this.#retry(retried, id);
  }

  /** It has not been tried again yet, and another healthy replica is expected to answer it in time. */
  #fits({ lostBy, latestMs }: QueuedRow, replica: string): boolean {
    if (lostBy !== undefined) return false;
    let fastestMs = Infinity;
    for (const { replica: other, health, model } of this.#options.lanes.values()) {
      if (other.id !== replica && health.isHealthy) fastestMs = Math.min(fastestMs, model.tailMs(1));
    }
    const leftMs = latestMs - this.#options.clock.nowMs();
    return leftMs > 0 && leftMs >= fastestMs;
  }

  #spend(): boolean {
    const spent = this.#budget.spend();
    if (!spent) this.#options.metrics.retriesRefused += 1;
    return spent;
  }

  #retry(rows: readonly QueuedRow[], lostBy: string): void {
    const replica = this.#options.metrics.replicas.get(lostBy);
    if (replica !== undefined) replica.retried += rows.length;
    for (const row of rows) {
      row.lostBy = lostBy;
      this.#options.metrics.retried += 1;
      this.#requeue(row);
    }
  }

  #requeue(row: QueuedRow): void {
    row.phase = "QUEUED";
    row.overdueOn = undefined;
    this.#options.queue.push(row);
    this.#options.onDue();
  }

  #giveUp(row: QueuedRow, message: string): void {
    this.#options.settlement.failed(row, "MODEL_ERROR", message);
  }

  #quarantined(forMs: number): string {
    const seconds = Math.ceil(forMs / 1000);
    return (
      `model ${this.#options.name} ended twice when it had this input alone: it is quarantined as POISON for ` +
      `${seconds} s; send another input`
    );
  }
}
