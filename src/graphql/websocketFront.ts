import { getOperationAST, GraphQLError, OperationTypeNode, validate } from "graphql";
import type { ExecutionArgs, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import type { Clock } from "../domain/ports.js";
import type { UpgradeHandler } from "../http/httpServer.js";
import { Caller } from "../lib/caller.js";
import { newContext } from "./context.js";
import type { RequestContext, Services } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import { formatError } from "./formatError.js";

export const GRAPHQL_PATH = "/graphql";
const MAX_PAYLOAD_BYTES = 64 * 1024;
const INIT_TIMEOUT_MS = 3000;
/** Queries and mutations under way get so long to be answered when the server stops. */
const ANSWER_WITHIN_MS = 5000;
/** Clients get so long to complete the closing handshake when the server stops. */
const CLOSE_WITHIN_MS = 1000;
const CLOSE_CODE = 1001;
const CLOSE_REASON = "Going away";

export interface WebsocketFrontOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly onUpgrade: (handler: UpgradeHandler) => void;
  readonly logDefect: (error: unknown) => void;
}

/**
 * GraphQL over websockets (the graphql-transport-ws protocol), for subscriptions and everything else. When it stops,
 * what has one answer is answered before its socket closes: a mutation may have been committed, and a client that does
 * not see that would send it again. Subscriptions end with their socket, which tells clients to go elsewhere.
 */
export function startWebsocketFront(options: WebsocketFrontOptions): { stop(): Promise<void> } {
  const { schema, services, onUpgrade, logDefect } = options;
  const underWay = new UnderWay();
  let stopping = false;
  const sockets = new WebSocketServer({
    noServer: true,
    path: GRAPHQL_PATH,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  const format = (error: GraphQLError): GraphQLFormattedError =>
    formatError(error.toJSON(), error.originalError ?? error, logDefect);
  const running = useServer(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onSubscribe: ({ extra }, id, { query, variables, operationName }): ExecutionArgs | readonly GraphQLError[] => {
        if (stopping) return [stoppingError()];
        const caller = new Caller();
        const context = newContext(services, services.clock.nowMs(), caller);
        const prepared = prepare(schema, context, query, variables, operationName);
        if (hasOneAnswer(prepared)) underWay.begin(extra.socket, id, caller);
        return prepared;
      },
      onError: (_connection, _id, _payload, errors) => errors.map(format),
      onComplete: ({ extra }, id) => underWay.end(extra.socket, id),
      onClose: ({ extra }) => underWay.endAll(extra.socket),
      onNext: (_connection, _id, _payload, _args, { data, errors }) =>
        errors === undefined ? undefined : { data: data ?? null, errors: errors.map(format) },
    },
    sockets,
  );
  onUpgrade((request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request)),
  );
  const { clock } = services;
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };

  async function stop(): Promise<void> {
    stopping = true;
    for (const client of sockets.clients) if (!underWay.has(client)) client.close(CLOSE_CODE, CLOSE_REASON);
    await underWay.whenNone(clock, ANSWER_WITHIN_MS);
    const cancelCut = clock.at(clock.nowMs() + CLOSE_WITHIN_MS, () => {
      for (const client of sockets.clients) client.terminate();
    });
    await running.dispose();
    cancelCut();
  }
}

/** The operations under way on each socket, and who waits for each: all leave when it closes. */
class UnderWay {
  readonly #ids = new Map<object, Map<string, Caller>>();
  #onNone: (() => void) | undefined;

  has(socket: object): boolean {
    return this.#ids.has(socket);
  }

  begin(socket: object, id: string, caller: Caller): void {
    const ids = this.#ids.get(socket);
    if (ids === undefined) this.#ids.set(socket, new Map([[id, caller]]));
    else ids.set(id, caller);
  }

  end(socket: object, id: string): void {
    const ids = this.#ids.get(socket);
    if (ids?.delete(id) === true && ids.size === 0) this.endAll(socket);
  }

  endAll(socket: object): void {
    for (const caller of this.#ids.get(socket)?.values() ?? []) caller.leave();
    this.#ids.delete(socket);
    if (this.#ids.size === 0) this.#onNone?.();
  }

  /** Resolves when none is left and what it said last is on its way, or after so long. */
  async whenNone(clock: Clock, withinMs: number): Promise<void> {
    if (this.#ids.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.at(clock.nowMs() + withinMs, resolve);
      // An operation ends before its last message is sent, in the same turn.
      this.#onNone = () => {
        cancel();
        clock.turnEnd(resolve);
      };
    });
    this.#onNone = undefined;
  }
}

function hasOneAnswer(prepared: ExecutionArgs | readonly GraphQLError[]): boolean {
  if (!("document" in prepared)) return false;
  const operation = getOperationAST(prepared.document, prepared.operationName);
  return operation != null && operation.operation !== OperationTypeNode.SUBSCRIPTION;
}

function stoppingError(): GraphQLError {
  return new GraphQLError("the server is stopping: ask again on another connection", {
    extensions: { code: "OVERLOADED" },
  });
}

/** The limits and the validation that HTTP has too: neither reaches websockets by itself. */
function prepare(
  schema: GraphQLSchema,
  contextValue: RequestContext,
  query: string,
  variableValues: Record<string, unknown> | null | undefined,
  operationName: string | null | undefined,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const document = parseWithinLimits(query);
    const errors = validate(schema, document);
    return errors.length > 0 ? errors : { schema, document, contextValue, variableValues, operationName };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}
