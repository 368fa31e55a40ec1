import { describe } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { leaveOut } from "./postgres.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The first call installs the environment's packages. */
const INSTALL_WITHIN_MS = 540_000;

/**
 * Runs `body` as a suite with the path of a Python; where none can be had, nor Java for Spark, the suite is reported as left
 * out.
 */
export async function withPythonOf(environment: string, suite: string, body: (python: string) => void): Promise<void> {
  let python: string;
  try {
    if (environment === "spark") await promisify(execFile)("java", ["-version"]);
    const { stdout } = await promisify(execFile)("bash", ["scripts/test-python.sh", environment], {
      cwd: ROOT,
      timeout: INSTALL_WITHIN_MS,
    });
    python = stdout.trim();
  } catch (error) {
    leaveOut(suite, lastLine(error));
    return;
  }
  describe(suite, () => body(python));
}

function lastLine(error: unknown): string {
  const { stderr = "", message } = error as { stderr?: string; message: string };
  const lines = (stderr === "" ? message : stderr).trim().split("\n");
  return lines.at(-1) ?? message;
}
