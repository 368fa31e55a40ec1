import type { Server } from "node:http";
import { GraphQLError, validate } from "graphql";
import type { ExecutionArgs, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import type { RequestContext, Services } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import { formatError } from "./formatError.js";

export const GRAPHQL_PATH = "/graphql";
const MAX_PAYLOAD_BYTES = 64 * 1024;
const INIT_TIMEOUT_MS = 3000;
/** Clients get so long to complete the closing handshake when the server stops. */
const CLOSE_WITHIN_MS = 1000;

export interface WebsocketFrontOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly httpServer: Server;
  readonly logDefect: (error: unknown) => void;
}

/** GraphQL over websockets (the graphql-transport-ws protocol), for subscriptions and everything else. */
export function startWebsocketFront(options: WebsocketFrontOptions): { stop(): Promise<void> } {
  const { schema, services, httpServer, logDefect } = options;
  const sockets = new WebSocketServer({
    server: httpServer,
    path: GRAPHQL_PATH,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  const format = (error: GraphQLError): GraphQLFormattedError =>
    formatError(error.toJSON(), error.originalError ?? error, logDefect);
  const running = useServer(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onSubscribe: (_connection, _id, { query, variables, operationName }): ExecutionArgs | readonly GraphQLError[] => {
        const contextValue: RequestContext = { services, arrivalMs: services.clock.nowMs() };
        return prepare(schema, contextValue, query, variables, operationName);
      },
      onError: (_connection, _id, _payload, errors) => errors.map(format),
      onNext: (_connection, _id, _payload, _args, { data, errors }) =>
        errors === undefined ? undefined : { data: data ?? null, errors: errors.map(format) },
    },
    sockets,
  );
  return {
    stop: async () => {
      const { clock } = services;
      const cancelCut = clock.at(clock.nowMs() + CLOSE_WITHIN_MS, () => {
        for (const client of sockets.clients) client.terminate();
      });
      await running.dispose();
      cancelCut();
    },
  };
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
