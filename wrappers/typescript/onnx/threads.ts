import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Signature } from "../../../src/domain/tensor.js";
import { messageOf } from "../../../src/domain/messageOf.js";
import type { Outputs } from "../sdk/model.js";
import { createSessionRunner, type InputData, type Runner, type SessionOptions } from "./runner.js";

interface RunMessage {
  readonly rows: number;
  readonly inputs: readonly InputData[];
  readonly wanted: readonly string[];
}

type ThreadMessage =
  | { readonly kind: "ready"; readonly signature: Signature }
  | { readonly kind: "outputs"; readonly outputs: Outputs }
  | { readonly kind: "failed"; readonly message: string };

/** As many sessions as threads; the caller keeps at most that many batches in flight. */
export async function createThreadRunner(options: SessionOptions, count: number): Promise<Runner> {
  const threads = await Promise.all(Array.from({ length: count }, () => SessionThread.start(options)));
  const free = [...threads];
  return {
    signature: (threads[0] as SessionThread).signature,
    async run(rows, inputs, wanted) {
      const thread = free.pop();
      if (thread === undefined) throw new Error(`more than ${count} batches at once`);
      try {
        return await thread.run(rows, inputs, wanted);
      } finally {
        free.push(thread);
      }
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

class SessionThread {
  readonly signature: Signature;
  readonly #worker: Worker;

  private constructor(worker: Worker, signature: Signature) {
    this.#worker = worker;
    this.signature = signature;
  }

  static async start(options: SessionOptions): Promise<SessionThread> {
    const worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: options });
    const message = await nextMessage(worker);
    if (message.kind !== "ready") throw new Error(message.kind === "failed" ? message.message : "unexpected message");
    // A thread that dies (out of memory in native code) leaves nothing to serve with: the launcher starts anew.
    worker.on("exit", (code) => {
      if (code !== 0) process.exit(1);
    });
    return new SessionThread(worker, message.signature);
  }

  async run(rows: number, inputs: readonly InputData[], wanted: readonly string[]): Promise<Outputs> {
    const copies = inputs.map((input) => (ArrayBuffer.isView(input) ? input.slice() : input));
    const buffers = copies.flatMap((copy) => (ArrayBuffer.isView(copy) ? [copy.buffer] : []));
    const reply = nextMessage(this.#worker);
    this.#worker.postMessage({ rows, inputs: copies, wanted } satisfies RunMessage, buffers);
    const message = await reply;
    if (message.kind === "outputs") return message.outputs;
    throw new Error(message.kind === "failed" ? message.message : "unexpected message");
  }

  /** Asked, not terminated: ending a thread inside native code crashes the process. */
  async close(): Promise<void> {
    this.#worker.postMessage("close");
    await new Promise((resolve) => this.#worker.once("exit", resolve));
  }
}

function nextMessage(worker: Worker): Promise<ThreadMessage> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ThreadMessage): void => {
      worker.off("error", onError);
      resolve(message);
    };
    const onError = (error: Error): void => {
      worker.off("message", onMessage);
      reject(error);
    };
    worker.once("message", onMessage);
    worker.once("error", onError);
  });
}

/** The body of a thread: one session, one batch after another. */
export async function serveThread(): Promise<void> {
  const reply = (message: ThreadMessage): void => parentPort?.postMessage(message);
  try {
    const runner = await createSessionRunner(workerData as SessionOptions);
    parentPort?.on("message", (message: RunMessage | "close") => {
      if (message === "close") {
        void runner.close().finally(() => parentPort?.close());
        return;
      }
      runner.run(message.rows, message.inputs, message.wanted).then(
        (outputs) => reply({ kind: "outputs", outputs }),
        (error: unknown) => reply({ kind: "failed", message: messageOf(error) }),
      );
    });
    reply({ kind: "ready", signature: runner.signature });
  } catch (error) {
    reply({ kind: "failed", message: messageOf(error) });
  }
}
