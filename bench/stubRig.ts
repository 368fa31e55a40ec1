import { setUpApplication } from "./application.js";
import type { Served } from "./application.js";
import { poisson } from "./arrivals.js";
import type { Arrivals } from "./arrivals.js";
import type { Bench } from "./bench.js";
import { HttpSender } from "./httpSender.js";
import { startNoopWrapper, WIDTH } from "./noopWrapper.js";
import type { WrapperProcess } from "./wrapperProcess.js";
import { runOpenLoop } from "./openLoop.js";
import type { Sent } from "./openLoop.js";
import { PREDICT } from "./operations.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import type { SkysailServer } from "./skysailServer.js";

export const SLO_MS = 100;
/** Serial batches of 10 + 2 rows ms: 20 rows take half of the objective. */
export const CAPACITY = 400;
export const STUB = ["--latency-line", "10,2"];
export const NOISY_STUB = [...STUB, "--noise", "0.08", "--stall", "0.01,3"];

export interface StubRig {
  readonly server: SkysailServer;
  /** Starts a stub (again, if it has ended) without an application; `socket` tells replicas of one model apart. */
  readonly startStub: (name: string, service?: readonly string[], socket?: string) => Promise<WrapperProcess>;
  /** A stub with an application, both of this name. */
  readonly serveStub: (
    name: string,
    service?: readonly string[],
    settings?: Served["settings"],
    sloMs?: number,
  ) => Promise<WrapperProcess>;
  /** Sends queries to an application. Every input is another one, so that no cache helps. */
  readonly offer: (name: string, arrivals: Arrivals, how?: Offering) => Promise<readonly Sent[]>;
  /** Poisson arrivals at so many times the capacity, from a seed that never repeats within a scenario. */
  readonly load: (share: number, seconds: number) => Arrivals;
}

export interface Offering {
  /** Of a query that is refused. Default 1. */
  readonly attempts?: number | undefined;
  /** An API key. */
  readonly key?: string | undefined;
}

/** A server for stubs with a given service time, under an open loop. */
export async function startStubRig(bench: Bench, inspect = false, settings: readonly string[] = []): Promise<StubRig> {
  const folder = await temporaryFolder(bench);
  const server = await startSkysail(bench, folder, inspect, settings);
  const startStub: StubRig["startStub"] = (name, service = STUB, socket = name) =>
    startNoopWrapper(bench, folder, service, name, socket);
  let seed = 0;
  return {
    server,
    startStub,
    serveStub: async (name, service, settings = {}, sloMs = SLO_MS) => {
      const wrapper = await startStub(name, service);
      await setUpApplication(server.graphqlUrl, { name, endpoint: wrapper.endpoint, sloMs, settings });
      return wrapper;
    },
    offer: offering(bench, server.graphqlUrl),
    load: (share, seconds) => poisson(share * CAPACITY, seconds, seededRandom((seed += 1))),
  };
}

function offering({ signal }: Bench, url: string): StubRig["offer"] {
  let input = 0;
  const bodyOf = (application: string): string => {
    const values = Array.from({ length: WIDTH }, (_, i) => (i === 0 ? (input += 1) : i));
    return JSON.stringify({ query: PREDICT.toString(), variables: { input: { application, input: { values } } } });
  };
  return async (name, arrivals, { attempts = 1, key } = {}) => {
    const sender = new HttpSender(url, key);
    const send = async (): Promise<string> => {
      const body = bodyOf(name);
      let answer = await sender.post(body);
      // At once, as a client does that makes an overload worse.
      for (let i = 1; i < attempts && isRefused(answer); i++) answer = await sender.post(body);
      return answer;
    };
    return runOpenLoop({ arrivals, send, signal }).finally(() => sender.close());
  };
}

export function isAnswer(body: string): boolean {
  return body.includes('"source":"MODEL"');
}

export function isRefused(body: string): boolean {
  return body.includes('"code":"OVERLOADED"');
}

/** Answered by the model within the objective. */
export function isGood({ body, latencyMs }: Sent): boolean {
  return isAnswer(body) && latencyMs <= SLO_MS;
}

/** Of those that were answered by the model. */
export function latenciesOf(sent: readonly Sent[]): number[] {
  return sent.filter(({ body }) => isAnswer(body)).map(({ latencyMs }) => latencyMs);
}

/** Good answers a second that ended within an interval of the run. */
export function goodPerSecond(sent: readonly Sent[], fromMs: number, toMs: number): number {
  const endsWithin = ({ intendedMs, latencyMs }: Sent): boolean =>
    intendedMs + latencyMs >= fromMs && intendedMs + latencyMs < toMs;
  return (sent.filter((one) => endsWithin(one) && isGood(one)).length * 1000) / (toMs - fromMs);
}

const WINDOW_MS = 500;
const STEP_MS = 100;

/** Seconds from `fromMs` to the first half second for which something holds; infinite when none does until `toMs`. */
export function secondsUntil(fromMs: number, toMs: number, holds: (fromMs: number, toMs: number) => boolean): number {
  for (let startMs = fromMs; startMs + WINDOW_MS <= toMs; startMs += STEP_MS) {
    if (holds(startMs, startMs + WINDOW_MS)) return (startMs - fromMs) / 1000;
  }
  return Infinity;
}
