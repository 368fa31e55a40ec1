import { Batcher } from "../../src/batching/batcher.js";
import { NO_BATCH_LIMITS } from "../../src/batching/batchLimits.js";
import type { BatchLimits } from "../../src/batching/batchLimits.js";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import type { BatchSample, BatchSizeController } from "../../src/batching/batchSizeController.js";
import type { Priority } from "../../src/domain/application.js";
import type { PendingRow, RowOutcome } from "../../src/domain/ports.js";
import { FakeClock } from "./fakeClock.js";
import { numberOf, rowOf } from "./fakeReplica.js";
import { rowQuery } from "./rowQuery.js";

export interface BatchingLimits {
  readonly maxBatchRows?: number;
  readonly maxQueueRows?: number;
  readonly maxBatchBytes?: number;
  readonly maxReplyBytes?: number;
  readonly limits?: Partial<BatchLimits>;
  /** Instead of a fixed size. */
  readonly sizes?: BatchSizeController;
}

/** A batcher under a fake clock, with batches of a fixed size unless told otherwise; the replicas are the test's. */
export function fakeBatching(limits: BatchingLimits = {}) {
  const clock = new FakeClock();
  const metrics = new BatcherMetrics();
  const samples: BatchSample[] = [];
  const controller: BatchSizeController = {
    size: limits.maxBatchRows ?? 100,
    reason: "fixed",
    mayGrow: false,
    record: (sample) => void samples.push(sample),
  };
  const batcher = new Batcher({
    clock,
    random: () => 0.5,
    name: "m@1",
    newController: () => limits.sizes ?? controller,
    metrics,
    maxQueueRows: limits.maxQueueRows ?? 1000,
    maxReplyBytes: limits.maxReplyBytes ?? 1e6,
    limits: { ...NO_BATCH_LIMITS, ...limits.limits, maxBatchBytes: limits.maxBatchBytes ?? 1e6 },
  });
  /** What each submitted number was settled with, in order of settling. */
  const settled: [number, string | number][] = [];
  const submit = (number: number, afterMs = 50, bytes = 4, priority: Priority = "INTERACTIVE"): PendingRow =>
    batcher.submit(rowQuery(rowOf(number, bytes), clock.nowMs() + afterMs, { priority }), (outcome) =>
      settled.push([number, short(outcome)]),
    );
  return { clock, metrics, samples, batcher, settled, submit };
}

function short(outcome: RowOutcome): string | number {
  return outcome.kind === "output" ? numberOf(outcome.output) : outcome.code;
}
