import type { LatencyModel } from "./latencyModel.js";

/** What a replica has to do and how fast it does it. */
export interface Workload {
  /** Milliseconds that its running batches are still expected to take. */
  readonly restMs: number;
  /** Batches at once. */
  readonly concurrency: number;
  /** Rows that its controller allows in a batch. */
  readonly batchRows: number;
  readonly model: LatencyModel;
}

/**
 * Milliseconds from now until a row behind `rowsAhead` others is expected to be answered, on the replica that gets to
 * it first: the rest of what runs there, its share of the rows ahead in full batches, and the row's own batch at its
 * tail. Replicas pull from one queue, so their shares are as their rates. 0 while some replica is still unknown.
 */
export function expectedFinishMs(workloads: readonly Workload[], rowsAhead: number): number {
  let totalRate = 0;
  for (const workload of workloads) {
    if (workload.model.samples === 0) return 0;
    totalRate += rateOf(workload);
  }
  let earliest = Infinity;
  for (const workload of workloads) {
    const { restMs, concurrency, batchRows, model } = workload;
    // The product is whole where there is one replica, but for its last bits.
    const ahead = (rowsAhead * rateOf(workload)) / totalRate + 1e-9;
    const round = concurrency * batchRows;
    const rounds = Math.floor(ahead / round);
    const lastRows = Math.min(batchRows, 1 + Math.floor((ahead - rounds * round) / concurrency));
    earliest = Math.min(earliest, restMs + rounds * model.expectedMs(batchRows) + model.tailMs(lastRows));
  }
  return earliest;
}

/** Rows a millisecond. */
function rateOf({ concurrency, batchRows, model }: Workload): number {
  return (concurrency * batchRows) / Math.max(model.expectedMs(batchRows), 1e-6);
}
