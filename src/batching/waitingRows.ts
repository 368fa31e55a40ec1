import type { Priority } from "../domain/application.js";
import { DeadlineQueue } from "./deadlineQueue.js";
import type { QueuedRow } from "./deadlineQueue.js";

/** The rows that wait for a replica: those somebody waits for before bulk ones, each kind in order of deadline. */
export class WaitingRows {
  readonly interactive = new DeadlineQueue();
  readonly bulk = new DeadlineQueue();

  get size(): number {
    return this.interactive.size + this.bulk.size;
  }

  at(place: number): QueuedRow | undefined {
    const { interactive, bulk } = this;
    return place < interactive.size ? interactive.at(place) : bulk.at(place - interactive.size);
  }

  push(row: QueuedRow): void {
    this.#queueOf(row.priority).push(row);
  }

  remove(row: QueuedRow): boolean {
    return this.#queueOf(row.priority).remove(row);
  }

  /** Gives a row another place. */
  reorder(row: QueuedRow, orderMs: number, priority: Priority): void {
    const queued = this.remove(row);
    row.orderMs = orderMs;
    row.priority = priority;
    if (queued) this.push(row);
  }

  /** Rows that go before one that arrives now. */
  rowsBefore({ priority, orderMs }: QueuedRow): number {
    const { interactive, bulk } = this;
    return priority === "INTERACTIVE" ? interactive.rowsUpTo(orderMs) : interactive.size + bulk.rowsUpTo(orderMs);
  }

  /** Takes out the rows that `take` says yes to, going in order until it says stop. */
  takeFrom(place: number, take: (row: QueuedRow) => "TAKE" | "PASS" | "STOP"): QueuedRow[] {
    const { interactive, bulk } = this;
    let stopped = false;
    const taken = interactive.takeFrom(Math.min(place, interactive.size), (row) => {
      const verdict = take(row);
      stopped = verdict === "STOP";
      return verdict;
    });
    if (stopped) return taken;
    return [...taken, ...bulk.takeFrom(Math.max(0, place - interactive.size), take)];
  }

  #queueOf(priority: Priority): DeadlineQueue {
    return priority === "INTERACTIVE" ? this.interactive : this.bulk;
  }
}
