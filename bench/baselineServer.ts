import type { Bench } from "./bench.js";
import { startChild } from "./childProcess.js";
import { projectPath } from "./projectPath.js";

export interface BaselineServer {
  readonly pid: number;
  readonly url: string;
}

/** `answer` is JSON: what every request is answered with. */
export async function startBaseline(bench: Bench, answer: string): Promise<BaselineServer> {
  const { pid, ready } = await startChild(bench, {
    name: "the baseline server",
    args: [projectPath("dist/bench/bareServer.js"), answer],
    ready: (line) => /^listening (\S+)/.exec(line)?.[1],
  });
  return { pid, url: ready };
}
