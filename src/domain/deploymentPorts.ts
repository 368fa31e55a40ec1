import type { Failure } from "./failure.js";
import type { Signature } from "./tensor.js";

/**
 * PREPARING: its files and its framework. STARTING: its wrappers load the model and warm up. SERVING: its version has been
 * ready; it is started again with its server. FAILED and REMOVED are ends.
 */
export type DeploymentStatus = "PREPARING" | "STARTING" | "SERVING" | "FAILED" | "REMOVED";

/** What is to run: kept as it was asked for. */
export interface DeploymentSpec {
  /** SHA-256 of the saved model. */
  readonly artefact: string;
  /** What the wrapper finds it under: some frameworks go by the ending. */
  readonly fileName: string;
  /** The artefact is a tar of a folder, which the wrapper gets. */
  readonly unpack: boolean;
  readonly framework: string;
  /** Undefined: the model states its own. */
  readonly signature: Signature | undefined;
  /** Of the wrapper's command line, names without dashes. */
  readonly options: readonly WrapperOption[];
  /** Packages beside, or of other versions than, those that the framework needs: `scikit-learn==1.5.2`. */
  readonly requirements: readonly string[];
  readonly replicas: number;
  /** `cpu`, `cuda`, or `cuda:N` for one of several. */
  readonly device: string;
  /** Of each process's data; undefined: no limit. */
  readonly memoryLimitBytes: number | undefined;
  /** 0 to 19: how far it gives way to other processes. */
  readonly niceness: number;
  /** Those that it may run on, as `0-3,8`; undefined: all. */
  readonly cpus: string | undefined;
  /** Its version becomes the model's current one as soon as it is ready. */
  readonly activate: boolean;
  /** By when each replica must be ready, from its start on. */
  readonly readyWithinMs: number;
}

export interface WrapperOption {
  readonly name: string;
  readonly value: string;
}

export interface NewDeployment {
  /** Of the data folder whose server runs it. */
  readonly server: string;
  readonly model: string;
  /** Undefined: the next one. */
  readonly version: number | undefined;
  readonly spec: DeploymentSpec;
}

export interface DeploymentRecord extends NewDeployment {
  /** In the order in which they were asked for. */
  readonly seq: number;
  readonly version: number;
  readonly status: DeploymentStatus;
  /** Why it failed, or was removed. */
  readonly reason: string | undefined;
  /** What its wrappers printed last before it failed. */
  readonly lastLines: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The data folder whose server runs what was deployed from it: one server at a time. */
export interface DeploymentFolder {
  /** Something has been deployed from it, now or before. */
  readonly isUsed: boolean;
  /** The server's id; or why it cannot be this one. */
  take(): string | Failure;
  release(): void;
}

export interface BegunDeployment {
  readonly kind: "begun";
  /** False: the same is there already. */
  readonly created: boolean;
  readonly deployment: DeploymentRecord;
}

/** Deployments of all servers on the database. All reject with a FailureError when it cannot be asked. */
export interface DeploymentStore {
  /**
   * Takes the version's number. The same again, where it runs or begins, is the one that is there. CONFLICT: the version
   * is deployed from another artefact, or runs here with other choices.
   */
  begin(deployment: NewDeployment): Promise<BegunDeployment | Failure>;
  end(seq: number, status: "FAILED" | "REMOVED", reason: string, lastLines: readonly string[]): Promise<void>;
  progress(seq: number, status: "STARTING" | "SERVING"): Promise<void>;
  setReplicas(seq: number, replicas: number): Promise<void>;
  /** Those that a server which starts is to run, oldest first. What was under way when it ended is FAILED. */
  resume(server: string): Promise<readonly DeploymentRecord[]>;
  find(seq: number): Promise<DeploymentRecord | undefined>;
  /** The newest first, before that place; undefined: of all models. */
  before(seq: number, count: number, model: string | undefined): Promise<readonly DeploymentRecord[]>;
}
