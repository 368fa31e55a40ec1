import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";
import { startWrapper } from "./wrapperProcess.js";
import type { WrapperProcess } from "./wrapperProcess.js";

export const WIDTH = 8;

/**
 * A wrapper whose model answers each row's first element: everything measured is the way there and back, unless
 * `service` has options that give it a service time.
 */
export function startNoopWrapper(
  bench: Bench,
  folder: string,
  service: readonly string[] = [],
  name = "noop",
  socket = name,
): Promise<WrapperProcess> {
  const program = projectPath("dist/wrappers/typescript/noop/main.js");
  const args = [program, "--width", String(WIDTH), ...service];
  return startWrapper(bench, { kind: "no-op", name, socket, folder, args });
}
