import { beforeAll, describe, expect, test } from "@jest/globals";
import fastify from "fastify";
import { createClient } from "graphql-ws";
import { createHash } from "node:crypto";
import { WebSocket } from "ws";
import { SCOPES } from "../../src/domain/access.js";
import type { Scope } from "../../src/domain/access.js";
import { addArtefactRoutes } from "../../src/http/artefactRoutes.js";
import type { ArtefactRoutes } from "../../src/http/artefactRoutes.js";
import { addOperationsRoutes } from "../../src/http/operationsRoutes.js";
import type { OperationsRoutes } from "../../src/http/operationsRoutes.js";
import { askWith } from "../support/keyed.js";
import { readEvents } from "../support/eventReader.js";
import { application } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

/** Everything that is served, and who may ask for it. */
interface Route {
  readonly method: string;
  readonly path: string;
  /** NOBODY: no key is needed. ANY: whatever it is for. */
  readonly needs: Scope | "NOBODY" | "ANY";
  /** ALL: not for keys of single applications. ONE: an application's own address. */
  readonly concerns: "ALL" | "ONE" | "NONE";
  readonly accept?: string;
  readonly body?: object;
  /** Asked over a websocket instead. */
  readonly isSocket?: true;
}

const ARTEFACT = `/v2/artifacts/${createHash("sha256").digest("hex")}`;
/** Of no bytes, as its digest says. */
const BYTES = {};
const EVENTS = "text/event-stream";
const PREDICT = { query: "{ predict(input: { input: { x: { values: [1] } } }) { __typename } }" };
const METRICS = { query: 'subscription { metrics(of: { application: "one" }) { dropped } }' };
const METRICS_ADDRESS = `/graphql?query=${encodeURIComponent(METRICS.query)}`;

const ROUTES: readonly Route[] = [
  { method: "GET", path: "/health/live", needs: "NOBODY", concerns: "NONE" },
  { method: "GET", path: "/health/ready", needs: "NOBODY", concerns: "NONE" },
  { method: "GET", path: "/metrics", needs: "METRICS", concerns: "ALL" },
  { method: "HEAD", path: ARTEFACT, needs: "ADMIN", concerns: "ALL" },
  { method: "PUT", path: ARTEFACT, needs: "ADMIN", concerns: "ALL", body: BYTES },
  { method: "GET", path: "/graphql", needs: "NOBODY", concerns: "NONE", accept: "text/html" },
  { method: "POST", path: "/graphql", needs: "ANY", concerns: "NONE", body: { query: "{ __typename }" } },
  { method: "POST", path: "/graphql", needs: "METRICS", concerns: "NONE", accept: EVENTS, body: METRICS },
  { method: "GET", path: METRICS_ADDRESS, needs: "METRICS", concerns: "NONE", accept: EVENTS },
  { method: "GET", path: "/graphql", needs: "ANY", concerns: "NONE", isSocket: true },
  { method: "POST", path: "/graphql/apps/one", needs: "PREDICT", concerns: "ONE", body: PREDICT },
  { method: "POST", path: "/graphql/apps/one", needs: "PREDICT", concerns: "ONE", accept: EVENTS, body: PREDICT },
  { method: "GET", path: "/graphql/apps/one/schema.graphql", needs: "READ", concerns: "ONE" },
  { method: "HEAD", path: "/graphql/apps/one/schema.graphql", needs: "READ", concerns: "ONE" },
];

interface Caller {
  readonly name: string;
  readonly key: string | undefined;
  readonly scopes: readonly Scope[];
  /** Undefined: all. */
  readonly application?: string;
}

const KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } } }`;
const servers = testServers();
const callers: Caller[] = [];
let server: TestServer;

beforeAll(async () => {
  server = await servers.start();
  for (const name of ["one", "other"]) await application(server, name, [], { defaultOutput: { number: 0 } });
  const newKey = async (by: string | undefined, input: object): Promise<string> => {
    const { data, text } = await askWith(server, by, { query: KEY, variables: { input } });
    const made = (data?.["createApiKey"] ?? {}) as { text?: string };
    if (made.text === undefined) throw new Error(text);
    return made.text;
  };
  const root = await newKey(undefined, { name: "root", scopes: SCOPES });
  callers.push({ name: "nobody", key: undefined, scopes: [] });
  callers.push({ name: "a forger", key: `${root.slice(0, -1)}${root.endsWith("A") ? "E" : "A"}`, scopes: [] });
  callers.push({ name: "root", key: root, scopes: SCOPES });
  for (const scope of SCOPES) {
    callers.push({ name: `only ${scope}`, key: await newKey(root, { name: scope, scopes: [scope] }), scopes: [scope] });
  }
  for (const name of ["one", "other"]) {
    const key = await newKey(root, { name, scopes: SCOPES, applications: [name] });
    callers.push({ name: `of ${name}`, key, scopes: SCOPES, application: name });
  }
});

function expectedStatus({ needs, concerns }: Route, { name, scopes, application: only }: Caller): number {
  if (needs === "NOBODY") return 200;
  if (name === "nobody" || name === "a forger") return 401;
  if (concerns === "ONE" && only !== undefined && only !== "one") return 404;
  if (needs !== "ANY" && !scopes.includes(needs)) return 403;
  return concerns === "ALL" && only !== undefined ? 403 : 200;
}

/** What the route answers, in HTTP's words: 200 for whatever is no refusal. */
async function statusOf({ method, path, accept = "*/*", body, isSocket }: Route, { key }: Caller): Promise<number> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  if (isSocket === true) return socketStatus(authorization);
  const sent = body === undefined ? {} : { body: body === BYTES ? "" : JSON.stringify(body) };
  const headers = { accept, "content-type": "application/json", ...authorization };
  const response = await fetch(`${server.url}${path}`, { method, headers, ...sent });
  if (accept === EVENTS && response.ok) return eventsStatus(response);
  await response.body?.cancel();
  // An artefact that is not there (yet), and one that has just come.
  const isAnswer = response.ok || (path === ARTEFACT && response.status === 404);
  return isAnswer ? 200 : response.status;
}

async function eventsStatus(response: Response): Promise<number> {
  for await (const { data } of readEvents(response)) {
    const { errors = [] } = data as { errors?: readonly { extensions: { code: string } }[] };
    return errors.some(({ extensions }) => extensions.code === "FORBIDDEN") ? 403 : 200;
  }
  throw new Error("the stream ended before it told anything");
}

async function socketStatus(connectionParams: Record<string, string>): Promise<number> {
  const url = `${server.url.replace("http", "ws")}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
  try {
    await client.iterate({ query: "{ __typename }" }).next();
    return 200;
  } catch (error) {
    return (error as { code?: number }).code === 4403 ? 401 : 500;
  } finally {
    await client.dispose();
  }
}

describe("each route is for those alone whom it is for", () => {
  test.each(
    ROUTES.map(
      (route) => [route.method, route.path, route.isSocket ? "websocket" : (route.accept ?? ""), route] as const,
    ),
  )("%s %s %s", async (_method, _path, _way, route) => {
    const found: [string, number][] = [];
    for (const caller of callers) found.push([caller.name, await statusOf(route, caller)]);
    expect(found).toEqual(callers.map((caller) => [caller.name, expectedStatus(route, caller)]));
  });

  test("no route is missing here", async () => {
    const app = fastify();
    const served: string[] = [];
    app.addHook("onRoute", ({ method, path }) => void served.push(...[method].flat().map((each) => `${each} ${path}`)));
    addOperationsRoutes(app, {} as OperationsRoutes);
    addArtefactRoutes(app, {} as ArtefactRoutes);
    await app.ready();
    const asked = ROUTES.map(({ method, path }) => `${method} ${path.replace(ARTEFACT, "/v2/artifacts/:sha256")}`);
    // Fastify answers HEAD wherever there is a GET, in the same way.
    const own = served.filter((route) => !(route.startsWith("HEAD ") && served.includes(route.replace("HEAD", "GET"))));
    expect(asked).toEqual(expect.arrayContaining(own));
    expect(own).toContain("GET /metrics");
  });
});
