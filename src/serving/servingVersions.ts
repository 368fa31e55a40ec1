import type { Model, VersionKey } from "../domain/application.js";
import { versionKey } from "../domain/application.js";
import type { ModelVersions } from "./modelVersions.js";

/**
 * Which version of each model answers in this process. That is the registry's current one, but while it has no ready
 * replica here (its wrapper starts, or warms up) and the one that answered before has, that one goes on: a change of
 * version leaves no query without an answer.
 */
export class ServingVersions {
  readonly #versions: Pick<ModelVersions, "find" | "get">;
  #onReady: () => void = () => undefined;
  readonly #serving = new Map<string, number>();
  readonly #awaited = new Set<VersionKey>();

  constructor(versions: Pick<ModelVersions, "find" | "get">) {
    this.#versions = versions;
  }

  /** Told that a version that was waited for is ready: time to `follow` again. */
  set onReady(ready: () => void) {
    this.#onReady = ready;
  }

  of(model: string): number | undefined {
    return this.#serving.get(model);
  }

  follow(models: readonly Model[], isRegistered: (key: VersionKey) => boolean): void {
    for (const key of this.#awaited) if (!isRegistered(key)) this.#awaited.delete(key);
    const names = new Set(models.map(({ name }) => name));
    for (const name of this.#serving.keys()) if (!names.has(name)) this.#serving.delete(name);
    for (const { name, currentVersion } of models) {
      const before = this.#serving.get(name);
      const stays = before !== undefined && before !== currentVersion && isRegistered(versionKey(name, before));
      if (stays && this.#isReady(name, before) && !this.#isReady(name, currentVersion))
        this.#await(name, currentVersion);
      else this.#serving.set(name, currentVersion);
    }
  }

  #isReady(model: string, version: number): boolean {
    return (this.#versions.find(model, version)?.batcher.replicaCount ?? 0) > 0;
  }

  #await(model: string, version: number): void {
    const key = versionKey(model, version);
    if (this.#awaited.has(key)) return;
    this.#awaited.add(key);
    this.#versions.get(model, version).replicas.whenReady(() => {
      if (this.#awaited.delete(key)) this.#onReady();
    });
  }
}
