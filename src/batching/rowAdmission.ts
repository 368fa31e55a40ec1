import { expectedFinishMs } from "./admission.js";
import type { Workload } from "./admission.js";
import type { BatchesInFlight } from "./batchesInFlight.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { EjectedReplicas } from "./ejectedReplicas.js";
import type { Lane } from "./lane.js";
import type { Refusal } from "./refusal.js";
import type { RowRetries } from "./rowRetries.js";
import type { WaitingRows } from "./waitingRows.js";

export interface RowAdmissionOptions {
  /** For messages: `name@version`. */
  readonly name: string;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly queue: WaitingRows;
  readonly retries: RowRetries;
  readonly ejected: EjectedReplicas;
  readonly inFlight: BatchesInFlight;
  /** Rows in the queue beyond which more are refused as OVERLOADED. */
  readonly maxQueueRows: number;
}

/** The share of the queue that bulk rows may have, so that they never take the places of interactive ones. */
const BULK_QUEUE_SHARE = 0.5;

/** What cannot be answered in time is refused on arrival, so that its place goes to one that can. */
export class RowAdmission {
  readonly #options: RowAdmissionOptions;

  constructor(options: RowAdmissionOptions) {
    this.#options = options;
  }

  refusal(queued: QueuedRow): Refusal | undefined {
    const { name, retries, lanes, ejected, queue, inFlight } = this.#options;
    const poison = retries.inspect(queued);
    if (poison !== undefined) return { code: "POISON", message: poison };
    if (lanes.size === 0) return { code: "NO_REPLICA", message: noReplica(name) };
    const full = this.#fullQueue(queued);
    if (full !== undefined) return { code: "OVERLOADED", message: full };
    const unhealthy = ejected.refusal(queued);
    if (unhealthy !== undefined) return unhealthy;
    // With nothing ahead of it on an idle replica a row takes nobody's place: it is tried, and teaches the model.
    if (queue.size === 0 && inFlight.batches === 0) return undefined;
    return this.#tooLate(queued);
  }

  #fullQueue({ priority }: QueuedRow): string | undefined {
    const { name, queue, retries, maxQueueRows } = this.#options;
    if (queue.size + retries.isolation.size >= maxQueueRows) {
      return `model ${name} has ${maxQueueRows} rows waiting, its bound`;
    }
    const maxBulkRows = Math.ceil(maxQueueRows * BULK_QUEUE_SHARE);
    if (priority === "INTERACTIVE" || queue.bulk.size < maxBulkRows) return undefined;
    return `model ${name} has ${maxBulkRows} bulk rows waiting, their share of its bound`;
  }

  #tooLate(queued: QueuedRow): Refusal | undefined {
    const { name, lanes, queue } = this.#options;
    // It has just come.
    const nowMs = queued.queuedAtMs;
    const workloads: Workload[] = [];
    for (const lane of lanes.values()) {
      if (!lane.health.isHealthy) continue;
      if (lane.isUntried) return undefined;
      workloads.push(lane.workload(nowMs));
    }
    if (workloads.length === 0) return undefined;
    const finishMs = expectedFinishMs(workloads, queue.rowsBefore(queued));
    const lateMs = nowMs + finishMs - queued.orderMs;
    if (lateMs <= 0) return undefined;
    const message = `model ${name} would answer in ${finishMs.toFixed(1)} ms, ${lateMs.toFixed(1)} ms late`;
    return { code: "OVERLOADED", message, retryAfterMs: Math.ceil(lateMs) };
  }
}

export function noReplica(name: string): string {
  return `model ${name} has no ready replica`;
}
