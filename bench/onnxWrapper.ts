import { join } from "node:path";
import type { Bench } from "./bench.js";
import { startChild } from "./childProcess.js";
import type { NoopWrapper } from "./noopWrapper.js";
import { projectPath } from "./projectPath.js";

/** The ONNX wrapper with its defaults: one thread, one worker. Resolves when it has warmed up. */
export async function startOnnxWrapper(bench: Bench, folder: string, name: string, file: string): Promise<NoopWrapper> {
  const listen = `unix:${join(folder, `${name}.sock`)}`;
  const program = projectPath("dist/wrappers/typescript/onnx/main.js");
  const { pid, ready } = await startChild(bench, {
    name: `the ONNX wrapper ${name}`,
    args: [program, "--listen", listen, "--name", name, "--file", file, "--exit-with-stdin"],
    ready: (line) => (line.startsWith('{"listening"') ? listen : undefined),
  });
  return { pid, endpoint: ready };
}
