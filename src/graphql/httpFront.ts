import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { ApolloServer, HeaderMap } from "@apollo/server";
import type { HTTPGraphQLResponse } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled } from "@apollo/server/plugin/disabled";
import { getOperationAST, GraphQLError, OperationTypeNode } from "graphql";
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { failure, FailureError } from "../domain/failure.js";
import { OWN_ACCESS } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import { answerEarly } from "../http/answerEarly.js";
import { AnswerQueue } from "../http/answerQueue.js";
import { readBody } from "../http/readBody.js";
import { RecentMap } from "../lib/recentMap.js";
import { Caller } from "../lib/caller.js";
import { accessPlugin } from "./accessPlugin.js";
import { accessOrThrow } from "./accessRefusal.js";
import { BodyFrames } from "./bodyFrames.js";
import type { Answer } from "./compiledQuery.js";
import { isObject } from "../lib/isObject.js";
import { Callers } from "./callers.js";
import type { ConnectionCaller } from "./callers.js";
import { whenKnown } from "../lib/whenKnown.js";
import type { PersistedOperations } from "./persistedOperations.js";
import { newContext } from "./context.js";
import type { RequestContext, Services } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import { EVENT_STREAM, payloadInAddress } from "./eventStreamFront.js";
import type { EventStreamFront } from "./eventStreamFront.js";
import { formatError } from "./formatError.js";
import type { GraphiqlPage } from "./graphiqlPage.js";
import { HotLane } from "./hotLane.js";
import type { OperationRequest } from "./hotLane.js";
import type { OperationPayload } from "./prepareOperation.js";
import type { Repeated } from "./repeatedVariables.js";
import { badRequest, sendErrors, sendProblem, statusFor } from "./httpProblems.js";

export const MAX_JSON_BYTES = 2 * 2 ** 20;
const MAX_ACCEPT_TYPES = 100;

export interface GraphqlHttpFrontOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly operations: PersistedOperations;
  readonly graphiql: GraphiqlPage;
  readonly events: Pick<EventStreamFront, "accept">;
  readonly logDefect: (error: unknown) => void;
  /** Default: one that knows no operation yet. */
  readonly lane?: HotLane;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: IncomingHttpHeaders;
  readonly arrivalMs: number;
  readonly caller: ConnectionCaller;
  /** Of a refusal by the lane, which is worded as the pipeline would. */
  negotiated: string | undefined;
}

/**
 * GraphQL over HTTP. An operation's first arrival goes the whole way through Apollo Server; from its first valid
 * answer on it takes the hot lane. Both ways start behind the one body reader here, and answer alike.
 */
export class GraphqlHttpFront {
  readonly #schema: GraphQLSchema;
  readonly #services: Services;
  readonly #events: GraphqlHttpFrontOptions["events"];
  readonly #logDefect: (error: unknown) => void;
  readonly #apollo: ApolloServer<RequestContext>;
  readonly #lane: HotLane;
  readonly #graphiql: GraphiqlPage;
  readonly #answers: AnswerQueue;
  readonly #operations: PersistedOperations;
  readonly #callers = new Callers();
  readonly #frames = new BodyFrames();
  /** Content type that the pipeline negotiated for an Accept header. */
  readonly #contentTypes = new RecentMap<string, string>(MAX_ACCEPT_TYPES);
  #stopped: Promise<void> | undefined;

  constructor(options: GraphqlHttpFrontOptions) {
    this.#schema = options.schema;
    this.#services = options.services;
    this.#events = options.events;
    this.#logDefect = options.logDefect;
    this.#operations = options.operations;
    this.#lane = options.lane ?? new HotLane(options.schema);
    this.#answers = new AnswerQueue(options.services.clock);
    this.#graphiql = options.graphiql;
    this.#apollo = new ApolloServer<RequestContext>({
      schema: options.schema,
      introspection: true,
      csrfPrevention: true,
      persistedQueries: false,
      // Its cache hints would put a wrapper around every resolver of the schema, which the lane uses too.
      plugins: [ApolloServerPluginCacheControlDisabled(), accessPlugin],
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
      formatError: (formatted, error) => this.#formatError(formatted, error),
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: options.logDefect },
    });
  }

  get hotOperations(): number {
    return this.#lane.size;
  }

  async start(): Promise<void> {
    await this.#apollo.start();
  }

  /** Apollo's second concurrent stop never settles: everyone gets the first one's promise. */
  stop(): Promise<void> {
    this.#stopped ??= this.#apollo.stop();
    return this.#stopped;
  }

  /** What the process itself asks, as a client would: its data. Rejects with the errors, if there are any. */
  async ask(query: string, variables: Record<string, unknown>): Promise<unknown> {
    const { clock } = this.#services;
    const asking = { arrivalMs: clock.nowMs(), caller: new Caller(), access: OWN_ACCESS, address: () => "" };
    const contextValue = newContext(this.#services, asking);
    const { body } = await this.#apollo.executeOperation({ query, variables }, { contextValue });
    const { data, errors } = body.kind === "single" ? body.singleResult : {};
    if (errors !== undefined) {
      const message = errors.map((error) => error.message).join("; ");
      const isAskedWrongly = errors.every(({ extensions }) => extensions?.["code"] === "BAD_INPUT");
      throw isAskedWrongly ? new FailureError(failure("BAD_INPUT", message)) : new Error(message);
    }
    return data;
  }

  /** `known` is who asks, where somebody has found that out already. */
  handle(request: IncomingMessage, response: ServerResponse, known?: Access): void {
    const arrivalMs = this.#services.clock.nowMs();
    if (request.method === "POST") {
      readBody(request, MAX_JSON_BYTES, (body) => {
        if (body.kind === "tooLarge") this.#refuseLargeBody(request, response);
        else this.#answer(request, response, body.bytes, arrivalMs, known);
      });
    } else if (request.method === "GET" && (request.headers.accept ?? "").includes("text/html")) {
      this.#own(response, this.#graphiql.send(request, response));
    } else if (request.method === "GET" && wantsEventsOnly(request)) {
      const payload = payloadInAddress(request.url ?? "");
      if (payload === undefined) sendErrors(response, 400, [badRequest("variables and extensions are to be JSON")]);
      else this.#own(response, this.#sendEvents(request, response, payload, arrivalMs));
    } else {
      response.setHeader("allow", "POST");
      sendErrors(response, 405, [badRequest(`${request.method} is not served here: POST a JSON body`)]);
    }
  }

  #sendEvents(
    request: IncomingMessage,
    response: ServerResponse,
    payload: OperationPayload,
    arrivalMs: number,
  ): Promise<void> {
    return this.#events.accept({
      schema: this.#schema,
      operations: this.#operations,
      lane: this.#lane,
      request,
      response,
      payload,
      arrivalMs,
    });
  }

  #own(response: ServerResponse, work: Promise<void>): void {
    work.catch((error: unknown) => this.#giveUp(response, error));
  }

  /** No defect of one request may reach the process, which it would end. */
  #giveUp(response: ServerResponse, defect: unknown): void {
    response.destroy();
    this.#logDefect(defect);
  }

  /** Whatever comes of it is answered. */
  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer,
    arrivalMs: number,
    known: Access | undefined,
  ): void {
    const exchange: Exchange = {
      request,
      response,
      arrivalMs,
      headers: request.headers,
      caller: this.#callers.of(request.socket),
      negotiated: undefined,
    };
    try {
      const identified = known ?? this.#services.access.identify(exchange.headers.authorization);
      const answered = whenKnown(identified, (found) => this.#answerTo(accessOrThrow(found), exchange, bytes));
      if (!(answered instanceof Promise)) return exchange.caller.end();
      answered.then(
        () => exchange.caller.end(),
        (error: unknown) => this.#failed(exchange, error),
      );
    } catch (error) {
      this.#failed(exchange, error);
    }
  }

  #failed({ request, response, negotiated, caller }: Exchange, error: unknown): void {
    caller.end();
    try {
      this.#sendProblem(request, response, error, negotiated);
    } catch (defect) {
      this.#giveUp(response, defect);
    }
  }

  #answerTo(access: Access, exchange: Exchange, bytes: Buffer): void | Promise<void> {
    const { request, response, headers, arrivalMs, caller } = exchange;
    const isJson = (headers["content-type"] ?? "").startsWith("application/json");
    const text = bytes.toString("utf8");
    const framed = isJson ? this.#frames.parse(text) : undefined;
    const sent: unknown = framed === undefined ? (isJson ? JSON.parse(text) : text) : framed.sent;
    if (isObject(sent) && wantsEventsOnly(request)) return this.#sendEvents(request, response, sent, arrivalMs);
    const body = isJson && isObject(sent) ? this.#operations.withText(sent) : sent;
    const operation = isJson ? parseOperation(body, framed?.repeated) : undefined;
    const address = (): string => request.socket.remoteAddress ?? "";
    const context = newContext(this.#services, { arrivalMs, caller, access, address });
    const contentType = this.#contentTypes.get(headers.accept ?? "");
    if (operation === undefined || contentType === undefined) {
      return this.#throughPipeline(request, response, body, operation, context);
    }
    exchange.negotiated = contentType;
    return whenKnown(this.#lane.run(operation, context), (result): void | Promise<void> => {
      if (result === undefined) {
        exchange.negotiated = undefined;
        return this.#throughPipeline(request, response, body, operation, context);
      }
      if (framed === undefined) this.#frames.remember(text);
      this.#sendResult(response, contentType, result);
    });
  }

  async #throughPipeline(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
    operation: OperationRequest | undefined,
    context: RequestContext,
  ): Promise<void> {
    // Also of a body that is no operation for the hot lane: Apollo Server is more lenient, and knows no limits.
    const query = queryOf(body);
    const document = query === undefined ? undefined : parseWithinLimits(query);
    if (document !== undefined && isObject(body) && isSubscription(document, operation?.operationName)) {
      if (!takesEvents(request)) throw noEventsWanted();
      return this.#sendEvents(request, response, body, context.arrivalMs);
    }
    const answer = await this.#apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: "POST", headers: headerMap(request), search: "", body },
      context: () => Promise.resolve(context),
    });
    if (operation !== undefined && document !== undefined) {
      this.#learn(request.headers.accept ?? "", operation, document, answer);
    }
    response.statusCode = query === undefined ? (answer.status ?? 200) : statusFor(request, answer.status ?? 200);
    response.setHeader("cache-control", "no-store");
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.end(answer.body.kind === "complete" ? answer.body.string : "");
  }

  /** Apollo puts `errors` before `data`: a body that begins with data has no errors. */
  #learn(accept: string, operation: OperationRequest, document: DocumentNode, answer: HTTPGraphQLResponse): void {
    const contentType = answer.headers.get("content-type");
    if (answer.body.kind !== "complete" || !answer.body.string.startsWith('{"data":') || contentType === undefined)
      return;
    this.#contentTypes.set(accept, contentType);
    this.#lane.store(operation, document);
  }

  #sendResult(response: ServerResponse, contentType: string, { data, errors }: Answer): void {
    const formatted = errors.map((error) => this.#formatError(error.toJSON(), error));
    const before = formatted.length === 0 ? "" : `"errors":${JSON.stringify(formatted)},`;
    // The line's end is the pipeline's custom.
    this.#answers.send(response, contentType, `{${before}"data":${data}}\n`);
  }

  #formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
    return formatError(formatted, unwrap(error), this.#logDefect);
  }

  #refuseLargeBody(request: IncomingMessage, response: ServerResponse): void {
    const message = `the body is larger than ${MAX_JSON_BYTES} bytes: send long vectors as base64, or fewer inputs`;
    const extensions = { code: "PAYLOAD_TOO_LARGE", retryable: false };
    answerEarly(request, response, 413, { errors: [{ message, extensions }] });
  }

  #sendProblem(request: IncomingMessage, response: ServerResponse, error: unknown, negotiated?: string): void {
    sendProblem(request, response, error, (formatted, thrown) => this.#formatError(formatted, thrown), negotiated);
  }
}

/** Apollo wraps what a resolver threw in a GraphQLError of its own. */
function unwrap(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError != null ? error.originalError : error;
}

/** Undefined for a body that is no single operation: the pipeline words the refusal. */
function parseOperation(body: unknown, repeated: Repeated | undefined): OperationRequest | undefined {
  if (!isObject(body)) return undefined;
  const { query, operationName, variables, extensions } = body;
  if (typeof query !== "string" || extensions != null) return undefined;
  if (operationName != null && typeof operationName !== "string") return undefined;
  if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) return undefined;
  return {
    query,
    operationName: operationName ?? undefined,
    variables: (variables ?? undefined) as Record<string, unknown> | undefined,
    repeated,
  };
}

function queryOf(body: unknown): string | undefined {
  const query = isObject(body) ? body["query"] : undefined;
  return typeof query === "string" ? query : undefined;
}

/** Executed as it stands it would look for a value where there is only a stream. */
function isSubscription(document: DocumentNode, operationName: string | undefined): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
}

/** Whatever it asks for. */
function wantsEventsOnly({ headers: { accept } }: IncomingMessage): boolean {
  return accept?.startsWith(EVENT_STREAM) === true;
}

/** Beside other types: queries are answered as JSON. */
function takesEvents({ headers: { accept } }: IncomingMessage): boolean {
  return accept?.includes(EVENT_STREAM) === true;
}

function noEventsWanted(): GraphQLError {
  const message = `subscriptions are served over websockets (graphql-transport-ws at this address), or with the header accept: ${EVENT_STREAM}`;
  return new GraphQLError(message, { extensions: { code: "BAD_INPUT" } });
}

function headerMap(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}
