import { DISPATCH_REASONS } from "../domain/prediction.js";
import type { DispatchReason } from "../domain/prediction.js";
import type { Histogram } from "../lib/histogram.js";
import { latencyBuckets, perSecond } from "./deltas.js";
import type { LatencyBucket } from "./deltas.js";
import type { ModelFigures, ReplicaFigures } from "./figures.js";

/** What one model version did in an interval, for all applications. Times are undefined without a batch. */
export interface ModelSample {
  readonly model: string;
  readonly version: number;
  readonly rowsPerSecond: number;
  readonly batches: number;
  readonly rowsPerBatch: number | undefined;
  readonly batchRows: readonly { readonly upToRows: number; readonly count: number }[];
  readonly dispatches: readonly { readonly reason: DispatchReason; readonly count: number }[];
  readonly queueP99Ms: number | undefined;
  readonly queueBuckets: readonly LatencyBucket[];
  readonly serviceP50Ms: number | undefined;
  readonly serviceP99Ms: number | undefined;
  readonly serviceBuckets: readonly LatencyBucket[];
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Look-ups that joined the same row on its way. */
  readonly cacheJoined: number;
  /** Of the look-ups of the exact cache; undefined without one. */
  readonly cacheHitShare: number | undefined;
  readonly approximateHits: number;
  readonly dropped: number;
  readonly failed: number;
  readonly retried: number;
  readonly queuedRows: number;
  readonly readyReplicas: number;
  readonly replicas: readonly ReplicaSample[];
}

/** What one replica did in an interval. */
export interface ReplicaSample {
  readonly endpoint: string;
  readonly state: string;
  readonly rowsPerSecond: number;
  readonly batches: number;
  readonly serviceP50Ms: number | undefined;
  readonly serviceP99Ms: number | undefined;
  readonly serviceBuckets: readonly LatencyBucket[];
  readonly overdue: number;
  readonly lost: number;
  readonly ejected: number;
  readonly retried: number;
}

type ModelCounter =
  "rows" | "batches" | "answered" | "dropped" | "failed" | "retried" | "cacheHits" | "cacheMisses" | "cacheJoined";
type ReplicaCounter = "rows" | "batches" | "overdue" | "lost" | "ejected" | "retried";

const ROWS = Array.from({ length: 17 }, (_, i) => 2 ** i);

type Counts = Pick<ModelFigures, ModelCounter | "rowWaitMs" | "serviceMs" | "rowsPerBatch"> & {
  /** Whose counts these are: a version that was named anew has others. */
  readonly of: Histogram;
  readonly approximateHits: number;
  readonly dispatches: Readonly<Record<DispatchReason, number>>;
  readonly replicas: ReadonlyMap<string, ReplicaCounts>;
};
type ReplicaCounts = Pick<ReplicaFigures, ReplicaCounter | "serviceMs"> & { readonly of: Histogram };

/** What has come of models since they were last looked at: differences of counters and of histograms, never of quantiles. */
export class ModelSampler {
  #before: ReadonlyMap<string, Counts>;

  constructor(figures: readonly ModelFigures[]) {
    this.#before = new Map(figures.map((one) => [keyOf(one), countsOf(one)]));
  }

  sample(figures: readonly ModelFigures[], intervalMs: number): readonly ModelSample[] {
    const now = new Map(figures.map((one) => [keyOf(one), countsOf(one)]));
    const samples = figures.map((one) => {
      const counts = now.get(keyOf(one)) as Counts;
      return sampleOf(one, counts, sameOrNothing(this.#before.get(keyOf(one)), counts), intervalMs);
    });
    this.#before = now;
    return samples;
  }
}

function sampleOf(figures: ModelFigures, now: Counts, before: Counts, intervalMs: number): ModelSample {
  // Those of caches begin anew when a setting replaces the caches.
  const more = (name: ModelCounter): number => Math.max(0, now[name] - before[name]);
  const rowWaitMs = now.rowWaitMs.since(before.rowWaitMs);
  const { model, version, queuedRows, readyReplicas } = figures;
  return {
    ...{ model, version, queuedRows, readyReplicas },
    rowsPerSecond: perSecond(more("answered"), intervalMs),
    batches: more("batches"),
    rowsPerBatch: share(more("rows"), more("batches")),
    batchRows: now.rowsPerBatch
      .since(before.rowsPerBatch)
      .between(ROWS)
      .map(({ upper, count }) => ({ upToRows: upper, count })),
    dispatches: dispatchesOf(now, before),
    queueP99Ms: rowWaitMs.quantile(0.99),
    queueBuckets: latencyBuckets(rowWaitMs),
    ...serviceOf(now, before),
    cacheHits: more("cacheHits"),
    cacheMisses: more("cacheMisses"),
    cacheJoined: more("cacheJoined"),
    cacheHitShare: share(more("cacheHits"), more("cacheHits") + more("cacheMisses") + more("cacheJoined")),
    approximateHits: Math.max(0, now.approximateHits - before.approximateHits),
    dropped: more("dropped"),
    failed: more("failed"),
    retried: more("retried"),
    replicas: figures.replicas.map((replica) => replicaSampleOf(replica, now, before, intervalMs)),
  };
}

function replicaSampleOf(
  { endpoint, state }: ReplicaFigures,
  { replicas }: Counts,
  before: Counts,
  intervalMs: number,
): ReplicaSample {
  const now = replicas.get(endpoint) as ReplicaCounts;
  const earlier = sameOrNothing(before.replicas.get(endpoint), now);
  const more = (name: ReplicaCounter): number => now[name] - earlier[name];
  return {
    ...{ endpoint, state },
    rowsPerSecond: perSecond(more("rows"), intervalMs),
    batches: more("batches"),
    ...serviceOf(now, earlier),
    overdue: more("overdue"),
    lost: more("lost"),
    ejected: more("ejected"),
    retried: more("retried"),
  };
}

/** Nothing is said of an interval of which only the end was seen. */
function sameOrNothing<C extends { readonly of: Histogram }>(before: C | undefined, now: C): C {
  return before?.of === now.of ? before : now;
}

function serviceOf(now: { readonly serviceMs: Histogram }, before: { readonly serviceMs: Histogram }) {
  const serviceMs = now.serviceMs.since(before.serviceMs);
  return {
    serviceP50Ms: serviceMs.quantile(0.5),
    serviceP99Ms: serviceMs.quantile(0.99),
    serviceBuckets: latencyBuckets(serviceMs),
  };
}

function dispatchesOf(now: Counts, before: Counts): ModelSample["dispatches"] {
  return DISPATCH_REASONS.flatMap((reason) => {
    const count = now.dispatches[reason] - before.dispatches[reason];
    return count === 0 ? [] : [{ reason, count }];
  });
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

function keyOf({ model, version }: ModelFigures): string {
  return `${model}@${version}`;
}

function countsOf(figures: ModelFigures): Counts {
  const { rows, batches, answered, dropped, failed, retried, cacheHits, cacheMisses, cacheJoined } = figures;
  return {
    ...{ rows, batches, answered, dropped, failed, retried, cacheHits, cacheMisses, cacheJoined },
    of: figures.serviceMs,
    approximateHits: figures.approximate.reduce((sum, { hits }) => sum + hits, 0),
    dispatches: { ...figures.dispatches },
    rowWaitMs: figures.rowWaitMs.copy(),
    serviceMs: figures.serviceMs.copy(),
    rowsPerBatch: figures.rowsPerBatch.copy(),
    replicas: new Map(figures.replicas.map((replica) => [replica.endpoint, replicaCountsOf(replica)])),
  };
}

function replicaCountsOf({ rows, batches, overdue, lost, ejected, retried, serviceMs }: ReplicaFigures): ReplicaCounts {
  return { rows, batches, overdue, lost, ejected, retried, of: serviceMs, serviceMs: serviceMs.copy() };
}
