import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";
import { startWrapper } from "./wrapperProcess.js";
import type { WrapperProcess } from "./wrapperProcess.js";

/** The ONNX wrapper with its defaults: one thread, one worker. */
export function startOnnxWrapper(bench: Bench, folder: string, name: string, file: string): Promise<WrapperProcess> {
  const program = projectPath("dist/wrappers/typescript/onnx/main.js");
  return startWrapper(bench, { kind: "ONNX", name, folder, args: [program, "--file", file] });
}
