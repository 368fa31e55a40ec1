import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLFormattedError, GraphQLSchema } from "graphql";
import { sees } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import { RecentMap } from "../lib/recentMap.js";
import { accessOrThrow, refusal } from "./accessRefusal.js";
import type { TypedApplication } from "./applicationParts.js";
import { buildApplicationSchema, printApplicationSdl, schemaText } from "./applicationSchema.js";
import { firstApplicationQuery } from "./applicationQuery.js";
import type { Services } from "./context.js";
import type { EventStreamFront } from "./eventStreamFront.js";
import { formatError } from "./formatError.js";
import type { GraphiqlPage } from "./graphiqlPage.js";
import { HotLane } from "./hotLane.js";
import { GraphqlHttpFront } from "./httpFront.js";
import { badRequest, sendErrors, sendProblem } from "./httpProblems.js";
import type { PersistedOperations } from "./persistedOperations.js";

/** Addresses of single applications begin so; their names follow. */
const APPLICATIONS_PATH = "/graphql/apps/";
const ADDRESS = /^\/graphql\/apps\/([a-z0-9-]{1,63})(\/schema\.graphql)?(?:\?(.*))?$/;
/** Fronts kept, the least recently asked given up first: making one anew takes some milliseconds. */
const MAX_FRONTS = 100;

export interface ApplicationFrontsOptions {
  /** Of all applications. */
  readonly schema: GraphQLSchema;
  readonly services: Services;
  /** What is answered at the address of an application. */
  readonly operationsOf: (application: string) => PersistedOperations;
  readonly graphiql: GraphiqlPage;
  readonly events: Pick<EventStreamFront, "accept">;
  readonly logDefect: (error: unknown) => void;
  /** Default: one that knows no operation yet. */
  readonly newLane?: (schema: GraphQLSchema, application: string) => HotLane;
}

interface ApplicationFront {
  /** As it was when this was found to be right for it. */
  application: TypedApplication;
  /** What the schema was made from. */
  readonly text: string;
  readonly schema: GraphQLSchema;
  readonly http: GraphqlHttpFront;
  readonly started: Promise<void>;
  isStarted: boolean;
}

/**
 * Each application's own schema at an address of its own, made when first asked for and again when the application has
 * changed. Behind the address everything is as at `/graphql`: limits, access, the hot lane.
 */
export class ApplicationFronts {
  readonly #options: ApplicationFrontsOptions;
  readonly #fronts = new RecentMap<string, ApplicationFront>(MAX_FRONTS);

  constructor(options: ApplicationFrontsOptions) {
    this.#options = options;
  }

  get hotOperations(): number {
    let operations = 0;
    for (const { http } of this.#fronts.values()) operations += http.hotOperations;
    return operations;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendProblem(request, response, error, this.#formatError);
      else response.destroy();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name, sdl, search = ""] = ADDRESS.exec(request.url ?? "") ?? [];
    const { services, graphiql } = this.#options;
    // Before anything is said of the application, whether it exists or not.
    const identifying = services.access.identify(request.headers.authorization);
    const identified = identifying instanceof Promise ? await identifying : identifying;
    // The page is the same for all names, and asks for the key.
    if (isFailure(identified) && isVisit(request)) return graphiql.send(request, response);
    const access = accessOrThrow(identified);
    const application = name === undefined ? undefined : this.#seen(name, access);
    if (application === undefined) throw refusal("NOT_FOUND", notFound(name, access, services));
    const front = this.#frontOf(application);
    if (sdl !== undefined) return sendSdl(request, response, access, front);
    if (!front.isStarted) await front.started;
    if (isVisit(request) && !new URLSearchParams(search).has("query")) {
      // Its editor shows the query of its address, so that one page does for all applications.
      const query = encodeURIComponent(firstApplicationQuery(application));
      response.writeHead(302, { location: `${APPLICATIONS_PATH}${application.name}?query=${query}` });
      response.end();
      return;
    }
    front.http.handle(request, response, access);
  }

  /** Of another than the key's nothing is to be seen, whether it exists or not. */
  #seen(name: string, access: Access): TypedApplication | undefined {
    if (!sees(access, name)) return undefined;
    // As the registry has it: what is served leaves out models that do not fit.
    return this.#options.services.catalogue.snapshot.applications.find((candidate) => candidate.name === name);
  }

  #frontOf(application: TypedApplication): ApplicationFront {
    const { name } = application;
    const known = this.#fronts.get(name);
    if (known?.application === application) return known;
    const text = schemaText(application);
    if (known?.text === text) {
      known.application = application;
      return known;
    }
    const made = this.#make(application, text);
    this.#fronts.set(name, made);
    return made;
  }

  #make(application: TypedApplication, text: string): ApplicationFront {
    const { schema: main, operationsOf, newLane = newSmallLane, ...options } = this.#options;
    const schema = buildApplicationSchema(main, application);
    const http = new GraphqlHttpFront({
      ...options,
      schema,
      operations: operationsOf(application.name),
      lane: newLane(schema, application.name),
    });
    const started = http.start().then(() => {
      made.isStarted = true;
    });
    const made: ApplicationFront = { application, text, schema, http, started, isStarted: false };
    return made;
  }

  readonly #formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError =>
    formatError(formatted, error, this.#options.logDefect);
}

/** Together at most 100 MiB of known operations. */
function newSmallLane(schema: GraphQLSchema): HotLane {
  return new HotLane(schema, { entries: 200, bytes: 2 ** 20 });
}

function sendSdl(
  { method }: IncomingMessage,
  response: ServerResponse,
  { scopes }: Access,
  { schema, application }: ApplicationFront,
): void {
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return sendErrors(response, 405, [badRequest(`${method} is not served here: GET the schema's text`)]);
  }
  // It says no more than the application's own fields, which are for whoever may read.
  if (!scopes.has("READ")) throw refusal("FORBIDDEN", "the schema's text needs a key with the scope READ");
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache" });
  response.end(method === "HEAD" ? undefined : printApplicationSdl(schema, application.name));
}

function isVisit({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && (headers.accept ?? "").includes("text/html");
}

function notFound(name: string | undefined, access: Access, { catalogue }: Services): string {
  const known = catalogue.names().filter((each) => sees(access, each));
  const some = known.slice(0, 10).join(", ") || "none yet";
  if (name === undefined) return `no such address: ${APPLICATIONS_PATH}NAME, where NAME is one of ${some}`;
  return `application "${name}" does not exist; known: ${some}`;
}
