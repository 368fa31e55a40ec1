import type { BatchReply, Clock, RowReply } from "../domain/ports.js";
import type { DispatchReason } from "../domain/prediction.js";
import type { Row } from "../domain/tensor.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { BulkTurns } from "./bulkTurns.js";
import type { Lane } from "./lane.js";
import type { ReplyBytes } from "./replyBytes.js";
import type { RowRetries } from "./rowRetries.js";
import type { FailedCode, RowSettlement } from "./rowSettlement.js";
import { decides, traceOf } from "./sentBatch.js";
import type { BatchPurpose, SentBatch } from "./sentBatch.js";
import type { WaitingRows } from "./waitingRows.js";

export interface BatchesInFlightOptions {
  readonly clock: Clock;
  /** For messages: `name@version`. */
  readonly name: string;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly queue: WaitingRows;
  readonly settlement: RowSettlement;
  readonly retries: RowRetries;
  readonly turns: BulkTurns;
  readonly replyBytes: ReplyBytes;
  readonly metrics: BatcherMetrics;
  /** A replica may be free, or nothing be left to do. */
  readonly onChange: () => void;
  /** What waits is to go now, not at the end of the turn. */
  readonly sendNow: () => void;
}

/**
 * From so many waiting rows on, of those that a replica has just answered, it gets its next batch before these are settled: to
 * settle them takes this process about as long as it takes the replica to compute them, and who waited for company has it.
 */
const NEXT_AT_ONCE_SHARE = 0.5;

/**
 * The batches that replicas have. One is RUNNING, or OVERDUE after its time without a reply; then it holds no place any
 * more and its rows may be tried elsewhere, but its late reply still settles those that are not settled yet, teaches
 * the latency model and fills caches. It ends with its reply, or with the link.
 */
export class BatchesInFlight {
  readonly #options: BatchesInFlightOptions;
  serviceBudgetMs: () => number = () => Infinity;
  #sent = 0;
  #batches = 0;
  #rows = 0;

  constructor(options: BatchesInFlightOptions) {
    this.#options = options;
  }

  /** Overdue ones too, and those of replicas that have been removed since. */
  get batches(): number {
    return this.#batches;
  }

  /** Rows of those batches. */
  get rows(): number {
    return this.#rows;
  }

  send(lane: Lane, rows: readonly QueuedRow[], purpose: BatchPurpose, reason?: DispatchReason): void {
    const { clock, metrics, turns } = this.#options;
    const sentMs = clock.nowMs();
    let latestMs = -Infinity;
    let bulkRows = 0;
    this.#sent += 1;
    const id = this.#sent;
    for (const row of rows) {
      row.sentIn = id;
      row.overdueOn = undefined;
      if (row.latestMs > latestMs) latestMs = row.latestMs;
      metrics.rowWaitMs.record(sentMs - row.queuedAtMs);
      if (row.priority === "BULK") bulkRows += 1;
    }
    const hurries = purpose === "PROBE" || bulkRows > 0 || this.#hasAnother(lane);
    const overdueAtMs = lane.overdueAtMs(rows.length, sentMs, latestMs, hurries);
    const running = lane.sent(rows.length, sentMs);
    const dispatch = reason ?? (running.full ? "FULL" : "TURN_END");
    const delays = bulkRows > 0 && purpose === "SERVING";
    if (delays) turns.began();
    if (purpose === "PROBE") lane.health.probed(overdueAtMs);
    this.#batches += 1;
    lane.metrics.batches += 1;
    lane.metrics.rows += rows.length;
    this.#rows += rows.length;
    metrics.recordDispatch(rows.length, dispatch, sentMs - (rows[0] as QueuedRow).queuedAtMs);
    // At the end of the turn: after a pause of this process the reply may be there, unread.
    const cancelTimeout = clock.at(overdueAtMs, () => clock.turnEnd(() => this.#overdue(batch)));
    const batch: SentBatch = { id, purpose, lane, running, rows, dispatch, delays, cancelTimeout, replied: false };
    const asked = {
      id,
      rows: rows.map((queued) => queued.row),
      rowIds: rows.map((queued) => queued.arrival),
      deadlineMs: latestMs,
    };
    lane.replica.send(asked, (reply) => this.#receive(batch, reply));
  }

  #hasAnother(lane: Lane): boolean {
    for (const other of this.#options.lanes.values()) if (other !== lane && other.health.isHealthy) return true;
    return false;
  }

  /** No reply in time: the batch no longer holds its place, but what it says late still counts. */
  #overdue(batch: SentBatch): void {
    if (batch.replied) return;
    const { metrics } = this.#options;
    const { lane } = batch;
    metrics.overdue += 1;
    lane.metrics.overdue += 1;
    lane.becameOverdue(batch.running);
    this.#holdsNoPlace(batch);
    this.#judge(batch);
    this.#options.retries.overdue(batch);
    this.#options.onChange();
  }

  /** What its silence says about the replica, at once or when there was time for a reply. */
  #judge(batch: SentBatch): void {
    const { clock } = this.#options;
    const atMs = batch.lane.verdictAtMs(batch.rows.length, batch.running.sentMs);
    if (batch.purpose === "PROBE" || clock.nowMs() >= atMs) return this.#timedOut(batch);
    batch.cancelTimeout = clock.at(atMs, () =>
      clock.turnEnd(() => {
        if (!batch.replied) this.#timedOut(batch);
      }),
    );
  }

  #receive(batch: SentBatch, reply: BatchReply): void {
    if (batch.replied) return;
    batch.replied = true;
    batch.cancelTimeout();
    const nowMs = this.#options.clock.nowMs();
    const { lane } = batch;
    const serviceMs = lane.replied(batch.running, nowMs, reply.kind === "rows", this.serviceBudgetMs());
    if (serviceMs !== undefined) this.#recordService(lane, serviceMs, nowMs - batch.running.sentMs);
    this.#batches -= 1;
    this.#rows -= batch.rows.length;
    if (!batch.running.overdue) this.#holdsNoPlace(batch);
    this.#settleBatch(batch, reply, nowMs);
    this.#options.onChange();
  }

  #recordService(lane: Lane, serviceMs: number, wrapperMs: number): void {
    const { metrics } = this.#options;
    metrics.serviceMs.record(serviceMs);
    metrics.wrapperMs.record(wrapperMs);
    lane.metrics.serviceMs.record(serviceMs);
  }

  /** Interactive rows that came until now may have waited for it. */
  #holdsNoPlace({ delays }: SentBatch): void {
    if (delays) this.#options.turns.ended(this.#options.clock.nowMs());
  }

  #settleBatch(batch: SentBatch, reply: BatchReply, nowMs: number): void {
    if (reply.kind === "lost") {
      batch.lane.metrics.lost += 1;
      if (batch.purpose === "PROBE") this.#timedOut(batch);
      if (reply.refused === true) this.#options.retries.refused(batch, reply.message);
      else this.#options.retries.ended(batch, reply.message);
      return;
    }
    batch.lane.health.replied();
    const { rows } = batch;
    if (reply.kind === "failed") {
      if (reply.tooLong === true) this.#options.replyBytes.tooLong(rows.length);
      for (const queued of rows) this.#fail(batch, queued, reply.code, reply.message);
    } else if (reply.rows.length !== rows.length) {
      // Never a prefix: nobody knows which rows are missing.
      const message = `model ${this.#options.name}: expected ${rows.length} rows, got ${reply.rows.length}`;
      for (const queued of rows) this.#fail(batch, queued, "MODEL_BAD_OUTPUT", message);
    } else {
      this.#options.retries.batchAnswered();
      this.#options.replyBytes.answered(reply);
      // The next batch is with node's HTTP/2 then, which writes it at the turn's end, and the answers come after that.
      if (this.#sendNext(batch)) this.#options.clock.turnEnd(() => this.#settleRows(batch, reply.rows, nowMs));
      else this.#settleRows(batch, reply.rows, nowMs);
    }
    if (batch.purpose === "ISOLATED") this.#options.retries.isolation.survived();
  }

  #settleRows(batch: SentBatch, replies: readonly RowReply[], nowMs: number): void {
    for (let i = 0; i < replies.length; i++) {
      const queued = batch.rows[i] as QueuedRow;
      const own = replies[i] as RowReply;
      if (own.kind === "failed") this.#fail(batch, queued, own.code, own.message);
      else this.#answer(batch, queued, own.output, nowMs);
    }
  }

  /** Whether a next batch has gone. Not where rows of this one may be among those that wait. */
  #sendNext({ purpose, running, rows }: SentBatch): boolean {
    const { queue, sendNow } = this.#options;
    if (purpose !== "SERVING" || running.overdue || queue.size < NEXT_AT_ONCE_SHARE * rows.length) return false;
    const sent = this.#sent;
    sendNow();
    return this.#sent > sent;
  }

  /** The first answer counts, also while the row waits for another try. */
  #answer(batch: SentBatch, queued: QueuedRow, output: Row, nowMs: number): void {
    if (queued.phase === "DONE") return;
    if (queued.phase === "QUEUED") this.#options.queue.remove(queued);
    this.#options.retries.answered(queued);
    this.#options.settlement.output(queued, output, traceOf(batch, queued.queuedAtMs, nowMs));
  }

  #fail(batch: SentBatch, queued: QueuedRow, code: FailedCode, message: string): void {
    if (!decides(batch, queued)) return;
    this.#options.retries.answered(queued);
    this.#options.settlement.failed(queued, code, message);
  }

  #timedOut({ lane, purpose }: SentBatch): void {
    const { clock, metrics } = this.#options;
    if (!lane.health.timedOut(purpose === "PROBE", clock.nowMs())) return;
    metrics.ejected += 1;
    lane.metrics.ejected += 1;
    clock.at(lane.health.tryAtMs, this.#options.onChange);
  }
}
