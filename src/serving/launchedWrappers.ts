import { join } from "node:path";
import { versionKey } from "../domain/application.js";
import type { VersionKey } from "../domain/application.js";
import type { Clock, Random } from "../domain/ports.js";
import { RecentLines } from "../lib/recentLines.js";
import { makeSocketFolder } from "../replicas/socketFolder.js";
import { LaunchedWrapper } from "./launchedWrapper.js";
import type { WrapperLaunch } from "./launchedWrapper.js";
import type { ModelVersions } from "./modelVersions.js";

export interface LaunchedWrappersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly versions: ModelVersions;
  readonly log: (name: string, line: string) => void;
  /** Longest message to and from a wrapper: both sides must have the same. */
  readonly maxMessageBytes: number;
  /** How long all wrappers together may take to be ready for the first time. */
  readonly readyTimeoutMs: number;
}

export interface LaunchChoices {
  readonly readyTimeoutMs?: number;
  readonly introduce?: (endpoint: string) => Promise<void>;
  readonly persists?: boolean;
  readonly onReady?: () => void;
}

const KEPT_LINES = 1000;
/** Of so many versions, those that printed last. */
const KEPT_LOGS = 100;

/** The wrapper processes that this server launched: each is a replica of its version while it listens. */
export class LaunchedWrappers {
  readonly #options: LaunchedWrappersOptions;
  readonly #launched = new Set<LaunchedWrapper>();
  readonly #logs = new Map<VersionKey, RecentLines>();
  #sockets: ReturnType<typeof makeSocketFolder> | undefined;
  #count = 0;
  #stopped = false;

  constructor(options: LaunchedWrappersOptions) {
    this.#options = options;
  }

  /** Resolves when every one has been ready once; rejects naming one that was not in time, with its last line. */
  async start(launches: readonly WrapperLaunch[]): Promise<void> {
    await Promise.all(launches.map((launch) => this.launch(launch).ready));
  }

  /** Starts one process. It goes with its version, or when it is retired. */
  launch(launch: WrapperLaunch, choices: LaunchChoices = {}): LaunchedWrapper {
    const { model, version } = launch;
    const { versions, log, ...options } = this.#options;
    this.#sockets ??= makeSocketFolder(process.pid);
    const socket = `unix:${join(this.#sockets.path, `${this.#count++}.sock`)}`;
    const keep = (name: string, line: string): void => {
      this.#logOf(model, version).add(options.clock.wallMs(), line);
      log(name, line);
    };
    // From now on it has one, empty as it may be.
    this.#logOf(model, version);
    const served = versions.get(model, version);
    const launched = new LaunchedWrapper(launch, { ...options, ...choices, served, socket, log: keep });
    this.#launched.add(launched);
    versions.whenRetired(model, version, () => void this.#stopOne(launched));
    if (!this.#stopped) launched.start();
    return launched;
  }

  /** What a version's wrappers printed last; undefined where none was launched here. */
  logOf(model: string, version: number): RecentLines | undefined {
    return this.#logs.get(versionKey(model, version));
  }

  /** Of the versions of a model that have printed something here the one that did last. */
  lastLogged(model: string): number | undefined {
    const keys = [...this.#logs.keys()].filter((key) => key.startsWith(`${model}@`));
    return keys.length === 0 ? undefined : Number(keys.at(-1)?.slice(model.length + 1));
  }

  /** Lets one go once it has answered what it was asked. */
  async retire(launched: LaunchedWrapper): Promise<void> {
    await launched.retire();
    this.#launched.delete(launched);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#launched].map((launched) => launched.stop()));
    this.#sockets?.remove();
  }

  async #stopOne(launched: LaunchedWrapper): Promise<void> {
    await launched.stop();
    this.#launched.delete(launched);
  }

  #logOf(model: string, version: number): RecentLines {
    const key = versionKey(model, version);
    const lines = this.#logs.get(key) ?? new RecentLines(KEPT_LINES);
    this.#logs.delete(key);
    this.#logs.set(key, lines);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > KEPT_LOGS && oldest !== undefined) this.#logs.delete(oldest);
    return lines;
  }
}
