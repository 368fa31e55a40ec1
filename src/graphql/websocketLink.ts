import type { Cancel, Clock } from "../domain/ports.js";

/** What is used of a websocket of the package `ws`. */
export interface RawWebsocket {
  readonly protocol: string;
  readonly readyState: number;
  readonly OPEN: number;
  /** Bytes that are waiting to be sent. */
  readonly bufferedAmount: number;
  send(data: string, sent: (error?: Error | null) => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "message", callback: (data: unknown) => void): unknown;
  on(event: "ping" | "pong" | "error", callback: () => void): unknown;
  once(event: "close", callback: (code: number, reason: Buffer) => void): unknown;
}

export interface WebsocketLinkOptions {
  readonly socket: RawWebsocket;
  readonly clock: Clock;
  readonly logDefect: (error: unknown) => void;
}

export const CLOSE = {
  goingAway: { code: 1001, reason: "Going away" },
  tooSlow: { code: 1013, reason: "Try again later: what was sent is not read" },
  badMessage: { code: 4400, reason: "Invalid message received" },
  forbidden: { code: 4403, reason: "Forbidden" },
  initTimeout: { code: 4408, reason: "Connection initialisation timeout" },
  defect: { code: 4500, reason: "Internal server error" },
} as const;
export type CloseReason = { readonly code: number; readonly reason: string };

const INIT_WITHIN_MS = 3000;
const PING_EVERY_MS = 20_000;
/** A client that reads nothing for so long, or leaves so much unread, is closed. */
const DRAIN_WITHIN_MS = 10_000;
const MAX_BUFFERED_BYTES = 2 ** 20;
/** To read what it was sent before its closing, and to answer that. */
const CLOSE_WITHIN_MS = 5000;

/**
 * One websocket, as the protocol's server (graphql-ws) sees it: what it adds is time. It must introduce itself soon,
 * answer pings, and read what it is sent: who does not, holds memory that others need. A message is sent when it has left
 * this process, so that who sends several waits for a slow reader.
 */
export class WebsocketLink {
  readonly #socket: RawWebsocket;
  readonly #clock: Clock;
  readonly #logDefect: (error: unknown) => void;
  #unsent = 0;
  #drainedMs = 0;
  #isClosing = false;
  #answersPings = true;
  #cancelInit: Cancel | undefined;
  #cancelPing: Cancel | undefined;
  #cancelDrain: Cancel | undefined;
  #cancelCut: Cancel | undefined;

  constructor({ socket, clock, logDefect }: WebsocketLinkOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#logDefect = logDefect;
  }

  start(): void {
    this.#cancelInit = this.#clock.at(this.#clock.nowMs() + INIT_WITHIN_MS, () => this.#end(CLOSE.initTimeout));
    this.#pingLater();
    this.#socket.on("pong", () => (this.#answersPings = true));
    // Each is answered, whether or not the answers are read.
    this.#socket.on("ping", () => this.#checkBuffered());
    // It closes by itself, with a code of its own.
    this.#socket.on("error", () => undefined);
    this.#socket.once("close", () => this.#stop());
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** It has introduced itself. */
  introduced(): void {
    this.#cancelInit?.();
  }

  /** Resolves when it is on its way, or there is nobody any more. */
  send(data: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    if (this.#unsent === 0) this.#drainedMs = this.#clock.nowMs();
    this.#unsent += 1;
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.send(data, (error) => {
        this.#unsent -= 1;
        this.#drainedMs = this.#clock.nowMs();
        if (error == null) resolve();
        else reject(error);
      });
    });
    this.#cancelDrain ??= this.#checkDrainAt(this.#drainedMs + DRAIN_WITHIN_MS);
    this.#checkBuffered();
    return sent;
  }

  close(code: number, reason: string): void {
    this.#end({ code, reason });
  }

  /** It may be here no longer. */
  forbid(): void {
    this.#end(CLOSE.forbidden);
  }

  onMessage(handle: (data: string) => Promise<void>): void {
    this.#socket.on("message", (data) => {
      if (this.#isClosing) return;
      handle(String(data)).catch((error: unknown) => this.#failed(error));
    });
  }

  #failed(error: unknown): void {
    // One that only servers send: the protocol's server has no code for it.
    if (error instanceof Error && error.message.startsWith("Unexpected message of type"))
      return this.#end(CLOSE.badMessage);
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#logDefect(error);
    this.#end(CLOSE.defect);
  }

  #end({ code, reason }: CloseReason): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.close(code, reason);
    this.#cancelCut = this.#clock.at(this.#clock.nowMs() + CLOSE_WITHIN_MS, () => this.#socket.terminate());
  }

  #checkBuffered(): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#end(CLOSE.tooSlow);
  }

  /** One alarm for many messages: it looks when the last of them left. */
  #checkDrainAt(atMs: number): Cancel {
    return this.#clock.at(atMs, () => {
      this.#cancelDrain = undefined;
      if (this.#unsent === 0) return;
      const dueMs = this.#drainedMs + DRAIN_WITHIN_MS;
      if (this.#clock.nowMs() >= dueMs) this.#end(CLOSE.tooSlow);
      else this.#cancelDrain = this.#checkDrainAt(dueMs);
    });
  }

  #pingLater(): void {
    this.#cancelPing = this.#clock.at(this.#clock.nowMs() + PING_EVERY_MS, () => {
      if (!this.#answersPings) return this.#socket.terminate();
      this.#answersPings = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#pingLater();
    });
  }

  #stop(): void {
    this.#isClosing = true;
    for (const cancel of [this.#cancelInit, this.#cancelPing, this.#cancelDrain, this.#cancelCut]) cancel?.();
  }
}
