import { parentPort, Worker } from "node:worker_threads";

/**
 * Sleeps to within some tens of microseconds without using a core. A timer of the event loop is up to 1 ms late,
 * which is as long as what a stub is asked to imitate; a blocked thread wakes on time.
 */
export class Sleeper {
  readonly #worker: Worker;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#worker = new Worker(new URL("./sleeperThread.js", import.meta.url));
    this.#worker.on("message", () => this.#waiting.shift()?.());
    this.#worker.unref();
  }

  /** Settles `ms` after the call, or after the sleep before it: one at a time, in order. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      // The absolute time, so that the way into the thread is part of the sleep.
      this.#worker.postMessage(wallMs() + ms);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The body of the thread. */
export function sleepOnMessages(): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  parentPort?.on("message", (untilMs: number) => {
    const leftMs = untilMs - wallMs();
    if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
    parentPort?.postMessage(0);
  });
}

/** Comparable between threads, whose `performance.now()` start at different times. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
