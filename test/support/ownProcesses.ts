import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { workingFolder } from "../../src/store/processTable.js";
import type { Exit } from "./wrapperProcess.js";

/** Less where a test is to fail (test/red): a bound for what never comes about, whatever the machine. */
const PATIENCE_MS = Number(process.env["TEST_PATIENCE_MS"] ?? 60_000);

/** Looks again until it holds, and fails saying what did not come about. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const giveUpMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(5);
  }
}

/** What a process wrote to one stream, and who waits for more of it. */
export class Output {
  readonly lines: string[] = [];
  #waiting = new Set<() => void>();

  constructor(stream: NodeJS.ReadableStream) {
    createInterface({ input: stream }).on("line", (line) => {
      this.lines.push(line);
      for (const check of this.#waiting) check();
    });
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** The first line that matches, now or later. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Folder of which the process and what it starts may make use: what still works in it later has leaked. */
  readonly folder: string;
}

const MARK = "STARTED_BY_TEST";

/**
 * A process in a group of its own, and all that it starts. Those are found again by a mark in their environment, which
 * children inherit, or by working in the test's folder (PostgreSQL gets no environment but enters its cluster).
 */
export class OwnProcess {
  readonly child: ChildProcess;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly exited: Promise<Exit>;
  readonly #mark = randomUUID();
  readonly #folder: string;

  constructor(command: readonly [string, ...string[]], { env = {}, cwd, folder }: SpawnOptions) {
    const [program, ...args] = command;
    this.#folder = folder;
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...cleanEnvironment(), ...env, [MARK]: this.#mark },
      ...(cwd !== undefined && { cwd }),
    });
    this.child = child;
    this.stdout = new Output(child.stdout);
    this.stderr = new Output(child.stderr);
    this.exited = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error("the process could not be started");
    return this.child.pid;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** To this process alone, or to its whole group as a terminal does. */
  signal(signal: NodeJS.Signals, to: "alone" | "group" = "alone"): void {
    process.kill(to === "group" ? -this.pid : this.pid, signal);
  }

  /** Command lines, by process id, of all that runs and was started by this process, itself included. */
  running(): Map<number, string> {
    const found = new Map<number, string>();
    for (const pid of allPids()) {
      const marked = read(pid, "environ").split("\0").includes(`${MARK}=${this.#mark}`);
      const inside = `${workingFolder(pid) ?? ""}/`.startsWith(`${this.#folder}/`);
      if ((marked || inside) && !isZombie(pid)) found.set(pid, read(pid, "cmdline").replaceAll("\0", " ").trim());
    }
    return found;
  }

  /** The one process among them whose command line has this text. */
  pidOf(text: string): number {
    const found = [...this.running()].filter(([, command]) => command.includes(text));
    if (found.length !== 1) throw new Error(`expected one process with "${text}", found ${found.length}`);
    return (found[0] as [number, string])[0];
  }

  async killAll(): Promise<void> {
    const pids = [...this.running().keys()];
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await until("killed processes are gone", () => this.running().size === 0);
  }
}

/** Settings of the machine must not reach the servers of the tests. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = (name: string) => name === "DATABASE_URL" || name.startsWith("SKYSAIL_") || name.startsWith("npm_");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(read(pid, "status"));
}

/** Empty for a process that is gone or somebody else's. */
function read(pid: number, file: "environ" | "cmdline" | "stat" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(read(pid, "status"))?.[1] ?? 0) * 1024;
}

/** Processor time that a process has used, in milliseconds: what it did does not seem more where others are busy too. */
export function processorMs(pid: number): number {
  const stat = read(pid, "stat");
  // After the command, which may itself hold blanks and brackets: fields 14 and 15, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

export function isAlive(pid: number): boolean {
  return read(pid, "status") !== "" && !isZombie(pid);
}

/** The process of that name that a process's main thread has started. */
export function childNamed(name: string, pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  const child = children.find((one) => readFileSync(`/proc/${one}/comm`, "utf8").trim() === name);
  if (child === undefined) throw new Error(`process ${pid} has started no ${name}, but ${children.join()}`);
  return child;
}
