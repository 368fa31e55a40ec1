import type { IncomingMessage, ServerResponse } from "node:http";
import { ApolloServer, HeaderMap } from "@apollo/server";
import type { HTTPGraphQLResponse } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled } from "@apollo/server/plugin/disabled";
import { getOperationAST, GraphQLError, OperationTypeNode } from "graphql";
import type { DocumentNode, ExecutionResult, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { AnswerQueue } from "../http/answerQueue.js";
import { readBody } from "../http/readBody.js";
import { RecentMap } from "../http/recentMap.js";
import { Callers } from "./callers.js";
import { newContext } from "./context.js";
import type { RequestContext, Services } from "./context.js";
import { parseWithinLimits } from "./documentLimits.js";
import { formatError } from "./formatError.js";
import { GraphiqlPage } from "./graphiqlPage.js";
import { HotLane } from "./hotLane.js";
import type { OperationRequest } from "./hotLane.js";

export const MAX_JSON_BYTES = 2 * 2 ** 20;
const MAX_ACCEPT_TYPES = 100;
/** How long a client may go on sending a body that has been refused. */
const LINGER_MS = 500;

export interface GraphqlHttpFrontOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  /** What a visitor finds in GraphiQL's editor. */
  readonly firstQuery: string;
  readonly logDefect: (error: unknown) => void;
}

/**
 * GraphQL over HTTP. An operation's first arrival goes the whole way through Apollo Server; from its first valid
 * answer on it takes the hot lane. Both ways start behind the one body reader here, and answer alike.
 */
export class GraphqlHttpFront {
  readonly #services: Services;
  readonly #logDefect: (error: unknown) => void;
  readonly #apollo: ApolloServer<RequestContext>;
  readonly #lane: HotLane;
  readonly #graphiql: GraphiqlPage;
  readonly #answers: AnswerQueue;
  readonly #callers = new Callers();
  /** Content type that the pipeline negotiated for an Accept header. */
  readonly #contentTypes = new RecentMap<string, string>(MAX_ACCEPT_TYPES);
  #stopped: Promise<void> | undefined;

  constructor(options: GraphqlHttpFrontOptions) {
    this.#services = options.services;
    this.#logDefect = options.logDefect;
    this.#lane = new HotLane(options.schema);
    this.#answers = new AnswerQueue((callback) => options.services.clock.turnEnd(callback));
    this.#graphiql = new GraphiqlPage(options.firstQuery);
    this.#apollo = new ApolloServer<RequestContext>({
      schema: options.schema,
      introspection: true,
      csrfPrevention: true,
      persistedQueries: false,
      // Its cache hints would put a wrapper around every resolver of the schema, which the lane uses too.
      plugins: [ApolloServerPluginCacheControlDisabled()],
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

  handle(request: IncomingMessage, response: ServerResponse): void {
    const arrivalMs = this.#services.clock.nowMs();
    if (request.method === "POST") {
      readBody(request, MAX_JSON_BYTES, (body) => {
        if (body.kind === "aborted") return;
        if (body.kind === "tooLarge") this.#refuseLargeBody(request, response);
        else this.#own(response, this.#answer(request, response, body.bytes, arrivalMs));
      });
    } else if (request.method === "GET" && (request.headers.accept ?? "").includes("text/html")) {
      this.#own(response, this.#graphiql.send(request, response));
    } else {
      response.setHeader("allow", "POST");
      this.#sendErrors(response, 405, [badInput(`${request.method} is not served here: POST a JSON body`)]);
    }
  }

  /** No defect of one request may reach the process as an unhandled rejection, which would end it. */
  #own(response: ServerResponse, work: Promise<void>): void {
    work.catch((error: unknown) => {
      response.destroy();
      this.#logDefect(error);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer, arrivalMs: number): Promise<void> {
    const { socket } = request;
    const caller = this.#callers.begin(socket);
    try {
      const isJson = (request.headers["content-type"] ?? "").startsWith("application/json");
      const body: unknown = isJson ? JSON.parse(bytes.toString("utf8")) : bytes.toString("utf8");
      const operation = isJson ? parseOperation(body) : undefined;
      const context = newContext(this.#services, arrivalMs, caller);
      const accept = request.headers.accept ?? "";
      const contentType = this.#contentTypes.get(accept);
      if (operation !== undefined && contentType !== undefined) {
        const ran = this.#lane.run(operation, context);
        const result = ran instanceof Promise ? await ran : ran;
        if (result !== undefined) return this.#sendResult(response, contentType, result);
      }
      await this.#throughPipeline(request, response, body, operation, context);
    } catch (error) {
      this.#sendProblem(response, error);
    } finally {
      this.#callers.end(socket, caller);
    }
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
    if (document !== undefined) refuseSubscription(document, operation?.operationName);
    const answer = await this.#apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: "POST", headers: headerMap(request), search: "", body },
      context: () => Promise.resolve(context),
    });
    if (operation !== undefined && document !== undefined) {
      this.#learn(request.headers.accept ?? "", operation, document, answer);
    }
    response.statusCode = answer.status ?? 200;
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

  #sendResult(response: ServerResponse, contentType: string, result: ExecutionResult): void {
    const errors = result.errors?.map((error) => this.#formatError(error.toJSON(), error));
    // The line's end is the pipeline's custom.
    const text = `${JSON.stringify(errors === undefined ? { data: result.data } : { errors, data: result.data })}\n`;
    this.#answers.send(response, contentType, text);
  }

  #formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
    return formatError(formatted, unwrap(error), this.#logDefect);
  }

  /**
   * The answer is complete before the connection closes: closed with bytes unread it would be reset, and a client that
   * is still sending would see that instead. What it sends meanwhile is dropped as it comes.
   */
  #refuseLargeBody(request: IncomingMessage, response: ServerResponse): void {
    const message = `the body is larger than ${MAX_JSON_BYTES} bytes: send long vectors as base64, or fewer inputs`;
    const extensions = { code: "PAYLOAD_TOO_LARGE", retryable: false };
    const text = JSON.stringify({ errors: [{ message, extensions }] });
    response.writeHead(413, {
      connection: "close",
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
    });
    response.write(text);
    const { clock } = this.#services;
    const cancelClose = clock.at(clock.nowMs() + LINGER_MS, () => response.end());
    request.once("close", cancelClose);
    request.once("end", () => response.end());
    request.resume();
  }

  #sendProblem(response: ServerResponse, error: unknown): void {
    if (error instanceof SyntaxError && !(error instanceof GraphQLError)) {
      this.#sendErrors(response, 400, [badInput(`the body is not JSON: ${error.message.slice(0, 200)}`)]);
    } else if (error instanceof GraphQLError) {
      this.#sendErrors(response, 400, [this.#formatError(error.toJSON(), error)]);
    } else {
      this.#sendErrors(response, 500, [this.#formatError({ message: "" }, error)]);
    }
  }

  #sendErrors(response: ServerResponse, status: number, errors: readonly GraphQLFormattedError[]): void {
    response.statusCode = status;
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.setHeader("cache-control", "no-store");
    response.end(JSON.stringify({ errors }));
  }
}

function badInput(message: string): GraphQLFormattedError {
  return { message, extensions: { code: "BAD_INPUT", retryable: false } };
}

/** Apollo wraps what a resolver threw in a GraphQLError of its own. */
function unwrap(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError != null ? error.originalError : error;
}

/** Undefined for a body that is no single operation: the pipeline words the refusal. */
function parseOperation(body: unknown): OperationRequest | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== "string" || extensions != null) return undefined;
  if (operationName != null && typeof operationName !== "string") return undefined;
  if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) return undefined;
  return {
    query,
    operationName: operationName ?? undefined,
    variables: (variables ?? undefined) as Record<string, unknown> | undefined,
  };
}

function queryOf(body: unknown): string | undefined {
  const query = typeof body === "object" && body !== null ? (body as { query?: unknown }).query : undefined;
  return typeof query === "string" ? query : undefined;
}

/** Executed as it stands it would look for a value where there is only a stream. */
function refuseSubscription(document: DocumentNode, operationName: string | undefined): void {
  if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION) return;
  throw new GraphQLError("subscriptions are served over websockets: graphql-transport-ws at this address", {
    extensions: { code: "BAD_INPUT" },
  });
}

function headerMap(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}
