import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawEventResponse } from "../../src/graphql/eventStream.js";
import { eventsIn } from "./eventReader.js";
import type { ReadEvent } from "./eventReader.js";

/** The server's end of an answer in events, whose client is the test. */
export class FakeEventResponse extends EventEmitter implements RawEventResponse {
  destroyed = false;
  writableEnded = false;
  writableLength = 0;
  headersSent = false;
  statusCode = 200;
  text = "";
  /** The client reads: what is sent leaves at once. */
  reads = true;
  readonly headers: Record<string, string> = {};
  #held: (() => void)[] = [];

  get events(): readonly ReadEvent[] {
    return eventsIn(this.text);
  }

  /** What was told, in order. */
  get told(): readonly unknown[] {
    return this.events.flatMap(({ event, data }) =>
      event === "next" ? [(data as { data: { metrics: unknown } | null }).data?.metrics] : [],
    );
  }

  /** As node:http's own, of which a front uses no more than this. */
  get raw(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.statusCode = status;
    this.headersSent = true;
    Object.assign(this.headers, headers);
  }

  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  write(text: string, sent: (error?: Error | null) => void): void {
    this.text += text;
    if (this.reads) return sent();
    this.writableLength += text.length;
    this.#held.push(sent);
  }

  /** Takes all that was held back. */
  drain(): void {
    this.writableLength = 0;
    for (const sent of this.#held.splice(0)) sent();
  }

  end(text = ""): void {
    this.text += text;
    this.headersSent = true;
    this.writableEnded = true;
    this.#close();
  }

  destroy(): void {
    this.destroyed = true;
    this.#close();
  }

  #close(): void {
    this.drain();
    this.emit("close");
  }
}

export function fakeRequest(authorization?: string, method = "POST"): IncomingMessage {
  const headers = { accept: "text/event-stream", ...(authorization !== undefined && { authorization }) };
  return { method, headers, socket: { remoteAddress: "" } } as unknown as IncomingMessage;
}
