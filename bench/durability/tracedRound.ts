import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import type { Bench } from "../bench.js";
import { endProcess, startChild } from "../childProcess.js";
import { runningCluster } from "./embeddedCluster.js";
import { SyncTrace } from "./syncTrace.js";

/** Transactions of the control. */
const CONTROLS = 20;
const CONTROL = "control-";
const CALLS = "recvfrom,sendto,fsync,fdatasync";
/** PostgreSQL receives so many at once. */
const TEXT_BYTES = 8192;

export interface TracedRound {
  /** Flushes of the write-ahead log. */
  readonly syncs: number;
  /** Transactions with observations that were answered. */
  readonly groups: number;
  /** Of them: answered without a flush in between. */
  readonly unsynced: number;
  /** Acknowledged, and in no transaction of the trace. */
  readonly unseen: number;
  /** Of the control's transactions, which do not wait for a flush: those that the trace shows to have none. */
  readonly controlUnsynced: number;
}

/**
 * Follows PostgreSQL's system calls while clients observe: every group that was acknowledged must have been flushed
 * before. Killing processes does not show that, since what they wrote outlives them in the kernel. `observe` gives the keys that
 * were acknowledged. Then the control: transactions with `synchronous_commit` off, in which the same look must find no flush.
 * A text: it was left out, and why.
 */
export async function traceRound(
  bench: Bench,
  folder: string,
  observe: () => Promise<readonly string[]>,
): Promise<TracedRound | string> {
  const { pid, url } = await runningCluster(join(folder, "data"));
  const path = join(folder, "strace");
  const tracer = await attach(bench, [pid, ...childrenOf(pid)], path).catch((error: unknown) => String(error));
  if (typeof tracer === "string") return tracer;
  const acknowledged = await observe();
  await control(url);
  await endProcess(tracer);
  const trace = new SyncTrace();
  for await (const line of createInterface({ input: createReadStream(path) })) trace.add(line);
  const isControl = (keys: readonly string[]): boolean => keys.some((key) => key.startsWith(CONTROL));
  const groups = trace.groups.filter(({ keys }) => !isControl(keys));
  const seen = new Set(groups.flatMap(({ keys }) => keys));
  return {
    syncs: trace.syncs,
    groups: groups.length,
    unsynced: groups.filter(({ isSynced }) => !isSynced).length,
    unseen: acknowledged.filter((key) => !seen.has(key)).length,
    controlUnsynced: trace.groups.filter(({ keys, isSynced }) => isControl(keys) && !isSynced).length,
  };
}

/** Resolves with its process id when it follows all of them, and with them whoever they start. */
async function attach(bench: Bench, pids: readonly number[], path: string): Promise<number> {
  const following = pids.flatMap((pid) => ["-p", String(pid)]);
  let attached = 0;
  const { pid } = await startChild(bench, {
    name: "strace",
    program: "strace",
    args: ["-f", "-ttt", "-T", "-y", "-s", String(TEXT_BYTES), "-e", `trace=${CALLS}`, "-o", path, ...following],
    ready: (line) => {
      if (/Process \d+ attached/.test(line)) attached += 1;
      return attached === pids.length ? true : undefined;
    },
  });
  return pid;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

async function control(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql`create table flush_control (row jsonb)`;
    for (let i = 0; i < CONTROLS; i++) {
      await sql.begin(async (tx) => {
        await tx`set local synchronous_commit = off`;
        await tx`insert into flush_control values (${JSON.stringify({ key: `${CONTROL}${i}` })}::text::jsonb)`;
      });
      // One flush in the background may cover several that come together.
      await delay(5);
    }
    await sql`drop table flush_control`;
  } finally {
    await sql.end();
  }
}
