import type { BatchReply, Clock, RowReply } from "../../src/domain/ports.js";
import type { Signature } from "../../src/domain/tensor.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../../src/protocol/grpcOptions.js";
import { ConnectPacer } from "../../src/replicas/connectPacer.js";
import { LinkCounters } from "../../src/replicas/linkCounters.js";
import { dialOwn } from "../../src/replicas/dial.js";
import { ReplicaLink } from "../../src/replicas/replicaLink.js";
import type { ReplicaLinkOptions } from "../../src/replicas/replicaLink.js";
import { until } from "./ownProcesses.js";

const clock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  at: (atMs, callback) => {
    const timer = setTimeout(callback, atMs - performance.now());
    return () => clearTimeout(timer);
  },
  turnEnd: (callback) => void setImmediate(callback),
};
const pacer = new ConnectPacer(clock);

/** A link of this process, on the real clock, to a wrapper that echoes rows of FP32 numbers. */
export class LiveLink {
  readonly link: ReplicaLink;
  readonly counters = new LinkCounters();
  /** Why the link was lost, in order, and how long it then waits. */
  readonly losses: { readonly why: string; readonly retryInMs: number | undefined }[] = [];
  readies = 0;
  readonly #width: number;
  #batches = 0;

  constructor(endpoint: string, width = 1, options: Partial<ReplicaLinkOptions> = {}) {
    const tensor = (name: string) => ({ name, datatype: "FP32" as const, shape: [width] });
    const signature: Signature = { inputs: [tensor("x")], outputs: [tensor("y")] };
    this.#width = width;
    this.link = new ReplicaLink({
      id: endpoint,
      model: "stub",
      version: 1,
      dial: dialOwn,
      endpoint,
      clock,
      random: Math.random,
      pacer,
      counters: this.counters,
      maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
      batchTimeoutMs: 10_000,
      expectedSignature: () => signature,
      expectedDigest: () => undefined,
      onReady: () => (this.readies += 1),
      onLost: (link, why) => void this.losses.push({ why, retryInMs: link.retryInMs }),
      ...options,
    });
    this.link.start();
  }

  async ready(): Promise<void> {
    await until(`a link to ${this.link.endpoint} (${this.link.problem})`, () => this.link.phase === "READY");
  }

  /** Sends rows whose elements are all their own number. */
  send(...numbers: number[]): Promise<BatchReply> {
    this.#batches += 1;
    const rows = numbers.map((number) => [packed(new Float32Array(this.#width).fill(number))]);
    const rowIds = numbers.map((_, i) => this.#batches * 1000 + i);
    const batch = { id: this.#batches, rows, rowIds, deadlineMs: clock.nowMs() + 10_000 };
    return new Promise((resolve) => this.link.send(batch, resolve));
  }
}

export type Verdict = "RIGHT" | "WRONG" | "lost" | "failed";

/** Whether a reply to `send` is what was sent, all of it. */
export function verdictOf(reply: BatchReply, numbers: readonly number[]): Verdict {
  if (reply.kind !== "rows") return reply.kind;
  const right = (row: RowReply, i: number): boolean => {
    if (row.kind !== "output") return false;
    const bytes = Buffer.from(row.output[0] as Uint8Array);
    return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at)).every(
      (x) => x === numbers[i],
    );
  };
  return reply.rows.length === numbers.length && reply.rows.every(right) ? "RIGHT" : "WRONG";
}

function packed(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}
