import type { ReplicaPort } from "../domain/ports.js";
import type { Workload } from "./admission.js";
import type { BatchSizeController } from "./batchSizeController.js";
import { LatencyModel } from "./latencyModel.js";

/** Makes a replica's batch-size controller; its latency model is there for controllers that use it. */
export type NewController = (model: LatencyModel) => BatchSizeController;

const PROBE_AFTER_MS = 1000;

interface RunningBatch {
  readonly rows: number;
  readonly sentMs: number;
  readonly full: boolean;
}

/** One replica as the batcher sees it: what runs there, how fast it is, how much it may be given. */
export class Lane {
  readonly replica: ReplicaPort;
  #controller: BatchSizeController;
  readonly model = new LatencyModel();
  readonly #running = new Set<RunningBatch>();
  #lastReplyMs = -Infinity;

  constructor(replica: ReplicaPort, newController: NewController) {
    this.replica = replica;
    this.#controller = newController(this.model);
  }

  get controller(): BatchSizeController {
    return this.#controller;
  }

  /** What the old one had learned is forgotten, what the latency model has stays. */
  useController(newController: NewController): void {
    this.#controller = newController(this.model);
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get isFree(): boolean {
    return this.#running.size < this.replica.concurrency;
  }

  /**
   * Idle for so long that one row may be tried whatever the model expects of it: what was slow once (a first call, a
   * busy hour) would never be asked again otherwise, and so never be known to be quick.
   */
  mayProbe(nowMs: number): boolean {
    return this.#running.size === 0 && nowMs - this.#lastReplyMs >= PROBE_AFTER_MS;
  }

  workload(nowMs: number): Workload {
    return {
      restMs: this.isFree ? 0 : this.#restMs(nowMs),
      concurrency: this.replica.concurrency,
      batchRows: this.controller.size,
      model: this.model,
    };
  }

  /** Whether the batch is as large as the controller allows, and how it is to be reported. */
  sent(rows: number, nowMs: number): RunningBatch {
    const batch = { rows, sentMs: nowMs, full: rows >= this.controller.size };
    this.#running.add(batch);
    return batch;
  }

  /**
   * Learns from a reply with rows in it, late ones too, or the model grows optimistic; a batch that failed or was
   * lost says nothing. Gives the batch's own service time: its reply minus the later of its sending and the reply
   * before it.
   */
  replied(batch: RunningBatch, nowMs: number, answered: boolean, budgetMs: number): number | undefined {
    this.#running.delete(batch);
    const serviceMs = nowMs - Math.max(batch.sentMs, this.#lastReplyMs);
    this.#lastReplyMs = nowMs;
    if (!answered) return undefined;
    this.model.record(batch.rows, serviceMs);
    this.controller.record({ rows: batch.rows, full: batch.full, serviceMs }, budgetMs);
    return serviceMs;
  }

  /** Until the first of the running batches is expected back; at least 0, also when one is overdue. */
  #restMs(nowMs: number): number {
    let restMs = Infinity;
    for (const { rows, sentMs } of this.#running) {
      restMs = Math.min(restMs, Math.max(0, sentMs + this.model.expectedMs(rows) - nowMs));
    }
    return restMs === Infinity ? 0 : restMs;
  }
}
