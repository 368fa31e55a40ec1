import type { Clock, PendingRow, Random, ReplicaPort, RowQuery, RowQueue, Settle } from "../domain/ports.js";
import { expectedFinishMs } from "./admission.js";
import { BatchesInFlight } from "./batchesInFlight.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import { DeadlineQueue } from "./deadlineQueue.js";
import type { QueuedRow } from "./deadlineQueue.js";
import { EjectedReplicas } from "./ejectedReplicas.js";
import { Lane } from "./lane.js";
import type { NewController, WarmUpSample } from "./lane.js";
import { planBatch } from "./planBatch.js";
import type { Refusal } from "./refusal.js";
import { RowRetries } from "./rowRetries.js";
import { RowSettlement } from "./rowSettlement.js";

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
  /** Bytes of row data in one batch; a single larger row still goes alone. */
  readonly maxBatchBytes: number;
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
  readonly #queue = new DeadlineQueue();
  readonly #lanes = new Map<string, Lane>();
  #newController: NewController;
  #arrivals = 0;
  #dispatchScheduled = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#newController = options.newController;
    const { clock, name, metrics } = options;
    this.#settlement = new RowSettlement(metrics);
    const common = { clock, name, lanes: this.#lanes, queue: this.#queue, settlement: this.#settlement };
    this.#retries = new RowRetries({ ...common, metrics, onDue: () => this.#scheduleDispatch() });
    this.#ejected = new EjectedReplicas(common);
    this.#inFlight = new BatchesInFlight({
      ...common,
      metrics,
      retries: this.#retries,
      onChange: () => this.#settled(),
    });
  }

  get queuedRows(): number {
    return this.#queue.size + this.#retries.isolation.size;
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
    return this.#inFlight.serviceBudgetMs;
  }

  set serviceBudgetMs(budgetMs: number) {
    this.#inFlight.serviceBudgetMs = budgetMs;
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
      if (queued.suspect) this.#retries.isolation.add([queued]);
      else this.#queue.push(queued);
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

  /** `samples`: what is known of its latency already. */
  addReplica(replica: ReplicaPort, samples: readonly WarmUpSample[] = []): void {
    const metrics = this.#options.metrics.ofReplica(replica.id);
    const lane = new Lane(replica, this.#newController, this.#options.random, metrics);
    metrics.links += 1;
    lane.warmedUp(samples, this.#inFlight.serviceBudgetMs);
    this.#lanes.set(replica.id, lane);
    this.#retries.isolation.replicaBack(replica.id);
    this.#scheduleDispatch();
  }

  /** Its batch in flight, if any, still settles. Without a replica left the queue is refused at once. */
  removeReplica(id: string): void {
    this.#lanes.delete(id);
    if (this.#lanes.size > 0) {
      this.#ejected.refuseOthers();
      return this.#refuseWithoutOther();
    }
    for (const row of this.#queue.takeFrom(0, () => "TAKE")) {
      this.#settlement.failed(row, "NO_REPLICA", this.#noReplica());
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
      sentIn: 0,
      overdueOn: undefined,
      suspect: false,
      phase: "QUEUED",
    };
  }

  /** Admission: what cannot be answered in time is refused at once, so that its place goes to one that can. */
  #refusal(queued: QueuedRow): Refusal | undefined {
    const { name, clock, maxQueueRows } = this.#options;
    const poison = this.#retries.inspect(queued);
    if (poison !== undefined) return { code: "POISON", message: poison };
    if (this.#lanes.size === 0) return { code: "NO_REPLICA", message: this.#noReplica() };
    if (this.queuedRows >= maxQueueRows) {
      return { code: "OVERLOADED", message: `model ${name} has ${maxQueueRows} rows waiting, its bound` };
    }
    const ejected = this.#ejected.refusal(queued);
    if (ejected !== undefined) return ejected;
    // With nothing ahead of it on an idle replica a row takes nobody's place: it is tried, and teaches the model.
    if (this.#isIdle()) return undefined;
    const nowMs = clock.nowMs();
    const workloads = [...this.#lanes.values()]
      .filter(({ health }) => health.isHealthy)
      .map((lane) => lane.workload(nowMs));
    if (workloads.length === 0) return undefined;
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
    this.#retries.joined(queued);
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
    this.#sendApart();
    const unsuited = new Set<Lane>();
    while (this.#queue.size > 0) {
      const lane = this.#freeLane(unsuited);
      if (lane === undefined) return this.#ejected.refuseOthers();
      const rows = this.#take(lane);
      if (rows.length === 0) unsuited.add(lane);
      else this.#inFlight.send(lane, rows, "SERVING");
    }
    this.#notifyIfIdle();
  }

  /** What goes to one replica for its own reasons: rows that may end it, and one that tries whether it is back. */
  #sendApart(): void {
    const isolated = this.#retries.isolation.next();
    if (isolated !== undefined) this.#inFlight.send(isolated.lane, isolated.rows, "ISOLATED");
    for (let probe = this.#ejected.next(); probe !== undefined; probe = this.#ejected.next()) {
      this.#inFlight.send(probe.lane, [probe.row], "PROBE");
    }
  }

  /** Rows that even a batch of their own on the fastest replica would answer too late leave before a batch is formed. */
  #dropHopeless(): void {
    const only = this.#queue.size === 1 && this.#inFlight.batches === 0;
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
    return this.#queue.size === 0 && this.#inFlight.batches === 0;
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
    const probes = lane.mayProbe(nowMs) || (this.#queue.size === 1 && this.#inFlight.batches === 0);
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

  /** After a reply, or a batch that is overdue. */
  #settled(): void {
    if (this.queuedRows > 0) this.#scheduleDispatch();
    else this.#notifyIfIdle();
  }

  #notifyIfIdle(): void {
    if (this.#idleWaiters.length === 0 || this.queuedRows > 0 || this.#inFlight.batches > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
