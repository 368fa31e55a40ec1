import { Batcher } from "../batching/batcher.js";
import { BatcherMetrics } from "../batching/batcherMetrics.js";
import { newControllerOf } from "../batching/newController.js";
import { CachedEvaluator } from "../caching/cachedEvaluator.js";
import { CacheScope } from "../caching/exactCache.js";
import type { ExactCache } from "../caching/exactCache.js";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import { resolveModelSettings } from "../domain/modelSettings.js";
import type { ChosenModelSettings, ModelSettings } from "../domain/modelSettings.js";
import type { Clock, Random } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import type { ModelFigures } from "../telemetry/prometheus.js";
import { ReplicaLink } from "../replicas/replicaLink.js";

export interface ModelVersionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly cache: ExactCache;
  /** What the configuration chooses for a model. */
  readonly configuredSettings: (model: string) => ChosenModelSettings;
  readonly maxQueueRows: number;
  readonly maxMessageBytes: number;
  readonly batchTimeoutMs: number;
  readonly onReplicaChange: (text: string) => void;
}

/** One model version as it is served in this process: cache over batcher over its replicas. */
export interface ServedVersion {
  readonly key: VersionKey;
  readonly model: string;
  readonly version: number;
  readonly batcher: Batcher;
  readonly evaluator: CachedEvaluator;
  readonly metrics: BatcherMetrics;
  readonly scope: CacheScope;
  readonly links: ReadonlyMap<string, ReplicaLink>;
}

interface Entry extends ServedVersion {
  settings: ModelSettings;
  readonly links: Map<string, ReplicaLink>;
  readyListeners: (() => void)[];
  registered: Signature | undefined;
}

/** All model versions that this process serves or has replicas of, made when first named. */
export class ModelVersions {
  readonly #options: ModelVersionsOptions;
  readonly #entries = new Map<VersionKey, Entry>();
  readonly #chosenSettings = new Map<string, ChosenModelSettings>();

  constructor(options: ModelVersionsOptions) {
    this.#options = options;
  }

  get(model: string, version: number): ServedVersion {
    return this.#entry(model, version);
  }

  /** Undefined for one that was never named: for those who only ask. */
  find(model: string, version: number): ServedVersion | undefined {
    return this.#entries.get(versionKey(model, version));
  }

  /** For exposition. */
  figures(): readonly ModelFigures[] {
    return this.all().map(({ model, version, batcher, evaluator, metrics }) => ({
      model,
      version,
      answered: metrics.answered,
      failed: metrics.failed,
      dropped: metrics.dropped,
      retried: metrics.retried,
      batches: metrics.batches,
      rows: metrics.rows,
      cacheHits: evaluator.counters.hits,
      cacheMisses: evaluator.counters.misses,
      cacheJoined: evaluator.counters.joined,
      queuedRows: batcher.queuedRows,
      readyReplicas: batcher.replicaCount,
      serviceMs: metrics.serviceMs,
      queueWaitMs: metrics.queueWaitMs,
    }));
  }

  cacheFigures(): { readonly cacheBytes: number; readonly cacheEntries: number } {
    const { cache } = this.#options;
    return { cacheBytes: cache.bytes, cacheEntries: cache.entryCount };
  }

  all(): readonly ServedVersion[] {
    return [...this.#entries.values()];
  }

  /** The signature that a ready replica states, for a version that is not registered yet. */
  statedSignature(model: string, version: number): Signature | undefined {
    const links = this.find(model, version)?.links.values() ?? [];
    for (const link of links) if (link.phase === "READY") return link.signature;
    return undefined;
  }

  /** From now on replicas with another signature are refused. */
  setRegistered(model: string, version: number, signature: Signature): void {
    const entry = this.#entry(model, version);
    entry.registered = signature;
    for (const link of entry.links.values()) link.recheckSignature();
  }

  /** A model's settings as they are in force: what was chosen for it, over the configuration, over the defaults. */
  settingsOf(model: string): ModelSettings {
    return resolveModelSettings(this.#options.configuredSettings(model), this.#chosenSettings.get(model) ?? {});
  }

  /** What was chosen for a model by mutation, for all of its versions, also those still to come. */
  setSettings(model: string, chosen: ChosenModelSettings): void {
    this.#chosenSettings.set(model, chosen);
    const settings = this.settingsOf(model);
    for (const entry of this.#entries.values()) if (entry.model === model) configure(entry, settings);
  }

  /** Links a wrapper that listens at `endpoint`. The same endpoint twice is one replica. */
  addReplica(model: string, version: number, endpoint: string): void {
    const entry = this.#entry(model, version);
    if (entry.links.has(endpoint)) return;
    const { clock, random, maxMessageBytes, batchTimeoutMs, onReplicaChange } = this.#options;
    const link = new ReplicaLink({
      id: `${entry.key}#${endpoint}`,
      model,
      version,
      endpoint,
      clock,
      random,
      maxMessageBytes,
      batchTimeoutMs,
      expectedSignature: () => entry.registered,
      onReady: (ready) => {
        entry.batcher.addReplica(ready);
        for (const listener of entry.readyListeners.splice(0)) listener();
        onReplicaChange(`replica ${ready.id} is ready`);
      },
      onLost: (lost, why) => {
        entry.batcher.removeReplica(lost.id);
        onReplicaChange(`replica ${lost.id} is lost: ${why}`);
      },
    });
    entry.links.set(endpoint, link);
    link.start();
  }

  removeReplica(model: string, version: number, endpoint: string): void {
    const entry = this.#entry(model, version);
    const link = entry.links.get(endpoint);
    entry.links.delete(endpoint);
    link?.stop();
  }

  /** Calls back once, when the version has a ready replica. */
  whenReady(model: string, version: number, ready: () => void): void {
    const entry = this.#entry(model, version);
    if (entry.batcher.replicaCount > 0) ready();
    else entry.readyListeners.push(ready);
  }

  /** Resolves when no row is queued or in flight anywhere. */
  async whenIdle(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.batcher.whenIdle()));
  }

  stop(): void {
    for (const entry of this.#entries.values()) {
      for (const link of entry.links.values()) link.stop();
      entry.links.clear();
    }
  }

  #entry(model: string, version: number): Entry {
    const key = versionKey(model, version);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const { clock, cache, maxQueueRows, maxMessageBytes } = this.#options;
    const settings = this.settingsOf(model);
    const metrics = new BatcherMetrics();
    const batcher = new Batcher({
      clock,
      name: key,
      newController: newControllerOf(settings),
      metrics,
      maxQueueRows,
      // The rest is for names and shapes.
      maxBatchBytes: Math.floor(maxMessageBytes * 0.9),
    });
    const scope = new CacheScope();
    const evaluator = new CachedEvaluator(cache, scope, batcher);
    const entry: Entry = {
      key,
      model,
      version,
      settings,
      batcher,
      evaluator,
      metrics,
      scope,
      links: new Map(),
      readyListeners: [],
      registered: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** What has not changed keeps what it has learned. */
function configure(entry: Entry, settings: ModelSettings): void {
  const before = entry.settings;
  entry.settings = settings;
  if (settings.batchSizeController !== before.batchSizeController || settings.maxBatchRows !== before.maxBatchRows) {
    entry.batcher.useControllers(newControllerOf(settings));
  }
}
