import type { DeploymentRecord, DeploymentSpec, DeploymentStatus } from "../domain/deploymentPorts.js";
import { failure, FailureError, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Signature } from "../domain/tensor.js";
import type { LaunchedWrapper } from "../serving/launchedWrapper.js";
import type { LaunchedWrappers } from "../serving/launchedWrappers.js";
import type { ModelVersions } from "../serving/modelVersions.js";
import type { ArtefactStore } from "./artefactStore.js";
import { pythonNeed } from "./frameworks.js";
import type { PythonFramework, PythonNeed } from "./frameworks.js";
import { placeModelFiles, removeModelFiles } from "./modelFiles.js";
import type { PythonEnvironments } from "./pythonEnvironments.js";
import { TYPESCRIPT_FRAMEWORK, wrapperCommand, wrapperEnvironment } from "./wrapperCommand.js";
import type { WrapperFiles } from "./wrapperCommand.js";

export interface DeploymentRunOptions {
  /** The project's root. */
  readonly root: string;
  readonly dataDir: string;
  readonly artefacts: ArtefactStore;
  /** Those with a wrapper in Python; read when first asked for. */
  readonly frameworks: () => ReadonlyMap<string, PythonFramework>;
  readonly environments: PythonEnvironments;
  readonly wrappers: LaunchedWrappers;
  readonly versions: ModelVersions;
  readonly isRegistered: (model: string, version: number) => boolean;
  /** What the wrapper at an endpoint says that it serves. */
  readonly askSignature: (model: string, version: number, endpoint: string) => Promise<Signature | Failure>;
  readonly changed: (run: DeploymentRun) => void;
}

const LAST_LINES = 20;

/** One deployment as this server runs it: its files, its processes, and how far it is. */
export class DeploymentRun {
  readonly #options: DeploymentRunOptions;
  readonly #cancelled = new AbortController();
  #record: DeploymentRecord;
  #launched: LaunchedWrapper[] = [];
  /** Empty: how many replicas are ready. */
  #progress = "";
  #isUp = false;
  /** Changes of its processes that have not come to their end. */
  #changes = 0;
  #files: (WrapperFiles & { readonly folder: string }) | undefined;
  /** The first replica that listens says what the version's signature is, so that all can be warmed up by it. */
  #introduced: Promise<void> | undefined;
  /** Of its wrappers' log, which others of the same version may have written to before; undefined: none was started. */
  #logFrom: number | undefined;

  constructor(record: DeploymentRecord, options: DeploymentRunOptions) {
    this.#record = record;
    this.#options = options;
  }

  get record(): DeploymentRecord {
    return this.#record;
  }

  /** What it is at, or what is wrong with it, in words. */
  get progress(): string {
    return this.#progress === "" ? this.#readyText() : this.#progress;
  }

  /** All of its replicas have been ready once. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get readyReplicas(): number {
    return this.#launched.filter(({ isReady }) => isReady).length;
  }

  /** Processes are being started or let go. */
  get isChanging(): boolean {
    return this.#changes > 0;
  }

  /** Somebody wants it gone before it is up. */
  get isCancelled(): boolean {
    return this.#cancelled.signal.aborted;
  }

  /** The packages that its wrappers need; undefined: no Python. */
  get pythonNeed(): PythonNeed | undefined {
    const { spec } = this.#record;
    const { framework } = spec;
    const known = framework === TYPESCRIPT_FRAMEWORK ? undefined : this.#options.frameworks().get(framework);
    return known && pythonNeed(framework, known, spec);
  }

  /** What its wrappers printed last. */
  get lastLines(): readonly string[] {
    const { model, version } = this.#record;
    if (this.#logFrom === undefined) return [];
    const lines = this.#options.wrappers.logOf(model, version)?.last(LAST_LINES, this.#logFrom) ?? [];
    return lines.map(({ text }) => text);
  }

  be(status: DeploymentStatus, progress: string): void {
    this.#record = { ...this.#record, status };
    this.tell(progress);
  }

  tell(progress: string): void {
    this.#progress = progress.slice(0, 500);
    this.#options.changed(this);
  }

  /** Its files and what its framework needs. Throws a FailureError. */
  async prepare(): Promise<void> {
    const { root, dataDir, artefacts } = this.#options;
    this.tell("placing the model's files");
    const placed = await placeModelFiles(dataDir, artefacts, this.#record);
    const python = await this.#orCancelled(this.#python());
    if (isFailure(python)) throw new FailureError(python);
    this.#files = { ...placed, root, dataDir, python };
  }

  /** All of its replicas, each until it has been ready. Throws the first one's FailureError. */
  async bringUp(): Promise<void> {
    await this.#reach(this.#record.spec.replicas);
    this.#isUp = true;
    this.tell("");
  }

  /**
   * So many from now on: more are waited for, fewer are let go once they have answered what they were asked. What could not
   * be prepared or started before is tried again. Resolves with what went wrong, which is its progress then, unless another
   * number was asked for meanwhile.
   */
  async scale(replicas: number): Promise<string | undefined> {
    this.#record = { ...this.#record, spec: { ...this.#record.spec, replicas } };
    this.#changes++;
    const problem = await this.#reach(replicas).then(() => undefined, messageOf);
    this.#changes--;
    if (this.isCancelled || this.#record.spec.replicas !== replicas) return undefined;
    if (problem === undefined) this.#isUp = true;
    this.tell(problem ?? "");
    return problem;
  }

  /** Its processes end, and what is being prepared is not waited for. */
  cancel(): void {
    this.#cancelled.abort(calledOff());
    for (const launched of this.#launched) void launched.stop();
  }

  /** Lets its replicas go once they have answered what they were asked, and removes its files. */
  async end(): Promise<void> {
    const { artefacts, dataDir, environments, versions, wrappers, isRegistered } = this.#options;
    const { seq, model, version } = this.#record;
    this.#cancelled.abort(calledOff());
    // Of a version that nobody has registered nothing is to stay.
    if (!isRegistered(model, version)) versions.remove(model, version);
    await Promise.all(this.#launched.splice(0).map((launched) => wrappers.retire(launched)));
    await removeModelFiles(dataDir, seq);
    // Both are kept for a while, for a way back.
    await artefacts.used(this.#record.spec.artefact);
    if (this.pythonNeed !== undefined) await environments.used(this.pythonNeed);
  }

  async #reach(replicas: number): Promise<void> {
    if (this.#files === undefined) await this.prepare();
    const kept = this.#launched.filter(({ hasBeenReady }) => this.#isUp || hasBeenReady).slice(0, replicas);
    const retired = this.#launched.filter((launched) => !kept.includes(launched));
    this.#launched = kept;
    await Promise.all([
      ...retired.map((launched) => this.#options.wrappers.retire(launched)),
      this.#launch(replicas - kept.length),
    ]);
  }

  async #launch(count: number): Promise<void> {
    const { wrappers } = this.#options;
    const { model, version, spec } = this.#record;
    const files = this.#files;
    this.#cancelled.signal.throwIfAborted();
    if (files === undefined || count <= 0) return;
    this.#logFrom ??= wrappers.logOf(model, version)?.last(1)[0]?.seq ?? 0;
    const command = wrapperCommand(this.#record, files);
    const environment = wrapperEnvironment(spec, files);
    const choices = {
      readyTimeoutMs: spec.readyWithinMs,
      introduce: (endpoint: string) => (this.#introduced ??= this.#introduce(endpoint)),
      // What has served is wanted, whatever is in its way for the moment.
      persists: this.#record.status === "SERVING",
      onReady: () => this.#becameReady(),
    };
    const launch = { model, version, command, folder: files.folder, environment };
    const more = Array.from({ length: count }, () => wrappers.launch(launch, choices));
    this.#launched.push(...more);
    this.tell("");
    await Promise.all(more.map(({ ready }) => ready)).catch((error: unknown) => {
      throw new FailureError(failure("MODEL_UNAVAILABLE", `${messageOf(error)}${withinMemory(spec)}`));
    });
  }

  #becameReady(): void {
    if (this.#record.status === "SERVING" && this.readyReplicas >= this.#record.spec.replicas) this.#isUp = true;
    this.tell("");
  }

  async #introduce(endpoint: string): Promise<void> {
    const { versions, isRegistered, askSignature } = this.#options;
    const { model, version } = this.#record;
    if (isRegistered(model, version)) return;
    const signature = await askSignature(model, version, endpoint);
    if (isFailure(signature)) throw new FailureError(signature);
    versions.get(model, version).setRegistered(signature);
  }

  #python(): Promise<string | undefined | Failure> {
    const need = this.pythonNeed;
    if (need === undefined) return Promise.resolve(undefined);
    const tell = (line: string): void => this.tell(`preparing ${need.framework}: ${line}`);
    return this.#options.environments.python(need.framework, need.requirements, tell);
  }

  async #orCancelled<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#cancelled;
    const cancelled = new Promise<never>((_, reject) => {
      const end = (): void => reject(calledOff());
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
    return Promise.race([work, cancelled]);
  }

  #readyText(): string {
    return `${this.readyReplicas} of ${this.#record.spec.replicas} replicas are ready`;
  }
}

function calledOff(): FailureError {
  return new FailureError(failure("CONFLICT", "it was called off"));
}

/** What a process says that came to its limit is seldom that: an allocation failed, a library could not be loaded. */
function withinMemory({ memoryLimitBytes }: DeploymentSpec): string {
  if (memoryLimitBytes === undefined) return "";
  return ` (memory limit of each process: ${Math.floor(memoryLimitBytes / 2 ** 20)} MiB)`;
}
