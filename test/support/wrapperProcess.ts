import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { GRPCInferenceServiceClient, type ModelMetadataResponse } from "../../src/protocol/generated/inference.js";
import { channelOptions } from "../../src/protocol/grpcOptions.js";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ReadyLine {
  readonly listening: string;
  readonly model: string;
  readonly version: string;
}

/** How a wrapper is started: `node` and its script, or a Python and its module. */
export interface WrapperCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A wrapper of this repository, as it was built. */
export function nodeWrapper(script: string, ...args: string[]): WrapperCommand {
  const path = resolve(script);
  if (!existsSync(path)) throw new Error(`${path} does not exist: build first (npx tsc -p tsconfig.build.json)`);
  return { command: process.execPath, args: [path, ...args] };
}

const LAST_WORDS_MS = 500;

/** A wrapper as a real process with a client connected to it. */
export class WrapperProcess {
  readonly ready: ReadyLine;
  readonly client: GRPCInferenceServiceClient;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #log: LineLog;

  private constructor(child: ChildProcess, ready: ReadyLine, exited: Promise<Exit>, log: LineLog) {
    this.#child = child;
    this.ready = ready;
    this.exited = exited;
    this.#log = log;
    this.client = new GRPCInferenceServiceClient(ready.listening, credentials.createInsecure(), channelOptions());
  }

  static async start({ command, args, env }: WrapperCommand, ...more: string[]): Promise<WrapperProcess> {
    const child = spawn(command, [...args, ...more], { stdio: ["pipe", "pipe", "pipe"], env });
    const exited = exitOf(child);
    const log = new LineLog(child);
    const ready = await Promise.race([firstLine(child), deathOf(child)]);
    if (typeof ready === "string") return new WrapperProcess(child, readyLine(ready), exited, log);
    // What it started may hold them open, and jest with them.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    throw new Error(`the wrapper ${ready.how} before it was ready: ${log.text.split("\n").slice(-20).join("\n")}`);
  }

  /** Settles when a line on stderr holds `text`, for the `count`th time. */
  logged(text: string, count = 1): Promise<void> {
    return this.#log.waitFor(text, count);
  }

  /** Lines on stderr so far that hold `text`. */
  count(text: string): number {
    return this.#log.lines(text).length;
  }

  lines(text: string): readonly string[] {
    return this.#log.lines(text);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get log(): string {
    return this.#log.text;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  endStdin(): void {
    this.#child.stdin?.end();
  }

  metadata(): Promise<ModelMetadataResponse> {
    const request = { name: this.ready.model, version: this.ready.version };
    return new Promise((resolvePromise, reject) => {
      this.client.modelMetadata(request, (error, response) =>
        error === null ? resolvePromise(response) : reject(error),
      );
    });
  }

  /** For afterAll: gone whatever the test did. */
  async kill(): Promise<void> {
    this.client.close();
    this.#child.kill("SIGKILL");
    await this.exited;
  }
}

/** Runs a wrapper that is expected not to start: its exit and what it said. One that starts all the same is ended. */
export async function runToExit({ command, args, env }: WrapperCommand, ...more: string[]) {
  const child = spawn(command, [...args, ...more], { stdio: ["ignore", "pipe", "pipe"], env });
  const log = new LineLog(child);
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
    if (stdout.startsWith('{"listening"')) child.kill("SIGKILL");
  });
  const exit = await exitOf(child);
  return { ...exit, stdout, stderr: log.text };
}

/** `close` and not `exit`: by then everything that was written has been read. */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((settle) => child.once("close", (code, signal) => settle({ code, signal })));
}

/**
 * How it ended, once what it said has been read: what it started may hold its stderr open for longer, and is not waited for.
 */
function deathOf(child: ChildProcess): Promise<{ readonly how: string }> {
  return new Promise((settle) => {
    child.once("error", (error) => settle({ how: `could not be started (${error.message})` }));
    child.once("exit", (code, signal) => {
      const end = (): void => settle({ how: `ended with ${signal ?? `exit code ${code}`}` });
      const bound = setTimeout(end, LAST_WORDS_MS);
      child.once("close", () => {
        clearTimeout(bound);
        end();
      });
    });
  });
}

function readyLine(line: string): ReadyLine {
  try {
    return JSON.parse(line) as ReadyLine;
  } catch {
    throw new Error(`the wrapper's first line is no ready line: ${line}`);
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error("stdout is not piped");
  return new Promise((settle) => createInterface({ input: stdout }).once("line", settle));
}

class LineLog {
  #lines: string[] = [];
  #waiting: (() => void)[] = [];

  constructor(child: ChildProcess) {
    if (child.stderr === null) throw new Error("stderr is not piped");
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#lines.push(line);
      for (const check of this.#waiting) check();
    });
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  lines(text: string): readonly string[] {
    return this.#lines.filter((line) => line.includes(text));
  }

  waitFor(text: string, count: number): Promise<void> {
    return new Promise((settle) => {
      const check = (): void => {
        if (this.lines(text).length >= count) settle();
      };
      this.#waiting.push(check);
      check();
    });
  }
}
