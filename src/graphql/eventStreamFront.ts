import type { IncomingMessage, ServerResponse } from "node:http";
import { execute, GraphQLError, OperationTypeNode } from "graphql";
import type { ExecutionArgs, ExecutionResult } from "graphql";
import { NO_ACCESS } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import { Caller } from "../lib/caller.js";
import { accessOrThrow, refusal, withoutSuggestion } from "./accessRefusal.js";
import { ConnectionAccess } from "./connectionAccess.js";
import type { LastingConnection } from "./connectionAccess.js";
import { newContext } from "./context.js";
import type { RequestContext, Services } from "./context.js";
import { EventStream } from "./eventStream.js";
import type { FormattedResult } from "./eventStream.js";
import { formatError } from "./formatError.js";
import { sendErrors, sendProblem } from "./httpProblems.js";
import type { OpenConnections } from "./openConnections.js";
import { operationType, prepareOperation } from "./prepareOperation.js";
import type { OperationPayload, ServedOperations } from "./prepareOperation.js";
import { Streams } from "./streams.js";

export const EVENT_STREAM = "text/event-stream";

export interface EventStreamFrontOptions {
  readonly services: Services;
  readonly open: OpenConnections;
  readonly logDefect: (error: unknown) => void;
}

/** One request, whose answer is a stream. */
export interface EventsAsked extends ServedOperations {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly payload: OperationPayload;
  /** Monotonic milliseconds. */
  readonly arrivalMs: number;
}

interface Connected extends LastingConnection {
  readonly stream: EventStream;
  readonly streams: Streams;
  /** Why it may be here no longer. */
  isForbidden: boolean;
}

/**
 * GraphQL over server-sent events: one operation a request, as graphql-sse's protocol has it in its "distinct connections
 * mode". Everything that websockets check is checked here too. When the server stops, subscriptions end without
 * completion, which sends clients elsewhere; what has one answer is answered.
 */
export class EventStreamFront {
  readonly #options: EventStreamFrontOptions;
  readonly #accesses: ConnectionAccess;
  readonly #connected = new Set<Connected>();
  #stopping = false;

  constructor(options: EventStreamFrontOptions) {
    this.#options = options;
    this.#accesses = new ConnectionAccess(options.services.access, options.services.clock);
  }

  /** Rejects only at a defect. */
  async accept(asked: EventsAsked): Promise<void> {
    const { request, response } = asked;
    const { services, open } = this.#options;
    const caller = new Caller();
    const connected = this.#newConnected(response, new Streams(open), services);
    response.once("close", () => {
      caller.leave();
      connected.stream.stop();
      connected.streams.end();
      this.#accesses.leave(connected);
      this.#connected.delete(connected);
    });
    try {
      const found = await this.#accesses.connect(connected, request.headers.authorization);
      if (response.destroyed) return this.#accesses.leave(connected);
      const address = (): string => request.socket.remoteAddress ?? "";
      const access = accessOrThrow(found);
      const context = newContext(services, { arrivalMs: asked.arrivalMs, caller, access, address });
      await this.#answer(connected, asked, context);
    } catch (error) {
      if (response.headersSent) throw error;
      sendProblem(request, response, error, (formatted, thrown) => this.#formatted(NO_ACCESS, formatted, thrown));
    }
  }

  /** Subscriptions end at once. */
  stop(): void {
    this.#stopping = true;
    for (const { streams, stream } of this.#connected) {
      stream.end();
      streams.end();
    }
    this.#accesses.stop();
  }

  #newConnected(response: ServerResponse, streams: Streams, { clock }: Services): Connected {
    const stream = new EventStream(response, clock);
    const connected: Connected = {
      ...{ stream, streams, isForbidden: false },
      forbid: () => {
        connected.isForbidden = true;
        streams.end();
      },
    };
    return connected;
  }

  async #answer(connected: Connected, asked: EventsAsked, context: RequestContext): Promise<void> {
    const { response, request, payload } = asked;
    const prepared = prepareOperation(asked, context, payload);
    const type = operationType(prepared);
    if (request.method === "GET" && type !== undefined && type !== OperationTypeNode.SUBSCRIPTION) {
      response.setHeader("allow", "POST");
      const message = `a ${type} is not answered to GET, which links and pages of others can send: POST it`;
      return sendErrors(response, 405, [{ message, extensions: { code: "BAD_INPUT", retryable: false } }]);
    }
    if (type === OperationTypeNode.SUBSCRIPTION && this.#stopping) {
      response.setHeader("retry-after", "1");
      const message = "the server is stopping: ask again on another connection";
      return sendErrors(response, 503, [{ message, extensions: { code: "OVERLOADED", retryable: true } }]);
    }
    const { stream } = connected;
    stream.begin();
    const result = await this.#run(connected, prepared, type, context);
    if (!(Symbol.asyncIterator in result)) {
      await stream.next(this.#result(context.access, result));
      return stream.complete();
    }
    this.#connected.add(connected);
    await this.#tell(connected, result, context.access);
  }

  async #run(
    { streams }: Connected,
    prepared: ExecutionArgs | readonly GraphQLError[],
    type: OperationTypeNode | undefined,
    context: RequestContext,
  ): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
    try {
      if (!("document" in prepared)) return { errors: prepared };
      if (type !== OperationTypeNode.SUBSCRIPTION) return await execute(prepared);
      streams.reserve(context.access.keyId, context);
      return await streams.subscribe(prepared);
    } catch (error) {
      return { errors: [asGraphqlError(error)] };
    }
  }

  async #tell(connected: Connected, source: AsyncIterator<ExecutionResult>, access: Access): Promise<void> {
    const { stream } = connected;
    try {
      for (let told = await source.next(); told.done !== true; told = await source.next()) {
        await stream.next(this.#result(access, told.value));
      }
    } catch (error) {
      await stream.next(this.#result(access, { errors: [asGraphqlError(error)] }));
    }
    if (this.#stopping) return;
    if (connected.isForbidden) {
      const error = refusal("UNAUTHENTICATED", "the key or token has expired or been revoked");
      await stream.next(this.#result(access, { errors: [error] }));
    }
    stream.complete();
  }

  #result(access: Access, { data, errors }: ExecutionResult): FormattedResult {
    if (errors === undefined) return { data: data ?? null };
    const formatted = errors.map((error) => this.#formatted(access, error.toJSON(), error.originalError ?? error));
    return data === undefined ? { errors: formatted } : { data, errors: formatted };
  }

  #formatted(access: Access, formatted: ReturnType<GraphQLError["toJSON"]>, error: unknown) {
    return withoutSuggestion(access, formatError(formatted, error, this.#options.logDefect));
  }
}

function asGraphqlError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError("", { originalError: error instanceof Error ? error : new Error(String(error)) });
}

/** Of the address of a GET. Undefined: not what GraphQL over HTTP has there. */
export function payloadInAddress(url: string): OperationPayload | undefined {
  const { searchParams } = new URL(url, "http://localhost");
  const text = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  try {
    const variables = JSON.parse(text("variables") ?? "{}") as Record<string, unknown>;
    const extensions: unknown = JSON.parse(text("extensions") ?? "{}");
    const documentId = text("documentId");
    const payload = { query: text("query"), operationName: text("operationName"), variables, extensions };
    return documentId === undefined ? payload : ({ ...payload, documentId } as OperationPayload);
  } catch {
    return undefined;
  }
}
