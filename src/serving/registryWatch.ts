import { staticPolicy } from "../correction/static.js";
import type { Application, ApplicationLink, ModelVersion, RegistrySnapshot } from "../domain/application.js";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import type { RegistryStore } from "../domain/storePorts.js";
import { tensorsDifference } from "../domain/tensor.js";
import type { Catalogue, Member, ServedApplication } from "./catalogue.js";
import { strictestSlo } from "./catalogue.js";
import { memberOutputReader } from "./memberOutput.js";
import type { ModelVersions } from "./modelVersions.js";

export interface RegistryWatchOptions {
  readonly registry: RegistryStore;
  readonly catalogue: Catalogue;
  readonly versions: ModelVersions;
  readonly answerMarginMs: () => number;
  readonly warn: (message: string) => void;
}

/** Keeps what this process serves as the registry says: at start, and after each change by any server. */
export class RegistryWatch {
  readonly #options: RegistryWatchOptions;
  readonly #endpoints = new Map<VersionKey, ReadonlySet<string>>();
  #running: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #subscription: { stop(): Promise<void> } | undefined;

  constructor(options: RegistryWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#subscription = await this.#options.registry.onChange(() => {
      this.refresh().catch((error: unknown) => this.#options.warn(`the registry could not be read: ${String(error)}`));
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }

  /** Resolves when a reading that began after this call is in force. Calls that come together share one. */
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

  async #readAndApply(): Promise<void> {
    const snapshot = await this.#options.registry.read();
    this.#linkEndpoints(snapshot);
    this.#setBudgets(snapshot);
    this.#options.catalogue.replace(snapshot, (application) => this.#serve(application, snapshot));
  }

  #linkEndpoints(snapshot: RegistrySnapshot): void {
    const { versions } = this.#options;
    for (const { model, version, signature, endpoints } of snapshot.versions) {
      versions.setRegistered(model, version, signature);
      const key = versionKey(model, version);
      const before = this.#endpoints.get(key) ?? new Set<string>();
      const now = new Set(endpoints);
      for (const endpoint of now) if (!before.has(endpoint)) versions.addReplica(model, version, endpoint);
      for (const endpoint of before) if (!now.has(endpoint)) versions.removeReplica(model, version, endpoint);
      this.#endpoints.set(key, now);
    }
  }

  /** Half of the objective less what the server itself needs: a query that just missed a batch waits for two. */
  #setBudgets(snapshot: RegistrySnapshot): void {
    const strictest = strictestSlo(snapshot);
    for (const served of this.#options.versions.all()) {
      const sloMs = strictest.get(served.key) ?? Infinity;
      served.batcher.serviceBudgetMs = Math.max(0.5, (sloMs - this.#options.answerMarginMs()) / 2);
    }
  }

  #serve(application: Application, snapshot: RegistrySnapshot): ServedApplication {
    const members = application.links.map((link) => this.#member(application, link, snapshot));
    const usable = members.filter((member) => member !== undefined);
    const links = application.links.filter((_, i) => members[i] !== undefined);
    return { application: { ...application, links }, policy: staticPolicy, members: usable };
  }

  #member(application: Application, link: ApplicationLink, snapshot: RegistrySnapshot): Member | undefined {
    const version = currentVersion(link.model, snapshot);
    if (version === undefined) return undefined;
    const { signature } = version;
    const read =
      tensorsDifference(application.input, signature.inputs) ?? memberOutputReader(application.output, signature);
    if (typeof read === "string") {
      this.#options.warn(`application ${application.name} leaves out model ${link.model}@${version.version}: ${read}`);
      return undefined;
    }
    const { evaluator } = this.#options.versions.get(version.model, version.version);
    return { model: version.model, version: version.version, weight: link.weight, evaluator, read };
  }
}

function currentVersion(name: string, { models, versions }: RegistrySnapshot): ModelVersion | undefined {
  const model = models.find((candidate) => candidate.name === name);
  return versions.find(({ model: of, version }) => of === name && version === model?.currentVersion);
}
