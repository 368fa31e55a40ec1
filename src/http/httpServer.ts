import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { AllowedOrigins } from "./allowedOrigins.js";
import { listenFailure } from "./listening.js";
import { isAddressedToLoopback, isFromForeignPage, isLoopbackAddress } from "./originChecks.js";
import { followTlsFiles, readTlsFiles } from "./tlsFiles.js";
import type { TlsFiles, TlsPair } from "./tlsFiles.js";
import { KEEP_ALIVE_SECONDS } from "./writeWhole.js";

/**
 * Announced in whole seconds, rounded down (`Keep-Alive: timeout=5`), kept a little longer: a client that uses a connection
 * until the last announced moment would else meet its closing, and could not know whether its request was taken.
 */
const KEEP_ALIVE_MS = KEEP_ALIVE_SECONDS * 1000 + 900;
/** By when a request, body and all, must be here. */
const REQUEST_WITHIN_MS = 10_000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Of other sites whose pages are served too. */
  readonly corsOrigins?: readonly string[];
  /** Undefined: without TLS. */
  readonly tls?: TlsFiles | undefined;
  readonly warn?: (message: string) => void;
  /** Takes requests to this path, and to those below it, before the router does. */
  readonly graphql: {
    readonly path: string;
    readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
    readonly handleBelow: (request: IncomingMessage, response: ServerResponse) => void;
  };
}

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * One listener for everything over HTTP: GraphQL straight from node:http, since routing would cost it more than its
 * own parsing; the rest through Fastify. Every request and every upgrade passes the checks here first: where access is
 * open whoever may reach this address may do everything, and a web page must not do it for its visitor.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #app: FastifyInstance;
  readonly #loopbackOnly: boolean;
  readonly #origins: AllowedOrigins;
  #stopFollowing: (() => void) | undefined;
  /** Fastify listens to "localhost" with one for each of its addresses, the first of which it listens to itself. */
  readonly #servers: Server[] = [];
  #upgrade: UpgradeHandler | undefined;
  #draining = false;
  #longRequests = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#loopbackOnly = isLoopbackAddress(options.host);
    this.#origins = new AllowedOrigins(options.corsOrigins ?? []);
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
    this.#followCertificate();
    try {
      const { host, port } = this.#options;
      await this.#app.listen({ host, port });
    } catch (error) {
      throw listenFailure(error, this.#options);
    }
    return (this.#app.server.address() as AddressInfo).port;
  }

  /**
   * Lets a request of an administrator take as long as it needs, until it is called back. Node has one limit for all of a
   * server's requests: meanwhile the others have none either, but that their headers must come in time.
   */
  takesLong(): () => void {
    this.#limitRequests(++this.#longRequests);
    let isOver = false;
    return () => {
      if (!isOver) this.#limitRequests(--this.#longRequests);
      isOver = true;
    };
  }

  #limitRequests(longRequests: number): void {
    for (const server of this.#servers) server.requestTimeout = longRequests > 0 ? 0 : REQUEST_WITHIN_MS;
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

  #followCertificate(): void {
    const { tls, warn = () => undefined } = this.#options;
    if (tls === undefined) return;
    const change = (pair: TlsPair): void => {
      for (const server of this.#servers) if (server instanceof SecureServer) server.setSecureContext(pair);
    };
    this.#stopFollowing = followTlsFiles(tls, change, warn);
  }

  async #close(withinMs: number): Promise<void> {
    this.#stopFollowing?.();
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, withinMs);
    await this.#app.close().finally(() => clearTimeout(cut));
  }

  #create(route: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { path, handle, handleBelow } = this.#options.graphql;
    const server = this.#listener((request, response) => {
      if (this.#draining) response.shouldKeepAlive = false;
      const url = request.url ?? "";
      const isGraphql = isPath(url, path);
      const isBelow = !isGraphql && url.startsWith(`${path}/`);
      const refusal = this.#refusalOfHost(request) ?? this.#refusalOfEvents(request);
      if (refusal !== undefined) refuse(response, refusal, isGraphql || isBelow);
      else if (this.#origins.answer(request, response)) return;
      else if (isGraphql) handle(request, response);
      else if (isBelow) handleBelow(request, response);
      else route(request, response);
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const refusal = this.#refusalOfUpgrade(request);
      if (refusal !== undefined) refuseUpgrade(socket, refusal);
      else this.#upgrade?.(request, socket, head);
    });
    this.#servers.push(server);
    return server;
  }

  #listener(handle: RequestListener): Server {
    const options = {
      maxHeaderSize: 8192,
      headersTimeout: 5000,
      requestTimeout: REQUEST_WITHIN_MS,
      // The two before are only looked at so often; node's 30 s would let slow requests hold their sockets as long.
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const { tls } = this.#options;
    if (tls === undefined) return createServer(options, handle);
    return createSecureServer({ ...options, ...readTlsFiles(tls), minVersion: "TLSv1.2" }, handle);
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
    return this.#refusalOfHost(request) ?? this.#refusalOfOrigin(request);
  }

  /** A page needs nobody's permission to open an event stream anywhere either, as long as it does not read it. */
  #refusalOfEvents(request: IncomingMessage): Refusal | undefined {
    const { method, headers } = request;
    if (method !== "GET" || headers.accept?.includes("text/event-stream") !== true) return undefined;
    const isCrossSite = headers["sec-fetch-site"] === "cross-site" && !this.#origins.has(headers.origin);
    if (!isCrossSite) return this.#refusalOfOrigin(request);
    return { status: 403, message: "Sec-Fetch-Site is cross-site: pages of other sites are not served" };
  }

  #refusalOfOrigin(request: IncomingMessage): Refusal | undefined {
    if (!this.#isForeign(request)) return undefined;
    const { origin = "", host = "" } = request.headers;
    const message = `Origin is ${JSON.stringify(origin.slice(0, 200))}, which is not Host (${host.slice(0, 200)}): pages of other sites are not served`;
    return { status: 403, message };
  }

  #isForeign({ headers }: IncomingMessage): boolean {
    return isFromForeignPage(headers) && !this.#origins.has(headers.origin);
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
