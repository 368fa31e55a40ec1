import type {
  BatchReply,
  Clock,
  PendingRow,
  ReplicaPort,
  RowQuery,
  RowQueue,
  RowReply,
  Settle,
} from "../domain/ports.js";
import type { DispatchReason, RowTrace } from "../domain/prediction.js";
import { expectedFinishMs } from "./admission.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import { DeadlineQueue } from "./deadlineQueue.js";
import type { QueuedRow } from "./deadlineQueue.js";
import { Lane } from "./lane.js";
import type { NewController } from "./lane.js";
import { planBatch } from "./planBatch.js";
import { RowSettlement } from "./rowSettlement.js";

export interface BatcherOptions {
  readonly clock: Clock;
  /** For messages: `name@version`. */
  readonly name: string;
  /** Makes a controller for each replica, since replicas differ, until another one is chosen. */
  readonly newController: NewController;
  readonly metrics: BatcherMetrics;
  /** Rows in the queue beyond which more are refused as OVERLOADED. */
  readonly maxQueueRows: number;
  /** Bytes of row data in one batch; a single larger row still goes alone. */
  readonly maxBatchBytes: number;
}

interface Refusal {
  readonly code: "NO_REPLICA" | "OVERLOADED";
  readonly message: string;
  readonly retryAfterMs?: number;
}

interface SentBatch {
  readonly lane: Lane;
  readonly rows: readonly QueuedRow[];
  readonly sentMs: number;
  readonly dispatch: DispatchReason;
}

/**
 * The queue of one model version and what feeds its replicas from it. Trades a row's wait for a fuller batch only
 * so far as the replicas are busy anyway: a free replica takes what there is at the end of the event-loop turn.
 *
 * A row is QUEUED (in deadline order; may be joined, abandoned or dropped as hopeless), then SENT (one batch in
 * flight per worker of a replica), then DONE: settled exactly once. Rows of a batch whose link broke go back to the
 * queue once, for another replica.
 */
export class Batcher implements RowQueue {
  readonly #options: BatcherOptions;
  readonly #settlement: RowSettlement;
  readonly #queue = new DeadlineQueue();
  readonly #lanes = new Map<string, Lane>();
  #newController: NewController;
  #budgetMs = Infinity;
  #arrivals = 0;
  #batches = 0;
  /** Also those of replicas that have been removed since. */
  #batchesInFlight = 0;
  #dispatchScheduled = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#newController = options.newController;
    this.#settlement = new RowSettlement(options.metrics);
  }

  get queuedRows(): number {
    return this.#queue.size;
  }

  get replicaCount(): number {
    return this.#lanes.size;
  }

  get controllers(): readonly { replica: string; size: number; reason: string }[] {
    return [...this.#lanes.values()].map(({ replica, controller }) => ({
      replica: replica.id,
      size: controller.size,
      reason: controller.reason,
    }));
  }

  /** What one more row costs the quickest replica, in milliseconds; undefined while none is known. */
  get marginalRowMs(): number | undefined {
    const known = [...this.#lanes.values()].filter(({ model }) => model.samples > 0);
    return known.length === 0 ? undefined : Math.min(...known.map(({ model }) => model.betaMs));
  }

  /** What one batch may take: half of the strictest objective that the model serves, less the measured overhead. */
  set serviceBudgetMs(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** From now on, for the replicas that there are and those to come. */
  useControllers(newController: NewController): void {
    this.#newController = newController;
    for (const lane of this.#lanes.values()) lane.useController(newController);
  }

  submit(query: RowQuery, settle: Settle): PendingRow {
    const queued = this.#newRow(query, settle);
    const refusal = this.#refusal(queued);
    if (refusal === undefined) {
      this.#queue.push(queued);
      this.#scheduleDispatch();
    } else {
      // Never before submit returns: the caller does not hold the row yet.
      queueMicrotask(() => this.#settlement.failed(queued, refusal.code, refusal.message, refusal.retryAfterMs));
    }
    return {
      extend: (other) => this.#extend(queued, other),
      abandon: () => this.#abandon(queued),
    };
  }

  addReplica(replica: ReplicaPort): void {
    this.#lanes.set(replica.id, new Lane(replica, this.#newController));
    this.#scheduleDispatch();
  }

  /** Its batch in flight, if any, still settles. Without a replica left the queue is refused at once. */
  removeReplica(id: string): void {
    this.#lanes.delete(id);
    if (this.#lanes.size > 0) return this.#refuseWithoutOther();
    for (const row of this.#queue.takeFrom(0, () => "TAKE")) {
      this.#settlement.failed(row, "NO_REPLICA", this.#noReplica());
    }
    this.#notifyIfIdle();
  }

  /** Rows that wait for another replica than the one that lost them, when there is no other any more. */
  #refuseWithoutOther(): void {
    const [last, another] = this.#lanes.keys();
    if (another !== undefined) return;
    for (const row of this.#queue.takeFrom(0, ({ lostBy }) => (lostBy === last ? "TAKE" : "PASS"))) {
      this.#settlement.failed(
        row,
        "MODEL_ERROR",
        `model ${this.#options.name}: replica ${last} lost the query's batch`,
      );
    }
    this.#notifyIfIdle();
  }

  /** Resolves when nothing is queued or in flight. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#notifyIfIdle();
    });
  }

  #newRow({ row, deadlineMs, priority }: RowQuery, settle: Settle): QueuedRow {
    let bytes = 0;
    for (const part of row) bytes += part.length;
    return {
      row,
      bytes,
      arrival: this.#arrivals++,
      queuedAtMs: this.#options.clock.nowMs(),
      priority,
      settle,
      orderMs: deadlineMs,
      latestMs: deadlineMs,
      lostBy: undefined,
      phase: "QUEUED",
    };
  }

  /** Admission: what cannot be answered in time is refused at once, so that its place goes to one that can. */
  #refusal(queued: QueuedRow): Refusal | undefined {
    const { name, clock, maxQueueRows } = this.#options;
    if (this.#lanes.size === 0) return { code: "NO_REPLICA", message: this.#noReplica() };
    if (this.#queue.size >= maxQueueRows) {
      return { code: "OVERLOADED", message: `model ${name} has ${maxQueueRows} rows waiting, its bound` };
    }
    // With nothing ahead of it on an idle replica a row takes nobody's place: it is tried, and teaches the model.
    if (this.#isIdle()) return undefined;
    const nowMs = clock.nowMs();
    const workloads = [...this.#lanes.values()].map((lane) => lane.workload(nowMs));
    const finishMs = expectedFinishMs(workloads, this.#queue.rowsUpTo(queued.orderMs));
    const lateMs = nowMs + finishMs - queued.orderMs;
    if (lateMs <= 0) return undefined;
    const message = `model ${name} would answer in ${finishMs.toFixed(1)} ms, ${lateMs.toFixed(1)} ms late`;
    return { code: "OVERLOADED", message, retryAfterMs: Math.ceil(lateMs) };
  }

  #noReplica(): string {
    return `model ${this.#options.name} has no ready replica`;
  }

  #extend(queued: QueuedRow, { deadlineMs, priority }: RowQuery): void {
    if (priority === "INTERACTIVE") queued.priority = priority;
    queued.latestMs = Math.max(queued.latestMs, deadlineMs);
    if (deadlineMs >= queued.orderMs) return;
    if (queued.phase === "QUEUED") this.#queue.reorder(queued, deadlineMs);
    else queued.orderMs = deadlineMs;
  }

  #abandon(queued: QueuedRow): boolean {
    if (queued.phase !== "QUEUED" || !this.#queue.remove(queued)) return false;
    queued.phase = "DONE";
    this.#notifyIfIdle();
    return true;
  }

  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    this.#options.clock.turnEnd(() => {
      this.#dispatchScheduled = false;
      this.#dispatch();
    });
  }

  /** Gives every free replica a batch, the least loaded first, until the queue is empty. */
  #dispatch(): void {
    this.#dropHopeless();
    const unsuited = new Set<Lane>();
    while (this.#queue.size > 0) {
      const lane = this.#freeLane(unsuited);
      if (lane === undefined) return;
      const rows = this.#take(lane);
      if (rows.length === 0) unsuited.add(lane);
      else this.#send(lane, rows);
    }
    this.#notifyIfIdle();
  }

  /** Rows that even a batch of their own on the fastest replica would answer too late leave before a batch is formed. */
  #dropHopeless(): void {
    const only = this.#queue.size === 1 && this.#batchesInFlight === 0;
    let fastestMs = only ? 0 : Infinity;
    for (const { model } of this.#lanes.values()) fastestMs = Math.min(fastestMs, model.tailMs(1));
    const hopelessMs = this.#options.clock.nowMs() + (this.#lanes.size === 0 ? 0 : fastestMs);
    for (let head = this.#queue.at(0); head !== undefined && head.orderMs <= hopelessMs; head = this.#queue.at(0)) {
      if (head.latestMs > hopelessMs) {
        // One waiter cannot be served any more, but another who joined later can.
        this.#queue.reorder(head, head.latestMs);
        continue;
      }
      this.#queue.remove(head);
      this.#options.metrics.dropped += 1;
      this.#settlement.failed(
        head,
        "DEADLINE_EXCEEDED",
        `model ${this.#options.name}: too late to be answered in time`,
      );
    }
  }

  #isIdle(): boolean {
    return this.#queue.size === 0 && this.#batchesInFlight === 0;
  }

  #freeLane(unsuited: ReadonlySet<Lane>): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (!lane.isFree || unsuited.has(lane)) continue;
      if (best === undefined || lane.inFlight < best.inFlight) best = lane;
    }
    return best;
  }

  /** The planned batch without rows that this replica has lost, within the byte bound. */
  #take(lane: Lane): QueuedRow[] {
    const nowMs = this.#options.clock.nowMs();
    const plan = planBatch({
      nowMs,
      queued: this.#queue.size,
      deadlineMs: (place) => (this.#queue.at(place) as QueuedRow).orderMs,
      maxRows: lane.controller.size,
      model: lane.model,
    });
    const probes = lane.mayProbe(nowMs) || (this.#queue.size === 1 && this.#batchesInFlight === 0);
    const most = Math.max(plan.rows, probes ? 1 : 0);
    let rows = 0;
    let bytes = 0;
    return this.#queue.takeFrom(plan.from, (next) => {
      if (rows >= most) return "STOP";
      if (next.lostBy === lane.replica.id) return "PASS";
      bytes += next.bytes;
      if (rows > 0 && bytes > this.#options.maxBatchBytes) return "STOP";
      rows += 1;
      next.phase = "SENT";
      return "TAKE";
    });
  }

  #send(lane: Lane, rows: readonly QueuedRow[]): void {
    const sentMs = this.#options.clock.nowMs();
    const running = lane.sent(rows.length, sentMs);
    const dispatch = running.full ? "FULL" : "TURN_END";
    this.#batchesInFlight += 1;
    this.#options.metrics.recordDispatch(rows.length, dispatch, sentMs - (rows[0] as QueuedRow).queuedAtMs);
    this.#batches += 1;
    let replied = false;
    const batch = {
      id: this.#batches,
      rows: rows.map((queued) => queued.row),
      rowIds: rows.map((queued) => queued.arrival),
      deadlineMs: rows.reduce((latestMs, queued) => Math.max(latestMs, queued.latestMs), -Infinity),
    };
    lane.replica.send(batch, (reply) => {
      if (replied) return;
      replied = true;
      const nowMs = this.#options.clock.nowMs();
      const serviceMs = lane.replied(running, nowMs, reply.kind === "rows", this.#budgetMs);
      if (serviceMs !== undefined) this.#options.metrics.recordService(serviceMs);
      this.#receive({ lane, rows, sentMs, dispatch }, reply, nowMs);
    });
  }

  #receive(sent: SentBatch, reply: BatchReply, nowMs: number): void {
    this.#batchesInFlight -= 1;
    this.#settleBatch(sent, reply, nowMs);
    if (this.#queue.size > 0) this.#scheduleDispatch();
    else this.#notifyIfIdle();
  }

  #settleBatch(sent: SentBatch, reply: BatchReply, nowMs: number): void {
    const { lane, rows } = sent;
    const replied = reply.kind === "rows" ? reply.rows.length : rows.length;
    for (let i = 0; i < rows.length; i++) {
      const queued = rows[i] as QueuedRow;
      if (replied !== rows.length) {
        // Never a prefix: nobody knows which rows are missing.
        const message = `model ${this.#options.name}: expected ${rows.length} rows, got ${replied}`;
        this.#settlement.failed(queued, "MODEL_BAD_OUTPUT", message);
      } else if (reply.kind === "rows") {
        const own = reply.rows[i] as RowReply;
        if (own.kind === "output") this.#settlement.output(queued, own.output, traceOf(sent, queued, nowMs));
        else this.#settlement.failed(queued, own.code, own.message);
      } else if (reply.kind === "lost") {
        this.#requeueOrFail(lane, queued, reply.message, nowMs);
      } else {
        this.#settlement.failed(queued, reply.code, reply.message);
      }
    }
  }

  /** One more try, on another replica, for a row whose link broke and that can still make it. */
  #requeueOrFail(lane: Lane, queued: QueuedRow, message: string, nowMs: number): void {
    const others = [...this.#lanes.values()].some((other) => other.replica.id !== lane.replica.id);
    if (queued.lostBy !== undefined || !others || queued.latestMs <= nowMs) {
      this.#settlement.failed(queued, "MODEL_ERROR", message);
      return;
    }
    queued.lostBy = lane.replica.id;
    queued.phase = "QUEUED";
    this.#options.metrics.retried += 1;
    this.#queue.push(queued);
  }

  #notifyIfIdle(): void {
    if (this.#idleWaiters.length === 0 || this.#queue.size > 0 || this.#batchesInFlight > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function traceOf({ lane, rows, sentMs, dispatch }: SentBatch, { queuedAtMs }: QueuedRow, nowMs: number): RowTrace {
  return {
    joined: false,
    replica: lane.replica.id,
    queuedMs: sentMs - queuedAtMs,
    serviceMs: nowMs - sentMs,
    batchRows: rows.length,
    dispatch,
  };
}
