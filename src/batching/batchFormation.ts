import type { DispatchReason } from "../domain/prediction.js";
import { hasAged } from "./bulkTurns.js";
import type { BulkTurns } from "./bulkTurns.js";
import type { DeadlineQueue, QueuedRow } from "./deadlineQueue.js";
import type { Lane } from "./lane.js";
import { planBatch } from "./planBatch.js";
import type { ReplyBytes } from "./replyBytes.js";
import type { WaitingRows } from "./waitingRows.js";

export interface BatchFormationOptions {
  readonly waiting: WaitingRows;
  readonly turns: BulkTurns;
  readonly replyBytes: ReplyBytes;
}

/** A batch for one replica as it would be formed now. */
export interface BatchDraft {
  readonly lane: Lane;
  /** When the replica would begin with it. */
  readonly startMs: number;
  /** It would wait behind a batch that runs: without bulk rows, or who comes meanwhile would wait for two such batches. */
  readonly ahead: boolean;
  /** The rows that it is planned from: the interactive ones, or bulk ones where no interactive row can go. */
  readonly queue: DeadlineQueue;
  readonly from: number;
  readonly rows: number;
  /** Rows that the controller and the reply's bytes allow. */
  readonly most: number;
}

export interface FormedBatch {
  readonly rows: readonly QueuedRow[];
  /** Why it went with these rows, unless something else made it go now. */
  readonly reason: Extract<DispatchReason, "FULL" | "BUDGET" | "TURN_END">;
}

/**
 * Which rows go to a free replica: those of the best plan over the interactive rows, without rows that this replica has
 * lost, within the bounds in bytes. Bulk rows take the places that are left when no interactive row is, as far as the
 * batch's earliest deadline allows; or the first places, when it is their turn (see BulkTurns).
 */
export class BatchFormation {
  readonly #options: BatchFormationOptions;
  maxBatchBytes: number;

  constructor(options: BatchFormationOptions, maxBatchBytes: number) {
    this.#options = options;
    this.maxBatchBytes = maxBatchBytes;
  }

  /** Undefined if the replica can take none of the rows in time. `alone`: it may have one row whatever it expects. */
  draft(lane: Lane, nowMs: number, alone: boolean): BatchDraft | undefined {
    const { waiting, replyBytes } = this.#options;
    const startMs = nowMs + lane.startsInMs(nowMs);
    const most = Math.min(lane.controller.size, replyBytes.maxRows);
    const ahead = lane.isBusy;
    for (const queue of ahead ? [waiting.interactive] : [waiting.interactive, waiting.bulk]) {
      if (queue.size === 0) continue;
      const plan = planBatch({
        nowMs: startMs,
        queued: queue.size,
        deadlineMs: (place) => (queue.at(place) as QueuedRow).orderMs,
        maxRows: most,
        model: lane.model,
      });
      const rows = Math.max(plan.rows, alone ? 1 : 0);
      if (rows > 0) return { lane, startMs, ahead, queue, from: plan.from, rows, most };
    }
    return undefined;
  }

  /** Takes the draft's rows from the queue. None if the replica has lost them all. */
  take(draft: BatchDraft, nowMs: number): FormedBatch {
    const { waiting } = this.#options;
    const places = new Places(draft.lane.replica.id, this.maxBatchBytes);
    const aged = draft.ahead ? [] : this.#takeAged(draft, places, nowMs);
    const lostBefore = places.lost;
    const planned = draft.queue.takeFrom(draft.from, (row) => places.offer(row, draft.rows));
    const first = planned[0];
    const leftOver = waiting.interactive.size - (places.lost - lostBefore);
    const filled =
      aged.length === 0 && first !== undefined && leftOver <= 0 && draft.queue === waiting.interactive && !draft.ahead
        ? this.#fill(draft, places, first.orderMs)
        : [];
    const rows = [...planned, ...aged, ...filled];
    if (rows.length >= draft.lane.controller.size) return { rows, reason: "FULL" };
    return { rows, reason: waiting.size > places.lost ? "BUDGET" : "TURN_END" };
  }

  /** Bulk rows whose turn it is, in the first places of a batch that interactive rows wait for. */
  #takeAged({ lane, queue, rows, most, startMs }: BatchDraft, places: Places, nowMs: number): QueuedRow[] {
    const { waiting, turns } = this.#options;
    const leavesSome = rows >= most || rows < waiting.interactive.size;
    if (queue === waiting.bulk || !leavesSome || !turns.mayPass(waiting, lane, nowMs)) return [];
    const backMs = startMs + lane.model.tailMs(rows);
    const taken = waiting.bulk.takeFrom(0, (row) => {
      if (!hasAged(row, nowMs) || row.orderMs < backMs) return "PASS";
      return places.offer(row, rows);
    });
    if (taken.length > 0) turns.passed(lane, rows, nowMs);
    return taken;
  }

  /** Bulk rows beside all the interactive ones there are. */
  #fill({ lane, startMs, most }: BatchDraft, places: Places, deadlineMs: number): QueuedRow[] {
    const { bulk } = this.#options.waiting;
    const rows = Math.min(most, lane.model.maxRows(deadlineMs - startMs), places.rows + bulk.size);
    if (rows <= places.rows) return [];
    const backMs = startMs + lane.model.tailMs(rows);
    return bulk.takeFrom(0, (row) => (row.orderMs < backMs ? "PASS" : places.offer(row, rows)));
  }
}

/** The places of one batch, as they are given away. */
class Places {
  readonly #replica: string;
  readonly #maxBytes: number;
  #bytes = 0;
  rows = 0;
  /** Rows that this replica has lost: they are left for others. */
  lost = 0;

  constructor(replica: string, maxBytes: number) {
    this.#replica = replica;
    this.#maxBytes = maxBytes;
  }

  offer(row: QueuedRow, most: number): "TAKE" | "PASS" | "STOP" {
    if (this.rows >= most) return "STOP";
    if (row.lostBy === this.#replica) {
      this.lost += 1;
      return "PASS";
    }
    if (this.rows > 0 && this.#bytes + row.bytes > this.#maxBytes) return "STOP";
    this.#bytes += row.bytes;
    this.rows += 1;
    row.phase = "SENT";
    return "TAKE";
  }
}
