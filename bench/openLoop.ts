import type { Arrivals } from "./arrivals.js";

export interface Sent {
  /** Milliseconds from the start of the run at which the request was meant to be sent. */
  readonly intendedMs: number;
  /** From the intended start to the whole answer. */
  readonly latencyMs: number;
  readonly body: string;
}

export interface OpenLoop {
  readonly arrivals: Arrivals;
  /** Resolves with the answer to the i-th request. */
  readonly send: (i: number) => Promise<string>;
  readonly signal: AbortSignal;
}

/**
 * Requests at given times, whatever the server does with them: latencies count from when a request was meant to start,
 * so that a slow server cannot make its own load lighter (coordinated omission).
 */
export async function runOpenLoop({ arrivals, send, signal }: OpenLoop): Promise<readonly Sent[]> {
  const startMs = performance.now();
  const answers: Promise<Sent>[] = [];
  let nowMs = 0;
  for (const intendedMs of arrivals) {
    // Everything that is due goes in one turn: timers of Node are a millisecond coarse.
    while (intendedMs > nowMs) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, Math.min(5, intendedMs - nowMs)));
      nowMs = sinceMs(startMs);
    }
    const answer = send(answers.length).then((body) => ({
      intendedMs,
      latencyMs: sinceMs(startMs) - intendedMs,
      body,
    }));
    // Awaited below; this keeps an earlier failure from being nobody's.
    answer.catch(() => undefined);
    answers.push(answer);
  }
  return Promise.all(answers);
}

function sinceMs(startMs: number): number {
  return performance.now() - startMs;
}
