import type { Histogram } from "../lib/histogram.js";
import type { ModelFigures } from "./figures.js";

/** What one model version did in an interval, for all applications. Times are undefined without a batch. */
export interface ModelSample {
  readonly model: string;
  readonly version: number;
  readonly rowsPerSecond: number;
  readonly rowsPerBatch: number | undefined;
  readonly queueP99Ms: number | undefined;
  readonly serviceP50Ms: number | undefined;
  readonly serviceP99Ms: number | undefined;
  /** Of the look-ups of the exact cache; undefined without one. */
  readonly cacheHitShare: number | undefined;
  readonly dropped: number;
  readonly failed: number;
  readonly queuedRows: number;
  readonly readyReplicas: number;
}

type Counts = Pick<ModelFigures, "rows" | "batches" | "answered" | "dropped" | "failed" | "cacheHits"> & {
  readonly lookups: number;
  readonly rowWaitMs: Histogram;
  readonly serviceMs: Histogram;
};

/** What has come of models since they were last looked at: differences of counters and of histograms, never of quantiles. */
export class ModelSampler {
  readonly #models: () => readonly ModelFigures[];
  #before: ReadonlyMap<string, Counts>;

  constructor(models: () => readonly ModelFigures[]) {
    this.#models = models;
    this.#before = new Map(models().map((figures) => [keyOf(figures), countsOf(figures)]));
  }

  sample(intervalMs: number): readonly ModelSample[] {
    const figures = this.#models();
    const now = new Map(figures.map((one) => [keyOf(one), countsOf(one)]));
    // Nothing is said of an interval of which only the end was seen.
    const samples = figures.map((one) => {
      const counts = now.get(keyOf(one)) as Counts;
      return sampleOf(one, counts, this.#before.get(keyOf(one)) ?? counts, intervalMs);
    });
    this.#before = now;
    return samples;
  }
}

function sampleOf(figures: ModelFigures, now: Counts, before: Counts, intervalMs: number): ModelSample {
  const more = (name: Exclude<keyof Counts, "rowWaitMs" | "serviceMs">): number => now[name] - before[name];
  const share = (part: number, whole: number) => (whole === 0 ? undefined : part / whole);
  const serviceMs = now.serviceMs.since(before.serviceMs);
  return {
    model: figures.model,
    version: figures.version,
    rowsPerSecond: intervalMs > 0 ? (more("answered") * 1000) / intervalMs : 0,
    rowsPerBatch: share(more("rows"), more("batches")),
    queueP99Ms: now.rowWaitMs.since(before.rowWaitMs).quantile(0.99),
    serviceP50Ms: serviceMs.quantile(0.5),
    serviceP99Ms: serviceMs.quantile(0.99),
    cacheHitShare: share(more("cacheHits"), more("lookups")),
    dropped: more("dropped"),
    failed: more("failed"),
    queuedRows: figures.queuedRows,
    readyReplicas: figures.readyReplicas,
  };
}

function keyOf({ model, version }: ModelFigures): string {
  return `${model}@${version}`;
}

function countsOf(figures: ModelFigures): Counts {
  const { rows, batches, answered, dropped, failed, cacheHits, cacheMisses, cacheJoined } = figures;
  return {
    ...{ rows, batches, answered, dropped, failed, cacheHits },
    lookups: cacheHits + cacheMisses + cacheJoined,
    rowWaitMs: figures.rowWaitMs.copy(),
    serviceMs: figures.serviceMs.copy(),
  };
}
