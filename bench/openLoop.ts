import { Agent, request } from "node:http";
import type { Random } from "../src/domain/ports.js";
import { exponential } from "./simulation/seededRandom.js";

export interface Sent {
  /** Milliseconds from the start of the run at which the request was meant to be sent. */
  readonly intendedMs: number;
  /** From the intended start to the whole answer. */
  readonly latencyMs: number;
  readonly body: string;
}

export interface OpenLoop {
  readonly url: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly random: Random;
  /** The body of the i-th request. */
  readonly bodyOf: (i: number) => string;
  readonly signal: AbortSignal;
}

const MAX_SOCKETS = 1024;

/**
 * Poisson arrivals at a constant rate, whatever the server does with them: latencies count from when a request was
 * meant to start, so that a slow server cannot make its own load lighter (coordinated omission).
 */
export async function runOpenLoop(load: OpenLoop): Promise<readonly Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const startMs = performance.now();
  const answers: Promise<Sent>[] = [];
  let intendedMs = 0;
  while (intendedMs < load.seconds * 1000) {
    load.signal.throwIfAborted();
    const dueMs = performance.now() - startMs;
    // Everything that is due goes in one turn: timers of Node are a millisecond coarse.
    while (intendedMs <= dueMs && intendedMs < load.seconds * 1000) {
      answers.push(send(agent, load, answers.length, startMs, intendedMs));
      intendedMs += (exponential(load.random) * 1000) / load.ratePerSecond;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(5, Math.max(0, intendedMs - dueMs))));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}

function send(agent: Agent, { url, bodyOf }: OpenLoop, i: number, startMs: number, intendedMs: number): Promise<Sent> {
  const body = bodyOf(i);
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ intendedMs, latencyMs: performance.now() - startMs - intendedMs, body: text }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
