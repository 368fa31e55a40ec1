import { cpus } from "node:os";
import type {
  BegunDeployment,
  DeploymentFolder,
  DeploymentRecord,
  DeploymentStore,
} from "../domain/deploymentPorts.js";
import { badInput, caught, failure, FailureError, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { LatestFeed } from "../lib/latestFeed.js";
import type { RecentLine } from "../lib/recentLines.js";
import type { Administration } from "../serving/administer.js";
import type { Catalogue } from "../serving/catalogue.js";
import { changedProblem } from "./changedProblem.js";
import { deploymentSpec, replicasProblem } from "./deploymentRequest.js";
import type { DeploymentRequest } from "./deploymentRequest.js";
import { DeploymentRun } from "./deploymentRun.js";
import type { DeploymentRunOptions } from "./deploymentRun.js";
import { viewOf } from "./deploymentView.js";
import type { DeploymentView } from "./deploymentView.js";
import { keepModelFiles } from "./modelFiles.js";
import { supersededRuns } from "./supersededRuns.js";
import { TYPESCRIPT_FRAMEWORK } from "./wrapperCommand.js";

export interface DeploymentsOptions extends Omit<DeploymentRunOptions, "changed" | "isRegistered"> {
  readonly store: DeploymentStore;
  readonly folder: DeploymentFolder;
  readonly administration: Administration;
  readonly catalogue: Catalogue;
  /** Environments are made here: no Python was configured. */
  readonly makesEnvironments: boolean;
  /** Of each model, earlier versions whose wrappers stay when a newer one has become current. */
  readonly keptVersions: number;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export interface NamedVersion {
  readonly model: string;
  /** Undefined: the current one. */
  readonly version: number | undefined;
}

export interface VersionLog {
  readonly version: number;
  readonly lines: readonly RecentLine[];
}

export interface Pruned {
  readonly kind: "pruned";
  /** SHA-256s. */
  readonly artefacts: readonly string[];
  readonly environments: readonly string[];
}

const DAY_MS = 86_400_000;
/** What was undeployed can be deployed again so long without being brought or made again. */
const UNUSED_FOR_MS = 7 * DAY_MS;
const MAX_UNUSED_DAYS = 3650;
/** Under way at once: each loads a model, and may install packages. */
const MAX_UNDER_WAY = 4;

/**
 * The models that this server runs: each deployment is a version's saved model, served by wrappers that this server starts,
 * watches and ends. A version becomes current only when all of its replicas have been ready; one that fails leaves no trace
 * but its record. What serves is started again with the server.
 */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #runOptions: DeploymentRunOptions;
  readonly #runs = new Map<number, DeploymentRun>();
  readonly #feed = new LatestFeed<DeploymentView>();
  readonly #working = new Set<Promise<unknown>>();
  /** Of the data folder, once it is taken. */
  #server: string | undefined;
  #stopping = false;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
    this.#runOptions = {
      ...options,
      isRegistered: (model, version) => this.#isRegistered(model, version),
      changed: (run) => this.#feed.tell(String(run.record.seq), viewOf(run)),
    };
  }

  /** Begins to start again what served before. */
  async start(): Promise<void> {
    const { folder, environments, dataDir, warn } = this.#options;
    if (!folder.isUsed) return;
    const server = folder.take();
    if (isFailure(server)) return warn(`models cannot be deployed here: ${server.message}`);
    this.#server = server;
    await environments.start().catch((error: unknown) => warn(`what pip left stays: ${messageOf(error)}`));
    const records = await this.#options.store.resume(server);
    await keepModelFiles(
      dataDir,
      records.map(({ seq }) => seq),
    );
    for (const record of records) {
      const run = this.#newRun(record);
      if (this.#isRegistered(record.model, record.version)) this.#work(this.#restart(run));
      else this.#work(this.#remove(run, "its version was removed"));
    }
    await this.#prune(UNUSED_FOR_MS).catch((error: unknown) => warn(`what nobody uses stays: ${messageOf(error)}`));
  }

  /** Removes what nothing on this server runs from, and nothing has for so long. Names of what it removed. */
  async prune(unusedDays: number): Promise<Pruned | Failure> {
    const isLongEnough = unusedDays >= 0 && unusedDays <= MAX_UNUSED_DAYS;
    if (!isLongEnough) return badInput(["unusedDays"], `0 to ${MAX_UNUSED_DAYS}`, String(unusedDays));
    const server = this.#options.folder.take();
    return isFailure(server) ? server : this.#prune(unusedDays * DAY_MS);
  }

  async #prune(unusedForMs: number): Promise<Pruned> {
    const runs = [...this.#runs.values()];
    const kept = new Set(runs.map(({ record }) => record.spec.artefact));
    const needed = runs.flatMap(({ pythonNeed }) => pythonNeed ?? []);
    const artefacts = await this.#options.artefacts.prune(kept, unusedForMs);
    return { kind: "pruned", artefacts, environments: await this.#options.environments.prune(needed, unusedForMs) };
  }

  /** Resolves when all that is being started, or has failed to, has come to its end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#working);
  }

  /** What is under way is called off; the next start says so of it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#feed.stop();
    for (const run of this.#runs.values()) if (!run.isUp) run.cancel();
    await this.#options.environments.stop();
    await this.settled();
    this.#options.folder.release();
  }

  /** Resolves as soon as it has begun; follow it to see what comes of it. */
  async deploy(request: DeploymentRequest): Promise<DeploymentView | Failure> {
    const { artefacts, frameworks, makesEnvironments, store } = this.#options;
    const known = [...new Set([TYPESCRIPT_FRAMEWORK, ...frameworks().keys()])];
    const spec = deploymentSpec(request, { frameworks: known, makesEnvironments, processors: cpus().length });
    if (isFailure(spec)) return spec;
    if ((await artefacts.sizeOf(spec.artefact)) === undefined) return noArtefact(spec.artefact);
    const underWay = [...this.#runs.values()].filter(({ record }) => record.status !== "SERVING").length;
    if (underWay >= MAX_UNDER_WAY) {
      return failure("OVERLOADED", `${underWay} deployments are under way: try again when one has ended`);
    }
    const server = this.#options.folder.take();
    if (isFailure(server)) return server;
    this.#server = server;
    const { model, version } = request;
    const begun = await caught(() => store.begin({ server, model, version, spec }));
    return isFailure(begun) ? begun : this.#begun(begun);
  }

  #begun({ created, deployment }: BegunDeployment): DeploymentView {
    const known = this.#runs.get(deployment.seq);
    if (known !== undefined) return this.#askedAgain(known);
    if (!created) return this.#recordView(deployment);
    const run = this.#newRun(deployment);
    this.#options.info(`deployment ${deployment.seq}: ${nameOf(deployment)} begins`);
    this.#work(this.#carryOut(run));
    return viewOf(run);
  }

  /** What could not be started again with the server is tried once more. */
  #askedAgain(run: DeploymentRun): DeploymentView {
    const { status, spec } = run.record;
    if (status === "SERVING" && !run.isUp && !run.isChanging) this.#work(run.scale(spec.replicas));
    return viewOf(run);
  }

  /** Ends the wrappers of a version that run here. The version stays registered: it can be deployed again. */
  async undeploy(named: NamedVersion, force: boolean, expected?: string): Promise<DeploymentView | Failure> {
    const run = this.#runOf(named);
    if (isFailure(run)) return run;
    const changed = changedProblem(run.record, expected);
    if (changed !== undefined) return changed;
    const { model, version } = run.record;
    const users = this.#usersOf(model, version);
    if (users.length > 0 && !force) {
      const message = `${nameOf(run.record)} is current, and ${users.join(", ")} ask it: roll back or deploy another version first, or force it`;
      return failure("CONFLICT", message);
    }
    if (run.record.status === "SERVING") await this.#remove(run, "it was undeployed");
    else run.cancel();
    return viewOf(run);
  }

  /** How many processes serve a version here. CONFLICT where somebody else has changed `expected`, if it is given. */
  async setReplicas(named: NamedVersion, replicas: number, expected?: number): Promise<DeploymentView | Failure> {
    const problem = replicasProblem(replicas);
    if (problem !== undefined) return problem;
    const run = this.#runOf(named);
    if (isFailure(run)) return run;
    if (run.record.status !== "SERVING" || (run.isChanging && !run.isUp)) {
      return failure("CONFLICT", `${nameOf(run.record)} is not up yet: ${run.progress}`);
    }
    const current = run.record.spec.replicas;
    if (expected !== undefined && expected !== current) {
      const message = `${nameOf(run.record)} was changed: it has ${current} replicas, not ${expected}`;
      return failure("CONFLICT", message, { current: String(current) });
    }
    const stored = await caught(() => this.#options.store.setReplicas(run.record.seq, replicas));
    if (isFailure(stored)) return stored;
    this.#work(run.scale(replicas));
    return viewOf(run);
  }

  async find(seq: number): Promise<DeploymentView | Failure | undefined> {
    const run = this.#runs.get(seq);
    if (run !== undefined) return viewOf(run);
    const found = await caught(() => this.#options.store.find(seq));
    return found === undefined || isFailure(found) ? found : this.#recordView(found);
  }

  /** Of all servers, the newest first. */
  async before(seq: number, count: number, model: string | undefined): Promise<readonly DeploymentView[] | Failure> {
    const found = await caught(() => this.#options.store.before(seq, count, model));
    if (isFailure(found)) return found;
    return found.map((record) => {
      const run = this.#runs.get(record.seq);
      return run === undefined ? this.#recordView(record) : viewOf(run);
    });
  }

  /** Those that run here as they are, and each change of one; of `only` where that is given, also one that has ended. */
  follow(only: DeploymentView | undefined): AsyncIterableIterator<DeploymentView> {
    const running = [...this.#runs.values()].map(viewOf);
    const first = only === undefined ? running : [running.find(({ seq }) => seq === only.seq) ?? only];
    return this.#feed.follow(
      first.map((view) => [String(view.seq), view]),
      ({ seq }) => only === undefined || seq === only.seq,
    );
  }

  /** What the wrappers of a version printed here last, oldest first; of the examples' too. */
  log(model: string, version: number | undefined, last: number, afterSeq: number): VersionLog | Failure {
    const chosen = version ?? this.#currentOf(model) ?? this.#options.wrappers.lastLogged(model);
    const lines = chosen === undefined ? undefined : this.#options.wrappers.logOf(model, chosen);
    if (chosen !== undefined && lines !== undefined) return { version: chosen, lines: lines.last(last, afterSeq) };
    const which = chosen === undefined ? `model ${model}` : `version ${chosen} of model ${model}`;
    return failure("NOT_FOUND", `this server has launched no wrapper of ${which}`);
  }

  async #carryOut(run: DeploymentRun): Promise<void> {
    const { store, info, warn } = this.#options;
    const { record } = run;
    try {
      await run.prepare();
      await store.progress(record.seq, "STARTING");
      run.be("STARTING", "starting the wrappers");
      await run.bringUp();
      const before = this.#currentOf(record.model);
      run.tell("registering the version");
      const problem = await this.#register(record);
      if (problem !== undefined) throw new FailureError(problem);
      await store.progress(record.seq, "SERVING");
      this.#serves(run);
      info(`deployment ${record.seq}: ${nameOf(record)} serves`);
      if (record.spec.activate) this.#retire(record, before);
    } catch (error) {
      // Its row stays as it is: the next start finds it.
      if (this.#stopping) return;
      const reason = run.isCancelled ? "it was undeployed before it was ready" : messageOf(error);
      if (!run.isCancelled) warn(`deployment ${record.seq}: ${nameOf(record)} failed: ${reason}`);
      await this.#ended(run, run.isCancelled ? "REMOVED" : "FAILED", reason);
    }
  }

  /** Ends the wrappers of versions to which nobody is expected to go back. */
  #retire(current: DeploymentRecord, before: number | undefined): void {
    const { keptVersions } = this.#options;
    for (const run of supersededRuns([...this.#runs.values()], current, before, keptVersions)) {
      this.#work(this.#remove(run, `${keptVersions} earlier versions are kept (--kept-versions)`));
    }
  }

  /** What is registered already is as it was; only what is new may become current. */
  async #register({ model, version, spec }: DeploymentRecord): Promise<Failure | undefined> {
    const { administration } = this.#options;
    const given = { model, version, signature: undefined, endpoints: [], makeCurrent: spec.activate };
    if (!this.#isRegistered(model, version)) {
      const stored = await administration.registerModelVersion(given);
      return isFailure(stored) ? stored : undefined;
    }
    if (!spec.activate) return undefined;
    const stored = await administration.setCurrentVersion(model, version);
    return isFailure(stored) ? stored : undefined;
  }

  /** What cannot be started again is told, and stays what is to run. */
  async #restart(run: DeploymentRun): Promise<void> {
    this.#serves(run);
    run.tell("starting again");
    const problem = await run.scale(run.record.spec.replicas);
    if (problem === undefined || this.#stopping) return;
    run.tell(`could not be started again: ${problem}`);
    this.#options.warn(`deployment ${run.record.seq}: ${nameOf(run.record)} ${run.progress}`);
  }

  #serves(run: DeploymentRun): void {
    const { model, version } = run.record;
    run.be("SERVING", "");
    // Somebody may remove the version, on whatever server: its wrappers end by themselves then.
    this.#options.versions.whenRetired(model, version, () => {
      if (run.record.status === "SERVING" && !this.#stopping) this.#work(this.#remove(run, "its version was removed"));
    });
  }

  async #remove(run: DeploymentRun, reason: string): Promise<void> {
    await this.#ended(run, "REMOVED", reason);
    this.#options.info(`deployment ${run.record.seq}: ${nameOf(run.record)} is gone: ${reason}`);
  }

  async #ended(run: DeploymentRun, status: "FAILED" | "REMOVED", reason: string): Promise<void> {
    const { store, warn } = this.#options;
    const lines = status === "FAILED" ? run.lastLines : [];
    const { seq } = run.record;
    await run.end().catch((error: unknown) => warn(`deployment ${seq}: its files stay: ${messageOf(error)}`));
    await store
      .end(seq, status, reason, lines)
      .catch((error: unknown) =>
        warn(`deployment ${seq} is ${status}, which could not be stored: ${messageOf(error)}`),
      );
    run.be(status, reason);
    this.#runs.delete(seq);
    this.#feed.tell(String(seq), { ...viewOf(run), reason, lastLines: lines });
  }

  #newRun(record: DeploymentRecord): DeploymentRun {
    const run = new DeploymentRun(record, this.#runOptions);
    this.#runs.set(record.seq, run);
    return run;
  }

  #runOf({ model, version }: NamedVersion): DeploymentRun | Failure {
    const chosen = version ?? this.#currentOf(model);
    const runs = [...this.#runs.values()].filter(({ record }) => record.model === model);
    const run =
      runs.find(({ record }) => record.version === chosen) ?? (version === undefined ? runs.at(-1) : undefined);
    if (run !== undefined) return run;
    const which = chosen === undefined ? "" : `version ${chosen} of `;
    const here = runs.map(({ record }) => record.version).join(", ");
    const remedy =
      here === "" ? "skysail models and the query deployments show what runs where" : `here run versions ${here}`;
    return failure("NOT_FOUND", `${which}model ${model} is not deployed on this server: ${remedy}`);
  }

  /** Applications that ask this very version. */
  #usersOf(model: string, version: number): readonly string[] {
    if (this.#currentOf(model) !== version) return [];
    const { applications } = this.#options.catalogue.snapshot;
    return applications.filter(({ links }) => links.some((link) => link.model === model)).map(({ name }) => name);
  }

  #currentOf(model: string): number | undefined {
    return this.#options.catalogue.snapshot.models.find(({ name }) => name === model)?.currentVersion;
  }

  #isRegistered(model: string, version: number): boolean {
    const { versions } = this.#options.catalogue.snapshot;
    return versions.some((candidate) => candidate.model === model && candidate.version === version);
  }

  /** Of one that does not run here: not any more, or never. */
  #recordView(record: DeploymentRecord): DeploymentView {
    const isHere = record.server === this.#server;
    const readyReplicas = isHere ? 0 : undefined;
    return { ...record, isHere, progress: record.reason ?? "", isChanging: false, readyReplicas };
  }

  #work(work: Promise<unknown>): void {
    this.#working.add(work);
    const over = (): void => void this.#working.delete(work);
    work.then(over, (error: unknown) => {
      over();
      this.#options.warn(`a deployment went wrong: ${messageOf(error)}`);
    });
  }
}

function nameOf({ model, version }: DeploymentRecord): string {
  return `version ${version} of model ${model}`;
}

function noArtefact(artefact: string): Failure {
  const name = artefact.slice(0, 80);
  return failure("NOT_FOUND", `artefact ${name} is not on this server: upload it first (PUT /v2/artifacts/${name})`);
}
