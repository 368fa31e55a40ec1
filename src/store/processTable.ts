import { readFileSync, readdirSync, readlinkSync } from "node:fs";

/**
 * When the process began, in a form that no other process with the same id shares: ids are reused, also by the first
 * process of the next container, so the boot and the start tick go with it. Undefined when there is no such process,
 * or when only its exit status is left (a zombie, as where a container's first process never reaps).
 */
export function processStart(pid: number): string | undefined {
  if (process.platform !== "linux") return signalReaches(pid) ? "running" : undefined;
  try {
    // After the command, which may itself hold blanks and brackets: the state is field 3, the start tick field 22.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The folder a process works in; undefined when it is gone or not ours to see. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Processes that work in `folder`. Every PostgreSQL process enters its cluster's folder, also one that lost its parent. */
export function processesIn(folder: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => workingFolder(pid) === folder);
}
