import { Batcher } from "../batching/batcher.js";
import type { BatchLimits } from "../batching/batchLimits.js";
import { BatcherMetrics } from "../batching/batcherMetrics.js";
import { newControllerOf } from "../batching/newController.js";
import { ApproximateAnswers } from "../caching/approximateAnswers.js";
import { ApproximateCache } from "../caching/approximateCache.js";
import { CachedEvaluator } from "../caching/cachedEvaluator.js";
import type { ExactCache } from "../caching/exactCache.js";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import { isFailure } from "../domain/failure.js";
import type { ModelSettings } from "../domain/modelSettings.js";
import type { Clock, Random, RowEvaluator } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import type { ConnectPacer } from "../replicas/connectPacer.js";
import { LinkCounters } from "../replicas/linkCounters.js";
import { ReplicaLink } from "../replicas/replicaLink.js";
import type { ModelFigures } from "../telemetry/prometheus.js";
import { approximateSpace, wantsApproximate } from "./approximateSettings.js";

export interface ServedVersionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly cache: ExactCache;
  /** For each approximate cache. */
  readonly approximateBytes: number;
  readonly maxQueueRows: number;
  readonly maxMessageBytes: number;
  readonly batchTimeoutMs: number;
  readonly onReplicaChange: (text: string) => void;
}

const APPROXIMATE_SETTINGS = [
  "approximateErrorBudget",
  "approximateDistance",
  "approximateTolerance",
  "featureTolerance",
] as const;

/** Of a message's bytes; the rest is for names and shapes. */
function tensorBytes(maxMessageBytes: number): number {
  return Math.floor(maxMessageBytes * 0.9);
}

function batchLimits(settings: ModelSettings, maxMessageBytes: number): BatchLimits {
  const { maxBatchBytes, maxBatchDelayMs, prefetchMs } = settings;
  return { maxBatchBytes: Math.min(maxBatchBytes, tensorBytes(maxMessageBytes)), maxBatchDelayMs, prefetchMs };
}

/** What all versions of a process share, beside the options. */
export interface SharedByVersions {
  readonly pacer: ConnectPacer;
}

/** The evaluator of all applications that share what is cached; no application has an empty name. */
const SHARED = "";

/** One model version as it is served in this process: caches over a batcher over its replicas. */
export class ServedVersion {
  readonly key: VersionKey;
  readonly model: string;
  readonly version: number;
  readonly metrics = new BatcherMetrics();
  readonly batcher: Batcher;
  readonly #options: ServedVersionOptions & SharedByVersions;
  readonly #evaluators = new Map<string, CachedEvaluator>();
  readonly #links = new Map<string, ReplicaLink>();
  readonly #linkCounters = new LinkCounters();
  #settings: ModelSettings;
  #registered: Signature | undefined;
  /** Of the artefact that the first replica stated: those of others must be the same. */
  #artefactDigest: string | undefined;
  #readyListeners: (() => void)[] = [];

  constructor(
    model: string,
    version: number,
    settings: ModelSettings,
    options: ServedVersionOptions & SharedByVersions,
  ) {
    this.key = versionKey(model, version);
    this.model = model;
    this.version = version;
    this.#settings = settings;
    this.#options = options;
    this.batcher = new Batcher({
      clock: options.clock,
      random: options.random,
      name: this.key,
      newController: newControllerOf(settings),
      metrics: this.metrics,
      maxQueueRows: options.maxQueueRows,
      maxReplyBytes: tensorBytes(options.maxMessageBytes),
      limits: batchLimits(settings, options.maxMessageBytes),
    });
  }

  /** By endpoint. */
  get links(): ReadonlyMap<string, ReplicaLink> {
    return this.#links;
  }

  /** What computes this version's outputs for an application, from caches of its own if the settings say so. */
  evaluatorFor(application: string): RowEvaluator {
    const owner = this.#settings.cacheScope === "APPLICATION" ? application : SHARED;
    const known = this.#evaluators.get(owner);
    if (known !== undefined) return known;
    const evaluator = new CachedEvaluator(this.#options.cache, this.batcher);
    evaluator.ttlMs = this.#settings.cacheTtlMs;
    evaluator.approximate = this.#newApproximate();
    this.#evaluators.set(owner, evaluator);
    return evaluator;
  }

  /** What has not changed keeps what it has learned. */
  configure(settings: ModelSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    const sameSizes =
      settings.batchSizeController === before.batchSizeController && settings.maxBatchRows === before.maxBatchRows;
    if (!sameSizes) this.batcher.useControllers(newControllerOf(settings));
    this.batcher.limits = batchLimits(settings, this.#options.maxMessageBytes);
    const sameNear = APPROXIMATE_SETTINGS.every((name) => settings[name] === before[name]);
    for (const evaluator of this.#evaluators.values()) {
      evaluator.ttlMs = settings.cacheTtlMs;
      if (!sameNear) evaluator.approximate = this.#newApproximate();
    }
    if (settings.cacheScope !== before.cacheScope) this.#dropEvaluators();
  }

  /** Nothing that was asked for before is an answer any more. */
  invalidateCache(): void {
    for (const evaluator of this.#evaluators.values()) {
      evaluator.invalidate();
      evaluator.approximate = this.#newApproximate();
    }
  }

  /** Undefined where the settings want none, or where the signature, which they were chosen without, allows none. */
  #newApproximate(): ApproximateAnswers | undefined {
    const { approximateErrorBudget, approximateDistance, featureTolerance } = this.#settings;
    if (this.#registered === undefined || !wantsApproximate(this.#settings)) return undefined;
    const space = approximateSpace(this.#registered, this.#settings);
    if (isFailure(space)) return undefined;
    const { clock, random, approximateBytes: capacityBytes } = this.#options;
    const common = { ...space, capacityBytes, random, clock };
    const cache =
      featureTolerance > 0
        ? new ApproximateCache({ ...common, distance: "L2", errorBudget: 0.5, fixedRadius: featureTolerance })
        : new ApproximateCache({ ...common, distance: approximateDistance, errorBudget: approximateErrorBudget });
    return new ApproximateAnswers({ cache, clock, marginalRowMicroseconds: () => this.#marginalRowMicroseconds() });
  }

  #marginalRowMicroseconds(): number | undefined {
    const ms = this.batcher.marginalRowMs;
    return ms === undefined ? undefined : ms * 1000;
  }

  #dropEvaluators(): void {
    this.invalidateCache();
    this.#evaluators.clear();
  }

  /** From now on replicas with another signature are refused. */
  setRegistered(signature: Signature): void {
    const isNew = this.#registered === undefined;
    this.#registered = signature;
    if (isNew) for (const evaluator of this.#evaluators.values()) evaluator.approximate = this.#newApproximate();
    for (const link of this.#links.values()) link.recheckSignature();
  }

  /** The signature that a ready replica states. */
  statedSignature(): Signature | undefined {
    for (const link of this.#links.values()) if (link.phase === "READY") return link.signature;
    return undefined;
  }

  /** Links a wrapper that listens at `endpoint`. The same endpoint twice is one replica. */
  addReplica(endpoint: string): void {
    if (this.#links.has(endpoint)) return;
    const { clock, random, pacer, maxMessageBytes, batchTimeoutMs, onReplicaChange } = this.#options;
    const link = new ReplicaLink({
      id: `${this.key}#${endpoint}`,
      model: this.model,
      version: this.version,
      endpoint,
      clock,
      random,
      pacer,
      counters: this.#linkCounters,
      maxMessageBytes,
      batchTimeoutMs,
      expectedSignature: () => this.#registered,
      expectedDigest: () => this.#artefactDigest,
      onReady: (ready) => {
        this.#artefactDigest ??= ready.artefactDigest;
        this.batcher.addReplica(ready);
        for (const listener of this.#readyListeners.splice(0)) listener();
        onReplicaChange(`replica ${ready.id} is ready`);
      },
      onLost: (lost, why) => {
        this.batcher.removeReplica(lost.id);
        onReplicaChange(`replica ${lost.id} is lost: ${why}`);
      },
    });
    this.#links.set(endpoint, link);
    link.start();
  }

  removeReplica(endpoint: string): void {
    const link = this.#links.get(endpoint);
    this.#links.delete(endpoint);
    link?.stop();
  }

  /** Calls back once, when there is a ready replica. */
  whenReady(ready: () => void): void {
    if (this.batcher.replicaCount > 0) ready();
    else this.#readyListeners.push(ready);
  }

  stop(): void {
    for (const link of this.#links.values()) link.stop();
    this.#links.clear();
  }

  /** For exposition. */
  figures(): ModelFigures {
    const { model, version, batcher, metrics } = this;
    const counters = { hits: 0, misses: 0, joined: 0 };
    for (const { counters: own } of this.#evaluators.values()) {
      counters.hits += own.hits;
      counters.misses += own.misses;
      counters.joined += own.joined;
    }
    return {
      model,
      version,
      answered: metrics.answered,
      failed: metrics.failed,
      dropped: metrics.dropped,
      retried: metrics.retried,
      overdue: metrics.overdue,
      ejected: metrics.ejected,
      retriesRefused: metrics.retriesRefused,
      quarantined: metrics.quarantined,
      batches: metrics.batches,
      dispatches: metrics.dispatches,
      rows: metrics.rows,
      approximate: [...this.#evaluators.values()].flatMap(({ approximate }) => approximate?.figures ?? []),
      cacheHits: counters.hits,
      cacheMisses: counters.misses,
      cacheJoined: counters.joined,
      queuedRows: batcher.queuedRows,
      readyReplicas: batcher.replicaCount,
      unknownReplies: this.#linkCounters.unknownReplies,
      unusableReplies: this.#linkCounters.unusableReplies,
      serviceMs: metrics.serviceMs,
      queueWaitMs: metrics.queueWaitMs,
    };
  }
}
