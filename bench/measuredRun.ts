import { cpuTime } from "./cpuTime.js";
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
}

export interface Measured {
  readonly serverPid: number;
  readonly wrapperPid: number | undefined;
}

/** One wrk run with what it cost the processes behind it. */
export async function measureRun({ serverPid, wrapperPid }: Measured, spec: LoadSpec, signal: AbortSignal): Promise<Run> {
  const startMs = performance.now();
  const server = cpuTime(serverPid);
  const wrapper = wrapperPid === undefined ? undefined : cpuTime(wrapperPid);
  const load = await runWrk(spec, signal);
  const serverAfter = cpuTime(serverPid);
  const wrapperAfter = wrapperPid === undefined ? undefined : cpuTime(wrapperPid);
  const wallSeconds = (performance.now() - startMs) / 1000;
  const microseconds = (from: number, to: number): number => ((to - from) / load.requests) * 1e6;
  return {
    load,
    perSecond: load.requests / load.seconds,
    serverMicroseconds: microseconds(server.processSeconds, serverAfter.processSeconds),
    wrapperMicroseconds: microseconds(wrapper?.processSeconds ?? 0, wrapperAfter?.processSeconds ?? 0),
    // Over the time that wrk ran, its own start included: rather too little than too much.
    serverBusy: (serverAfter.mainThreadSeconds - server.mainThreadSeconds) / wallSeconds,
  };
}
