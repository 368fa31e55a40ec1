import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";
import { startWrapper } from "./wrapperProcess.js";
import type { WrapperProcess } from "./wrapperProcess.js";

/** The Python of one of the tests' virtual environments, made on first use, unless the command line names one. */
export async function testPython({ signal, settings }: Bench, environment = "light"): Promise<string> {
  if (settings.python !== undefined) return settings.python;
  const script = projectPath("scripts/test-python.sh");
  const { stdout } = await promisify(execFile)("bash", [script, environment], { signal });
  return stdout.trim();
}

/**
 * A wrapper of `wrappers/python` with its defaults, one thread and one worker, in one of the virtual environments of the
 * tests. `args` begin with the framework's name.
 */
export async function startPythonWrapper(
  bench: Bench,
  folder: string,
  name: string,
  args: readonly string[],
  environment?: string,
): Promise<WrapperProcess> {
  return startWrapper(bench, {
    kind: "Python",
    name,
    folder,
    program: await testPython(bench, environment),
    args: ["-m", "skysail_wrapper", ...args],
    env: { PYTHONPATH: projectPath("wrappers/python/src") },
  });
}
