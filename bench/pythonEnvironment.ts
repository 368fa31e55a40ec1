import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";

const REQUIREMENTS = "bench/python/requirements.txt";
const MOST_OUTPUT_BYTES = 2 ** 24;

export interface PythonEnvironment {
  /** Runs a script of the project (its path from the root) and returns its stdout. Fails with its stderr. */
  readonly run: (script: string, args: readonly string[]) => Promise<string>;
  /** Names these packages in these versions: what was computed with others is not the same. */
  readonly digest: string;
}

/** A Python with the packages of `bench/python/requirements.txt`, made on first use: one for each content of that file. */
export async function pythonEnvironment(bench: Bench): Promise<PythonEnvironment> {
  const digest = createHash("sha256")
    .update(await readFile(projectPath(REQUIREMENTS)))
    .digest("hex")
    .slice(0, 16);
  bench.progress("  looking for its Python environment (made once, some minutes)");
  const python = (await execute(bench, "bash", [projectPath("scripts/test-python.sh"), "bench"])).trim();
  return { run: (script, args) => execute(bench, python, [projectPath(script), ...args]), digest };
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
