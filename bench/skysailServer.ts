import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "./bench.js";
import { endProcess, startChild } from "./childProcess.js";
import { projectPath } from "./projectPath.js";

export interface SkysailServer {
  readonly pid: number;
  readonly origin: string;
  readonly graphqlUrl: string;
  /** Where its inspector listens, if it was asked for. */
  readonly inspectorUrl: string | undefined;
}

/** A folder that goes when the scenario ends. The database's own user must be able to enter it. */
export async function temporaryFolder(bench: Bench): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "skysail-bench-"));
  await bench.cleanup.add(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  return folder;
}

/** The real server with a database of its own, and no application. `settings` are more of its options. */
export async function startSkysail(
  bench: Bench,
  folder: string,
  inspect = false,
  settings: readonly string[] = [],
): Promise<SkysailServer> {
  let inspectorUrl: string | undefined;
  const { pid, ready } = await startChild(bench, {
    name: "the server",
    args: [
      ...(inspect ? ["--inspect=127.0.0.1:0"] : []),
      projectPath("dist/src/main.js"),
      ...options(folder),
      ...settings,
    ],
    ready: (line) => /GraphQL\s+(http\S+)\/graphql/.exec(line)?.[1],
    onLine: (line) => {
      inspectorUrl ??= /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
      if (line.startsWith('{"level"')) bench.progress(`server: ${line}`);
    },
  });
  return { pid, origin: ready, graphqlUrl: `${ready}/graphql`, inspectorUrl };
}

/** As an operator does; resolves when it has ended. */
export function stopSkysail({ pid }: SkysailServer): Promise<void> {
  return endProcess(pid);
}

function options(folder: string): string[] {
  return ["--data-dir", join(folder, "data"), "--port", "0", "--example", "none", "--log-level", "warn"];
}
