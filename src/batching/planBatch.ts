import type { LatencyModel } from "./latencyModel.js";

/** Where a batch begins in the deadline order and how many rows it may have. */
export interface BatchPlan {
  readonly from: number;
  readonly rows: number;
}

export interface PlanInput {
  readonly nowMs: number;
  /** Rows that wait. */
  readonly queued: number;
  /** Deadline of the row at a place in the order. */
  readonly deadlineMs: (place: number) => number;
  /** The controller's size. */
  readonly maxRows: number;
  readonly model: LatencyModel;
}

/** Places looked at: beyond so many, what could be gained is not worth the time. */
const MAX_PLACES = 600;
/** A later start must serve this much faster to be worth leaving the most urgent rows behind. */
const WORTHWHILE = 1.02;

/**
 * The batch that serves the most rows a millisecond among those that meet the deadline of their first row. Beginning
 * with the most urgent row can force a tiny batch, and with it a rate that makes everybody late; rows passed over stay
 * while they can still make it.
 */
export function planBatch({ nowMs, queued, deadlineMs, maxRows, model }: PlanInput): BatchPlan {
  const most = Math.min(queued, maxRows);
  let best: BatchPlan = { from: 0, rows: Math.min(most, model.maxRows(deadlineMs(0) - nowMs)) };
  if (best.rows >= most) return best;
  let bestRate = rateOf(best.rows, model);
  for (let from = 1; from < Math.min(queued, MAX_PLACES); from++) {
    const rows = Math.min(queued - from, maxRows, model.maxRows(deadlineMs(from) - nowMs));
    const rate = rateOf(rows, model);
    if (rate > bestRate * WORTHWHILE) {
      best = { from, rows };
      bestRate = rate;
    }
    // Later starts can only have fewer rows.
    if (rows >= Math.min(queued - from, maxRows)) break;
  }
  return best;
}

function rateOf(rows: number, model: LatencyModel): number {
  return rows <= 0 ? 0 : rows / Math.max(model.tailMs(rows), 1e-9);
}
