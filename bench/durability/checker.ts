import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench } from "../bench.js";
import { projectPath } from "../projectPath.js";
import type { ApplicationReport, CheckReport } from "./checkLog.js";

const MOST_OUTPUT_BYTES = 2 ** 26;

export interface CheckOptions {
  readonly url: string;
  readonly acknowledged: string;
  readonly python?: string | undefined;
}

/** Runs checkLog.ts as a process of its own. */
export async function check({ signal }: Bench, options: CheckOptions): Promise<CheckReport> {
  const { url, acknowledged, python } = options;
  const args = [projectPath("dist/bench/durability/checkLog.js"), url, acknowledged];
  if (python !== undefined) args.push("--python", python);
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal, maxBuffer: MOST_OUTPUT_BYTES });
  return JSON.parse(stdout) as CheckReport;
}

/** What does not hold, in words; empty when all is as it was acknowledged. */
export function problemsOf({ applications }: CheckReport): string[] {
  return applications.flatMap(problemsOfApplication);
}

function problemsOfApplication(report: ApplicationReport): string[] {
  const { application, lost, doubled, gaps, differing, oracleDiffering = [] } = report;
  const told = (what: string, found: readonly unknown[]): string[] =>
    found.length === 0 ? [] : [`${application}: ${what}: ${JSON.stringify(found.slice(0, 10))}`];
  return [
    ...told("lost", lost),
    ...told("doubled", doubled),
    ...told("gaps", gaps),
    ...told("states that differ", differing),
    ...told("states that the oracle sees otherwise", oracleDiffering),
  ];
}

/** The interpreter of the tests' oracles, made on first use; undefined where there is no Python. */
export async function oraclePython({ signal }: Bench): Promise<string | undefined> {
  try {
    const script = projectPath("scripts/test-python.sh");
    const { stdout } = await promisify(execFile)("bash", [script], { signal });
    return stdout.trim();
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
