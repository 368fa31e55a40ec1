import { versionKey } from "../domain/application.js";
import type { Model, VersionKey } from "../domain/application.js";
import { resolveModelSettings } from "../domain/modelSettings.js";
import type { ChosenModelSettings, ModelSettings } from "../domain/modelSettings.js";
import type { Signature } from "../domain/tensor.js";
import type { ModelFigures } from "../telemetry/prometheus.js";
import { ConnectPacer } from "../replicas/connectPacer.js";
import { ServedVersion } from "./servedVersion.js";
import type { ServedVersionOptions, SharedByVersions } from "./servedVersion.js";

export interface ModelVersionsOptions extends ServedVersionOptions {
  /** What the configuration chooses for a model. */
  readonly configuredSettings: (model: string) => ChosenModelSettings;
}

/** All model versions that this process serves or has replicas of, made when first named. */
export class ModelVersions {
  readonly #options: ModelVersionsOptions;
  readonly #shared: ServedVersionOptions & SharedByVersions;
  readonly #versions = new Map<VersionKey, ServedVersion>();
  readonly #models = new Map<string, Model>();

  constructor(options: ModelVersionsOptions) {
    this.#options = options;
    this.#shared = { ...options, pacer: new ConnectPacer(options.clock) };
  }

  get(model: string, version: number): ServedVersion {
    const key = versionKey(model, version);
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const made = new ServedVersion(model, version, this.settingsOf(model), this.#shared);
    this.#versions.set(key, made);
    return made;
  }

  /** Undefined for one that was never named: for those who only ask. */
  find(model: string, version: number): ServedVersion | undefined {
    return this.#versions.get(versionKey(model, version));
  }

  all(): readonly ServedVersion[] {
    return [...this.#versions.values()];
  }

  /** Its links end when their batches are back; it is made anew if it is named again. */
  remove(model: string, version: number): void {
    this.find(model, version)?.stop();
    this.#versions.delete(versionKey(model, version));
  }

  /** A model's settings as they are in force: what was chosen for it, over the configuration, over the defaults. */
  settingsOf(model: string): ModelSettings {
    return resolveModelSettings(this.#options.configuredSettings(model), this.#models.get(model)?.settings ?? {});
  }

  /** A model as it is registered now: what changed takes effect on all of its versions, also those still to come. */
  setModel(model: Model): void {
    const before = this.#models.get(model.name);
    this.#models.set(model.name, model);
    const settings = this.settingsOf(model.name);
    const invalidated = before !== undefined && before.cacheGeneration !== model.cacheGeneration;
    for (const served of this.#versions.values()) {
      if (served.model !== model.name) continue;
      served.configure(settings);
      if (invalidated) served.invalidateCache();
    }
  }

  /** The signature that a ready replica states, for a version that is not registered yet. */
  statedSignature(model: string, version: number): Signature | undefined {
    return this.find(model, version)?.statedSignature();
  }

  /** For exposition. */
  figures(): readonly ModelFigures[] {
    return this.all().map((served) => served.figures());
  }

  cacheFigures(): { readonly cacheBytes: number; readonly cacheEntries: number } {
    const { cache } = this.#options;
    return { cacheBytes: cache.bytes, cacheEntries: cache.entryCount };
  }

  /** Resolves when no row is queued or in flight anywhere. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.all().map(({ batcher }) => batcher.whenIdle()));
  }

  stop(): void {
    for (const served of this.#versions.values()) served.stop();
  }
}
