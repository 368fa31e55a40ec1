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
}

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "INT32", shape: [] }],
  outputs: [{ name: "y", datatype: "INT32", shape: [] }],
};

/** A model whose batches take a + b rows milliseconds, with noise. Answers each row with itself. */
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
    for (const { cancel, lose } of lost) {
      cancel();
      lose();
    }
    this.#clock.at(this.#clock.nowMs() + restartMs, () => this.onBack());
  }

  send({ rows }: Batch, done: (reply: BatchReply) => void): void {
    this.rowsSent += rows.length;
    const endMs = Math.max(this.#clock.nowMs() + this.#serviceMs(rows.length), this.stalledUntilMs);
    const cancel = this.#clock.at(endMs, () => {
      this.#running.delete(running);
      done({ kind: "rows", rows: rows.map((output) => ({ kind: "output", output })) });
    });
    const lose = (): void => done({ kind: "lost", message: `${this.id} ended` });
    const running = { rows: rows.length, cancel, lose };
    this.#running.add(running);
  }

  #serviceMs(rows: number): number {
    const { fixedMs, rowMs, sigma, stallShare } = this.service;
    const noise = sigma === 0 ? 1 : Math.exp(sigma * normal(this.#random));
    const stall = stallShare > 0 && this.#random() < stallShare ? 3 : 1;
    return (fixedMs + rowMs * rows) * noise * stall;
  }
}
