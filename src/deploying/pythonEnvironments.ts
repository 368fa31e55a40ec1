import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Clock } from "../domain/ports.js";
import { isRunning } from "../lib/isRunning.js";
import { namesIn } from "../lib/namesIn.js";
import { requirementsDigest } from "./frameworks.js";
import type { PythonNeed } from "./frameworks.js";
import { runProgram } from "./runProgram.js";
import { markUsed, pruned } from "./unused.js";

export interface PythonEnvironmentsOptions {
  readonly dataDir: string;
  /** A Python that has all packages, for every framework; undefined: environments of our own. */
  readonly python: string | undefined;
  readonly clock: Pick<Clock, "wallMs">;
}

/** What environments are made with. */
const MAKER = "python3";
const OLDEST = [3, 11] as const;
const KEPT_LINES = 100;
const PIP = [
  "-m",
  "pip",
  "install",
  "--disable-pip-version-check",
  "--no-input",
  "--only-binary",
  ":all:",
  // It comes as a source archive only, which holds Spark's jars: compressing these took longer than all the rest.
  "--no-binary",
  "pyspark",
  "--config-settings=--build-option=--compression=stored",
  "--progress-bar",
  "off",
];

/**
 * Python with a framework's packages: the one that was configured, or a virtual environment in the data folder that is made
 * when it is first asked for and then kept. One of the final name is complete.
 */
export class PythonEnvironments {
  readonly #options: PythonEnvironmentsOptions;
  readonly #folder: string;
  readonly #making = new Map<string, Promise<string | Failure>>();
  readonly #stopping = new AbortController();

  constructor(options: PythonEnvironmentsOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, "python");
  }

  /** Removes what servers that were killed had begun. */
  async start(): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      const owner = Number(/^new-(\d+)-/.exec(name)?.[1] ?? NaN);
      if (owner === process.pid || (owner > 0 && !isRunning(owner))) await this.#remove(join(this.#folder, name));
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#making.values());
  }

  /** The path of a Python. `tell` hears what is being done, where that takes a while. */
  python(framework: string, requirements: readonly string[], tell: (line: string) => void): Promise<string | Failure> {
    const { python } = this.#options;
    if (python !== undefined) return Promise.resolve(python);
    const home = join(this.#folder, homeName(framework, requirements));
    const making = this.#making.get(home) ?? this.#made(home, requirements, tell);
    this.#making.set(home, making);
    return making.finally(() => this.#making.delete(home));
  }

  /** Removes those that none of these need, and that have not been used for so long. Their names. */
  async prune(needed: readonly PythonNeed[], unusedForMs: number): Promise<readonly string[]> {
    const keep = new Set(needed.map(({ framework, requirements }) => homeName(framework, requirements)));
    const isMade = (name: string): boolean =>
      /-[0-9a-f]{16}$/.test(name) && !this.#making.has(join(this.#folder, name));
    const names = (await namesIn(this.#folder)).filter((name) => isMade(name) && !keep.has(name));
    return pruned(this.#folder, names, this.#options.clock.wallMs() - unusedForMs);
  }

  /** It has run until now. */
  async used({ framework, requirements }: PythonNeed): Promise<void> {
    await markUsed(join(this.#folder, homeName(framework, requirements)), this.#options.clock.wallMs());
  }

  async #made(home: string, requirements: readonly string[], tell: (line: string) => void): Promise<string | Failure> {
    const python = join(home, "bin", "python");
    if (await exists(python)) return python;
    const unusable = await this.#makerProblem();
    if (unusable !== undefined) return unusable;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = join(this.#folder, `new-${process.pid}-${randomBytes(4).toString("hex")}`);
    try {
      tell("making a Python environment");
      const made =
        (await this.#run("making a virtual environment", [MAKER, "-m", "venv", fresh], tell)) ??
        (await this.#run(
          `installing ${requirements.join(", ")}`,
          [join(fresh, "bin", "python"), ...PIP, ...requirements],
          tell,
        ));
      if (isFailure(made)) return made;
      await rename(fresh, home);
      return python;
    } finally {
      await this.#remove(fresh);
    }
  }

  async #makerProblem(): Promise<Failure | undefined> {
    const needed = `Python ${OLDEST.join(".")} or newer as ${MAKER} on the server's PATH`;
    const remedy = "install it, or start the server with --python PATH, one that has the framework's packages";
    try {
      const { stdout } = await promisify(execFile)(MAKER, [
        "-c",
        "import sys, venv, ensurepip; print(*sys.version_info[:2])",
      ]);
      const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
      if (major === OLDEST[0] && minor >= OLDEST[1]) return undefined;
      return failure("MODEL_UNAVAILABLE", `the framework needs ${needed}, and that is ${major}.${minor}: ${remedy}`);
    } catch (error) {
      const why = messageOf(error).trim().split("\n").at(-1) ?? "";
      return failure("MODEL_UNAVAILABLE", `the framework needs ${needed}, with venv (${why}): ${remedy}`);
    }
  }

  /** Undefined when it succeeded; what it said when not. */
  async #run(
    what: string,
    command: readonly [string, ...string[]],
    tell: (line: string) => void,
  ): Promise<Failure | undefined> {
    const lines: string[] = [];
    const hear = (line: string): void => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      tell(line);
    };
    const how = await runProgram(command, { signal: this.#stopping.signal, tell: hear });
    if (how === undefined) return undefined;
    // Beside what it did until then pip says what was wrong.
    const wrong = lines.filter((line) => line.startsWith("ERROR:"));
    const said = (wrong.length === 0 ? lines : wrong).slice(-5).join("; ").slice(-1000);
    return failure("MODEL_UNAVAILABLE", `${what} ${how}: ${said}`);
  }

  async #remove(path: string): Promise<void> {
    // Something that was told to end may be writing to it for a moment still.
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

function homeName(framework: string, requirements: readonly string[]): string {
  return `${framework}-${requirementsDigest(requirements)}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
