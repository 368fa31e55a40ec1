import { Batcher } from "../batching/batcher.js";
import type { BatchLimits } from "../batching/batchLimits.js";
import { BatcherMetrics } from "../batching/batcherMetrics.js";
import type { ReplicaMetrics } from "../batching/replicaMetrics.js";
import { newControllerOf } from "../batching/newController.js";
import { ApproximateAnswers } from "../caching/approximateAnswers.js";
import { ApproximateCache } from "../caching/approximateCache.js";
import type { ApproximateFigures } from "../caching/approximateCache.js";
import { CachedEvaluator } from "../caching/cachedEvaluator.js";
import type { ExactCache } from "../caching/exactCache.js";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import { isFailure } from "../domain/failure.js";
import type { ModelSettings } from "../domain/modelSettings.js";
import type { Clock, Random, RowEvaluator } from "../domain/ports.js";
import type { Row, Signature } from "../domain/tensor.js";
import { AskedOutputs } from "../lib/askedOutputs.js";
import type { ConnectPacer } from "../replicas/connectPacer.js";
import type { DialFor } from "../replicas/dial.js";
import type { LinkPhase } from "../replicas/linkState.js";
import type { ReplicaLink } from "../replicas/replicaLink.js";
import type { ModelFigures, ReplicaFigures } from "../telemetry/figures.js";
import { approximateSpace, wantsApproximate } from "./approximateSettings.js";
import { givenRows } from "./givenInputs.js";
import type { Resolve } from "./namedReplicas.js";
import type { RecordedInputs } from "./recordedInputs.js";
import { UsualLatency } from "./usualLatency.js";
import { VersionReplicas } from "./versionReplicas.js";

export interface ServedVersionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly cache: ExactCache;
  /** For each approximate cache, at present: less under memory pressure. */
  readonly approximateBytes: () => number;
  readonly maxQueueRows: number;
  /** How registered wrappers are connected to. */
  readonly dial: DialFor;
  /** What is behind a registered name. Default: one machine. */
  readonly resolve?: Resolve;
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
  /** Of a model, whatever the version. */
  readonly recordedInputs: (model: string) => RecordedInputs;
}

export interface ReplicaStatus {
  readonly link: ReplicaLink;
  readonly state: LinkPhase | "EJECTED";
  readonly problem: string | undefined;
  readonly batchRows: number | undefined;
  readonly batchRowsReason: string | undefined;
  readonly metrics: ReplicaMetrics;
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
  readonly replicas: VersionReplicas;
  readonly usual = new UsualLatency();
  readonly #options: ServedVersionOptions & SharedByVersions;
  readonly #evaluators = new Map<string, CachedEvaluator>();
  readonly #askedOutputs = new AskedOutputs();
  readonly #recorded: RecordedInputs;
  #settings: ModelSettings;
  #registered: Signature | undefined;

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
      askedOutputs: this.#askedOutputs,
      limits: batchLimits(settings, options.maxMessageBytes),
    });
    this.#recorded = options.recordedInputs(model);
    this.replicas = new VersionReplicas({
      ...options,
      key: this.key,
      model,
      version,
      batcher: this.batcher,
      askedOutputs: this.#askedOutputs,
      registered: () => this.#registered,
      warmUpRows: () => this.#warmUpRows(),
      maxBatchRows: () => this.#settings.maxBatchRows,
      onGone: (id) => this.metrics.forgetReplica(id),
    });
  }

  /** Those that were given, if they fit the signature; else what was asked of late, of this version or another. */
  #warmUpRows(): readonly Row[] {
    if (this.#registered === undefined) return [];
    const { inputs } = this.#registered;
    const given = givenRows(inputs, this.#settings.warmUpInputs, ["warmUpInputs"]);
    return isFailure(given) || given.length === 0 ? this.#recorded.rows(inputs) : given;
  }

  #record(row: Row): void {
    if (this.#registered !== undefined) this.#recorded.offer(row, this.#registered.inputs);
  }

  /** What computes this version's outputs for an application, from caches of its own if the settings say so. */
  evaluatorFor(application: string): RowEvaluator {
    const owner = this.#settings.cacheScope === "APPLICATION" ? application : SHARED;
    const known = this.#evaluators.get(owner);
    if (known !== undefined) return known;
    const evaluator = new CachedEvaluator(this.#options.cache, this.batcher, (row) => this.#record(row));
    evaluator.ttlMs = this.#settings.cacheTtlMs;
    evaluator.approximate = this.#newApproximate();
    this.#evaluators.set(owner, evaluator);
    return evaluator;
  }

  /** `application` is undefined where applications share what is cached. */
  get approximateCaches(): { readonly application: string | undefined; readonly figures: ApproximateFigures }[] {
    return [...this.#evaluators].flatMap(([owner, { approximate }]) =>
      approximate === undefined
        ? []
        : [{ application: owner === SHARED ? undefined : owner, figures: approximate.figures }],
    );
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

  /** An application reads the output at this place. What is cached without it answers nobody who needs it. */
  useOutput(place: number): void {
    if (this.#askedOutputs.add(place)) this.invalidateCache();
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
    const { clock, random, approximateBytes } = this.#options;
    const common = { ...space, capacityBytes: approximateBytes(), random, clock };
    const cache =
      featureTolerance > 0
        ? new ApproximateCache({ ...common, distance: "L2", errorBudget: 0.5, fixedRadius: featureTolerance })
        : new ApproximateCache({ ...common, distance: approximateDistance, errorBudget: approximateErrorBudget });
    return new ApproximateAnswers({ cache, clock, marginalRowMicroseconds: () => this.#marginalRowMicroseconds() });
  }

  /** To be called when `approximateBytes` has changed. */
  resizeApproximate(): void {
    const bytes = this.#options.approximateBytes();
    for (const { approximate } of this.#evaluators.values()) {
      if (approximate !== undefined) approximate.capacityBytes = bytes;
    }
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
    this.replicas.recheckSignatures();
  }

  /** Resolves when what is queued has been answered and its replicas have drained. */
  retire(): Promise<void> {
    return this.replicas.retire();
  }

  stop(): void {
    this.replicas.stop();
  }

  /** Of each replica, those that are leaving too: one whose link is up may be ejected all the same. */
  replicaStatus(): readonly ReplicaStatus[] {
    const controllers = new Map(this.batcher.controllers.map((controller) => [controller.replica, controller]));
    return this.replicas.links.map((link) => {
      const controller = link.phase === "READY" ? controllers.get(link.id) : undefined;
      const ejected = controller?.problem;
      return {
        link,
        state: ejected === undefined ? link.phase : "EJECTED",
        problem: ejected ?? link.problem,
        batchRows: controller?.size,
        batchRowsReason: controller?.reason,
        metrics: this.metrics.ofReplica(link.id),
      };
    });
  }

  #replicaFigures(): readonly ReplicaFigures[] {
    const byEndpoint = new Map<string, ReplicaFigures>();
    // One that is leaving, and named again, has one line: that of its new link.
    for (const { link, state, metrics } of this.replicaStatus().toReversed()) {
      const { links, batches, rows, overdue, lost, ejected, retried, serviceMs } = metrics;
      const counts = { links, batches, rows, overdue, lost, ejected, retried, serviceMs };
      byEndpoint.set(link.endpoint, { endpoint: link.endpoint, state, ...counts });
    }
    return [...byEndpoint.values()].toReversed();
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
      failures: metrics.failures,
      dropped: metrics.dropped,
      retried: metrics.retried,
      overdue: metrics.overdue,
      ejected: metrics.ejected,
      retriesRefused: metrics.retriesRefused,
      quarantined: metrics.quarantined,
      batches: metrics.batches,
      dispatches: metrics.dispatches,
      rows: metrics.rows,
      approximate: this.approximateCaches.map(({ figures }) => figures),
      cacheHits: counters.hits,
      cacheMisses: counters.misses,
      cacheJoined: counters.joined,
      queuedRows: batcher.queuedRows,
      readyReplicas: batcher.replicaCount,
      unknownReplies: this.replicas.counters.unknownReplies,
      unusableReplies: this.replicas.counters.unusableReplies,
      serviceMs: metrics.serviceMs,
      wrapperMs: metrics.wrapperMs,
      queueWaitMs: metrics.queueWaitMs,
      rowWaitMs: metrics.rowWaitMs,
      rowsPerBatch: metrics.rowsPerBatch,
      replicas: this.#replicaFigures(),
    };
  }
}
