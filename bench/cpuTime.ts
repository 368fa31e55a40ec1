import { readFileSync } from "node:fs";

/** The kernel counts in these ticks for every architecture (USER_HZ). */
const TICKS_PER_SECOND = 100;

export interface CpuTime {
  /** Of all threads, user and system. */
  readonly processSeconds: number;
  /** Of the main thread, where JavaScript runs: a server is saturated when this is near the time that passed. */
  readonly mainThreadSeconds: number;
}

export function cpuTime(pid: number): CpuTime {
  return {
    processSeconds: secondsIn(`/proc/${pid}/stat`),
    mainThreadSeconds: secondsIn(`/proc/${pid}/task/${pid}/stat`),
  };
}

/** CPU of the children of this process that have ended, such as load generators. */
export function endedChildrenSeconds(): number {
  return secondsIn("/proc/self/stat", 13);
}

/** CPU of everything on this machine, and what its host gave to others meanwhile (steal). */
export function machineSeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

/** Two fields of proc_pid_stat(5), by default utime and stime, counted from behind the name, which may hold anything. */
function secondsIn(path: string, first = 11): number {
  const text = readFileSync(path, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
}
