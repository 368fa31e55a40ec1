import { cpuTime, endedChildrenSeconds, machineSeconds } from "./cpuTime.js";
import { runWrk } from "./wrk.js";
import type { Load, LoadSpec } from "./wrk.js";

export interface Run {
  readonly load: Load;
  readonly perSecond: number;
  /** CPU of the server process for a request, all its threads. */
  readonly serverMicroseconds: number;
  /** The same of the wrapper process; 0 without one. */
  readonly wrapperMicroseconds: number;
  /** Share of one core that the server's main thread used. */
  readonly serverBusy: number;
  /** Cores that processes with no part in the measurement used meanwhile. */
  readonly othersBusy: number;
}

export interface Measured {
  readonly serverPid: number;
  readonly wrapperPid: number | undefined;
}

/** One wrk run with what it cost the processes behind it. */
export async function measureRun(measured: Measured, spec: LoadSpec, signal: AbortSignal): Promise<Run> {
  const before = snapshot(measured);
  const load = await runWrk(spec, signal);
  const after = snapshot(measured);
  const spent = (of: keyof Snapshot): number => after[of] - before[of];
  // The time in which wrk starts counts too: rather too little busy than too much.
  const shareOfTime = (seconds: number): number => seconds / spent("wall");
  return {
    load,
    perSecond: load.requests / load.seconds,
    serverMicroseconds: (spent("server") / load.requests) * 1e6,
    wrapperMicroseconds: (spent("wrapper") / load.requests) * 1e6,
    serverBusy: shareOfTime(spent("serverMain")),
    othersBusy: Math.max(0, shareOfTime(spent("machine") - spent("server") - spent("wrapper") - spent("generator"))),
  };
}

/** All in seconds. */
type Snapshot = Readonly<Record<"wall" | "server" | "serverMain" | "wrapper" | "generator" | "machine", number>>;

function snapshot({ serverPid, wrapperPid }: Measured): Snapshot {
  const server = cpuTime(serverPid);
  return {
    wall: performance.now() / 1000,
    server: server.processSeconds,
    serverMain: server.mainThreadSeconds,
    wrapper: wrapperPid === undefined ? 0 : cpuTime(wrapperPid).processSeconds,
    generator: endedChildrenSeconds(),
    machine: machineSeconds(),
  };
}
