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

/** Fields 14 and 15 of proc_pid_stat(5), counted from behind the name, which may hold anything. */
function secondsIn(path: string): number {
  const text = readFileSync(path, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
