import { failure, FailureError } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock, Random } from "../domain/ports.js";
import { SupervisedProcess } from "../replicas/supervisedProcess.js";
import type { ServedVersion } from "./servedVersion.js";

export interface WrapperLaunch {
  readonly model: string;
  readonly version: number;
  /** Program and arguments, but for `--listen`, `--max-message-bytes` and `--exit-with-stdin`. */
  readonly command: readonly [string, ...string[]];
  /** That it works in; default: the server's. */
  readonly folder?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface LaunchedWrapperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly served: Pick<ServedVersion, "key" | "replicas">;
  /** Where it is to listen. */
  readonly socket: string;
  readonly maxMessageBytes: number;
  readonly log: (name: string, line: string) => void;
  readonly readyTimeoutMs: number;
  /** It is started again also when it ends before it has been ready: default false. */
  readonly persists?: boolean | undefined;
  /** Whenever it has become ready. */
  readonly onReady?: (() => void) | undefined;
  /** Before it becomes a replica, whenever it listens: what is to be known of it first. */
  readonly introduce?: ((endpoint: string) => Promise<void>) | undefined;
}

const LAST_WORDS_MS = 50;
/** One that listens and cannot be linked so often in a row is not what was expected, or fails in its warm-up. */
const MAX_PROBLEMS = 5;

/**
 * One wrapper process that this server keeps running, and its replica while it listens. Until it has been ready once an
 * exit, or a link that will not come up, is its failure; from then on it is started again whenever it ends, and before if
 * it is told to persist.
 */
export class LaunchedWrapper {
  /** Settles once: it has been ready, or why it was not. */
  readonly ready: Promise<void>;
  readonly #options: LaunchedWrapperOptions;
  readonly #process: SupervisedProcess;
  #endpoint: string | undefined;
  #lastLine = "it has printed nothing";
  #problems = 0;
  #settled = false;
  #hasBeenReady = false;
  #resolve: () => void = () => undefined;
  #reject: (error: FailureError) => void = () => undefined;
  #cancelTimeout: Cancel = () => undefined;
  #retired: Promise<void> | undefined;

  constructor({ command, folder, environment }: WrapperLaunch, options: LaunchedWrapperOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits hears of it: nobody has to.
    this.ready.catch(() => undefined);
    const { clock, random, served, socket, log, maxMessageBytes } = options;
    const own = ["--listen", socket, "--max-message-bytes", String(maxMessageBytes), "--exit-with-stdin"] as const;
    this.#process = new SupervisedProcess(
      { name: served.key, command: [...command, ...own], folder, environment },
      {
        clock,
        random,
        log: (from, line, isOwn) => {
          if (isOwn) this.#lastLine = line;
          log(from, line);
        },
        restarts: () => this.#hasBeenReady || options.persists === true,
        onListening: (endpoint) => void this.#listening(endpoint),
        onExit: (how) => this.#exited(how),
      },
    );
  }

  start(): void {
    const { clock, readyTimeoutMs } = this.#options;
    this.#cancelTimeout = clock.at(clock.nowMs() + readyTimeoutMs, () =>
      this.#fail(`was not ready within ${readyTimeoutMs} ms: ${this.#lastLine}`),
    );
    this.#process.start();
  }

  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  /** Whether queries reach it now. */
  get isReady(): boolean {
    const { links } = this.#options.served.replicas;
    return links.some(({ endpoint, phase }) => endpoint === this.#endpoint && phase === "READY");
  }

  /** At once, whatever it computes. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#fail("was told to stop");
    await this.#process.stop();
    if (this.#endpoint !== undefined) this.#options.served.replicas.ended(this.#endpoint);
  }

  /** Once it has answered what it was asked. */
  retire(): Promise<void> {
    this.#retired ??= this.#retire();
    return this.#retired;
  }

  async #retire(): Promise<void> {
    const endpoint = this.#endpoint;
    if (endpoint !== undefined) {
      await new Promise<void>((resolve) => this.#options.served.replicas.remove(endpoint, resolve));
    }
    await this.stop();
  }

  async #listening(endpoint: string): Promise<void> {
    const { introduce, served } = this.#options;
    this.#endpoint = endpoint;
    try {
      await introduce?.(endpoint);
    } catch (error) {
      return this.#fail(`listens, but ${messageOf(error)}`);
    }
    // It may have ended meanwhile.
    if (this.#endpoint !== endpoint || this.#retired !== undefined) return;
    served.replicas.add(endpoint, {
      onReady: () => {
        this.#hasBeenReady = true;
        this.#settle(() => this.#resolve());
        this.#options.onReady?.();
      },
      onProblem: (why) => {
        if (++this.#problems >= MAX_PROBLEMS) this.#fail(`could not be linked: ${why}`);
      },
    });
  }

  #exited(how: string): void {
    const { clock, served } = this.#options;
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    if (endpoint !== undefined) served.replicas.ended(endpoint);
    if (this.#settled) return;
    // Options or a file that are no good: trying again would not help. What it said last may still be unread.
    this.#cancelTimeout();
    clock.at(clock.nowMs() + LAST_WORDS_MS, () => this.#fail(`${how} before it was ready: ${this.#lastLine}`));
  }

  #fail(how: string): void {
    const message = `the wrapper of ${this.#options.served.key} ${how}`;
    this.#settle(() => this.#reject(new FailureError(failure("MODEL_UNAVAILABLE", message))));
  }

  #settle(tell: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cancelTimeout();
    tell();
  }
}
