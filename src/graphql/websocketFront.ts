import { GraphQLError, OperationTypeNode } from "graphql";
import type { ExecutionArgs, GraphQLFormattedError } from "graphql";
import { handleProtocols, makeServer } from "graphql-ws";
import type { ServerOptions, SubscribePayload } from "graphql-ws";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { IncomingMessage } from "node:http";
import { NO_ACCESS } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { UpgradeHandler } from "../http/httpServer.js";
import { Caller } from "../lib/caller.js";
import { withoutSuggestion } from "./accessRefusal.js";
import { ConnectionAccess } from "./connectionAccess.js";
import { newContext } from "./context.js";
import type { Services } from "./context.js";
import { formatError } from "./formatError.js";
import type { OpenConnections, Release } from "./openConnections.js";
import { operationType, prepareOperation } from "./prepareOperation.js";
import type { ServedOperations } from "./prepareOperation.js";
import { Streams } from "./streams.js";
import { UnderWay } from "./underWay.js";
import { CLOSE, WebsocketLink } from "./websocketLink.js";
import type { RawWebsocket } from "./websocketLink.js";

export const GRAPHQL_PATH = "/graphql";
const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Queries and mutations under way get so long to be answered when the server stops. */
const ANSWER_WITHIN_MS = 5000;
/** Clients get so long to complete the closing handshake when the server stops. */
const CLOSE_WITHIN_MS = 1000;

export interface WebsocketFrontOptions extends ServedOperations {
  readonly services: Services;
  readonly open: OpenConnections;
  readonly logDefect: (error: unknown) => void;
}

/** One websocket and what it has open. */
interface Connected {
  readonly link: WebsocketLink;
  readonly streams: Streams;
  readonly address: () => string;
  releasePlace: Release | undefined;
  isClosed: boolean;
}

type Hooks = ServerOptions<Record<string, unknown>, Connected>;

/**
 * GraphQL over websockets (the graphql-transport-ws protocol), for subscriptions and everything else. When it stops,
 * what has one answer is answered before its socket closes: a mutation may have been committed, and a client that does
 * not see that would send it again. Subscriptions end with their socket, which tells clients to go elsewhere.
 */
export class WebsocketFront {
  readonly #options: WebsocketFrontOptions;
  readonly #accesses: ConnectionAccess;
  readonly #underWay = new UnderWay();
  readonly #connected = new Set<Connected>();
  readonly #byContext = new WeakMap<object, Streams>();
  readonly #server: ReturnType<typeof makeServer<Record<string, unknown>, Connected>>;
  #stopping = false;

  constructor(options: WebsocketFrontOptions) {
    this.#options = options;
    const { access, clock } = options.services;
    this.#accesses = new ConnectionAccess(access, clock);
    this.#server = makeServer(this.#hooks());
  }

  /** A socket that has just been opened. */
  accept(socket: RawWebsocket, address: () => string): void {
    const { services, open, logDefect } = this.#options;
    const link = new WebsocketLink({ socket, clock: services.clock, logDefect });
    const connected = { link, streams: new Streams(open), address, releasePlace: undefined, isClosed: false };
    this.#connected.add(connected);
    link.start();
    const closed = this.#server.opened(link, connected);
    socket.once("close", (code, reason) => {
      this.#left(connected);
      closed(code, String(reason)).catch(logDefect);
    });
    if (this.#stopping) link.close(CLOSE.goingAway.code, CLOSE.goingAway.reason);
  }

  /** Resolves when what has one answer has it: from then on the rest may be cut. */
  async stop(): Promise<void> {
    const { clock } = this.#options.services;
    const { code, reason } = CLOSE.goingAway;
    this.#stopping = true;
    for (const { link } of this.#connected) if (!this.#underWay.has(link)) link.close(code, reason);
    await this.#underWay.whenNone(clock, ANSWER_WITHIN_MS);
    for (const { link } of this.#connected) link.close(code, reason);
    this.#accesses.stop();
  }

  #left(connected: Connected): void {
    connected.isClosed = true;
    this.#connected.delete(connected);
    connected.streams.end();
    connected.releasePlace?.();
    this.#accesses.leave(connected.link);
    this.#underWay.endAll(connected.link);
  }

  #hooks(): Hooks {
    return {
      // Its own timer could not be driven by tests.
      connectionInitWaitTimeout: 0,
      onConnect: ({ extra, connectionParams }) => this.#connect(extra, connectionParams),
      onSubscribe: ({ extra }, id, payload) => this.#prepare(extra, id, payload),
      subscribe: (args) => this.#subscribe(args),
      onError: ({ extra }, _id, _payload, errors) => errors.map((error) => this.#format(extra, error)),
      onComplete: ({ extra }, id) => this.#underWay.end(extra.link, id),
      onNext: ({ extra }, _id, _payload, _args, { data, errors }) => {
        if (errors === undefined) return undefined;
        // Without data: nothing of it was executed.
        return { ...(data !== undefined && { data }), errors: errors.map((error) => this.#format(extra, error)) };
      },
    };
  }

  /** False: it is refused, and closed with 4403. */
  async #connect(connected: Connected, payload: unknown): Promise<boolean> {
    const { link } = connected;
    link.introduced();
    const access = await this.#accesses.connect(link, authorizationIn(payload));
    if (isFailure(access)) return false;
    if (connected.isClosed) {
      this.#accesses.leave(link);
      return false;
    }
    connected.releasePlace = this.#options.open.openSocket(access.keyId);
    if (connected.releasePlace !== undefined) return true;
    const most = this.#options.open.caps.sockets;
    link.close(CLOSE.tooSlow.code, `Try again later: this key has ${most} websockets open here, its limit`);
    return false;
  }

  #prepare(connected: Connected, id: string, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    if (this.#stopping) return [stoppingError()];
    const { services } = this.#options;
    const { link, streams, address } = connected;
    const caller = new Caller();
    const access = this.#accesses.of(link) ?? NO_ACCESS;
    const context = newContext(services, { arrivalMs: services.clock.nowMs(), caller, access, address });
    const prepared = prepareOperation(this.#options, context, payload);
    const type = operationType(prepared);
    if (type === undefined) return prepared;
    if (type !== OperationTypeNode.SUBSCRIPTION) {
      this.#underWay.begin(link, id, caller);
      return prepared;
    }
    try {
      streams.reserve(access.keyId, context);
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
    this.#byContext.set(context, streams);
    return prepared;
  }

  #subscribe(args: ExecutionArgs) {
    const streams = this.#byContext.get(args.contextValue as object);
    if (streams === undefined) throw new Error("a subscription without a place");
    return streams.subscribe(args);
  }

  #format({ link }: Connected, error: GraphQLError): GraphQLFormattedError {
    const formatted = formatError(error.toJSON(), error.originalError ?? error, this.#options.logDefect);
    return withoutSuggestion(this.#accesses.of(link) ?? NO_ACCESS, formatted);
  }
}

/** Takes upgrades, and hands their sockets to the front. `stop` resolves when all are closed. */
export function startWebsockets(
  options: WebsocketFrontOptions & { readonly onUpgrade: (handler: UpgradeHandler) => void },
): { stop(): Promise<void> } {
  const { clock } = options.services;
  const front = new WebsocketFront(options);
  const sockets = new WebSocketServer({
    noServer: true,
    path: GRAPHQL_PATH,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    handleProtocols,
  });
  const accept = (socket: WebSocket, request: IncomingMessage): void =>
    front.accept(socket, () => request.socket.remoteAddress ?? "");
  options.onUpgrade((request, socket, head) => sockets.handleUpgrade(request, socket, head, accept));
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };

  async function stop(): Promise<void> {
    await front.stop();
    const cancelCut = clock.at(clock.nowMs() + CLOSE_WITHIN_MS, () => {
      for (const client of sockets.clients) client.terminate();
    });
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
    cancelCut();
  }
}

function authorizationIn(payload: unknown): string | undefined {
  if (typeof payload !== "object" || payload === null) return undefined;
  const { authorization, Authorization } = payload as { authorization?: unknown; Authorization?: unknown };
  const given = authorization ?? Authorization;
  return typeof given === "string" ? given : undefined;
}

function stoppingError(): GraphQLError {
  return new GraphQLError("the server is stopping: ask again on another connection", {
    extensions: { code: "OVERLOADED" },
  });
}
