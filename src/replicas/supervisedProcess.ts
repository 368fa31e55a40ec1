import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cancel, Clock, Random } from "../domain/ports.js";
import { Backoff } from "../lib/backoff.js";

export interface LaunchSpec {
  /** For log prefixes and messages: `digits-mlp@1`. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** Default: the server's. */
  readonly folder?: string | undefined;
  /** Beside the server's environment, or instead of what it says. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface SupervisedProcessOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One line of the wrapper's own output, or (not `own`) of its life. */
  readonly log: (name: string, line: string, own: boolean) => void;
  /** The wrapper serves at this address now. */
  readonly onListening: (endpoint: string) => void;
  /** Whether one that ended now is to be started again. */
  readonly restarts: () => boolean;
  /** It does not serve any more, and how it ended. */
  readonly onExit: (how: string) => void;
}

type State =
  | { readonly phase: "IDLE" }
  | { readonly phase: "RUNNING"; readonly child: ChildProcess; readonly startedMs: number }
  | { readonly phase: "BACKOFF"; readonly cancelRestart: Cancel }
  | { readonly phase: "STOPPING"; readonly child: ChildProcess };

/** A wrapper that ran for so long was well: the next restart starts from the shortest delay again. */
const STABLE_MS = 10_000;
const STOP_TIMEOUT_MS = 5000;

/**
 * Keeps one wrapper process running. It has a process group of its own, so that Ctrl-C in the terminal reaches only
 * the server, and a pipe as stdin, which ends when the server does, however that dies: the wrapper then ends itself.
 *
 * IDLE -> RUNNING -> (exit) BACKOFF, 50 ms to 5 s with jitter -> RUNNING; `stop`, and an exit that is to be the last, lead
 * to IDLE.
 */
export class SupervisedProcess {
  readonly #spec: LaunchSpec;
  readonly #options: SupervisedProcessOptions;
  readonly #backoff: Backoff;
  #state: State = { phase: "IDLE" };
  #stopped: Promise<void> | undefined;

  constructor(spec: LaunchSpec, options: SupervisedProcessOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 5000 }, options.random);
  }

  start(): void {
    if (this.#state.phase === "IDLE" && this.#stopped === undefined) this.#launch();
  }

  /** SIGTERM, and after 5 s SIGKILL. Resolves when the process is gone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #launch(): void {
    const startedMs = this.#options.clock.nowMs();
    const child = spawned(this.#spec);
    if (child instanceof Error) return this.#ended(startedMs, notStarted(child));
    this.#state = { phase: "RUNNING", child, startedMs };
    child.once("error", (error) => this.#exited(child, notStarted(error)));
    child.once("exit", (code, signal) => {
      endGroup(child);
      this.#exited(child, `ended with ${signal ?? `exit code ${code}`}`);
    });
    this.#readOutput(child);
  }

  /** Without a file descriptor left there are no streams, whatever the types say: the child's `error` says why. */
  #readOutput(child: ChildProcess): void {
    // The wrapper may be gone before its stdin is closed.
    child.stdin?.on("error", () => undefined);
    const { stdout, stderr } = child;
    if (stdout) createInterface({ input: stdout }).on("line", (line) => this.#readLine(child, line));
    if (stderr) createInterface({ input: stderr }).on("line", (line) => this.#options.log(this.#spec.name, line, true));
  }

  /** The first line with `listening` is the wrapper's address; everything else it prints is log. */
  #readLine(child: ChildProcess, line: string): void {
    const endpoint = listeningAddress(line);
    if (endpoint === undefined) this.#options.log(this.#spec.name, line, true);
    else if (this.#state.phase === "RUNNING" && this.#state.child === child) this.#options.onListening(endpoint);
  }

  #exited(child: ChildProcess, how: string): void {
    const state = this.#state;
    if (state.phase === "RUNNING" && state.child === child) this.#ended(state.startedMs, how);
  }

  #ended(startedMs: number, how: string): void {
    const { log, onExit, restarts } = this.#options;
    if (restarts()) this.#restartLater(startedMs, how);
    else {
      this.#state = { phase: "IDLE" };
      log(this.#spec.name, how, false);
    }
    onExit(how);
  }

  #restartLater(startedMs: number, how: string): void {
    const { clock, log } = this.#options;
    if (clock.nowMs() - startedMs > STABLE_MS) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    log(this.#spec.name, `${how}; restart in ${Math.round(delayMs)} ms`, false);
    const cancelRestart = clock.at(clock.nowMs() + delayMs, () => this.#launch());
    this.#state = { phase: "BACKOFF", cancelRestart };
  }

  async #stop(): Promise<void> {
    const state = this.#state;
    if (state.phase === "BACKOFF") state.cancelRestart();
    if (state.phase === "RUNNING") {
      this.#state = { phase: "STOPPING", child: state.child };
      await endProcess(state.child, this.#options.clock);
    }
    this.#state = { phase: "IDLE" };
  }
}

/** Reports most failures as the child's `error`; what it throws, for one on a command line that is too long, comes back. */
function spawned({ command: [program, ...args], folder, environment }: LaunchSpec): ChildProcess | Error {
  try {
    return spawn(program, args, {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...wrapperEnvironment(), ...environment },
      cwd: folder,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Processes that it started and left behind would keep its memory, or its accelerator. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // There are none.
  }
}

function notStarted(error: Error): string {
  return `cannot be started: ${error.message}`;
}

/** The server's, without its own settings: the database's address has the password in it. */
function wrapperEnvironment(): NodeJS.ProcessEnv {
  const own = (name: string): boolean => name === "DATABASE_URL" || name.startsWith("SKYSAIL_");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own(name)));
}

function listeningAddress(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { listening } = JSON.parse(line) as { listening?: unknown };
    return typeof listening === "string" ? listening : undefined;
  } catch {
    return undefined;
  }
}

async function endProcess(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const cancelKill = clock.at(clock.nowMs() + STOP_TIMEOUT_MS, () => endGroup(child));
  await gone;
  cancelKill();
}
