import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { failure, FailureError } from "../domain/failure.js";
import { isAddressedToLoopback, isFromForeignPage, isLoopbackAddress } from "./originChecks.js";

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Takes requests to this path before the router does. */
  readonly graphql: {
    readonly path: string;
    readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  };
}

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * One listener for everything over HTTP: GraphQL straight from node:http, since routing would cost it more than its
 * own parsing; the rest through Fastify. Every request and every upgrade passes the checks here first: there are no
 * access keys, so whoever may reach this address may do everything, and a web page must not do it for its visitor.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #app: FastifyInstance;
  readonly #loopbackOnly: boolean;
  /** Fastify listens to "localhost" with one for each of its addresses, the first of which it listens to itself. */
  readonly #servers: Server[] = [];
  #upgrade: UpgradeHandler | undefined;
  #draining = false;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#loopbackOnly = isLoopbackAddress(options.host);
    this.#app = fastify({
      logger: false,
      forceCloseConnections: false,
      serverFactory: (route) => this.#create(route),
    });
  }

  /** For routes, before `start`. */
  get routes(): FastifyInstance {
    return this.#app;
  }

  /** Takes the upgrades that pass the checks, to whatever path. */
  onUpgrade(handler: UpgradeHandler): void {
    this.#upgrade = handler;
  }

  /** The port listened on. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      throw listenFailure(error, host, port);
    }
    return (this.#app.server.address() as AddressInfo).port;
  }

  /** From now on each answer closes its connection, so that clients go elsewhere. */
  drain(): void {
    this.#draining = true;
    for (const server of this.#servers) {
      server.closeIdleConnections();
      // Requests that arrived before are answered with the connection kept open: it closes as soon as that is done.
      server.keepAliveTimeout = 1;
    }
  }

  /** Stops listening and resolves when every request has been answered; connections left after that are cut. */
  stop(withinMs: number): Promise<void> {
    this.drain();
    this.#stopped ??= this.#close(withinMs);
    return this.#stopped;
  }

  async #close(withinMs: number): Promise<void> {
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, withinMs);
    await this.#app.close().finally(() => clearTimeout(cut));
  }

  #create(route: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { path, handle } = this.#options.graphql;
    const server = createServer(
      {
        maxHeaderSize: 8192,
        headersTimeout: 5000,
        requestTimeout: 10_000,
        // The two before are only looked at so often; node's 30 s would let slow requests hold their sockets as long.
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: 5000,
      },
      (request, response) => {
        if (this.#draining) response.shouldKeepAlive = false;
        const isGraphql = isPath(request.url ?? "", path);
        const refusal = this.#refusalOfHost(request);
        if (refusal !== undefined) refuse(response, refusal, isGraphql);
        else if (isGraphql) handle(request, response);
        else route(request, response);
      },
    );
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const refusal = this.#refusalOfUpgrade(request);
      if (refusal !== undefined) refuseUpgrade(socket, refusal);
      else this.#upgrade?.(request, socket, head);
    });
    this.#servers.push(server);
    return server;
  }

  #refusalOfHost({ headers }: IncomingMessage): Refusal | undefined {
    if (!this.#loopbackOnly || isAddressedToLoopback(headers)) return undefined;
    const { host } = this.#options;
    const got = JSON.stringify((headers.host ?? "").slice(0, 200));
    const message = `Host is ${got}, but ${host} is served under loopback names only: ask localhost, or start with --host <address> --open-access`;
    return { status: 403, message };
  }

  #refusalOfUpgrade(request: IncomingMessage): Refusal | undefined {
    if (this.#draining || this.#upgrade === undefined) return { status: 503, message: "the server is not ready" };
    const refusal = this.#refusalOfHost(request);
    if (refusal !== undefined || !isFromForeignPage(request.headers)) return refusal;
    const { origin = "", host = "" } = request.headers;
    const message = `Origin is ${JSON.stringify(origin.slice(0, 200))}, which is not Host (${host.slice(0, 200)}): pages of other sites are not served`;
    return { status: 403, message };
  }
}

function refuse(response: ServerResponse, { status, message }: Refusal, isGraphql: boolean): void {
  const text = refusalText(message, isGraphql);
  response.writeHead(status, {
    "cache-control": "no-store",
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** There is no response object for an upgrade: its socket has left HTTP. */
function refuseUpgrade(socket: Duplex, { status, message }: Refusal): void {
  const text = refusalText(message, true);
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

function refusalText(message: string, isGraphql: boolean): string {
  const error = { message, extensions: { code: "BAD_INPUT", retryable: false } };
  return JSON.stringify(isGraphql ? { errors: [error] } : { error: message });
}

function isPath(url: string, path: string): boolean {
  return url === path || (url.startsWith(path) && url[path.length] === "?");
}

function listenFailure(error: unknown, host: string, port: number): Error {
  const code = (error as { code?: unknown }).code;
  if (code === "EADDRINUSE") {
    return new FailureError(
      failure("INTERNAL", `port ${port} on ${host} is taken: give another with --port or SKYSAIL_PORT`),
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES") {
    return new FailureError(
      failure("INTERNAL", `cannot listen on ${host}:${port} (${code}): give another --host or --port`),
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
