import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "./bench.js";

export interface ChildSpec<Ready> {
  readonly name: string;
  /** Default: this same node. */
  readonly program?: string;
  readonly args: readonly string[];
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What its lines (stdout and stderr) say when it is ready; undefined as long as it is not. */
  readonly ready: (line: string) => Ready | undefined;
  readonly onLine?: (line: string) => void;
}

export interface Child<Ready> {
  readonly pid: number;
  readonly ready: Ready;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 12_000;
const END_WITHIN_MS = 20_000;

/**
 * Starts a process and waits until it says that it is ready; `bench` stops it. Its process group is its own, so
 * that Ctrl-C reaches only the bench, which stops everything in order; its stdin ends when the bench does.
 */
export async function startChild<Ready>(bench: Bench, spec: ChildSpec<Ready>): Promise<Child<Ready>> {
  bench.signal.throwIfAborted();
  const { program = process.execPath, args, env = {} } = spec;
  const child = spawn(program, args, {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  await bench.cleanup.add(() => stopChild(child));
  // It may be gone before its stdin is closed.
  child.stdin.on("error", () => undefined);
  const ready = await readyLine(child, spec, bench.signal);
  return { pid: child.pid as number, ready };
}

function readyLine<Ready>(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
  { name, ready, onLine }: ChildSpec<Ready>,
  signal: AbortSignal,
): Promise<Ready> {
  const errors: string[] = [];
  const { promise, resolve, reject } = deferred<Ready>();
  const read = (line: string): void => {
    onLine?.(line);
    const said = ready(line);
    if (said !== undefined) resolve(said);
  };
  createInterface({ input: child.stdout }).on("line", read);
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (errors.length < 20) errors.push(line);
    read(line);
  });
  const fail = (why: string): void =>
    reject(new Error(`${name} ${why}${errors.map((line) => `\n  ${line}`).join("")}`));
  const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);
  child.once("exit", (code, by) => fail(`ended (${by ?? `exit code ${code}`}) before it was ready`));
  child.once("error", (error) => fail(`cannot be started: ${error.message}`));
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** As an operator does; resolves when it has ended. */
export async function endProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  const giveUpMs = performance.now() + END_WITHIN_MS;
  while (isAlive(pid)) {
    if (performance.now() > giveUpMs) throw new Error(`the process ${pid} did not end within ${END_WITHIN_MS} ms`);
    await sleep(20);
  }
}

/** Also for a child of ours that nobody has waited for yet. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** SIGTERM, and later SIGKILL. Resolves when the process is gone. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}
