import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";

const REQUIREMENTS = "bench/python/requirements.txt";
const CACHE = "node_modules/.cache/skysail-python";
/** The versions that the requirements are pinned for; the plain name is the last resort. */
const INTERPRETERS = ["python3.11", "python3"] as const;
const MOST_OUTPUT_BYTES = 2 ** 24;

export interface PythonEnvironment {
  /** Runs a script of the project (its path from the root) and returns its stdout. Fails with its stderr. */
  readonly run: (script: string, args: readonly string[]) => Promise<string>;
  /** Names these packages in these versions: what was computed with others is not the same. */
  readonly digest: string;
}

/**
 * A Python with the packages of `bench/python/requirements.txt`, made on first use from the network and kept between
 * runs in `node_modules/.cache`. One environment for each content of that file.
 */
export async function pythonEnvironment(bench: Bench): Promise<PythonEnvironment> {
  const digest = createHash("sha256")
    .update(await readFile(projectPath(REQUIREMENTS)))
    .digest("hex")
    .slice(0, 16);
  const folder = projectPath(`${CACHE}/${digest}`);
  if (!(await exists(`${folder}/bin/python`))) await make(bench, folder);
  const run = (script: string, args: readonly string[]): Promise<string> =>
    execute(bench, `${folder}/bin/python`, [projectPath(script), ...args]);
  return { run, digest };
}

/** Beside its place first, so that one that was interrupted is never taken for a whole one. */
async function make(bench: Bench, folder: string): Promise<void> {
  bench.progress("  making a Python environment (once, some minutes)");
  const partial = `${folder}.${process.pid}`;
  await mkdir(projectPath(CACHE), { recursive: true });
  await bench.cleanup.add(() => rm(partial, { recursive: true, force: true }));
  await execute(bench, await interpreter(bench), ["-m", "venv", partial]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
  await execute(bench, `${partial}/bin/python`, [...install, "-r", projectPath(REQUIREMENTS)]);
  try {
    await rename(partial, folder);
  } catch (error) {
    // Another bench was quicker, and its environment is the same.
    if (!(await exists(`${folder}/bin/python`))) throw error;
  }
}

async function interpreter(bench: Bench): Promise<string> {
  for (const name of INTERPRETERS) {
    try {
      await execute(bench, name, ["-c", "import venv, ensurepip"]);
      return name;
    } catch {
      bench.signal.throwIfAborted();
    }
  }
  throw new BenchError("this scenario trains its models with Python: install Python 3.11 with its venv module");
}

async function execute({ signal }: Bench, file: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { signal, maxBuffer: MOST_OUTPUT_BYTES });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new BenchError(`${[file, ...args].join(" ")}: ${stderr.trim().split("\n").slice(-20).join("\n") || message}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
