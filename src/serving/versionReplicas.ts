import type { Batcher } from "../batching/batcher.js";
import { ServiceBudget } from "../batching/serviceBudget.js";
import type { Cancel, Clock, Random } from "../domain/ports.js";
import type { Row, Signature } from "../domain/tensor.js";
import { isNamed } from "../lib/endpoint.js";
import type { AskedOutputs } from "../lib/askedOutputs.js";
import { within } from "../lib/within.js";
import type { ConnectPacer } from "../replicas/connectPacer.js";
import { dialOwn } from "../replicas/dial.js";
import type { Dial, DialFor } from "../replicas/dial.js";
import { LinkCounters } from "../replicas/linkCounters.js";
import { ReplicaLink } from "../replicas/replicaLink.js";
import { doublingSizes } from "../replicas/warmUp.js";
import type { WarmUpSample } from "../replicas/warmUp.js";
import { NamedReplicas } from "./namedReplicas.js";
import type { Resolve } from "./namedReplicas.js";

export interface VersionReplicasOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by the links of the process. */
  readonly pacer: ConnectPacer;
  readonly key: string;
  readonly model: string;
  readonly version: number;
  readonly dial: DialFor;
  /** What is behind a name. Default: one machine, wherever the name leads. */
  readonly resolve?: Resolve | undefined;
  readonly maxMessageBytes: number;
  readonly batchTimeoutMs: number;
  readonly batcher: Batcher;
  readonly askedOutputs: AskedOutputs;
  readonly registered: () => Signature | undefined;
  readonly warmUpRows: () => readonly Row[];
  readonly maxBatchRows: () => number;
  readonly onReplicaChange: (text: string) => void;
  /** It is drained and will not be back. */
  readonly onGone: (id: string) => void;
}

/** How a replica's link fares, for whoever runs its wrapper. */
export interface ReplicaWatcher {
  readonly onReady: () => void;
  /** It could not be brought up, and is tried again. */
  readonly onProblem: (why: string) => void;
}

/** A warm-up is over after so long, or soon where queries have nowhere else to go. */
const WARM_UP_MS = { besideOthers: 10_000, alone: 1000 };
/** A removed replica that is the only ready one serves until another is, but no longer than so. */
const REPLACED_WITHIN_MS = 30_000;
/** Of a removed version, queries that wait are answered first, if that takes no longer. */
const EMPTIED_WITHIN_MS = 10_000;

/**
 * The links of one model version. One that is removed LEAVES: it gets no more batches, those in flight are waited for,
 * then it is gone. If it is the only one ready while others are coming up, it serves until the first of them is ready.
 */
export class VersionReplicas {
  readonly counters = new LinkCounters();
  readonly #options: VersionReplicasOptions;
  readonly #links = new Map<string, ReplicaLink>();
  readonly #leaving = new Set<ReplicaLink>();
  /** Removed, and serving until they are replaced. */
  readonly #outgoing = new Map<ReplicaLink, Cancel>();
  /** Of the artefact that the first replica stated: those of others must be the same. */
  #artefactDigest: string | undefined;
  #readyListeners: (() => void)[] = [];
  #goneListeners: (() => void)[] = [];
  readonly #watchers = new WeakMap<ReplicaLink, ReplicaWatcher>();
  /** By the endpoint that was registered. */
  readonly #named = new Map<string, NamedReplicas>();
  readonly #awaitedGone = new Map<ReplicaLink, () => void>();

  constructor(options: VersionReplicasOptions) {
    this.#options = options;
  }

  /** Those that are leaving too, for operators. */
  get links(): readonly ReplicaLink[] {
    return [...this.#links.values(), ...this.#leaving];
  }

  /** The signature that a ready replica states. */
  statedSignature(): Signature | undefined {
    return this.links.find(({ phase }) => phase === "READY")?.signature;
  }

  recheckSignatures(): void {
    for (const link of this.links) link.recheckSignature();
  }

  /** Links a wrapper that this server launched at `endpoint`. The same endpoint twice is one replica. */
  add(endpoint: string, watcher?: ReplicaWatcher): void {
    this.#link(endpoint, dialOwn, watcher);
  }

  /** Likewise one that somebody else runs, and has registered. */
  addRegistered(endpoint: string): void {
    const { dial, model, version, resolve, clock, onReplicaChange } = this.#options;
    const dialAt = dial(model, version);
    if (resolve === undefined || !isNamed(endpoint)) return this.#link(endpoint, dialAt, undefined);
    const named = new NamedReplicas({
      endpoint,
      resolve,
      clock,
      add: (name, addresses) => this.#link(name, (_, attempt) => dialAt(endpoint, attempt, addresses), undefined),
      remove: (name) => this.remove(name),
      tell: onReplicaChange,
    });
    this.#named.set(endpoint, named);
    named.start();
  }

  /** Whatever is behind it, if it is a name, leaves. */
  removeRegistered(endpoint: string): void {
    const named = this.#named.get(endpoint);
    this.#named.delete(endpoint);
    if (named === undefined) this.remove(endpoint);
    else named.leave();
  }

  #stopNames(): void {
    for (const named of this.#named.values()) named.stop();
    this.#named.clear();
  }

  #link(endpoint: string, dial: Dial, watcher: ReplicaWatcher | undefined): void {
    if (this.#links.has(endpoint)) return;
    const link = this.#newLink(endpoint, dial, watcher);
    if (watcher !== undefined) this.#watchers.set(link, watcher);
    this.#links.set(endpoint, link);
    link.start();
  }

  /** `gone` is called when it has answered what it was asked, or at once where there is none. */
  remove(endpoint: string, gone?: () => void): void {
    const link = this.#links.get(endpoint);
    if (link === undefined) return gone?.();
    if (gone !== undefined) this.#awaitedGone.set(link, gone);
    this.#links.delete(endpoint);
    this.#leaving.add(link);
    if (link.phase !== "READY" || this.#links.size === 0 || this.#hasReadyBeside(link)) return link.drain();
    const { clock } = this.#options;
    const cancel = clock.at(clock.nowMs() + REPLACED_WITHIN_MS, () => this.#release(link));
    this.#outgoing.set(link, cancel);
  }

  /** Its process has ended, and comes back with a link of its own. */
  ended(endpoint: string): void {
    const link = this.#links.get(endpoint);
    this.#links.delete(endpoint);
    link?.stop();
  }

  /** Calls back once, when there is a ready replica. */
  whenReady(ready: () => void): void {
    if (this.#options.batcher.replicaCount > 0) ready();
    else this.#readyListeners.push(ready);
  }

  /** Removes all. Queries that wait are answered before the last ones leave. Resolves when they are gone. */
  async retire(): Promise<void> {
    const { clock, batcher } = this.#options;
    this.#stopNames();
    const ready = this.links.filter(({ phase }) => phase === "READY");
    for (const [endpoint, link] of this.#links) {
      this.#links.delete(endpoint);
      this.#leaving.add(link);
      if (!ready.includes(link)) link.drain();
    }
    await within(clock, EMPTIED_WITHIN_MS, batcher.whenIdle(), () => undefined);
    for (const link of ready) this.#release(link);
    if (this.#leaving.size === 0) return;
    await new Promise<void>((resolve) => this.#goneListeners.push(resolve));
  }

  /** At once, whatever is in flight. */
  stop(): void {
    this.#stopNames();
    for (const link of this.links) link.stop();
    this.#links.clear();
  }

  #newLink(endpoint: string, dial: Dial, watcher: ReplicaWatcher | undefined): ReplicaLink {
    const { key, clock, registered, batcher, onReplicaChange, ...options } = this.#options;
    return new ReplicaLink({
      ...options,
      id: `${key}#${endpoint}`,
      endpoint,
      dial,
      clock,
      counters: this.counters,
      expectedSignature: registered,
      expectedDigest: () => this.#artefactDigest,
      warmUp: {
        rows: options.warmUpRows,
        sizes: () => doublingSizes(options.maxBatchRows()),
        budgetMs: (samples) => budgetAfter(samples, batcher.serviceBudgetMs),
        limitMs: () => (batcher.replicaCount > 0 ? WARM_UP_MS.besideOthers : WARM_UP_MS.alone),
      },
      onReady: (link) => this.#becameReady(link),
      onProblem: (why) => watcher?.onProblem(why),
      onLost: (link, why) => {
        if (!this.#hasSuccessor(link)) batcher.removeReplica(link.id);
        onReplicaChange(`replica ${link.id} is lost: ${why}`);
      },
      onStopped: (link) => this.#gone(link),
    });
  }

  #becameReady(link: ReplicaLink): void {
    this.#artefactDigest ??= link.artefactDigest;
    this.#options.batcher.addReplica(link, link.warmUpSamples);
    this.#options.onReplicaChange(`replica ${link.id} is ready, ${link.transport}; warm-up: ${link.warmUp}`);
    this.#warnOfUnknownClasses(link);
    for (const outgoing of [...this.#outgoing.keys()]) if (outgoing !== link) this.#release(outgoing);
    for (const listener of this.#readyListeners.splice(0)) listener();
    this.#watchers.get(link)?.onReady();
  }

  /** A version that was registered before its wrapper named its classes is read by position, as it always was. */
  #warnOfUnknownClasses({ id, signature: { classes } }: ReplicaLink): void {
    const { key, registered, onReplicaChange } = this.#options;
    const known = registered();
    if (classes === undefined || known === undefined || known.classes !== undefined) return;
    const labels = JSON.stringify(classes.map(({ label }) => label));
    onReplicaChange(
      `replica ${id} names its classes, ${labels}, and ${key} was registered without: its scores are taken in the order ` +
        `of each application's labels; register the version again to have them taken by name`,
    );
  }

  /** Its endpoint was named again while it was leaving, and has a link of its own that is ready. */
  #hasSuccessor(link: ReplicaLink): boolean {
    return this.links.some((other) => other !== link && other.id === link.id && other.phase === "READY");
  }

  #hasReadyBeside(link: ReplicaLink): boolean {
    return this.links.some((other) => other !== link && !this.#outgoing.has(other) && other.phase === "READY");
  }

  #release(link: ReplicaLink): void {
    this.#outgoing.get(link)?.();
    this.#outgoing.delete(link);
    link.drain();
  }

  /** Its figures stay where its process only ended, or its endpoint was named again meanwhile. */
  #gone(link: ReplicaLink): void {
    this.#outgoing.get(link)?.();
    this.#outgoing.delete(link);
    this.#awaitedGone.get(link)?.();
    this.#awaitedGone.delete(link);
    if (!this.#leaving.delete(link)) return;
    if (!this.links.some(({ id }) => id === link.id)) this.#options.onGone(link.id);
    if (this.#leaving.size === 0) for (const listener of this.#goneListeners.splice(0)) listener();
  }
}

/** What a batch may take, as its lane will reckon once it has these samples. */
function budgetAfter(samples: readonly WarmUpSample[], halfMs: number): number {
  const budget = new ServiceBudget();
  for (const { rows, serviceMs } of samples) budget.record(rows, serviceMs);
  return budget.within(halfMs);
}
