import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { failure, FailureError } from "../domain/failure.js";

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Takes requests to this path before the router does. */
  readonly graphql: {
    readonly path: string;
    readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  };
}

/**
 * One listener for everything over HTTP: GraphQL straight from node:http, since routing would cost it more than its
 * own parsing; the rest through Fastify.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #app: FastifyInstance;
  #server: Server | undefined;
  #draining = false;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#app = fastify({
      logger: false,
      forceCloseConnections: false,
      serverFactory: (route) => (this.#server = this.#create(route)),
    });
  }

  /** For routes, before `start`. */
  get routes(): FastifyInstance {
    return this.#app;
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error("the HTTP server has not been made");
    return this.#server;
  }

  /** The port listened on. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      throw listenFailure(error, host, port);
    }
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on each answer closes its connection, so that clients go elsewhere. */
  drain(): void {
    this.#draining = true;
    if (this.#server === undefined) return;
    this.#server.closeIdleConnections();
    // Requests that arrived before are answered with the connection kept open: it closes as soon as that is done.
    this.#server.keepAliveTimeout = 1;
  }

  /** Stops listening and resolves when every request has been answered; connections left after that are cut. */
  stop(withinMs: number): Promise<void> {
    this.drain();
    this.#stopped ??= this.#close(withinMs);
    return this.#stopped;
  }

  async #close(withinMs: number): Promise<void> {
    const cut = setTimeout(() => this.#server?.closeAllConnections(), withinMs);
    await this.#app.close().finally(() => clearTimeout(cut));
  }

  #create(route: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { path, handle } = this.#options.graphql;
    const server = createServer(
      { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
      (request, response) => {
        if (this.#draining) response.shouldKeepAlive = false;
        if (isPath(request.url ?? "", path)) handle(request, response);
        else route(request, response);
      },
    );
    return server;
  }
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
