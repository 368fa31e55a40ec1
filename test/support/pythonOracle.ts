import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { ROOT, withPythonOf } from "./pythonEnvironment.js";

const ANSWER_WITHIN_MS = 120_000;

/** Runs a script of test/oracles: its input goes in as JSON, each item on a line of its own; its answer comes out as JSON. */
export type Oracle = (script: string, ...input: readonly unknown[]) => Promise<unknown>;

/** Runs `body` as a suite where there is a Python to compare with; where there is none, it is reported as left out. */
export async function withPython(suite: string, body: (oracle: Oracle) => void): Promise<void> {
  await withPythonOf("light", suite, (python) => body((script, ...input) => ask(python, script, input)));
}

async function ask(python: string, script: string, input: readonly unknown[]): Promise<unknown> {
  const child = spawn(python, [`test/oracles/${script}`], {
    cwd: ROOT,
    timeout: ANSWER_WITHIN_MS,
    // Two cores, and small problems.
    env: { PATH: process.env["PATH"], OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  child.stdin.on("error", () => undefined).end(input.map((item) => JSON.stringify(item)).join("\n"));
  const [answer, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${complaints.slice(-2000)}`);
  return JSON.parse(answer);
}
