import type { Random, ReplicaPort } from "../domain/ports.js";
import type { Workload } from "./admission.js";
import type { BatchSample, BatchSizeController } from "./batchSizeController.js";
import { LatencyModel } from "./latencyModel.js";
import { ReplicaHealth } from "./replicaHealth.js";
import type { ReplicaMetrics } from "./replicaMetrics.js";
import { ServiceBudget } from "./serviceBudget.js";

/** Makes a replica's batch-size controller; its latency model is there for controllers that use it. */
export type NewController = (model: LatencyModel) => BatchSizeController;

const PROBE_AFTER_MS = 1000;
/** A batch is overdue after so many times its learned tail, but a pause of this length is nobody's fault (garbage, scheduling). */
const OVERDUE_TAILS = 3;
const OVERDUE_FLOOR_MS = 20;
/** What a replica of which nothing is known may take: loading, compiling. */
const FIRST_CALL_MS = 250;
/** Batches in a row with others waiting behind each, after which what the replica can do under such a load is known. */
const PRESSED_BATCHES = 16;
/** Batches that a replica may have beyond its concurrency because others are overdue: a bound, should it answer some in time still. */
const MAX_BEHIND_OVERDUE = 16;

/** How long a batch of so many rows took. */
export interface WarmUpSample {
  readonly rows: number;
  readonly serviceMs: number;
}

export interface RunningBatch {
  readonly rows: number;
  readonly sentMs: number;
  readonly full: boolean;
  /** It was sent ahead, and begins when one before it is back. */
  readonly ahead: boolean;
  overdue: boolean;
  /** Another batch was with the replica at the same time. */
  shared: boolean;
}

/** One replica as the batcher sees it: what runs there, how fast it is, how much it may be given. */
export class Lane {
  readonly replica: ReplicaPort;
  readonly metrics: ReplicaMetrics;
  #controller: BatchSizeController;
  readonly model = new LatencyModel();
  readonly #budget = new ServiceBudget();
  readonly #running = new Set<RunningBatch>();
  readonly health: ReplicaHealth;
  /** Kept free of further batches until it is idle, for one that may end the replica. */
  reserved = false;
  /** From when on aged bulk rows may have a turn before interactive ones. */
  agedTurnAtMs = -Infinity;
  /** Before the batches that run are expected back a next one may be sent by so many milliseconds. */
  prefetchMs = 0;
  #pressed = 0;
  #overdue = 0;
  #lastReplyMs = -Infinity;

  constructor(replica: ReplicaPort, newController: NewController, random: Random, metrics: ReplicaMetrics) {
    this.replica = replica;
    this.metrics = metrics;
    this.health = new ReplicaHealth(random);
    this.#controller = newController(this.model);
  }

  /** What its warm-up has shown, as if it had been batches of queries. */
  warmedUp(samples: readonly WarmUpSample[], budgetMs: number): void {
    for (const { rows, serviceMs } of samples) {
      this.#learn({ rows, full: rows >= this.controller.size, serviceMs }, budgetMs);
    }
  }

  get controller(): BatchSizeController {
    return this.#controller;
  }

  /** What the old one had learned is forgotten, what the latency model has stays. */
  useController(newController: NewController): void {
    this.#controller = newController(this.model);
  }

  /** Batches whose reply is not overdue: one that hangs is as likely to be chosen as any, and so found out soon. */
  get inFlight(): number {
    return this.#running.size - this.#overdue;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  get overdue(): number {
    return this.#overdue;
  }

  /**
   * An overdue batch holds no place: a replica that hangs with one batch at once would otherwise never be late with
   * three, and never be ejected; and one of whose workers hangs would serve on the others with less and less.
   */
  mayTake(nowMs: number): boolean {
    return this.#isFree || nowMs >= this.prefetchAtMs(nowMs);
  }

  /** When a batch may be sent behind those that run: Infinity for never, or while that cannot be known. */
  prefetchAtMs(nowMs: number): number {
    if (this.prefetchMs <= 0 || this.model.samples === 0 || !this.health.isHealthy || this.reserved) return Infinity;
    if (this.#overdue > 0 || this.inFlight !== this.replica.concurrency) return Infinity;
    return nowMs + this.#restMs(nowMs) - this.prefetchMs;
  }

  /** Milliseconds until a batch that is sent now is expected to begin. */
  startsInMs(nowMs: number): number {
    return this.isBusy ? this.#restMs(nowMs) : 0;
  }

  /** Each of its workers has a batch that is not overdue. */
  get isBusy(): boolean {
    return this.inFlight >= this.replica.concurrency;
  }

  get #isFree(): boolean {
    if (!this.health.isHealthy || this.reserved) return false;
    const { concurrency } = this.replica;
    return this.inFlight < concurrency && this.#running.size < concurrency + MAX_BEHIND_OVERDUE;
  }

  /**
   * Idle for so long that one row may be tried whatever the model expects of it: what was slow once (a first call, a
   * busy hour) would never be asked again otherwise, and so never be known to be quick.
   */
  mayProbe(nowMs: number): boolean {
    return this.isIdle && nowMs - this.#lastReplyMs >= PROBE_AFTER_MS;
  }

  /** A batch was sent, and rows still wait or none does. */
  leftBehind(rows: number): void {
    this.#pressed = rows > 0 ? this.#pressed + 1 : 0;
  }

  /**
   * What it can do is not known yet: its batches grow with the rows that wait, and it has not had enough of them. A line
   * through the single rows of a quiet hour says of a thousand rows what they would take one after the other.
   */
  get isUntried(): boolean {
    return this.#pressed < PRESSED_BATCHES && this.controller.mayGrow;
  }

  workload(nowMs: number): Workload {
    return {
      restMs: this.#isFree ? 0 : this.#restMs(nowMs) + this.#behindMs(),
      concurrency: this.replica.concurrency,
      batchRows: this.controller.size,
      model: this.model,
    };
  }

  /** Whether the batch is as large as the controller allows, and how it is to be reported. */
  sent(rows: number, nowMs: number): RunningBatch {
    const batch = {
      rows,
      sentMs: nowMs,
      full: rows >= this.controller.size,
      ahead: this.isBusy,
      overdue: false,
      shared: this.#running.size > 0,
    };
    for (const other of this.#running) other.shared = true;
    this.#running.add(batch);
    return batch;
  }

  /**
   * When a batch that is sent now counts as overdue. `latestMs`: nobody waits for its rows after that. `hurries`: its
   * rows may be tried elsewhere, or others wait for what it says; else an early verdict would serve nobody.
   */
  overdueAtMs(rows: number, nowMs: number, latestMs: number, hurries: boolean): number {
    if (!hurries || this.model.samples === 0) return latestMs;
    const beginsMs = nowMs + (this.#running.size < this.replica.concurrency ? 0 : this.#restMs(nowMs));
    return Math.min(latestMs, beginsMs + Math.max(OVERDUE_FLOOR_MS, OVERDUE_TAILS * this.model.tailMs(rows)));
  }

  /**
   * Until when silence about a batch says nothing about the replica: its rows may have had too little time for any reply
   * (an objective of 2 ms), and a first call takes longer than those after it.
   */
  verdictAtMs(rows: number, sentMs: number): number {
    if (this.model.samples === 0) return sentMs + FIRST_CALL_MS;
    return sentMs + Math.max(OVERDUE_FLOOR_MS, this.model.tailMs(rows));
  }

  becameOverdue(batch: RunningBatch): void {
    batch.overdue = true;
    this.#overdue += 1;
  }

  /**
   * Learns from a reply with rows in it, late ones too, or the model grows optimistic; a batch that failed or was
   * lost says nothing. Gives the batch's own service time: its reply minus the later of its sending and the reply
   * before it.
   */
  replied(batch: RunningBatch, nowMs: number, answered: boolean, budgetMs: number): number | undefined {
    this.#running.delete(batch);
    if (batch.overdue) this.#overdue -= 1;
    const serviceMs = nowMs - Math.max(batch.sentMs, this.#lastReplyMs);
    this.#lastReplyMs = nowMs;
    if (!answered) return undefined;
    this.#learn({ rows: batch.rows, full: batch.full, serviceMs }, budgetMs);
    return serviceMs;
  }

  #learn(sample: BatchSample, budgetMs: number): void {
    this.model.record(sample.rows, sample.serviceMs);
    this.#budget.record(sample.rows, sample.serviceMs);
    this.controller.record(sample, this.#budget.within(budgetMs));
  }

  /** Until the first of the running batches is expected back; at least 0, also when one is overdue. */
  #restMs(nowMs: number): number {
    let restMs = Infinity;
    for (const { rows, sentMs, ahead } of this.#running) {
      const beganMs = ahead ? Math.max(sentMs, this.#lastReplyMs) : sentMs;
      restMs = Math.min(restMs, Math.max(0, beganMs + this.model.expectedMs(rows) - nowMs));
    }
    return restMs === Infinity ? 0 : restMs;
  }

  /** What the batches that were sent ahead are expected to take. */
  #behindMs(): number {
    if (this.prefetchMs <= 0) return 0;
    let behind = this.inFlight - this.replica.concurrency;
    let ms = 0;
    for (const { rows, overdue } of [...this.#running].reverse()) {
      if (overdue || behind-- <= 0) continue;
      ms += this.model.expectedMs(rows);
    }
    return ms / this.replica.concurrency;
  }
}
