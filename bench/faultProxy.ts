import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { Random } from "../src/domain/ports.js";

export type Side = "client" | "server";

/** What happens to what passes. Several at once do. */
export interface Toxics {
  /** Each way, added to what the network takes. */
  readonly latencyMs?: number;
  /** Nothing passes and nothing is closed: a stopped process, or a network that swallows packets. */
  readonly blackHole?: boolean;
  /** Bytes are passed on in pieces of 1 to so many, each in a turn of its own. */
  readonly sliceBytes?: number;
  /** One bit is turned over in about one of so many bytes of that side. */
  readonly corruptEvery?: { readonly client?: number; readonly server?: number };
  /** Falls silent at the first piece of that side that contains the text; that piece does not pass either. */
  readonly silentAt?: { readonly side: Side; readonly text: string };
}

export interface FaultProxyOptions {
  readonly host: string;
  readonly port: number;
  /** For sizes of pieces and places of corruption. */
  readonly random?: Random;
}

/** A TCP proxy that can do to a connection what networks, machines and attackers do. Times and places are seeded. */
export class FaultProxy {
  #options: FaultProxyOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #toxics: Toxics = {};
  #silent = false;
  #connections = 0;
  #corrupted = 0;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.up();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that clients have made so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Bits turned over so far. */
  get corrupted(): number {
    return this.#corrupted;
  }

  /** Whether it has fallen silent at what it was to fall silent at. */
  get isSilent(): boolean {
    return this.#silent;
  }

  /** Replaces what was set before, for open connections too. */
  set toxics(toxics: Toxics) {
    this.#toxics = toxics;
    this.#silent = false;
  }

  /** Where new connections go: what they went to has been started again at another port. */
  leadTo(port: number): void {
    this.#options = { ...this.#options, port };
  }

  /** Closes every connection with a reset instead of an end. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Refuses connections, and closes those that there are. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Listens, always at the same port. */
  async up(): Promise<void> {
    const server = createServer((client) => this.#connect(client));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #connect(client: Socket): void {
    this.#connections += 1;
    const server = connect(this.#options.port, this.#options.host);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    }
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroy());
    this.#forward("client", client, server);
    this.#forward("server", server, client);
  }

  /** In order: each piece waits for those before it. */
  #forward(side: Side, from: Socket, to: Socket): void {
    let last: Promise<void> = Promise.resolve();
    from.on("data", (bytes: Buffer) => {
      const { blackHole = false, silentAt, latencyMs = 0 } = this.#toxics;
      if (silentAt?.side === side && bytes.includes(silentAt.text)) this.#silent = true;
      if (blackHole || this.#silent) return;
      const arrived = latencyMs > 0 ? delay(latencyMs) : undefined;
      last = Promise.all([last, arrived]).then(() => this.#pass(this.#corrupt(side, bytes), to));
    });
  }

  async #pass(bytes: Buffer, to: Socket): Promise<void> {
    const { sliceBytes } = this.#toxics;
    if (sliceBytes === undefined) return void to.write(bytes);
    for (let at = 0; at < bytes.length && !to.destroyed;) {
      const end = at + 1 + Math.floor(this.#random() * sliceBytes);
      to.write(bytes.subarray(at, end));
      at = end;
      await nextTurn();
    }
  }

  #corrupt(side: Side, bytes: Buffer): Buffer {
    const every = this.#toxics.corruptEvery?.[side];
    if (every === undefined) return bytes;
    const corrupted = Buffer.from(bytes);
    for (let at = this.#gap(every); at < corrupted.length; at += 1 + this.#gap(every)) {
      corrupted[at] = (corrupted[at] as number) ^ (1 << Math.floor(this.#random() * 8));
      this.#corrupted += 1;
    }
    return corrupted;
  }

  /** Bytes up to the next that is hit, where each is with probability 1 in `every`. */
  #gap(every: number): number {
    return Math.floor(Math.log(1 - this.#random()) / Math.log(1 - 1 / every));
  }

  #random(): number {
    const { random } = this.#options;
    if (random === undefined) throw new Error("this fault needs a random");
    return random();
  }
}
