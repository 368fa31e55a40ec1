import { versionKey } from "../domain/application.js";
import type { Model, VersionKey } from "../domain/application.js";
import { resolveModelSettings } from "../domain/modelSettings.js";
import type { ChosenModelSettings, ModelSettings } from "../domain/modelSettings.js";
import type { Signature } from "../domain/tensor.js";
import type { ModelFigures } from "../telemetry/figures.js";
import { ConnectPacer } from "../replicas/connectPacer.js";
import { RecordedInputs } from "./recordedInputs.js";
import { ServingVersions } from "./servingVersions.js";
import { ServedVersion } from "./servedVersion.js";
import type { ServedVersionOptions, SharedByVersions } from "./servedVersion.js";

export interface ModelVersionsOptions extends ServedVersionOptions {
  /** What the configuration chooses for a model. */
  readonly configuredSettings: (model: string) => ChosenModelSettings;
}

/** All model versions that this process serves or has replicas of, made when first named. */
export class ModelVersions {
  readonly serving = new ServingVersions(this);
  readonly #options: ModelVersionsOptions;
  readonly #shared: ServedVersionOptions & SharedByVersions;
  readonly #versions = new Map<VersionKey, ServedVersion>();
  readonly #models = new Map<string, Model>();
  readonly #recorded = new Map<string, RecordedInputs>();
  readonly #retiring = new Set<ServedVersion>();
  readonly #retired = new Map<VersionKey, () => void>();

  constructor(options: ModelVersionsOptions) {
    this.#options = options;
    this.#shared = {
      ...options,
      pacer: new ConnectPacer(options.clock),
      recordedInputs: (model) => this.#recordedInputs(model),
    };
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

  /**
   * What waits for it is answered and its replicas drain, in the background; then it is told to who asked. It is made
   * anew if it is named again.
   */
  remove(model: string, version: number): void {
    const served = this.find(model, version);
    if (served === undefined) return;
    this.#versions.delete(served.key);
    this.#retiring.add(served);
    void served.retire().then(() => {
      this.#retiring.delete(served);
      this.#retired.get(served.key)?.();
      this.#retired.delete(served.key);
    });
  }

  /** Calls back when a version that was removed has drained; for whoever runs its wrapper. */
  whenRetired(model: string, version: number, retired: () => void): void {
    const key = versionKey(model, version);
    const before = this.#retired.get(key);
    this.#retired.set(key, () => {
      before?.();
      retired();
    });
  }

  #recordedInputs(model: string): RecordedInputs {
    const known = this.#recorded.get(model);
    if (known !== undefined) return known;
    const made = new RecordedInputs(this.#options.random);
    this.#recorded.set(model, made);
    return made;
  }

  /** A model's settings as they are in force: what was chosen for it, over the configuration, over the defaults. */
  settingsOf(model: string): ModelSettings {
    return resolveModelSettings(this.#options.configuredSettings(model), this.#models.get(model)?.settings ?? {});
  }

  /** As they are registered now. What is known of others is forgotten: one of the same name later is another model. */
  setModels(models: readonly Model[]): void {
    for (const model of models) this.#setModel(model);
    const names = new Set(models.map(({ name }) => name));
    for (const name of this.#models.keys()) {
      if (names.has(name)) continue;
      this.#models.delete(name);
      this.#recorded.delete(name);
    }
  }

  /** What changed takes effect on all of its versions, also those still to come. */
  #setModel(model: Model): void {
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
    return this.find(model, version)?.replicas.statedSignature();
  }

  /** For exposition. */
  figures(): readonly ModelFigures[] {
    return this.all().map((served) => served.figures());
  }

  /** Of one model's versions. */
  figuresOf(model: string): readonly ModelFigures[] {
    return this.all().flatMap((served) => (served.model === model ? [served.figures()] : []));
  }

  cacheFigures(): { readonly cacheBytes: number; readonly cacheEntries: number } {
    const { cache } = this.#options;
    return { cacheBytes: cache.bytes, cacheEntries: cache.entryCount };
  }

  /** Resolves when no row is queued or in flight anywhere. */
  async whenIdle(): Promise<void> {
    await Promise.all([...this.all(), ...this.#retiring].map(({ batcher }) => batcher.whenIdle()));
  }

  stop(): void {
    for (const served of [...this.all(), ...this.#retiring]) served.stop();
  }
}
