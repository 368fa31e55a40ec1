import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signature } from "../../src/domain/tensor.js";
import { ROOT } from "./pythonEnvironment.js";
import { pythonPath } from "./pythonWrapper.js";

/** A model that a framework trained and saved, and what the framework itself answers to rows when called directly. */
export interface FrameworkCase {
  readonly name: string;
  readonly framework: string;
  readonly version: string;
  /** For `skysail-wrapper FRAMEWORK`. */
  readonly args: readonly string[];
  readonly artefactSha256: string;
  /** What the metadata calls its classes; null: nothing. */
  readonly labels: readonly string[] | null;
  /** Whether the whole contract is tested with it, not agreement alone. */
  readonly whole: boolean;
  readonly signature: Signature;
  /** Per row, each tensor's packed bytes. */
  readonly inputs: readonly Buffer[][];
  readonly outputs: readonly Buffer[][];
}

interface CaseLine extends Omit<FrameworkCase, "inputs" | "outputs"> {
  readonly inputs: readonly (readonly string[])[];
  readonly outputs: readonly (readonly string[])[];
}

/** Trains and saves the models of test/frameworks/SCRIPT_cases.py; they are gone with the process. */
export function frameworkCases(python: string, script: string): readonly FrameworkCase[] {
  const folder = mkdtempSync(join(tmpdir(), "skysail-framework-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const out = execFileSync(python, [`test/frameworks/${script}_cases.py`, folder], {
    cwd: ROOT,
    env: pythonPath(),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CaseLine)
    .map((line) => ({ ...line, inputs: byRow(line.inputs), outputs: byRow(line.outputs) }));
}

function byRow(tensors: readonly (readonly string[])[]): readonly Buffer[][] {
  return (tensors[0] ?? []).map((_, row) => tensors.map((rows) => Buffer.from(rows[row] ?? "", "base64")));
}
