import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import type { Cancel, Clock } from "../domain/ports.js";

/** What is used of a response of node:http. */
export interface RawEventResponse {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  /** Bytes that are waiting to be sent. */
  readonly writableLength: number;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  write(text: string, sent: (error?: Error | null) => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** As it is sent: errors worded for the caller. */
export type FormattedResult = Omit<ExecutionResult, "errors"> & {
  readonly errors?: readonly GraphQLFormattedError[];
};

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Of proxies that would collect what they are sent (nginx).
  "x-accel-buffering": "no",
};
const PING_EVERY_MS = 20_000;
/** Browsers show nothing before a first byte. A comment (HTML standard, server-sent events, 9.2.6) is no event. */
const COMMENT = ":\n\n";
/** As with websockets: who reads nothing for so long, or leaves so much unread, is cut. */
const DRAIN_WITHIN_MS = 10_000;
const MAX_UNREAD_BYTES = 2 ** 20;

/**
 * One response of server-sent events, in the words of graphql-sse's protocol ("distinct connections mode"). An event is
 * sent when it has left this process, so that who sends several waits for a slow reader; one who stops reading is cut.
 */
export class EventStream {
  readonly #response: RawEventResponse;
  readonly #clock: Clock;
  #unsent = 0;
  #drainedMs = 0;
  #hasBegun = false;
  #cancelPing: Cancel | undefined;
  #cancelDrain: Cancel | undefined;

  constructor(response: RawEventResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
  }

  /** From now on there are events. */
  begin(): void {
    if (this.#isOver || this.#hasBegun) return;
    this.#hasBegun = true;
    this.#response.writeHead(200, HEAD);
    void this.#write(COMMENT);
    this.#pingLater();
  }

  /** Resolves when it is on its way, or there is nobody any more. */
  next(result: FormattedResult): Promise<void> {
    return this.#write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
  }

  /** There is no more, and the client need not come again. */
  complete(): void {
    void this.#write("event: complete\ndata:\n\n");
    this.end();
  }

  /** Without completion: clients come again, here or elsewhere. */
  end(): void {
    this.stop();
    if (!this.#isOver) this.#response.end();
  }

  /** The response has closed. */
  stop(): void {
    this.#cancelPing?.();
    this.#cancelDrain?.();
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  #write(text: string): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (this.#unsent === 0) this.#drainedMs = this.#clock.nowMs();
    this.#unsent += 1;
    const sent = new Promise<void>((resolve) => {
      // What could not be sent closes the response, which is heard of there.
      this.#response.write(text, () => {
        this.#unsent -= 1;
        this.#drainedMs = this.#clock.nowMs();
        resolve();
      });
    });
    this.#cancelDrain ??= this.#checkDrainAt(this.#drainedMs + DRAIN_WITHIN_MS);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#cut();
    return sent;
  }

  #cut(): void {
    this.stop();
    this.#response.destroy();
  }

  /** One alarm for many events: it looks when the last of them left. */
  #checkDrainAt(atMs: number): Cancel {
    return this.#clock.at(atMs, () => {
      this.#cancelDrain = undefined;
      if (this.#unsent === 0) return;
      const dueMs = this.#drainedMs + DRAIN_WITHIN_MS;
      if (this.#clock.nowMs() >= dueMs) this.#cut();
      else this.#cancelDrain = this.#checkDrainAt(dueMs);
    });
  }

  #pingLater(): void {
    this.#cancelPing = this.#clock.at(this.#clock.nowMs() + PING_EVERY_MS, () => {
      if (this.#unsent === 0) void this.#write(COMMENT);
      this.#pingLater();
    });
  }
}
