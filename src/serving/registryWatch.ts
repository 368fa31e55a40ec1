import type { RegistrySnapshot } from "../domain/application.js";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock, Random } from "../domain/ports.js";
import type { RegistryStore } from "../domain/storePorts.js";
import type { Learning } from "../learning/learning.js";
import { Backoff } from "../lib/backoff.js";
import { noAnswer, within } from "../lib/within.js";
import { lessMargin } from "./answerMargin.js";
import type { Catalogue } from "./catalogue.js";
import { strictestSlo } from "./catalogue.js";
import type { ModelVersions } from "./modelVersions.js";
import { foreseeOutputs, learningApplication, serveApplication } from "./serveApplication.js";

export interface RegistryWatchOptions {
  readonly registry: RegistryStore;
  readonly catalogue: Catalogue;
  readonly versions: ModelVersions;
  readonly learning: Pick<Learning, "follow">;
  /** Hears of the applications that are left: what is kept of others can go. */
  readonly retain: (applications: ReadonlySet<string>) => void;
  readonly answerMarginMs: () => number;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
  /** Spreads the attempts of servers that lost one database together. */
  readonly random: Random;
}

/** A reading without an answer would hold up all later ones: those that come meanwhile wait for it. */
const READ_WITHIN_MS = 5_000;
const RETRY = { firstMs: 50, maxMs: 5_000 };

/**
 * Keeps what this process serves as the registry says: at start, and after each change by any server.
 *
 * STARTING until the first reading is in force: its failure is the start's. FOLLOWING: a failed reading is told and
 * made again, with growing delays, until one succeeds. STOPPED: nothing is read again, and nothing read is put in force.
 */
export class RegistryWatch {
  readonly #options: RegistryWatchOptions;
  readonly #endpoints = new Map<VersionKey, ReadonlySet<string>>();
  #running: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #subscription: { stop(): Promise<void> } | undefined;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #phase: "STARTING" | "FOLLOWING" | "STOPPED" = "STARTING";
  #cancelRetry: Cancel | undefined;

  constructor(options: RegistryWatchOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#backoff = new Backoff(RETRY, options.random);
    options.versions.serving.onReady = () => {
      if (this.#phase !== "STOPPED") this.#putInForce(options.catalogue.snapshot);
    };
  }

  /** Listens before it reads: a change between the two would never be heard of otherwise. */
  async start(): Promise<void> {
    this.#subscription = await this.#options.registry.onChange(() => this.#refreshUnawaited());
    try {
      await this.refresh();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#phase = "STOPPED";
    this.#cancelRetry?.();
    await this.#subscription?.stop();
  }

  /**
   * Resolves when a reading that began after this call is in force. Calls that come together share one. Rejects when
   * that reading fails; it has been told by then and is made again later, so nobody needs to call again.
   */
  refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#readAndApply().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#again ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        return this.refresh();
      });
    return this.#again;
  }

  #refreshUnawaited(): void {
    this.refresh().catch(() => undefined);
  }

  async #readAndApply(): Promise<void> {
    try {
      const snapshot = await this.#readInTime();
      if (this.#phase === "STOPPED") return;
      this.#apply(snapshot);
    } catch (error) {
      this.#retryLater(error);
      throw error;
    }
    this.#phase = "FOLLOWING";
    this.#cancelRetry?.();
    this.#backoff.reset();
  }

  /** What is read too late is dropped: a later reading may be in force already. */
  #readInTime(): Promise<RegistrySnapshot> {
    return within(this.#clock, READ_WITHIN_MS, this.#options.registry.read(), noAnswer(READ_WITHIN_MS));
  }

  #retryLater(error: unknown): void {
    if (this.#phase !== "FOLLOWING") return;
    const waitMs = this.#backoff.next();
    const why = messageOf(error);
    this.#options.warn(`the registry could not be read, next attempt in ${Math.round(waitMs)} ms: ${why}`);
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.at(this.#clock.nowMs() + waitMs, () => this.#refreshUnawaited());
  }

  #apply(snapshot: RegistrySnapshot): void {
    this.#options.versions.setModels(snapshot.models);
    this.#linkEndpoints(snapshot);
    this.#setBudgets(snapshot);
    this.#putInForce(snapshot);
    this.#options.retain(new Set(snapshot.applications.map(({ name }) => name)));
  }

  #putInForce(snapshot: RegistrySnapshot): void {
    const registered = new Set(snapshot.versions.map(({ model, version }) => versionKey(model, version)));
    const { catalogue, learning, versions } = this.#options;
    versions.serving.follow(snapshot.models, (key) => registered.has(key));
    foreseeOutputs(this.#options, snapshot);
    // First: a query of an application is answered from what is followed.
    learning.follow(snapshot.applications.map((application) => learningApplication(application, snapshot)));
    catalogue.replace(snapshot, (application) => serveApplication(this.#options, application, snapshot));
  }

  #linkEndpoints(snapshot: RegistrySnapshot): void {
    const { versions } = this.#options;
    const registered = new Set<VersionKey>();
    for (const { model, version, signature, endpoints } of snapshot.versions) {
      const served = versions.get(model, version);
      served.setRegistered(signature);
      const key = versionKey(model, version);
      const before = this.#endpoints.get(key) ?? new Set<string>();
      const now = new Set(endpoints);
      for (const endpoint of now) if (!before.has(endpoint)) served.replicas.addRegistered(endpoint);
      for (const endpoint of before) if (!now.has(endpoint)) served.replicas.removeRegistered(endpoint);
      this.#endpoints.set(key, now);
      registered.add(key);
    }
    this.#unlinkRemoved(registered);
  }

  /** Versions that were registered and are no more. One that was only launched here was never registered. */
  #unlinkRemoved(registered: ReadonlySet<VersionKey>): void {
    for (const key of this.#endpoints.keys()) {
      if (registered.has(key)) continue;
      this.#endpoints.delete(key);
      const served = this.#options.versions.all().find((candidate) => candidate.key === key);
      if (served !== undefined) this.#options.versions.remove(served.model, served.version);
    }
  }

  /** Half of the objective less what the server itself needs: a query that just missed a batch waits for two. */
  #setBudgets(snapshot: RegistrySnapshot): void {
    const strictest = strictestSlo(snapshot);
    for (const served of this.#options.versions.all()) {
      const sloMs = strictest.get(served.model) ?? Infinity;
      served.batcher.serviceBudget = () => lessMargin(sloMs, this.#options.answerMarginMs()) / 2;
    }
  }
}
