import { EventLog } from "./eventLog.js";
import { ScriptedServer } from "./scriptedServer.js";
import type { ServerScript } from "./scriptedServer.js";
import type { BatchReply, Cancel, Clock } from "../../src/domain/ports.js";
import type { Signature } from "../../src/domain/tensor.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../../src/protocol/grpcOptions.js";
import { ConnectPacer } from "../../src/replicas/connectPacer.js";
import { LinkCounters } from "../../src/replicas/linkCounters.js";
import { LIVENESS_MS } from "../../src/replicas/liveness.js";
import { dialOwn } from "../../src/replicas/dial.js";
import { ReplicaLink } from "../../src/replicas/replicaLink.js";
import type { ReplicaLinkOptions } from "../../src/replicas/replicaLink.js";

const BATCH_TIMEOUT_MS = 60_000;

/** Notes how long a link waits before it tries again, and does not wait: a try follows when the test asks for it. */
export class NotedClock implements Clock {
  readonly delaysMs: number[] = [];
  onWait: (() => void) | undefined;
  timeMs = 0;
  #due: (() => void)[] = [];
  #liveness: (() => void) | undefined;

  nowMs(): number {
    return this.timeMs;
  }

  wallMs(): number {
    return Date.now();
  }

  at(atMs: number, callback: () => void): Cancel {
    const delayMs = atMs - this.timeMs;
    if (delayMs === BATCH_TIMEOUT_MS) return () => undefined;
    if (delayMs === LIVENESS_MS) {
      this.#liveness = callback;
      return () => (this.#liveness = undefined);
    }
    this.delaysMs.push(Math.round(delayMs));
    this.#due.push(callback);
    this.onWait?.();
    return () => void (this.#due = this.#due.filter((due) => due !== callback));
  }

  turnEnd(callback: () => void): void {
    setImmediate(callback);
  }

  /** As if a second had passed since the last time. */
  askLiveness(): void {
    this.#liveness?.();
  }

  /** A second later, so that no connection has to wait for its turn. */
  fire(): void {
    this.timeMs += 1000;
    for (const callback of this.#due.splice(0)) callback();
  }
}

export const ONE_BYTE: Signature = {
  inputs: [{ name: "x", datatype: "UINT8", shape: [] }],
  outputs: [{ name: "y", datatype: "UINT8", shape: [] }],
};

/** A link to a scripted server, and what happens to it in order: `ready`, `waits`, `lost: WHY`, `ID KIND: WHAT`. */
export class LinkRig {
  readonly server: ScriptedServer;
  readonly clock = new NotedClock();
  readonly counters = new LinkCounters();
  readonly replies = new Map<number, BatchReply>();
  /** Default: what the server states. */
  registered: Signature | undefined;
  readonly #log = new EventLog();
  readonly #options: Partial<ReplicaLinkOptions>;
  #link: ReplicaLink | undefined;

  constructor(script: Partial<ServerScript> = {}, options: Partial<ReplicaLinkOptions> = {}) {
    this.server = new ScriptedServer({ signature: ONE_BYTE, ...script });
    this.clock.onWait = () => this.#log.add("waits");
    this.#options = options;
  }

  get link(): ReplicaLink {
    if (this.#link === undefined) throw new Error("not started");
    return this.#link;
  }

  get events(): string[] {
    return this.#log.events;
  }

  /** Resolves when the link is ready, or waits for its next try. */
  async start(): Promise<void> {
    await this.server.start();
    this.#link = new ReplicaLink({
      id: "r",
      model: "m",
      version: 1,
      dial: dialOwn,
      endpoint: this.server.endpoint,
      clock: this.clock,
      random: () => 0.5,
      pacer: new ConnectPacer(this.clock),
      counters: this.counters,
      maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
      batchTimeoutMs: BATCH_TIMEOUT_MS,
      expectedSignature: () => this.registered ?? this.server.signature,
      expectedDigest: () => undefined,
      onReady: () => this.#log.add("ready"),
      onLost: (_, why) => this.#log.add(`lost: ${why}`),
      ...this.#options,
    });
    this.#link.start();
    await this.#log.until(() => this.events.includes("ready") || this.events.includes("waits"));
  }

  note(event: string): void {
    this.#log.add(event);
  }

  happened(event: string, count = 1): Promise<void> {
    return this.#log.until(() => this.events.filter((one) => one === event).length >= count);
  }

  until(holds: () => boolean): Promise<void> {
    return this.#log.until(holds);
  }

  send(id: number, ...values: number[]): void {
    const rows = values.map((value) => [Uint8Array.of(value)]);
    const rowIds = values.map((_, i) => 100 * id + i);
    this.link.send({ id, rows, rowIds, deadlineMs: this.clock.nowMs() + 25 }, (reply) => {
      const what = reply.kind === "rows" ? `${reply.rows.length} rows` : reply.message;
      this.replies.set(id, reply);
      this.#log.add(`${id} ${reply.kind}: ${what}`);
    });
  }

  stop(): void {
    this.#link?.stop();
    this.server.stop();
  }
}
