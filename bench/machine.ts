import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { projectPath } from "./projectPath.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly memoryGiB: number;
}

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    node: process.version,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** `-dirty` when the figures are of code that no commit holds. */
export function commit(): string {
  try {
    const head = git("rev-parse", "HEAD");
    return git("status", "--porcelain") === "" ? head : `${head}-dirty`;
  } catch {
    return "unknown";
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, {
    cwd: projectPath(""),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}
