import { EventEmitter } from "node:events";
import type { RawWebsocket } from "../../src/graphql/websocketLink.js";

export interface SentMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** The server's end of a websocket, whose client is the test. */
export class FakeWebsocket extends EventEmitter implements RawWebsocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: SentMessage[] = [];
  pings = 0;
  closes: (readonly [code: number, reason: string])[] = [];
  terminated = false;
  readonly protocol: string;
  /** The client reads: what is sent leaves at once. */
  reads = true;
  #held: ((error?: Error | null) => void)[] = [];

  constructor(protocol = "graphql-transport-ws") {
    super();
    this.protocol = protocol;
  }

  /** Close codes, in order. */
  get codes(): readonly number[] {
    return this.closes.map(([code]) => code);
  }

  get types(): readonly string[] {
    return this.sent.map(({ type }) => type);
  }

  send(data: string, sent: (error?: Error | null) => void): void {
    this.sent.push(JSON.parse(data) as SentMessage);
    if (this.reads) return sent();
    this.bufferedAmount += data.length;
    this.#held.push(sent);
  }

  /** Takes so many of what was held back. */
  drain(messages: number): void {
    for (const sent of this.#held.splice(0, messages)) sent();
    if (this.#held.length === 0) this.bufferedAmount = 0;
  }

  ping(): void {
    this.pings += 1;
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
    this.readyState = 2;
  }

  terminate(): void {
    this.terminated = true;
    this.gone(1006);
  }

  /** The connection has ended. */
  gone(code = this.codes[0] ?? 1000): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    for (const sent of this.#held.splice(0)) sent(new Error("closed"));
    this.emit("close", code, Buffer.from(""));
  }

  /** The client says something; resolves when what comes of it at once has come. */
  async says(message: unknown): Promise<void> {
    this.emit("message", typeof message === "string" ? message : JSON.stringify(message));
    await settled();
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
