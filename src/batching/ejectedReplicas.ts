import type { Clock } from "../domain/ports.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { Lane } from "./lane.js";
import type { Refusal } from "./refusal.js";
import type { RowSettlement } from "./rowSettlement.js";
import type { WaitingRows } from "./waitingRows.js";

export interface EjectedReplicasOptions {
  readonly clock: Clock;
  /** For messages: `name@version`. */
  readonly name: string;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly queue: WaitingRows;
  readonly settlement: RowSettlement;
}

export interface Probe {
  readonly lane: Lane;
  readonly row: QueuedRow;
}

/**
 * Which rows go to ejected replicas: one to each when it is due, the one with the most time left, so that it can be
 * answered by another if this one hangs still. While all replicas are ejected only rows that will be such a probe are
 * kept: the others would wait for nothing and are refused at once.
 */
export class EjectedReplicas {
  readonly #options: EjectedReplicasOptions;

  constructor(options: EjectedReplicasOptions) {
    this.#options = options;
  }

  /** For a row that arrives: undefined where a healthy replica is, or a probe is free. */
  refusal(queued: QueuedRow): Refusal | undefined {
    if (!this.#areAll) return undefined;
    const dueMs = this.#dueMs();
    const atMs = dueMs[this.#options.queue.size];
    return atMs !== undefined && queued.latestMs > atMs ? undefined : this.#refusal();
  }

  /** Where all are ejected, for the rows in the queue. */
  refuseOthers(): void {
    const { queue, settlement } = this.#options;
    if (queue.size === 0 || !this.#areAll) return;
    const dueMs = this.#dueMs();
    let kept = 0;
    const refused = queue.takeFrom(0, ({ latestMs }) => {
      const atMs = dueMs[kept];
      if (atMs === undefined || latestMs <= atMs) return "TAKE";
      kept += 1;
      return "PASS";
    });
    if (refused.length === 0) return;
    const { code, message, retryAfterMs } = this.#refusal();
    for (const row of refused) settlement.failed(row, code, message, retryAfterMs);
  }

  /** A probe that is due, its row taken from the queue. */
  next(): Probe | undefined {
    const { queue, lanes, clock } = this.#options;
    if (queue.size === 0) return undefined;
    for (const lane of lanes.values()) {
      if (!lane.health.isEjected || !lane.health.mayProbe(clock.nowMs())) continue;
      const row = this.#lastFor(lane);
      if (row === undefined) continue;
      queue.remove(row);
      row.phase = "SENT";
      return { lane, row };
    }
    return undefined;
  }

  #lastFor({ replica }: Lane): QueuedRow | undefined {
    const { queue } = this.#options;
    for (let place = queue.size - 1; place >= 0; place--) {
      const row = queue.at(place);
      if (row !== undefined && row.lostBy !== replica.id) return row;
    }
    return undefined;
  }

  get #areAll(): boolean {
    for (const { health } of this.#options.lanes.values()) if (health.isHealthy) return false;
    return this.#options.lanes.size > 0;
  }

  /** When each of the next probes is due, earliest first. */
  #dueMs(): number[] {
    const ejected = [...this.#options.lanes.values()].filter(({ health }) => health.isEjected);
    return ejected.map(({ health }) => health.tryAtMs).sort((a, b) => a - b);
  }

  #refusal(): Refusal {
    const { clock, name, lanes } = this.#options;
    let nextMs = Infinity;
    for (const { health } of lanes.values()) nextMs = Math.min(nextMs, health.tryAtMs);
    const retryAfterMs = Math.max(1, Math.ceil(nextMs - clock.nowMs()));
    const which = lanes.size === 1 ? "its only replica is" : `all ${lanes.size} replicas are`;
    const message = `model ${name}: ${which} ejected after batches without a reply; the next try is in ${retryAfterMs} ms`;
    return { code: "NO_REPLICA", message, retryAfterMs };
  }
}
