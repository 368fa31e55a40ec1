import { join } from "node:path";
import { failure, FailureError } from "../domain/failure.js";
import type { Clock, Random } from "../domain/ports.js";
import { makeSocketFolder } from "../replicas/socketFolder.js";
import { SupervisedProcess } from "../replicas/supervisedProcess.js";
import type { ModelVersions } from "./modelVersions.js";

export interface WrapperLaunch {
  readonly model: string;
  readonly version: number;
  /** Program and arguments, but for `--listen`, `--max-message-bytes` and `--exit-with-stdin`. */
  readonly command: readonly [string, ...string[]];
}

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

const LAST_WORDS_MS = 50;

/** The wrapper processes that this server launched: each is a replica of its version while it listens. */
export class LaunchedWrappers {
  readonly #options: LaunchedWrappersOptions;
  readonly #processes: SupervisedProcess[] = [];
  #sockets: ReturnType<typeof makeSocketFolder> | undefined;

  constructor(options: LaunchedWrappersOptions) {
    this.#options = options;
  }

  /** Resolves when every one has been ready once; rejects naming one that was not in time, with its last line. */
  async start(launches: readonly WrapperLaunch[]): Promise<void> {
    if (launches.length === 0) return;
    this.#sockets = makeSocketFolder(process.pid);
    await Promise.all(launches.map((launch, i) => this.#launch(launch, i)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((launched) => launched.stop()));
    this.#sockets?.remove();
  }

  #launch({ model, version, command }: WrapperLaunch, index: number): Promise<void> {
    const { clock, random, versions, log, maxMessageBytes, readyTimeoutMs } = this.#options;
    const served = versions.get(model, version);
    const name = served.key;
    const socket = `unix:${join(this.#sockets?.path ?? "", `${index}.sock`)}`;
    const own = ["--listen", socket, "--max-message-bytes", String(maxMessageBytes), "--exit-with-stdin"];
    return new Promise((resolve, reject) => {
      let lastLine = "it has printed nothing";
      const cancelTimeout = clock.at(clock.nowMs() + readyTimeoutMs, () => {
        const message = `the wrapper of ${name} was not ready within ${readyTimeoutMs} ms: ${lastLine}`;
        reject(new FailureError(failure("MODEL_UNAVAILABLE", message)));
      });
      let endpoint: string | undefined;
      const launched = new SupervisedProcess(
        { name, command: [...command, ...own] },
        {
          clock,
          random,
          log: (from, line, own) => {
            if (own) lastLine = line;
            log(from, line);
          },
          onListening: (address) => {
            endpoint = address;
            served.replicas.add(address);
            served.replicas.whenReady(() => {
              cancelTimeout();
              resolve();
            });
          },
          onExit: (how) => {
            if (endpoint !== undefined) return served.replicas.ended(endpoint);
            // Options or a file that are no good: trying again would not help. What it said last may still be unread.
            cancelTimeout();
            clock.at(clock.nowMs() + LAST_WORDS_MS, () => {
              const message = `the wrapper of ${name} ${how} before it was ready: ${lastLine}`;
              reject(new FailureError(failure("MODEL_UNAVAILABLE", message)));
            });
          },
        },
      );
      this.#processes.push(launched);
      versions.whenRetired(model, version, () => void launched.stop());
      launched.start();
    });
  }
}
