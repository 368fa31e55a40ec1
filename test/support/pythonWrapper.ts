import { join } from "node:path";
import { ROOT } from "./pythonEnvironment.js";
import type { WrapperCommand } from "./wrapperProcess.js";

/** The package as it lies here: what installing it would put on the path. */
const PACKAGE = join(ROOT, "wrappers/python/src");

/** A wrapper's own file, served by a Python of the tests. */
export function pythonScript(python: string, script: string, ...args: string[]): WrapperCommand {
  return { command: python, args: [script, ...args], env: pythonPath() };
}

/** `skysail-wrapper FRAMEWORK ...`. */
export function pythonWrapper(python: string, framework: string, ...args: string[]): WrapperCommand {
  return { command: python, args: ["-m", "skysail_wrapper", framework, ...args], env: pythonPath() };
}

/** Without bytecode in the source tree. */
export function pythonPath(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: "1" };
}
