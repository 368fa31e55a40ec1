import type { Batch, BatchReply, Cancel, Random, ReplicaPort } from "../../src/domain/ports.js";
import type { Signature } from "../../src/domain/tensor.js";
import { normal } from "./seededRandom.js";
import type { VirtualClock } from "./virtualClock.js";

export interface Service {
  /** Milliseconds of every batch, and of each row. */
  readonly fixedMs: number;
  readonly rowMs: number;
  /** Standard deviation of the logarithm. */
  readonly sigma: number;
  /** One batch in so many takes three times as long; 0 for never. */
  readonly stallShare: number;
  /** Rows are computed in tiles of so many, each as long as a full one. Default: one by one. */
  readonly tileRows?: number;
  /** Milliseconds that a batch and its reply are on their way, while which the replica may run another. Default: none. */
  readonly wayMs?: number;
}

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "INT32", shape: [] }],
  outputs: [{ name: "y", datatype: "INT32", shape: [] }],
};

/** A model whose batches take a + b rows milliseconds, with noise, one after the other. Answers each row with itself. */
export class SimulatedReplica implements ReplicaPort {
  readonly id: string;
  readonly concurrency = 1;
  readonly signature = SIGNATURE;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  service: Service;
  /** No batch ends before this time. */
  stalledUntilMs = 0;
  rowsSent = 0;
  /** Milliseconds for which it has computed. */
  busyMs = 0;
  /** Told of each batch before it runs. */
  onSend: (batch: Batch) => void = () => undefined;
  /** Told of each reply before it is given. */
  onReply: () => void = () => undefined;
  #idleFromMs = 0;
  /** Told before the batches in flight are given back, and when it is there again. */
  onLeave: () => void = () => undefined;
  onBack: () => void = () => undefined;
  readonly #running = new Set<{ readonly rows: number; readonly cancel: Cancel; readonly lose: () => void }>();

  constructor(id: string, clock: VirtualClock, random: Random, service: Service) {
    this.id = id;
    this.#clock = clock;
    this.#random = random;
    this.service = service;
  }

  get rowsInFlight(): number {
    let rows = 0;
    for (const batch of this.#running) rows += batch.rows;
    return rows;
  }

  /** As if it were killed with what it has, and restarted. */
  end(restartMs: number): void {
    this.onLeave();
    const lost = [...this.#running];
    this.#running.clear();
    this.#idleFromMs = this.#clock.nowMs();
    for (const { cancel, lose } of lost) {
      cancel();
      lose();
    }
    this.#clock.at(this.#clock.nowMs() + restartMs, () => this.onBack());
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    this.onSend(batch);
    const { rows } = batch;
    this.rowsSent += rows.length;
    const serviceMs = this.#serviceMs(rows.length);
    const wayMs = (this.service.wayMs ?? 0) / 2;
    const startMs = Math.max(this.#clock.nowMs() + wayMs, this.#idleFromMs);
    this.#idleFromMs = Math.max(startMs + serviceMs, this.stalledUntilMs);
    this.busyMs += serviceMs;
    const cancel = this.#clock.at(this.#idleFromMs + wayMs, () => {
      this.#running.delete(running);
      this.onReply();
      done({ kind: "rows", rows: rows.map((output) => ({ kind: "output", output })) });
    });
    const lose = (): void => done({ kind: "lost", message: `${this.id} ended` });
    const running = { rows: rows.length, cancel, lose };
    this.#running.add(running);
  }

  #serviceMs(rows: number): number {
    const { fixedMs, rowMs, sigma, stallShare, tileRows = 1 } = this.service;
    const noise = sigma === 0 ? 1 : Math.exp(sigma * normal(this.#random));
    const stall = stallShare > 0 && this.#random() < stallShare ? 3 : 1;
    return (fixedMs + rowMs * tileRows * Math.ceil(rows / tileRows)) * noise * stall;
  }
}
