import type {
  Clock,
  FailedOutcome,
  PendingRow,
  Random,
  ReplicaPort,
  RowQuery,
  RowQueue,
  Settle,
} from "../domain/ports.js";
import { BatchFormation } from "./batchFormation.js";
import type { AskedOutputs } from "../lib/askedOutputs.js";
import type { BatchLimits } from "./batchLimits.js";
import { BatchesInFlight } from "./batchesInFlight.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import { BulkTurns } from "./bulkTurns.js";
import type { QueuedRow } from "./deadlineQueue.js";
import { Dispatcher } from "./dispatcher.js";
import { EjectedReplicas } from "./ejectedReplicas.js";
import { FillWait } from "./fillWait.js";
import { Lane } from "./lane.js";
import type { NewController, WarmUpSample } from "./lane.js";
import { LastRefusal } from "./lastRefusal.js";
import { ReplyBytes } from "./replyBytes.js";
import { noReplica, RowAdmission } from "./rowAdmission.js";
import { RowRetries } from "./rowRetries.js";
import { RowSettlement } from "./rowSettlement.js";
import type { FailedCode } from "./rowSettlement.js";
import { WaitingRows } from "./waitingRows.js";

export interface BatcherOptions {
  readonly clock: Clock;
  /** For the delays before an ejected replica is tried again. */
  readonly random: Random;
  /** For messages: `name@version`. */
  readonly name: string;
  /** Makes a controller for each replica, since replicas differ, until another one is chosen. */
  readonly newController: NewController;
  readonly metrics: BatcherMetrics;
  /** Rows in the queue beyond which more are refused as OVERLOADED. */
  readonly maxQueueRows: number;
  /** Bytes of outputs in one reply: batches are kept so small that theirs fit. */
  readonly maxReplyBytes: number;
  /** What replies have of the signature's outputs. Default: all. */
  readonly askedOutputs?: Pick<AskedOutputs, "places">;
  /** Until others are chosen. */
  readonly limits: BatchLimits;
}

/**
 * The queue of one model version and what feeds its replicas from it. Trades a row's wait for a fuller batch only
 * so far as the replicas are busy anyway: a free replica takes what there is at the end of the event-loop turn.
 *
 * A row is QUEUED (in deadline order; may be joined, abandoned or dropped as hopeless), then SENT (one batch in
 * flight per worker of a replica), then DONE: settled exactly once. What becomes of rows whose batch is overdue or lost
 * is up to `RowRetries`; a late reply still settles those that are not settled yet.
 */
export class Batcher implements RowQueue {
  readonly #options: BatcherOptions;
  readonly #settlement: RowSettlement;
  readonly #retries: RowRetries;
  readonly #ejected: EjectedReplicas;
  readonly #inFlight: BatchesInFlight;
  readonly #admission: RowAdmission;
  readonly #formation: BatchFormation;
  readonly #dispatcher: Dispatcher;
  readonly #fillWait: FillWait;
  readonly #replyBytes: ReplyBytes;
  readonly #queue = new WaitingRows();
  readonly #lastRefusal = new LastRefusal();
  readonly #lanes = new Map<string, Lane>();
  #newController: NewController;
  #prefetchMs: number;
  #arrivals = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#newController = options.newController;
    this.#prefetchMs = options.limits.prefetchMs;
    const { clock, name, metrics, limits, maxQueueRows } = options;
    const turns = new BulkTurns();
    const replyBytes = (this.#replyBytes = new ReplyBytes(options.maxReplyBytes, options.askedOutputs));
    const fillWait = (this.#fillWait = new FillWait(limits.maxBatchDelayMs));
    const formation = new BatchFormation({ waiting: this.#queue, turns, replyBytes }, limits.maxBatchBytes);
    this.#formation = formation;
    const settlement = (this.#settlement = new RowSettlement(metrics, (row, how) => this.#learnCost(row, how)));
    const common = { clock, name, lanes: this.#lanes, queue: this.#queue, settlement, metrics };
    const retries = (this.#retries = new RowRetries({ ...common, onDue: () => this.#dispatcher.schedule() }));
    const ejected = (this.#ejected = new EjectedReplicas(common));
    const onChange = (): void => this.#settled();
    const sendNow = (): void => this.#dispatcher.dispatch();
    const sending = { ...common, retries, turns, replyBytes, onChange, sendNow };
    const inFlight = (this.#inFlight = new BatchesInFlight(sending));
    this.#admission = new RowAdmission({ ...common, retries, ejected, inFlight, maxQueueRows });
    const onIdle = (): void => {
      this.#lastRefusal.forget();
      this.#notifyIfIdle();
    };
    this.#dispatcher = new Dispatcher({ ...common, retries, ejected, inFlight, formation, fillWait, onIdle });
  }

  get queuedRows(): number {
    return this.#queue.size + this.#retries.isolation.size;
  }

  /** Rows that replicas have: those of overdue batches too. */
  get rowsInFlight(): number {
    return this.#inFlight.rows;
  }

  /** For operators: whether free replicas wait for fuller batches, and why. */
  get fillWait(): { readonly waits: boolean; readonly reason: string } {
    return this.#fillWait.state;
  }

  get replicaCount(): number {
    return this.#lanes.size;
  }

  /** For operators; `problem` says why a replica is ejected, and is undefined while it is given batches. */
  get controllers(): readonly { replica: string; size: number; reason: string; problem: string | undefined }[] {
    return [...this.#lanes.values()].map(({ replica, controller, health }) => ({
      replica: replica.id,
      size: controller.size,
      reason: controller.reason,
      problem: health.problem,
    }));
  }

  /** What one more row costs the quickest replica, in milliseconds; undefined while none is known. */
  get marginalRowMs(): number | undefined {
    const known = [...this.#lanes.values()].filter(({ model }) => model.samples > 0);
    return known.length === 0 ? undefined : Math.min(...known.map(({ model }) => model.betaMs));
  }

  /** What one batch may take: half of the strictest objective that the model serves, less the measured overhead. */
  get serviceBudgetMs(): number {
    return this.#inFlight.serviceBudgetMs();
  }

  /** Asked again for every batch: the overhead changes with the load. */
  set serviceBudget(budgetMs: () => number) {
    this.#inFlight.serviceBudgetMs = budgetMs;
  }

  /** From now on, for the replicas that there are and those to come. */
  useControllers(newController: NewController): void {
    this.#newController = newController;
    for (const lane of this.#lanes.values()) lane.useController(newController);
  }

  /** From now on; what has not changed keeps what it has learned. */
  set limits({ maxBatchBytes, maxBatchDelayMs, prefetchMs }: BatchLimits) {
    this.#formation.maxBatchBytes = maxBatchBytes;
    this.#fillWait.maxDelayMs = maxBatchDelayMs;
    this.#prefetchMs = prefetchMs;
    for (const lane of this.#lanes.values()) lane.prefetchMs = prefetchMs;
    this.#dispatcher.schedule();
  }

  submit(query: RowQuery, settle: Settle): PendingRow {
    const queued = this.#newRow(query, settle);
    this.#fillWait.arrived(queued.queuedAtMs);
    const refusal = this.#admission.refusal(queued);
    if (refusal === undefined) {
      if (queued.suspect) this.#retries.isolation.add([queued]);
      else this.#queue.push(queued);
      this.#dispatcher.schedule();
    } else {
      this.#lastRefusal.remember(queued, refusal);
      // Never before submit returns: the caller does not hold the row yet.
      queueMicrotask(() => this.#settlement.failed(queued, refusal.code, refusal.message, refusal.retryAfterMs));
    }
    return new SubmittedRow(this, queued);
  }

  refuseAlike(query: RowQuery): FailedOutcome | undefined {
    // An input that is suspected of ending replicas has a refusal of its own.
    const last = this.#retries.suspectsAny ? undefined : this.#lastRefusal.of(query);
    if (last === undefined) return undefined;
    this.#fillWait.arrived(last.row.queuedAtMs);
    this.#settlement.countFailed(last.row, "OVERLOADED");
    return last.outcome;
  }

  /** `samples`: what is known of its latency already. */
  addReplica(replica: ReplicaPort, samples: readonly WarmUpSample[] = []): void {
    const metrics = this.#options.metrics.ofReplica(replica.id);
    const lane = new Lane(replica, this.#newController, this.#options.random, metrics);
    metrics.links += 1;
    lane.prefetchMs = this.#prefetchMs;
    lane.warmedUp(samples, this.serviceBudgetMs);
    this.#lanes.set(replica.id, lane);
    this.#lastRefusal.forget();
    this.#replyBytes.state(replica.signature);
    this.#retries.isolation.replicaBack(replica.id);
    this.#dispatcher.schedule();
  }

  /** Its batch in flight, if any, still settles. Without a replica left the queue is refused at once. */
  removeReplica(id: string): void {
    this.#lastRefusal.forget();
    this.#lanes.delete(id);
    if (this.#lanes.size > 0) {
      this.#ejected.refuseOthers();
      return this.#refuseWithoutOther();
    }
    for (const row of this.#queue.takeFrom(0, () => "TAKE")) {
      this.#settlement.failed(row, "NO_REPLICA", noReplica(this.#options.name));
    }
    this.#retries.isolation.giveUpAll("no replica is left");
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

  /** Resolves when nothing is queued or in flight. From now on no replica waits for a fuller batch. */
  whenIdle(): Promise<void> {
    this.#dispatcher.drain();
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
      latestPriority: priority,
      lostBy: undefined,
      sentIn: 0,
      overdueOn: undefined,
      suspect: false,
      phase: "QUEUED",
    };
  }

  /** Only for `SubmittedRow`, as the next. */
  extend(queued: QueuedRow, { deadlineMs, priority }: RowQuery): void {
    if (deadlineMs >= queued.latestMs) {
      queued.latestMs = deadlineMs;
      queued.latestPriority = priority;
    }
    this.#retries.joined(queued);
    const highest = priority === "INTERACTIVE" ? priority : queued.priority;
    const orderMs = Math.min(deadlineMs, queued.orderMs);
    if (queued.phase === "QUEUED") this.#queue.reorder(queued, orderMs, highest);
    else Object.assign(queued, { orderMs, priority: highest });
  }

  abandon(queued: QueuedRow): boolean {
    if (queued.phase !== "QUEUED" || !this.#queue.remove(queued)) return false;
    queued.phase = "DONE";
    this.#lastRefusal.forget();
    this.#notifyIfIdle();
    return true;
  }

  /** What this server is not to blame for says nothing of whether waiting pays. */
  #learnCost(row: QueuedRow, how: FailedCode | "OUTPUT"): void {
    if (!this.#fillWait.isLearning) return;
    if (how !== "OUTPUT" && how !== "OVERLOADED" && how !== "DEADLINE_EXCEEDED") return;
    const nowMs = this.#options.clock.nowMs();
    this.#fillWait.settled(row, how === "OUTPUT" && nowMs <= row.orderMs, nowMs);
  }

  /** After a reply, or a batch that is overdue. */
  #settled(): void {
    this.#lastRefusal.forget();
    if (this.queuedRows > 0) this.#dispatcher.schedule();
    else this.#notifyIfIdle();
  }

  #notifyIfIdle(): void {
    if (this.#idleWaiters.length === 0 || this.queuedRows > 0 || this.#inFlight.batches > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Two functions and what they close over would be five times as much memory, for every row. */
class SubmittedRow implements PendingRow {
  readonly #batcher: Batcher;
  readonly #queued: QueuedRow;

  constructor(batcher: Batcher, queued: QueuedRow) {
    this.#batcher = batcher;
    this.#queued = queued;
  }

  extend(query: RowQuery): void {
    this.#batcher.extend(this.#queued, query);
  }

  abandon(): boolean {
    return this.#batcher.abandon(this.#queued);
  }
}
