import { join } from "node:path";
import type { Bench } from "./bench.js";
import { startChild } from "./childProcess.js";
import { projectPath } from "./projectPath.js";

export const WIDTH = 8;

export interface NoopWrapper {
  readonly pid: number;
  /** `unix:/path` */
  readonly endpoint: string;
}

/**
 * A wrapper whose model answers each row's first element: everything measured is the way there and back, unless
 * `service` has options that give it a service time.
 */
export async function startNoopWrapper(
  bench: Bench,
  folder: string,
  service: readonly string[] = [],
  name = "noop",
  socket = name,
): Promise<NoopWrapper> {
  const listen = `unix:${join(folder, `${socket}.sock`)}`;
  const program = projectPath("dist/wrappers/typescript/noop/main.js");
  const { pid, ready } = await startChild(bench, {
    name: `the no-op wrapper ${name}`,
    args: [program, "--listen", listen, "--name", name, "--width", String(WIDTH), "--exit-with-stdin", ...service],
    ready: (line) => (line.startsWith('{"listening"') ? listen : undefined),
  });
  return { pid, endpoint: ready };
}
